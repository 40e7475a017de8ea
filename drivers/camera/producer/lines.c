#include "lines.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "registers.h"

/* Every 16th line is written from end to end: a consumer may have marked it, to see whether a frame is fresh. The
 * lines half-way between are looked at when a frame begins: is the buffer as it was left? */
enum { SCRATCH_BYTES = 128 * 1024, FULL_EVERY_LINES = 16, PROBE_LINE = 8, PROBES_MAX = 32 };

/* Lines whose pixels follow each other in the scene file: one read into the scratch, then a copy each. (preadv
 * straight into the lines costs half as much again: the kernel's copy is slow with many short pieces.) */
struct run {
    uint8_t *to; /* in the first line */
    size_t line_bytes, stride;
    uint32_t lines, room;
    off_t begin;
};

static uint32_t generations;

bool lines_prepare(struct lines *lines, const struct light *light, struct window window)
{
    lines_free(lines);
    lines->background = calloc(SCENE_BACKGROUND_ROWS, window.width_px);
    lines->scratch = malloc(SCRATCH_BYTES);
    lines->row = malloc(2 * (size_t)window.width_px);
    if (!lines->background || !lines->scratch || !lines->row)
        return false;
    lines->generation = ++generations ? generations : ++generations;
    lines->window = window;
    for (uint32_t row = 0; light->scene && row < SCENE_BACKGROUND_ROWS; row++)
        for (uint32_t x = 0; x < window.width_px; x++)
            lines->background[row * window.width_px + x] = background_pixel(light->scene, x, row);
    return true;
}

void lines_free(struct lines *lines)
{
    free(lines->background);
    free(lines->scratch);
    free(lines->row);
    lines->background = lines->scratch = lines->row = NULL;
}

/* Reads the run; what the file does not give becomes black. Returns the lines that were cut. */
static uint32_t run_read(struct run *run, const struct lines *lines, const struct light *light)
{
    size_t wanted = run->lines * run->line_bytes, have = 0;
    while (have < wanted) {
        ssize_t got = pread(light->fd, lines->scratch + have, wanted - have, run->begin + (off_t)have);
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    memset(lines->scratch + have, 0, wanted - have);
    for (uint32_t i = 0; i < run->lines; i++)
        memcpy(run->to + i * run->stride, lines->scratch + i * run->line_bytes, run->line_bytes);
    run->lines = 0;
    return wanted > have ? (uint32_t)((wanted - have + run->line_bytes - 1) / run->line_bytes) : 0;
}

static uint32_t run_add(struct run *run, const struct lines *lines, const struct light *light, uint8_t *to,
                        size_t bytes, off_t at)
{
    uint32_t cut = 0;
    bool follows = bytes == run->line_bytes && at == run->begin + (off_t)(run->lines * bytes) &&
                   to == run->to + run->lines * run->stride;
    if (run->lines > 0 && (!follows || run->lines == run->room))
        cut = run_read(run, lines, light);
    if (run->lines == 0)
        *run = (struct run){to, bytes, lines->window.width_px, 0, (uint32_t)(SCRATCH_BYTES / bytes), at};
    run->lines++;
    return cut;
}

/* Only what differs needs to be written: plain grey values, as the sensor saw them. */
static bool plain(const struct lines *lines)
{
    return lines->window.format == PIXEL_FORMAT_MONO8 && tone_is_plain(&lines->tone) &&
           lines->content.look == LOOK_NORMAL;
}

/* The consumer may have written into the buffer (harvesters clears it): then nothing in it can be left as it is. */
static bool untouched(const struct lines *lines, const uint8_t *image)
{
    const struct paint *before = &lines->before;
    uint32_t width_px = lines->window.width_px, height_px = lines->window.height_px;
    uint32_t places = (height_px + FULL_EVERY_LINES - 1 - PROBE_LINE) / FULL_EVERY_LINES;
    uint32_t every = FULL_EVERY_LINES * (places > PROBES_MAX ? (places + PROBES_MAX - 1) / PROBES_MAX : 1);
    for (uint32_t line = PROBE_LINE; line < height_px; line += every) {
        const uint8_t *there = image + (size_t)line * width_px;
        const uint8_t *background = lines->background + (line % SCENE_BACKGROUND_ROWS) * (size_t)width_px;
        if (memcmp(there, background, before->left) != 0 ||
            memcmp(there + before->right, background + before->right, width_px - before->right) != 0)
            return false;
    }
    return true;
}

void lines_begin(struct lines *lines, struct content content, struct paint paint, const uint8_t *image)
{
    const struct paint unknown = {0, 0, lines->window.width_px};
    lines->content = content;
    lines->before = paint;
    if (paint.generation != lines->generation || !plain(lines) || !untouched(lines, image))
        lines->before = unknown;
    lines->after = plain(lines) ? (struct paint){lines->generation, lines->window.width_px, 0} : unknown;
}

struct paint lines_end(const struct lines *lines, bool whole)
{
    struct paint paint = lines->after;
    if (!whole) { /* the lines that were not written hold what they held */
        if (lines->before.generation != paint.generation)
            paint.generation = 0;
        paint.left = paint.left < lines->before.left ? paint.left : lines->before.left;
        paint.right = paint.right > lines->before.right ? paint.right : lines->before.right;
    }
    return paint;
}

/* Background wherever the line has something else, except in the columns [left, right) of a picture. */
static void write_background(const struct lines *lines, uint8_t *to, uint32_t line, struct cover cover)
{
    const uint8_t *background =
        lines->background + (line % SCENE_BACKGROUND_ROWS) * (size_t)lines->window.width_px;
    bool full = line % FULL_EVERY_LINES == 0;
    uint32_t left = full ? 0 : lines->before.left, right = full ? lines->window.width_px : lines->before.right;
    if (!cover.picture)
        cover.left = cover.right = right;
    if (cover.left > left)
        memcpy(to + left, background + left, cover.left - left);
    if (right > cover.right)
        memcpy(to + cover.right, background + cover.right, right - cover.right);
}

static uint32_t paint_line(struct lines *lines, const struct light *light, struct cover cover, struct run *run,
                           uint32_t line, uint8_t *to)
{
    write_background(lines, to, line, cover);
    if (!cover.picture)
        return 0;
    if (cover.left < lines->after.left)
        lines->after.left = cover.left;
    if (cover.right > lines->after.right)
        lines->after.right = cover.right;
    return run_add(run, lines, light, to + cover.left, cover.right - cover.left, cover.at);
}

uint32_t lines_write(struct lines *lines, const struct light *light, uint8_t *image, uint32_t first, uint32_t last)
{
    struct seen seen = seen_nothing;
    struct run run = {.lines = 0};
    uint32_t cut = 0, width_px = lines->window.width_px;
    size_t stride = format_line_bytes(lines->window.format, width_px);
    uint32_t live = SCENE_LIVE_COLUMNS < width_px ? SCENE_LIVE_COLUMNS : width_px;
    for (uint32_t line = first; line < last; line++) {
        struct cover cover = cover_of(lines, light, &seen, line);
        uint8_t *to = image + line * stride;
        if (!plain(lines)) {
            cut += !render_line(lines, light, cover, line, to);
            continue;
        }
        cut += paint_line(lines, light, cover, &run, line, to);
        if (line == 0) {
            cut += run.lines ? run_read(&run, lines, light) : 0;
            write_live_noise(to, light, lines->content.noise, cover.picture && cover.left < live ? cover.left : live);
            burn_number(to, width_px, light_number(light, lines->content.start_count));
        }
    }
    return cut + (run.lines ? run_read(&run, lines, light) : 0);
}
