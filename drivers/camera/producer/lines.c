#define _GNU_SOURCE
#include "lines.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

enum { RUN_LINES = 128 };

/* Lines whose pixels follow each other in the scene file: one system call reads them all. */
struct run {
    struct iovec pieces[RUN_LINES];
    int count;
    off_t begin, end;
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

bool lines_prepare(struct lines *lines, const struct light *light, uint32_t width_px, uint32_t offset_x_px)
{
    lines_free(lines);
    lines->background = calloc(SCENE_BACKGROUND_ROWS, width_px);
    if (!lines->background)
        return false;
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
    lines->background = NULL;
}

/* Reads the run; what the file does not give becomes black. Returns the lines that were cut. */
static uint32_t run_read(struct run *run, const struct light *light)
{
    uint32_t cut = 0;
    ssize_t got = run->count ? preadv(light->fd, run->pieces, run->count, run->begin) : 0;
    size_t left = got > 0 ? (size_t)got : 0;
    for (int i = 0; i < run->count; i++) {
        struct iovec *piece = &run->pieces[i];
        size_t have = left < piece->iov_len ? left : piece->iov_len;
        if (have < piece->iov_len) {
            memset((uint8_t *)piece->iov_base + have, 0, piece->iov_len - have);
            cut++;
        }
        left -= have;
    }
    run->count = 0;
    return cut;
}

static uint32_t run_add(struct run *run, const struct light *light, uint8_t *to, size_t bytes, off_t at)
{
    uint32_t cut = 0;
    if (run->count == RUN_LINES || (run->count && at != run->end))
        cut = run_read(run, light);
    if (run->count == 0)
        run->begin = at;
    run->pieces[run->count++] = (struct iovec){to, bytes};
    run->end = at + (off_t)bytes;
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

uint32_t lines_write(const struct lines *lines, const struct light *light, uint8_t *image, uint32_t first,
                     uint32_t last)
{
    struct seen seen = {.end_count = INT64_MIN};
    struct band band = {0, 0, 0};
    struct run run = {.count = 0};
    uint32_t cut = 0;
    for (uint32_t line = first; line < last; line++) {
        int64_t count = lines->start_count + (int64_t)(line * lines->counts_per_line);
        if (count >= seen.end_count) {
            seen = light_seen(light, count);
            band = seen.picture ? band_of(lines, seen.picture) : (struct band){0, 0, 0};
        }
        uint8_t *to = image + (size_t)line * lines->width_px;
        const uint8_t *background = lines->background + (line % SCENE_BACKGROUND_ROWS) * (size_t)lines->width_px;
        int64_t row = -1;
        if (seen.picture)
            row = (count - seen.start_count) / light->scene->counts_per_row - seen.picture->y;
        if (row < 0 || row >= seen.picture->height || band.left == band.right) {
            memcpy(to, background, lines->width_px);
            continue;
        }
        memcpy(to, background, band.left);
        memcpy(to + band.right, background + band.right, lines->width_px - band.right);
        off_t at = (off_t)(seen.picture->offset + (uint64_t)row * seen.picture->width + band.skip);
        cut += run_add(&run, light, to + band.left, band.right - band.left, at);
    }
    return cut + run_read(&run, light);
}
