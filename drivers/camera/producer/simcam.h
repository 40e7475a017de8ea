/* The simulated camera behind the GenTL functions: one line-scan camera, its stream and its buffers. */
#ifndef SIMCAM_H
#define SIMCAM_H

#include <pthread.h>

#include "gentl.h"
#include "lines.h"
#include "registers.h"

#define PRODUCER_VENDOR "Edge Inspection (Simulated)"
#define PRODUCER_VERSION "1.0"
#define CAMERA_SERIAL "LINE01"
#define CAMERA_MODEL "Simulated line scan"
#define TRANSPORT "Custom"
#define XML_ADDRESS 0x10000000u

enum { MAX_BUFFERS = 64, CHUNK_BYTES = 8 };

enum buffer_state { BUFFER_IDLE, BUFFER_QUEUED, BUFFER_FILLING, BUFFER_FILLED };

struct buffer {
    uint8_t *memory;
    size_t bytes;
    void *user;
    bool own_memory;
    enum buffer_state state;
    struct paint paint;
    /* What it holds once it was filled. */
    bool fresh, incomplete;
    uint64_t frame_id;
    int64_t end_ns;
    uint32_t width_px, height_px, offset_x_px, lines_filled;
    unsigned chunks; /* bit n: chunk n follows the picture */
};

/* Buffers wait in `queued` as a stack: the one used last is used next, so that few are ever resident. Filled ones
 * leave in the order of their frames. */
struct stream {
    bool open, running, stop;
    struct buffer *announced[MAX_BUFFERS], *queued[MAX_BUFFERS], *filled[MAX_BUFFERS];
    unsigned announced_count, queued_count, filled_count;
    bool event_registered;
    unsigned event_kills;
    uint64_t events_fired, frames_started, frames_delivered, underruns;
    pthread_t scanner;
    bool scanner_alive;
    pthread_cond_t filled_one, wake; /* for the consumer; for the scanner */
};

struct camera {
    bool open;
    uint8_t registers[REG_END];
    unsigned software_triggers;
    struct stream stream;
    struct light light; /* the scanner's while it lives, otherwise under the lock */
};

extern struct camera the_camera;
extern pthread_mutex_t simcam_lock;
extern bool simcam_initialised, system_open, interface_open;
extern char system_handle, interface_handle; /* only their addresses matter */

GC_ERROR fail(GC_ERROR code, const char *why);
GC_ERROR give_bytes(INFO_DATATYPE *type, INFO_DATATYPE is, void *to, size_t *size, const void *from, size_t bytes);
GC_ERROR give_text(INFO_DATATYPE *type, void *to, size_t *size, const char *text);
GC_ERROR give_i32(INFO_DATATYPE *type, void *to, size_t *size, int32_t value);
GC_ERROR give_u32(INFO_DATATYPE *type, void *to, size_t *size, uint32_t value);
GC_ERROR give_u64(INFO_DATATYPE *type, void *to, size_t *size, uint64_t value);
GC_ERROR give_size(INFO_DATATYPE *type, void *to, size_t *size, size_t value);
GC_ERROR give_bool(INFO_DATATYPE *type, void *to, size_t *size, bool value);
GC_ERROR give_pointer(INFO_DATATYPE *type, void *to, size_t *size, void *value);

/* Registers (camera.c). All under the lock. */
void camera_power_up(struct camera *camera);
void camera_look(struct camera *camera);
bool camera_unplugged(const struct camera *camera);
int64_t register_whole(const struct camera *camera, unsigned address);
double register_real(const struct camera *camera, unsigned address);
size_t camera_image_bytes(const struct camera *camera);
unsigned camera_chunks(const struct camera *camera);
size_t camera_payload_bytes(const struct camera *camera);
GC_ERROR camera_read(struct camera *camera, uint64_t address, void *to, size_t size);
GC_ERROR camera_write(struct camera *camera, uint64_t address, const void *from, size_t size);
GC_ERROR device_info(const struct camera *camera, DEVICE_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size);

/* Stream (stream.c, scan.c). Under the lock, except where it says not. */
void stream_init(struct stream *stream);
GC_ERROR scan_start(struct camera *camera);
void scan_stop(struct camera *camera); /* NOT under the lock: waits for the scanner to end */
void stream_close(struct camera *camera); /* NOT under the lock */
struct buffer *stream_take_queued(struct stream *stream);
void stream_discard_filled(struct stream *stream);
void stream_requeue(struct stream *stream, struct buffer *buffer);
void stream_give_filled(struct stream *stream, struct buffer *buffer);
struct stream *stream_of(DS_HANDLE handle);

#endif
