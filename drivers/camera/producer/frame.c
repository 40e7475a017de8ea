/* One frame: takes a buffer, fills it as the encoder passes or the shutter opens, hands it on with its facts. */
#include <math.h>
#include <string.h>

#include "chunks.h"
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

/* Some cameras number with 16 bits, and leave out 0 when they begin again. */
uint64_t frame_wire_id(const struct scan *scan, uint64_t id)
{
    const struct scene *scene = scan->camera->light.scene;
    uint32_t bits = scene ? scene->frame_id_bits : 0;
    return id == 0 || bits == 0 || bits > 63 ? id : (id - 1) % ((1ull << bits) - 1) + 1;
}

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

static double counts_per_line(const struct scan *scan, const struct moment *moment)
{
    if (scan->lines_by_encoder)
        return scan->divider;
    return moment->lit && !scan->area ? moment->encoder.rate_counts_per_s / scan->line_rate_hz : 0;
}

/* The faults of the light and the encoder, from the middle of the frame on. */
static void disturb(struct scan *scan, struct content *content)
{
    content->break_line = scan->window.height_px / 2;
    if (FAULT(scan, encoder_jump_frames))
        content->jump_counts = scan->camera->light.scene->encoder_jump_counts;
    if (!scan->area)
        content->reverse = FAULT(scan, encoder_reverse_frames);
    content->look = FAULT(scan, black_frames)   ? LOOK_BLACK
                    : FAULT(scan, white_frames) ? LOOK_WHITE
                    : FAULT(scan, blur_frames)  ? LOOK_BLUR
                                                : LOOK_NORMAL;
}

/* The faults of the way to the consumer. */
static void take_way_faults(struct scan *scan, struct frame *frame)
{
    const struct scene *scene = scan->camera->light.scene;
    uint32_t height_px = scan->window.height_px;
    if (FAULT(scan, incomplete_frames) && scene->incomplete_after_lines < height_px)
        frame->lines_kept = scene->incomplete_after_lines;
    if (FAULT(scan, wrong_size_frames) && scene->wrong_size_lines > 0 && scene->wrong_size_lines < height_px)
        frame->lines_told = scene->wrong_size_lines;
    if (FAULT(scan, slow_frames))
        frame->slow_ms = scene->slow_ms;
    frame->stale = FAULT(scan, stale_frames);
    frame->drop = FAULT(scan, drop_frames);
}

static double brightness(const struct scan *scan)
{
    const struct camera *camera = scan->camera;
    double exposure_us = register_real(camera, REG_EXPOSURE_TIME), gain_db = register_real(camera, REG_GAIN);
    double usual_us = scan->area ? 1000 : 15;
    return exposure_us == usual_us && gain_db == 0 ? 1.0 : exposure_us / usual_us * pow(10, gain_db / 20);
}

void frame_begin(struct scan *scan, const struct moment *moment, int64_t start_count, int64_t start_ns, bool line1)
{
    struct frame *frame = &scan->frame;
    struct camera *camera = scan->camera;
    uint32_t height_px = scan->window.height_px;
    int64_t busy_ns = scan->exposure_ns > READOUT_NS ? scan->exposure_ns : READOUT_NS;
    int64_t lines_ns = scan->area ? scan->exposure_ns + READOUT_NS : (int64_t)(height_px / scan->line_rate_hz * 1e9);
    *frame = (struct frame){
        .id = FAULT(scan, duplicate_id_frames) ? frame->id : frame->id + 1,
        .start_ns = start_ns,
        .exposed_ns = start_ns + scan->exposure_ns,
        .end_ns = start_ns + lines_ns,
        .ready_ns = start_ns + busy_ns,
        .end_count = start_count + (int64_t)(height_px * scan->divider),
        .lines_kept = height_px,
        .lines_told = height_px,
        .line_status = line_status(start_count, line1),
    };
    scan->began = true;
    camera->stream.frames_started++;
    camera_say(camera, EVENT_FRAME_START, start_ns, frame_wire_id(scan, frame->id));
    if (!scan->area && FAULT(scan, line_trigger_missed_frames))
        camera_say(camera, EVENT_LINE_TRIGGER_MISSED, start_ns, frame_wire_id(scan, frame->id));
    frame->buffer = take_buffer(scan);
    if (!frame->buffer)
        return;
    frame->told = (struct content){
        .area = scan->area,
        .start_count = start_count,
        .counts_per_line = counts_per_line(scan, moment),
        .noise = camera->stream.frames_started,
    };
    disturb(scan, &frame->told);
    take_way_faults(scan, frame);
    frame->drawn = scan->has_shown && FAULT(scan, freeze_frames) ? scan->shown : frame->told;
    if (!frame->stale && !frame->drop) {
        tone_set(&scan->lines.tone, brightness(scan));
        lines_begin(&scan->lines, frame->drawn, frame->buffer->paint, frame->buffer->memory);
        frame->buffer->paint = (struct paint){0}; /* until the frame is whole */
    }
}

