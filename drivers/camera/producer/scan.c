/* The scanner: one thread that starts a frame at its pulse and writes each line when the encoder has passed it.
 *
 * It wakes about once a millisecond while a frame is open, so that the copying is spread over the turn, and rarely
 * when nothing turns. The lock is not held while lines are written: a buffer in state FILLING is the scanner's. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>

#include "simcam.h"

enum { TICK_NS = 1000000, WATCH_NS = 4000000, IDLE_NS = 20000000 };
enum { HUGE_PAGE = 2 << 20 };

enum start_by { START_FREE, START_SOFTWARE, START_LINE1 };

struct scan {
    struct camera *camera;
    struct lines lines;
    enum start_by start_by;
    bool lines_by_encoder;
    double divider, line_rate_hz;
    uint32_t height_px;
    int64_t lost_before_ns; /* for timing: the tick before this one */
    /* The frame being scanned; without one, `buffer` is NULL. */
    struct buffer *buffer;
    int64_t start_ns;
    uint32_t lines_done, lines_cut_after;
    bool stale, drop;
    uint64_t frame_id;
    /* Free running: where the next frame begins. */
    bool have_next;
    int64_t next_count, next_ns;
};

static void configure(struct scan *scan)
{
    const struct camera *camera = scan->camera;
    const unsigned line = 8 * TRIGGER_SELECTOR_LINE_START;
    int64_t source = register_whole(camera, REG_TRIGGER_SOURCE);
    scan->start_by = !register_whole(camera, REG_TRIGGER_MODE) ? START_FREE
                     : source == TRIGGER_SOURCE_SOFTWARE       ? START_SOFTWARE
                                                               : START_LINE1;
    scan->lines_by_encoder = register_whole(camera, REG_TRIGGER_MODE + line) &&
                             register_whole(camera, REG_TRIGGER_SOURCE + line) == TRIGGER_SOURCE_ENCODER0;
    scan->divider = (double)register_whole(camera, REG_ENCODER_DIVIDER);
    scan->line_rate_hz = register_real(camera, REG_ACQUISITION_LINE_RATE);
    scan->height_px = (uint32_t)register_whole(camera, REG_HEIGHT);
}

/* Large pages make the announced memory cheaper to fill and to copy; no harm where they are not given. */
static void prefer_large_pages(const struct buffer *buffer)
{
    uintptr_t begin = ((uintptr_t)buffer->memory + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
    uintptr_t end = ((uintptr_t)buffer->memory + buffer->bytes) & ~(uintptr_t)(HUGE_PAGE - 1);
    if (end > begin)
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

static void new_world(struct scan *scan, const struct encoder *encoder, bool lit, int64_t now)
{
    const struct camera *camera = scan->camera;
    lines_prepare(&scan->lines, &camera->light, (uint32_t)register_whole(camera, REG_WIDTH),
                  (uint32_t)register_whole(camera, REG_OFFSET_X));
    light_skip_pulses(&scan->camera->light, lit ? encoder_count(encoder, now) : 0);
    light_claim(&scan->camera->light);
    scan->have_next = false;
}

/* Where and when the next frame begins; false when nothing asks for one yet. */
static bool next_start(struct scan *scan, const struct encoder *encoder, bool lit, int64_t now, int64_t *count)
{
    struct camera *camera = scan->camera;
    double at = lit ? encoder_count(encoder, now) : 0;
    scan->start_ns = now;
    *count = (int64_t)floor(at);
    if (scan->start_by == START_LINE1) {
        if (!lit || !light_next_pulse(&camera->light, count) || at < (double)*count)
            return false;
        camera->light.next_view++;
        if (encoder->rate_counts_per_s > 0)
            scan->start_ns = now - (int64_t)((at - (double)*count) / encoder->rate_counts_per_s * 1e9);
        return true;
    }
    if (scan->start_by == START_SOFTWARE) {
        if (camera->software_triggers == 0)
            return false;
        camera->software_triggers--;
        return true;
    }
    if (scan->have_next && scan->lines_by_encoder)
        *count = scan->next_count;
    if (scan->have_next && !scan->lines_by_encoder)
        scan->start_ns = scan->next_ns;
    return lit || !scan->lines_by_encoder;
}

static uint64_t scene_count(struct scene *scene, size_t field, uint64_t n)
{
    if (scene)
        counter_add((uint64_t *)((char *)scene + field), n);
    return n;
}
#define COUNT(scan, field, n) scene_count((scan)->camera->light.scene, offsetof(struct scene, field), (n))

static bool fault(struct scan *scan, uint32_t *frames)
{
    return scan->camera->light.scene && fault_take(frames);
}

static void begin_frame(struct scan *scan, const struct encoder *encoder, bool lit, int64_t count)
{
    struct stream *stream = &scan->camera->stream;
    struct scene *scene = scan->camera->light.scene;
    scan->lines.start_count = count;
    scan->lines.counts_per_line = scan->lines_by_encoder ? scan->divider
                                  : lit ? encoder->rate_counts_per_s / scan->line_rate_hz
                                        : 0;
    scan->have_next = true;
    scan->next_count = count + (int64_t)(scan->height_px * scan->divider);
    scan->next_ns = scan->start_ns + (int64_t)(scan->height_px / scan->line_rate_hz * 1e9);
    stream->frames_started++;
    if (!(scene && fault(scan, &scene->duplicate_id_frames)))
        scan->frame_id++;
    scan->buffer = stream_take_queued(stream);
    if (!scan->buffer) {
        stream->underruns++;
        COUNT(scan, underruns, 1);
        return;
    }
    scan->lines_done = 0;
    scan->lines_cut_after = scan->height_px;
    if (scene && fault(scan, &scene->incomplete_frames) && scene->incomplete_after_lines < scan->height_px)
        scan->lines_cut_after = scene->incomplete_after_lines;
    scan->stale = scene && fault(scan, &scene->stale_frames);
    scan->drop = scene && fault(scan, &scene->drop_frames);
}

static uint32_t lines_due(const struct scan *scan, const struct encoder *encoder, bool lit, int64_t now)
{
    double due = 0;
    if (!scan->lines_by_encoder)
        due = (double)(now - scan->start_ns) * 1e-9 * scan->line_rate_hz;
    else if (lit)
        due = (encoder_count(encoder, now) - (double)scan->lines.start_count) / scan->divider;
    return due >= scan->height_px ? scan->height_px : due > scan->lines_done ? (uint32_t)due : scan->lines_done;
}

/* When the last line's light ended: between the tick before and now, as the clock of the lines says. */
static int64_t end_time(const struct scan *scan, const struct encoder *encoder, bool lit, int64_t now)
{
    int64_t end = now;
    if (!scan->lines_by_encoder)
        end = scan->start_ns + (int64_t)(scan->height_px / scan->line_rate_hz * 1e9);
    else if (lit && encoder->rate_counts_per_s > 0)
        end = encoder->t0_ns + (int64_t)(((double)scan->next_count - encoder->count0) /
                                         encoder->rate_counts_per_s * 1e9);
    return end > now ? now : end < scan->start_ns ? now : end;
}

static void write_chunks(const struct scan *scan, struct buffer *buffer)
{
    const int64_t values[CHUNK_COUNT] = {(int64_t)buffer->frame_id, scan->start_ns, scan->lines.start_count};
    uint8_t *to = buffer->memory + (size_t)buffer->width_px * buffer->height_px;
    for (unsigned n = 0; n < CHUNK_COUNT; n++)
        if (buffer->chunks >> n & 1) {
            memcpy(to, &values[n], CHUNK_BYTES);
            to += CHUNK_BYTES;
        }
}
