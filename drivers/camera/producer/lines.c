#include "lines.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCRATCH_BYTES = 128 * 1024, PROBE_EVERY_LINES = 16 };

/* No two frames of a live sensor are alike: these pixels of line 0 carry noise of their own in every frame. */
enum { LIVE_COLUMNS = SCENE_LIVE_COLUMNS };

/* Lines whose pixels follow each other in the scene file: one read into the scratch, then a copy each. (preadv
 * straight into the lines costs half as much again: the kernel's copy is slow with many short pieces.) */
struct run {
    uint8_t *to; /* in the first line */
    size_t line_bytes, stride;
    uint32_t lines, room;
    off_t begin;
};

static uint8_t background_pixel(const struct scene *scene, uint32_t x, uint32_t row)
{
    uint32_t mixed = ((x + 1) * 2654435761u) ^ ((row + 1) * 2246822519u);
    mixed ^= mixed >> 15;
    mixed *= 2654435761u;
    mixed ^= mixed >> 13;
    int64_t level = (int64_t)scene->background_level + mixed % (2 * scene->noise_amplitude + 1);
    level -= scene->noise_amplitude;
    return (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
}

static uint32_t generations;

bool lines_prepare(struct lines *lines, const struct light *light, uint32_t width_px, uint32_t offset_x_px)
{
    lines_free(lines);
    lines->background = calloc(SCENE_BACKGROUND_ROWS, width_px);
    lines->scratch = malloc(SCRATCH_BYTES);
    if (!lines->background || !lines->scratch)
        return false;
    lines->generation = ++generations ? generations : ++generations;
    lines->width_px = width_px;
    lines->offset_x_px = offset_x_px;
    for (uint32_t row = 0; light->scene && row < SCENE_BACKGROUND_ROWS; row++)
        for (uint32_t x = 0; x < width_px; x++)
            lines->background[row * width_px + x] = background_pixel(light->scene, x, row);
    return true;
}

void lines_free(struct lines *lines)
{
    free(lines->background);
    free(lines->scratch);
    lines->background = lines->scratch = NULL;
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
        *run = (struct run){to, bytes, lines->width_px, 0, (uint32_t)(SCRATCH_BYTES / bytes), at};
    run->lines++;
    return cut;
}

/* The columns of the frame that the picture covers, and where they begin in the picture. */
struct band {
    uint32_t left, right, skip;
};

static struct band band_of(const struct lines *lines, const struct scene_picture *picture)
{
    struct band band = {0, 0, 0};
    int64_t left = (int64_t)picture->x - lines->offset_x_px, right = left + picture->width;
    if (left < 0) {
        band.skip = (uint32_t)-left;
        left = 0;
    }
    if (right > lines->width_px)
        right = lines->width_px;
    if (right > left) {
        band.left = (uint32_t)left;
        band.right = (uint32_t)right;
    }
    return band;
}

void lines_begin(struct lines *lines, struct paint paint, uint64_t frame_id)
{
    lines->frame_id = frame_id;
    lines->before = paint.generation == lines->generation ? paint : (struct paint){0, 0, lines->width_px};
    lines->after = (struct paint){lines->generation, lines->width_px, 0};
}

struct paint lines_end(const struct lines *lines, bool whole)
{
    struct paint paint = lines->after;
    if (!whole) { /* the lines that were not written hold what they held */
        paint.generation = lines->before.generation;
        paint.left = paint.left < lines->before.left ? paint.left : lines->before.left;
        paint.right = paint.right > lines->before.right ? paint.right : lines->before.right;
    }
    return paint;
}

/* The consumer may have written into the buffer (harvesters clears it): then nothing in it can be left as it is. */
static bool untouched(const struct lines *lines, const uint8_t *line, const uint8_t *background, uint32_t skip)
{
    const struct paint *before = &lines->before;
    size_t rest = lines->width_px - before->right;
    size_t head = before->left > skip ? before->left - skip : 0;
    return memcmp(line + skip, background + skip, head) == 0 &&
           memcmp(line + before->right, background + before->right, rest) == 0;
}

/* Background wherever the line has something else, except in the band's columns. */
static void write_background(struct lines *lines, uint8_t *to, uint32_t line, struct band band)
{
    const uint8_t *background = lines->background + (line % SCENE_BACKGROUND_ROWS) * (size_t)lines->width_px;
    uint32_t left = lines->before.left, right = lines->before.right;
    if (line % PROBE_EVERY_LINES == 0) {
        if (!untouched(lines, to, background, line == 0 ? LIVE_COLUMNS : 0)) {
            lines->before = (struct paint){0, 0, lines->width_px};
            lines->after.generation = line == 0 ? lines->generation : 0; /* lines above may be touched, too */
        }
        left = 0; /* and every so often a line is written from end to end */
        right = lines->width_px;
    }
    if (band.left == band.right)
        band.left = band.right = right;
    if (band.left > left)
        memcpy(to + left, background + left, band.left - left);
    if (right > band.right)
        memcpy(to + band.right, background + band.right, right - band.right);
}

static void write_live_noise(const struct lines *lines, const struct light *light, uint8_t *line, uint32_t end)
{
    for (uint32_t x = 0; light->scene && x < end; x++)
        line[x] = background_pixel(light->scene, x, (uint32_t)lines->frame_id + SCENE_BACKGROUND_ROWS);
}

uint32_t lines_write(struct lines *lines, const struct light *light, uint8_t *image, uint32_t first, uint32_t last)
{
    const struct band none = {0, 0, 0};
    struct seen seen = {.end_count = INT64_MIN};
    struct band band = none;
    struct run run = {.lines = 0};
    uint32_t cut = 0;
    for (uint32_t line = first; line < last; line++) {
        int64_t count = lines->start_count + (int64_t)(line * lines->counts_per_line);
        if (count >= seen.end_count) {
            seen = light_seen(light, count);
            band = seen.picture ? band_of(lines, seen.picture) : none;
        }
        uint8_t *to = image + (size_t)line * lines->width_px;
        int64_t row = -1;
        if (seen.picture)
            row = (count - seen.start_count) / light->scene->counts_per_row - seen.picture->y;
        bool covered = row >= 0 && row < seen.picture->height && band.left < band.right;
        write_background(lines, to, line, covered ? band : none);
        if (line == 0)
            write_live_noise(lines, light, to, covered && band.left < LIVE_COLUMNS ? band.left : LIVE_COLUMNS);
        if (!covered)
            continue;
        if (band.left < lines->after.left)
            lines->after.left = band.left;
        if (band.right > lines->after.right)
            lines->after.right = band.right;
        off_t at = (off_t)(seen.picture->offset + (uint64_t)row * seen.picture->width + band.skip);
        cut += run_add(&run, lines, light, to + band.left, band.right - band.left, at);
    }
    return cut + run_read(&run, lines, light);
}
