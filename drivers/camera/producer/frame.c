/* One frame: takes a buffer, fills it line by line as the encoder passes, hands it on with its facts and faults. */
#include <string.h>

#include "scan.h"

void scene_add(const struct scan *scan, size_t counter, uint64_t n)
{
    struct scene *scene = scan->camera->light.scene;
    if (scene && n)
        counter_add((uint64_t *)((char *)scene + counter), n);
}

static bool take_fault(const struct scan *scan, size_t frames)
{
    struct scene *scene = scan->camera->light.scene;
    return scene && fault_take((uint32_t *)((char *)scene + frames));
}
#define FAULT(scan, frames) take_fault((scan), offsetof(struct scene, frames))

/* A buffer of the size that the configuration asks for, or NULL: the frame is lost, and its number with it. */
static struct buffer *take_buffer(const struct scan *scan)
{
    struct buffer *buffer = stream_take_queued(&scan->camera->stream);
    if (buffer && buffer->bytes < camera_payload_bytes(scan->camera)) {
        buffer->state = BUFFER_IDLE;
        buffer = NULL;
    }
    if (!buffer) {
        scan->camera->stream.underruns++;
        COUNT(scan, underruns, 1);
    }
    return buffer;
}

void frame_begin(struct scan *scan, const struct moment *moment, int64_t start_count, int64_t start_ns)
{
    struct frame *frame = &scan->frame;
    double frame_s = scan->height_px / scan->line_rate_hz;
    scan->lines.start_count = start_count;
    scan->lines.counts_per_line = scan->divider;
    if (!scan->lines_by_encoder)
        scan->lines.counts_per_line = moment->lit ? moment->encoder.rate_counts_per_s / scan->line_rate_hz : 0;
    *frame = (struct frame){
        .id = FAULT(scan, duplicate_id_frames) ? frame->id : frame->id + 1,
        .start_ns = start_ns,
        .end_ns = start_ns + (int64_t)(frame_s * 1e9),
        .start_count = start_count,
        .end_count = start_count + (int64_t)(scan->height_px * scan->divider),
        .lines_kept = scan->height_px,
    };
    scan->began = true;
    scan->camera->stream.frames_started++;
    frame->buffer = take_buffer(scan);
    if (!frame->buffer)
        return;
    if (FAULT(scan, incomplete_frames)) {
        uint32_t after = scan->camera->light.scene->incomplete_after_lines;
        frame->lines_kept = after < scan->height_px ? after : scan->height_px;
    }
    frame->stale = FAULT(scan, stale_frames);
    frame->drop = FAULT(scan, drop_frames);
    if (!frame->stale && !frame->drop) {
        lines_begin(&scan->lines, frame->buffer->paint, scan->camera->stream.frames_started);
        frame->buffer->paint = (struct paint){0}; /* until the frame is whole */
    }
}

static uint32_t lines_due(const struct scan *scan, const struct moment *moment)
{
    double due = scan->frame.lines_done;
    if (!scan->lines_by_encoder)
        due = (double)(moment->now - scan->frame.start_ns) * 1e-9 * scan->line_rate_hz;
    else if (moment->lit)
        due = (moment->count - (double)scan->frame.start_count) / scan->divider;
    if (due >= scan->height_px)
        return scan->height_px;
    return due > scan->frame.lines_done ? (uint32_t)due : scan->frame.lines_done;
}

/* When the last line's light ended, by the clock that paces the lines; never later than now. */
static int64_t end_time(const struct scan *scan, const struct moment *moment)
{
    const struct encoder *encoder = &moment->encoder;
    int64_t end = scan->frame.end_ns;
    if (scan->lines_by_encoder) {
        if (!moment->lit || encoder->rate_counts_per_s <= 0)
            return moment->now;
        double since_t0_s = ((double)scan->frame.end_count - encoder->count0) / encoder->rate_counts_per_s;
        end = encoder->t0_ns + (int64_t)(since_t0_s * 1e9);
    }
    return end > moment->now || end < scan->frame.start_ns ? moment->now : end;
}

static void write_chunks(const struct frame *frame, const struct buffer *buffer)
{
    const int64_t values[CHUNK_COUNT] = {(int64_t)frame->id, frame->start_ns, frame->start_count};
    uint8_t *to = buffer->memory + (size_t)buffer->width_px * buffer->height_px;
    for (unsigned n = 0; n < CHUNK_COUNT; n++)
        if (buffer->chunks >> n & 1) {
            memcpy(to, &values[n], CHUNK_BYTES);
            to += CHUNK_BYTES;
        }
}

static void finish(struct scan *scan, int64_t end_ns)
{
    struct frame *frame = &scan->frame;
    struct buffer *buffer = frame->buffer;
    uint32_t filled = frame->lines_done < frame->lines_kept ? frame->lines_done : frame->lines_kept;
    frame->buffer = NULL;
    if (frame->drop) {
        stream_requeue(&scan->camera->stream, buffer);
        COUNT(scan, frames_dropped, 1);
        return;
    }
    if (!frame->stale)
        buffer->paint = lines_end(&scan->lines, filled == scan->height_px);
    buffer->frame_id = frame->id;
    buffer->end_ns = end_ns;
    buffer->width_px = scan->width_px;
    buffer->height_px = scan->height_px;
    buffer->offset_x_px = scan->offset_x_px;
    buffer->lines_filled = filled;
    buffer->incomplete = filled < scan->height_px;
    buffer->chunks = camera_chunks(scan->camera);
    write_chunks(frame, buffer); /* they travel after the picture: a frame with lines missing still has them */
    COUNT(scan, lines_missed, scan->height_px - filled);
    COUNT(scan, frames_delivered, 1);
    stream_give_filled(&scan->camera->stream, buffer);
}

void frame_advance(struct scan *scan, const struct moment *moment)
{
    struct frame *frame = &scan->frame;
    uint32_t first = frame->lines_done, due = lines_due(scan, moment);
    uint32_t last = due < frame->lines_kept ? due : frame->lines_kept;
    if (last > first && !frame->stale && !frame->drop) {
        uint8_t *image = frame->buffer->memory;
        pthread_mutex_unlock(&simcam_lock); /* a buffer in state FILLING is the scanner's alone */
        uint32_t cut = lines_write(&scan->lines, &scan->camera->light, image, first, last);
        pthread_mutex_lock(&simcam_lock);
        COUNT(scan, lines_missed, cut);
    }
    frame->lines_done = due;
    if (due == scan->height_px)
        finish(scan, end_time(scan, moment));
}

void frame_abandon(struct scan *scan, int64_t now)
{
    if (scan->frame.buffer)
        finish(scan, now);
}
