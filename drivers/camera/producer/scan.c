/* The scanner: one thread that starts each frame at its pulse and keeps it up with the encoder.
 *
 * It wakes every other millisecond while a frame is open, so that the copying is spread over the turn, and rarely
 * when nothing turns. It never spins: every wait is on a condition and has a limit. */
#define _GNU_SOURCE
#include "scan.h"

#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { TICK_NS = 2000000, SHORTEST_NS = 50000, WATCH_NS = 4000000, IDLE_NS = 20000000, HUGE_PAGE = 2 << 20 };

static void configure(struct scan *scan)
{
    const struct camera *camera = scan->camera;
    const unsigned of_line = 8 * TRIGGER_SELECTOR_LINE_START;
    int64_t source = register_whole(camera, REG_TRIGGER_SOURCE);
    scan->start_by = !register_whole(camera, REG_TRIGGER_MODE) ? START_FREE
                     : source == TRIGGER_SOURCE_SOFTWARE       ? START_SOFTWARE
                                                               : START_LINE1;
    scan->lines_by_encoder = register_whole(camera, REG_TRIGGER_MODE + of_line) &&
                             register_whole(camera, REG_TRIGGER_SOURCE + of_line) == TRIGGER_SOURCE_ENCODER0;
    scan->divider = (double)register_whole(camera, REG_ENCODER_DIVIDER);
    scan->line_rate_hz = register_real(camera, REG_ACQUISITION_LINE_RATE);
    if (!(scan->line_rate_hz >= 1 && scan->line_rate_hz <= 200000))
        scan->line_rate_hz = 1;
    scan->width_px = (uint32_t)register_whole(camera, REG_WIDTH);
    scan->height_px = (uint32_t)register_whole(camera, REG_HEIGHT);
    scan->offset_x_px = (uint32_t)register_whole(camera, REG_OFFSET_X);
}

/* Queued memory is the producer's until it is delivered. Its pages go back (a consumer that clears its buffers before
 * queueing them, as harvesters does, has made all of them resident, and most will never be used), and large ones are
 * asked for, which are cheaper to fill and to copy. Both are wishes: no harm where the kernel does not grant them. */