static uint32_t lines_due(const struct scan *scan, const struct moment *moment)
{
    uint32_t done = scan->frame.lines_done, height_px = scan->window.height_px;
    double due = done;
    if (scan->area)
        due = moment->now >= scan->frame.exposed_ns ? height_px : 0;
    else if (!scan->lines_by_encoder)
        due = (double)(moment->now - scan->frame.start_ns) * 1e-9 * scan->line_rate_hz;
    else if (moment->lit && scan->lines_go)
        due = (moment->count - (double)scan->frame.told.start_count) / scan->divider;
    if (due >= height_px)
        return height_px;
    return due > done ? (uint32_t)due : done;
}

/* When the picture's light had ended, or was read out, by the clock that paces it. */
static int64_t end_time(const struct scan *scan, const struct moment *moment)
{
    const struct encoder *encoder = &moment->encoder;
    int64_t end = scan->frame.end_ns;
    if (scan->area)
        return end;
    if (scan->lines_by_encoder) {
        if (!moment->lit || encoder->rate_counts_per_s <= 0)
            return moment->now;
        double since_t0_s = ((double)scan->frame.end_count - encoder->count0) / encoder->rate_counts_per_s;
        end = encoder->t0_ns + (int64_t)(since_t0_s * 1e9);
    }
    return end > moment->now || end < scan->frame.start_ns ? moment->now : end;
}

static void finish(struct scan *scan, int64_t end_ns)
{
    struct frame *frame = &scan->frame;
    struct stream *stream = &scan->camera->stream;
    struct buffer *buffer = frame->buffer;
    uint32_t height_px = scan->window.height_px;
    uint32_t filled = frame->lines_done < frame->lines_kept ? frame->lines_done : frame->lines_kept;
    frame->buffer = NULL;
    camera_say(scan->camera, EVENT_FRAME_END, end_ns, frame_wire_id(scan, frame->id));
    if (frame->drop) {
        stream_requeue(stream, buffer);
        COUNT(scan, frames_dropped, 1);
        return;
    }
    if (!frame->stale) {
        buffer->paint = lines_end(&scan->lines, filled == height_px);
        scan->shown = frame->drawn;
        scan->has_shown = true;
    }
    buffer->facts = (struct facts){
        .frame_id = frame_wire_id(scan, frame->id),
        .start_ns = frame->start_ns,
        .end_ns = end_ns,
        .width_px = scan->window.width_px,
        .height_px = frame->lines_told,
        .offset_x_px = scan->window.offset_x_px,
        .offset_y_px = scan->window.offset_y_px,
        .lines_filled = filled < frame->lines_told ? filled : frame->lines_told,
        .pixel_format = scan->window.format,
        .chunks = camera_chunks(scan->camera),
        .area = scan->area,
        .incomplete = filled < height_px,
    };
    /* They travel behind the picture: a frame with lines missing still has them. */
    chunks_write(scan->camera, &buffer->facts, &frame->told, frame->line_status, buffer->memory);
    COUNT(scan, lines_missed, height_px - filled);
    buffer->deliver_ns = end_ns + (int64_t)frame->slow_ms * 1000000;
    stream->on_the_way[stream->on_the_way_count++] = buffer;
}

void frames_deliver(struct scan *scan, int64_t now)
{
    struct stream *stream = &scan->camera->stream;
    while (stream->on_the_way_count > 0 && stream->on_the_way[0]->deliver_ns <= now) {
        struct buffer *buffer = stream->on_the_way[0];
        memmove(stream->on_the_way, stream->on_the_way + 1, --stream->on_the_way_count * sizeof buffer);
        COUNT(scan, frames_delivered, 1);
        stream_give_filled(stream, buffer);
    }
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
    if (due == scan->window.height_px)
        finish(scan, end_time(scan, moment));
}

void frame_abandon(struct scan *scan, int64_t now)
{
    if (scan->frame.buffer)
        finish(scan, now);
}
