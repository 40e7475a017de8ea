/* The scanner's state: how the camera was set when the acquisition began, and the frame that is being taken. */
#ifndef SIMCAM_SCAN_H
#define SIMCAM_SCAN_H

#include "simcam.h"

enum start_by { START_FREE, START_SOFTWARE, START_LINE1 };
enum { READOUT_NS = 5000000, BEHIND_NS = 100000000 };

/* The world's light at one moment. */
struct moment {
    int64_t now;
    bool lit;
    struct encoder encoder;
    double count; /* the encoder's, 0 in the dark */
};

struct frame {
    struct buffer *buffer; /* NULL: no frame is open */
    uint64_t id;           /* of the frame begun last; 0: none yet */
    int64_t start_ns;
    int64_t exposed_ns; /* area: the picture is there */
    int64_t end_ns;     /* area: read out; free-running line clock: the last line; by encoder it is not known */
    int64_t ready_ns;   /* area: the sensor takes the next trigger */
    int64_t end_count;  /* lines by encoder */
    uint32_t lines_done, lines_kept; /* lines from lines_kept on are lost on the way */
    uint32_t lines_told, slow_ms, line_status;
    bool stale, drop;
    struct content told, drawn; /* what the encoder says; what is seen (another one's when the picture is frozen) */
};

struct scan {
    struct camera *camera;
    enum start_by start_by;
    bool area, lines_by_encoder, lines_go;
    double divider, line_rate_hz;
    int64_t exposure_ns, period_ns; /* area: of a frame; between free-running ones */
    struct window window;
    struct lines lines;
    struct frame frame;
    bool began;                     /* a frame has begun in this world */
    bool has_shown;
    struct content shown; /* what the last frame on its way showed */
};

/* triggers.c: starts the frame that is due, and says which triggers came too early. Under the lock. */
void start_when_due(struct scan *scan, const struct moment *moment);
int64_t start_wait_ns(const struct scan *scan, const struct moment *moment); /* how long nothing can be due */

/* frame.c; under the lock (frame_advance lets go of it while it writes). */
void frame_begin(struct scan *scan, const struct moment *moment, int64_t start_count, int64_t start_ns, bool line1);
void frame_advance(struct scan *scan, const struct moment *moment);
void frame_abandon(struct scan *scan, int64_t now);
void frames_deliver(struct scan *scan, int64_t now); /* those whose time on the way is over */
uint64_t frame_wire_id(const struct scan *scan, uint64_t id);
void scene_add(const struct scan *scan, size_t counter, uint64_t n);
#define COUNT(scan, counter, n) scene_add((scan), offsetof(struct scene, counter), (n))

/* memory.c: makes the queued buffers cheap to hold and to fill. */
void settle_memory(const struct stream *stream);

#endif