static void settle_memory(const struct stream *stream)
{
    for (unsigned i = 0; i < stream->queued_count; i++) {
        uintptr_t memory = (uintptr_t)stream->queued[i]->memory;
        uintptr_t begin = (memory + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
        uintptr_t end = (memory + stream->queued[i]->bytes) & ~(uintptr_t)(HUGE_PAGE - 1);
        stream->queued[i]->paint = (struct paint){0};
        if (end > begin) {
            (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
            (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
        }
    }
}

static struct moment look(const struct scan *scan, int64_t now)
{
    struct moment moment = {.now = now};
    moment.lit = light_encoder(&scan->camera->light, &moment.encoder);
    if (moment.lit)
        moment.count = encoder_count(&moment.encoder, now);
    return moment;
}

static bool enter_world(struct scan *scan, const struct moment *moment)
{
    struct light *light = &scan->camera->light;
    frame_abandon(scan, moment->now);
    light_claim(light);
    light_skip_pulses(light, moment->count);
    scan->began = false;
    return lines_prepare(&scan->lines, light, scan->width_px, scan->offset_x_px);
}

/* The pulse that has come, if any. One that comes while its predecessor's lines still run starts nothing. */
static bool line1_start(struct scan *scan, const struct moment *moment, int64_t *count)
{
    struct light *light = &scan->camera->light;
    while (light_next_pulse(light, count) && moment->count >= (double)*count) {
        light->next_view++;
        if (!scan->began || *count >= scan->frame.end_count)
            return true;
        COUNT(scan, triggers_missed, 1);
    }
    return false;
}

static void start_when_due(struct scan *scan, const struct moment *moment)
{
    int64_t count = (int64_t)floor(moment->count), start_ns = moment->now;
    if (scan->lines_by_encoder && !moment->lit)
        return;
    switch (scan->start_by) {
    case START_LINE1:
        if (!moment->lit || !line1_start(scan, moment, &count))
            return;
        if (moment->encoder.rate_counts_per_s > 0)
            start_ns -= (int64_t)((moment->count - (double)count) / moment->encoder.rate_counts_per_s * 1e9);
        break;
    case START_SOFTWARE:
        if (scan->camera->software_triggers == 0)
            return;
        scan->camera->software_triggers--;
        break;
    case START_FREE:
        if (scan->began && scan->lines_by_encoder) {
            if (count < scan->frame.end_count)
                return;
            count = scan->frame.end_count;
        } else if (scan->began) {
            if (moment->now < scan->frame.end_ns)
                return;
            start_ns = scan->frame.end_ns;
        }
    }
    frame_begin(scan, moment, count, start_ns);
}

static int64_t next_wake(const struct scan *scan, const struct moment *moment)
{
    double rate = moment->encoder.rate_counts_per_s;
    int64_t wait = moment->lit && rate != 0 ? WATCH_NS : IDLE_NS;
    if (scan->frame.buffer) {
        wait = TICK_NS;
        if (scan->lines_by_encoder && moment->lit && rate > 0) {
            double left_ns = ((double)scan->frame.end_count - moment->count) / rate * 1e9;
            if (left_ns < wait)
                wait = (int64_t)left_ns + SHORTEST_NS;
        }
    } else if (!scan->lines_by_encoder && scan->start_by == START_FREE) {
        wait = TICK_NS;
    }
    return moment->now + (wait > SHORTEST_NS ? wait : SHORTEST_NS);
}

static void *scanner(void *argument)
{
    struct scan *scan = argument;
    struct camera *camera = scan->camera;
    pthread_mutex_lock(&simcam_lock);
    bool going = true;
    while (going && !camera->stream.stop && !camera_unplugged(camera)) {
        int64_t now = now_ns();
        bool other_world = light_follow(&camera->light, now);
        struct moment moment = look(scan, now);
        if (other_world)
            going = enter_world(scan, &moment);
        if (going && !scan->frame.buffer)
            start_when_due(scan, &moment);
        if (going && scan->frame.buffer)
            frame_advance(scan, &moment);
        int64_t wake = next_wake(scan, &moment);
        struct timespec deadline = {wake / 1000000000, wake % 1000000000};
        pthread_cond_timedwait(&camera->stream.wake, &simcam_lock, &deadline);
    }
    if (scan->frame.buffer)
        stream_requeue(&camera->stream, scan->frame.buffer);
    pthread_mutex_unlock(&simcam_lock);
    lines_free(&scan->lines);
    free(scan);
    return NULL;
}

GC_ERROR scan_start(struct camera *camera)
{
    struct stream *stream = &camera->stream;
    if (stream->scanner_alive)
        return fail(GC_ERR_BUSY, "the acquisition runs already");
    struct scan *scan = calloc(1, sizeof *scan);
    if (!scan)
        return fail(GC_ERR_OUT_OF_MEMORY, "no memory for the scanner");
    scan->camera = camera;
    configure(scan);
    settle_memory(stream);
    stream->stop = false;
    int64_t now = now_ns();
    light_follow(&camera->light, now);
    struct moment moment = look(scan, now); /* armed from now on: a pulse that comes before the thread runs counts */
    bool entered = enter_world(scan, &moment);
    if (!entered || pthread_create(&stream->scanner, NULL, scanner, scan) != 0) {
        lines_free(&scan->lines);
        free(scan);
        return fail(GC_ERR_RESOURCE_EXHAUSTED, "no thread for the scanner");
    }
    pthread_setname_np(stream->scanner, "simcam-scanner");
    stream->scanner_alive = true;
    return GC_ERR_SUCCESS;
}

void scan_stop(struct camera *camera)
{
    struct stream *stream = &camera->stream;
    pthread_mutex_lock(&simcam_lock);
    bool mine = stream->scanner_alive && !stream->stop;
    pthread_t thread = stream->scanner;
    stream->stop = true;
    pthread_cond_broadcast(&stream->wake);
    pthread_mutex_unlock(&simcam_lock);
    if (!mine)
        return;
    pthread_join(thread, NULL);
    pthread_mutex_lock(&simcam_lock);
    stream->scanner_alive = false;
    pthread_mutex_unlock(&simcam_lock);
}
