/* The scanner: one thread that starts each frame when it is due and keeps it up with the encoder.
 *
 * It wakes every other millisecond while lines come, so that the copying is spread over the turn, and rarely when
 * nothing turns. It never spins: every wait is on a condition and has a limit. */
#define _GNU_SOURCE
#include "scan.h"

#include <math.h>
#include <stdlib.h>
#include <sys/prctl.h>

enum { TICK_NS = 2000000, SHORTEST_NS = 20000, WATCH_NS = 4000000, IDLE_NS = 20000000 };
static const double line_dead_s = 2e-6; /* between two exposures of a line */

static double within(double value, double low, double high)
{
    return value >= low && value <= high ? value : value > high ? high : low;
}

static void configure_pace(struct scan *scan)
{
    const struct camera *camera = scan->camera;
    double exposure_s = register_real(camera, REG_EXPOSURE_TIME) * 1e-6;
    scan->exposure_ns = (int64_t)(exposure_s * 1e9);
    if (scan->area) {
        double fastest_s = exposure_s > READOUT_NS * 1e-9 ? exposure_s : READOUT_NS * 1e-9;
        double period_s = register_whole(camera, REG_ACQUISITION_FRAME_RATE_ENABLE)
                              ? 1 / within(register_real(camera, REG_ACQUISITION_FRAME_RATE), 0.1, 200000)
                              : 0;
        scan->period_ns = (int64_t)((period_s > fastest_s ? period_s : fastest_s) * 1e9);
    } else {
        double rate = register_whole(camera, REG_ACQUISITION_LINE_RATE_ENABLE)
                          ? register_real(camera, REG_ACQUISITION_LINE_RATE)
                          : 1 / (exposure_s + line_dead_s);
        scan->line_rate_hz = within(rate, 1, 200000);
    }
}

static void configure(struct scan *scan)
{
    struct camera *camera = scan->camera;
    const unsigned of_line = 8 * TRIGGER_SELECTOR_LINE_START;
    scan->area = camera->model->area;
    scan->start_by = !register_whole(camera, REG_TRIGGER_MODE)                              ? START_FREE
                     : register_whole(camera, REG_TRIGGER_SOURCE) == TRIGGER_SOURCE_SOFTWARE ? START_SOFTWARE
                                                                                             : START_LINE1;
    scan->lines_by_encoder = !scan->area && register_whole(camera, REG_TRIGGER_MODE + of_line) &&
                             register_whole(camera, REG_TRIGGER_SOURCE + of_line) == TRIGGER_SOURCE_ENCODER0;
    scan->lines_go = encoder_makes_lines(camera);
    scan->divider = (double)register_whole(camera, REG_ENCODER_DIVIDER);
    configure_pace(scan);
    scan->window = (struct window){
        .width_px = (uint32_t)register_whole(camera, REG_WIDTH),
        .height_px = (uint32_t)register_whole(camera, REG_HEIGHT),
        .offset_x_px = (uint32_t)register_whole(camera, REG_OFFSET_X),
        .offset_y_px = (uint32_t)register_whole(camera, REG_OFFSET_Y),
        .format = (uint32_t)register_whole(camera, REG_PIXEL_FORMAT),
    };
    camera->software_triggers = 0; /* from before the acquisition */
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
    scan->began = scan->has_shown = false;
    return lines_prepare(&scan->lines, light, scan->window);
}

static int64_t shorter(int64_t wait, int64_t other)
{
    return other < wait ? other : wait;
}

static int64_t next_wake(const struct scan *scan, const struct moment *moment)
{
    const struct stream *stream = &scan->camera->stream;
    double rate = moment->encoder.rate_counts_per_s;
    int64_t wait = moment->lit && rate != 0 ? WATCH_NS : IDLE_NS;
    if (stream->on_the_way_count > 0)
        wait = shorter(wait, stream->on_the_way[0]->deliver_ns - moment->now);
    if (!scan->frame.buffer) {
        wait = shorter(wait, start_wait_ns(scan, moment));
    } else if (scan->area) {
        wait = shorter(wait, scan->frame.exposed_ns - moment->now);
    } else {
        wait = shorter(wait, TICK_NS);
        if (scan->lines_by_encoder && moment->lit && rate > 0) {
            double left_ns = ((double)scan->frame.end_count - moment->count) / rate * 1e9;
            wait = shorter(wait, left_ns < TICK_NS ? (int64_t)left_ns + SHORTEST_NS : TICK_NS);
        }
    }
    return moment->now + (wait > SHORTEST_NS ? wait : SHORTEST_NS);
}

static void put_away(struct scan *scan)
{
    struct stream *stream = &scan->camera->stream;
    if (scan->frame.buffer)
        stream_requeue(stream, scan->frame.buffer);
    for (unsigned i = 0; i < stream->on_the_way_count; i++)
        stream_requeue(stream, stream->on_the_way[i]);
    stream->on_the_way_count = 0;
}

static void *scanner(void *argument)
{
    struct scan *scan = argument;
    struct camera *camera = scan->camera;
    prctl(PR_SET_TIMERSLACK, 1); /* this thread's: a camera's line is not 50 us late */
    pthread_mutex_lock(&simcam_lock);
    bool going = true;
    while (going && !camera->stream.stop && !camera_unplugged(camera)) {
        int64_t now = now_ns();
        bool other_world = light_follow(&camera->light, now);
        struct moment moment = look(scan, now);
        if (other_world)
            going = enter_world(scan, &moment);
        if (going)
            start_when_due(scan, &moment);
        if (going && scan->frame.buffer)
            frame_advance(scan, &moment);
        frames_deliver(scan, now);
        int64_t wake = next_wake(scan, &moment);
        struct timespec deadline = {wake / 1000000000, wake % 1000000000};
        pthread_cond_timedwait(&camera->stream.wake, &simcam_lock, &deadline);
    }
    put_away(scan);
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
