/* What one frame shows: the counts under its lines, and how the light came out. Enough to draw the frame again. */
#ifndef SIMCAM_CONTENT_H
#define SIMCAM_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

enum look { LOOK_NORMAL, LOOK_BLACK, LOOK_WHITE, LOOK_BLUR };

struct content {
    bool area;              /* all lines at once, at start_count */
    int64_t start_count;    /* of line 0 */
    double counts_per_line; /* the encoder divider; with a free-running line clock, what passes in one line */
    uint32_t break_line;    /* from here on the encoder's faults */
    int64_t jump_counts;
    bool reverse;
    enum look look;
    uint64_t noise; /* the frame's own, in the live columns */
};

/* What the camera sees under a line. */
int64_t content_count(const struct content *content, uint32_t line);

/* What the encoder says at a line: the same, but for an area camera, whose picture a jump leaves as it is. */
int64_t content_told(const struct content *content, uint32_t line);

#endif
