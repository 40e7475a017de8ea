/* The scanner's state: how the camera was set when the acquisition began, and the frame that is being scanned. */
#ifndef SIMCAM_SCAN_H
#define SIMCAM_SCAN_H

#include "simcam.h"

enum start_by { START_FREE, START_SOFTWARE, START_LINE1 };

/* The world's light at one moment. */
struct moment {
    int64_t now;
    bool lit;
    struct encoder encoder;
    double count; /* the encoder's, 0 in the dark */
};

struct frame {
    struct buffer *buffer; /* NULL: no frame is open */
    uint64_t id;
    int64_t start_ns, end_ns;      /* end: only with a free-running line clock */
    int64_t start_count, end_count;
    uint32_t lines_done, lines_kept; /* lines from lines_kept on are lost on the way */
    bool stale, drop;
};

struct scan {
    struct camera *camera;
    enum start_by start_by;
    bool lines_by_encoder;
    double divider, line_rate_hz;
    uint32_t width_px, height_px, offset_x_px;
    struct lines lines;
    struct frame frame;
    bool began; /* a frame has begun in this world: the next free-running one begins at its end */
};

/* frame.c; under the lock (frame_advance lets go of it while it writes). */
void frame_begin(struct scan *scan, const struct moment *moment, int64_t start_count, int64_t start_ns);
void frame_advance(struct scan *scan, const struct moment *moment);
void frame_abandon(struct scan *scan, int64_t now);
void scene_add(const struct scan *scan, size_t counter, uint64_t n);
#define COUNT(scan, counter, n) scene_add((scan), offsetof(struct scene, counter), (n))

#endif
