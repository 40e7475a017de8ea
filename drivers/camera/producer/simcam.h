/* The simulated cameras behind the GenTL functions: a line-scan and an area camera, their streams and buffers. */
#ifndef SIMCAM_H
#define SIMCAM_H

#include <pthread.h>

#include "answers.h"
#include "lines.h"
#include "registers.h"

#define PRODUCER_VENDOR "Edge Inspection (Simulated)"
#define PRODUCER_VERSION "2.0"
#define TRANSPORT "Custom"
#define XML_ADDRESS 0x10000000u

enum { MAX_BUFFERS = 64, MAX_MESSAGES = 64, CAMERA_COUNT = 2 };

enum buffer_state { BUFFER_IDLE, BUFFER_QUEUED, BUFFER_FILLING, BUFFER_FILLED };

/* What a frame is told to be, beside its pixels. */
struct facts {
    uint64_t frame_id; /* on the wire */
    int64_t start_ns, end_ns;
    uint32_t width_px, height_px, offset_x_px, offset_y_px, lines_filled, pixel_format;
    unsigned chunks; /* bit n: chunk n follows the picture */
    bool area;       /* its ChunkEncoderValue is one value, not one a line */
    bool incomplete;
};

struct buffer {
    uint8_t *memory;
    size_t bytes;
    void *user;
    bool own_memory;
    enum buffer_state state;
    struct paint paint;
    /* What it holds once it was filled. */
    bool fresh;
    int64_t deliver_ns;
    struct facts facts;
};

struct camera;

/* What a consumer waits on. Its address is the event's handle. */
struct event_source {
    EVENT_TYPE type;
    struct camera *camera;
    bool registered;
    unsigned kills;
    uint64_t fired;
    pthread_cond_t arrived;
};

/* Buffers wait in `queued` as a stack: the one used last is used next, so that few are ever resident. Those on the way
 * and the filled ones leave in the order of their frames. */
struct stream {
    bool open, running, stop;
    struct buffer *announced[MAX_BUFFERS], *queued[MAX_BUFFERS], *on_the_way[MAX_BUFFERS], *filled[MAX_BUFFERS];
    unsigned announced_count, queued_count, on_the_way_count, filled_count;
    struct event_source new_buffer;
    uint64_t frames_started, frames_delivered, underruns;
    pthread_t scanner;
    bool scanner_alive;
    pthread_cond_t wake; /* for the scanner */
};

/* A message of the camera's: what its event's data is. Words of 8 bytes, in the order of the description. */
struct message {
    uint64_t id, timestamp_ns, frame_id;
};

/* LOCKED: written only while nothing is acquired. */
enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_LOCKED };

struct register_default {
    unsigned address;
    enum access access;
    union {
        int64_t whole;
        double real;
    } value;
};

struct model {
    const char *serial, *name, *xml_name, *xml;
    const unsigned *xml_bytes;
    bool area;
    const struct register_default *defaults;
    unsigned default_count;
};

struct camera {
    const struct model *model;
    bool open, listed;
    uint8_t registers[REG_END];
    unsigned software_triggers;
    int64_t encoder_zero; /* what EncoderReset found */
    struct stream stream;
    struct event_source remote; /* its messages */
    struct message messages[MAX_MESSAGES];
    unsigned message_count;
    struct light light; /* the scanner's while it lives, otherwise under the lock */
};

extern struct camera cameras[CAMERA_COUNT];
extern pthread_mutex_t simcam_lock;
extern bool simcam_initialised, system_open, interface_open;
extern char system_handle, interface_handle; /* only their addresses matter */

/* Cameras and their registers (camera.c, encoder.c). All under the lock. */
void cameras_init(void);
struct camera *camera_of(DEV_HANDLE handle); /* NULL: not an open device */
void camera_power_up(struct camera *camera);
void camera_look(struct camera *camera);
bool camera_unplugged(const struct camera *camera);
int64_t register_whole(const struct camera *camera, unsigned address);
double register_real(const struct camera *camera, unsigned address);
void put_whole(struct camera *camera, unsigned address, int64_t value);
unsigned camera_chunks(const struct camera *camera);
size_t camera_payload_bytes(const struct camera *camera);
GC_ERROR camera_read(struct camera *camera, uint64_t address, void *to, size_t size);
GC_ERROR camera_write(struct camera *camera, uint64_t address, const void *from, size_t size);
GC_ERROR device_info(const struct camera *camera, DEVICE_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size);

void encoder_refresh(struct camera *camera, uint64_t address);
void encoder_reset(struct camera *camera);
uint32_t encoder_told(const struct camera *camera, int64_t count); /* as the registers and chunks say it: it wraps */
bool encoder_makes_lines(const struct camera *camera);
uint32_t line_status(int64_t count, bool line1);

/* What the camera says by itself (message.c); `event` is an EVENT_ of registers.h. Under the lock. */
void camera_say(struct camera *camera, unsigned event, int64_t at_ns, uint64_t frame_id);
GC_ERROR message_take(struct camera *camera, void *to, size_t *size);
GC_ERROR message_info(const void *from, size_t bytes, EVENT_DATA_INFO_CMD what, INFO_DATATYPE *type, void *to,
                      size_t *size);

/* Stream (stream.c, scan.c). Under the lock, except where it says not. */
GC_ERROR scan_start(struct camera *camera);
void scan_stop(struct camera *camera); /* NOT under the lock: waits for the scanner to end */
void stream_close(struct camera *camera); /* NOT under the lock */
struct buffer *stream_take_queued(struct stream *stream);
void stream_discard_filled(struct stream *stream);
void stream_requeue(struct stream *stream, struct buffer *buffer);
void stream_give_filled(struct stream *stream, struct buffer *buffer);
struct stream *stream_of(DS_HANDLE handle);
struct camera *stream_camera(DS_HANDLE handle); /* NULL: not an open stream */

/* Chunks (chunks.c): how many bytes chunk `n`, or all of them, take behind a frame's picture. */
size_t chunk_bytes(const struct facts *facts, unsigned n);
size_t chunks_bytes(const struct facts *facts);
size_t image_bytes(const struct facts *facts);

#endif
