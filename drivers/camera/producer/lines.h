/* Writes lines of a frame: background, and the part's picture where it lies. */
#ifndef SIMCAM_LINES_H
#define SIMCAM_LINES_H

#include "light.h"

/* What a buffer still holds of its last frame: background of this generation, but for columns [left, right). A real
 * camera's picture comes by DMA and costs no processor time; writing only what differs keeps ours cheap, too. */
struct paint {
    uint32_t generation; /* 0: nothing is known */
    uint32_t left, right;
};

struct lines {
    uint8_t *background; /* SCENE_BACKGROUND_ROWS rows of width_px */
    uint8_t *scratch;    /* what one read brings */
    uint32_t generation, width_px, offset_x_px;
    uint64_t frame_id;
    int64_t start_count;    /* of line 0 */
    double counts_per_line; /* the encoder divider; with a free-running line clock, what passes in one line */
    struct paint before, after;
};

/* Makes the background for this width from the scene (black in the dark); false without memory. */
bool lines_prepare(struct lines *lines, const struct light *light, uint32_t width_px, uint32_t offset_x_px);
void lines_free(struct lines *lines);

/* Begins frame `frame_id` in a buffer that holds `paint`. */
void lines_begin(struct lines *lines, struct paint paint, uint64_t frame_id);

/* Fills lines [first, last) of `image` (rows of width_px). Returns how many could not be read from the scene file. */
uint32_t lines_write(struct lines *lines, const struct light *light, uint8_t *image, uint32_t first, uint32_t last);

/* What the buffer holds now; `whole` when every line was written. */
struct paint lines_end(const struct lines *lines, bool whole);

#endif
