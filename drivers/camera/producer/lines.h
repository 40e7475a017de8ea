/* Writes lines of a frame: background, and the part's picture where it lies. */
#ifndef SIMCAM_LINES_H
#define SIMCAM_LINES_H

#include "light.h"

struct lines {
    uint8_t *background; /* SCENE_BACKGROUND_ROWS rows of width_px */
    uint8_t *scratch;    /* what one read brings */
    uint32_t width_px, offset_x_px;
    int64_t start_count;    /* of line 0 */
    double counts_per_line; /* the encoder divider; with a free-running line clock, what passes in one line */
};

/* Makes the background for this width from the scene (black in the dark); false without memory. */
bool lines_prepare(struct lines *lines, const struct light *light, uint32_t width_px, uint32_t offset_x_px);
void lines_free(struct lines *lines);

/* Fills lines [first, last) of `image` (rows of width_px). Returns how many could not be read from the scene file. */
uint32_t lines_write(const struct lines *lines, const struct light *light, uint8_t *image, uint32_t first,
                     uint32_t last);

#endif
