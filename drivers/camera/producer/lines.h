/* Writes lines of a frame: background, and the part's picture where it lies. */
#ifndef SIMCAM_LINES_H
#define SIMCAM_LINES_H

#include "content.h"
#include "format.h"
#include "light.h"

/* What a buffer still holds of its last frame: background of this generation, but for columns [left, right). A real
 * camera's picture comes by DMA and costs no processor time; writing only what differs keeps ours cheap, too. */
struct paint {
    uint32_t generation; /* 0: nothing is known */
    uint32_t left, right;
};

/* What of the sensor is read out, and how its pixels are laid down. */
struct window {
    uint32_t width_px, height_px, offset_x_px, offset_y_px, format;
};

struct lines {
    uint8_t *background; /* SCENE_BACKGROUND_ROWS rows of the window's width */
    uint8_t *scratch;    /* what one read brings */
    uint8_t *row;        /* one line in grey, and one to blur it from */
    uint32_t generation;
    struct window window;
    struct tone tone;
    struct content content;
    struct paint before, after;
};

/* A picture under a line: its row, the columns [left, right) of the frame that it covers, and its pixel at `left`. */
struct cover {
    const struct scene_picture *picture; /* NULL: background only */
    uint32_t left, right;
    int64_t row;
    off_t at; /* of the first covered pixel, in the scene file */
};

/* Makes the background for this window from the scene (black in the dark); false without memory. */
bool lines_prepare(struct lines *lines, const struct light *light, struct window window);
void lines_free(struct lines *lines);

/* Begins a frame of this content in a buffer that holds `paint`. */
void lines_begin(struct lines *lines, struct content content, struct paint paint, const uint8_t *image);

/* Fills lines [first, last) of `image`. Returns how many could not be read from the scene file. */
uint32_t lines_write(struct lines *lines, const struct light *light, uint8_t *image, uint32_t first, uint32_t last);

/* What the buffer holds now; `whole` when every line was written. */
struct paint lines_end(const struct lines *lines, bool whole);

/* cover.c: what lies under a line. `seen` is the caller's memory from line to line; begin with seen_nothing. */
extern const struct seen seen_nothing;
struct cover cover_of(const struct lines *lines, const struct light *light, struct seen *seen, uint32_t line);

/* marks.c: the background's grey values, and what the first line carries: live noise and a burnt-in number. */
uint8_t background_pixel(const struct scene *scene, uint32_t x, uint32_t row);
void write_live_noise(uint8_t *line, const struct light *light, uint64_t noise, uint32_t end);
void burn_number(uint8_t *line, uint32_t width_px, uint32_t number);

/* render.c: one line in any format, exposure or fault, written from end to end; false when its picture was cut. */
bool render_line(struct lines *lines, const struct light *light, struct cover cover, uint32_t line, uint8_t *to);

#endif
