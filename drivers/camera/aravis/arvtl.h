/* A GenTL producer over libaravis: what its files share.
 *
 * GenTL's modules are one system, one interface, and the cameras that libaravis finds; each camera has one data stream
 * with one new-buffer event. The state of all of them is under one lock; nothing that waits for a camera or a frame is
 * done while holding it.
 */
#ifndef ARVTL_H
#define ARVTL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "answers.h"
#include "libaravis.h"

#define PRODUCER_VENDOR "Edge Inspection"
#define PRODUCER_MODEL "GigE Vision and USB3 Vision through libaravis"
#define PRODUCER_VERSION "1.0"
#define PRODUCER_FILE "arvtl.cti"
#define XML_ADDRESS 0x4000000000000000ull /* beyond every register of GigE Vision and USB3 Vision cameras */

enum { MAX_CAMERAS = 32, MAX_BUFFERS = 128, MAX_CHUNKS = 32, TEXT_BYTES = 128 };

/* What a delivered buffer holds. */
struct picture {
    bool fresh, complete;
    uint64_t frame_id, timestamp_ns, pixel_format;
    size_t payload_type, width_px, height_px, x_px, y_px, x_padding_bytes, y_padding_bytes;
    size_t bytes_valid; /* from the start of the buffer, without a hole */
    size_t lines_valid;
    size_t chunk_count;
    SINGLE_CHUNK_DATA chunks[MAX_CHUNKS];
};

/* Marks laid into a buffer before it is filled: those that are still there afterwards show what did not arrive. */
struct marks {
    uint64_t key;
    size_t count, spacing_bytes;
};

enum buffer_state { BUFFER_IDLE, BUFFER_QUEUED, BUFFER_FILLED };

struct buffer {
    uint8_t *memory;
    size_t bytes;
    void *user;
    bool own_memory;
    enum buffer_state state;
    struct marks marks;
    struct picture picture;
};

struct stream {
    bool open, running, event_registered;
    ArvStream *arv; /* while running */
    size_t mark_spacing_bytes;
    struct buffer *announced[MAX_BUFFERS], *queued[MAX_BUFFERS], *filled[MAX_BUFFERS];
    unsigned announced_count, queued_count; /* queued: while not running; libaravis has them while it is */
    unsigned filled_count;                  /* filled, and not fetched before the acquisition was stopped */
    unsigned event_kills, waiters; /* waiters: in libaravis' hands until their slice ends */
    uint64_t delivered, underruns, started; /* started: in acquisitions that ended */
    uint64_t last_id, underrun_packets;
    bool last_id_known;
    struct picture shape; /* of the last whole picture */
};

struct camera {
    bool listed, open;
    char id[TEXT_BYTES], vendor[TEXT_BYTES], model[TEXT_BYTES], serial[TEXT_BYTES], version[TEXT_BYTES];
    bool gige;
    ArvDevice *arv; /* while open */
    atomic_bool lost;
    unsigned long lost_handler;
    const char *xml;
    size_t xml_bytes;
    char port; /* only its address matters: the remote device's port */
    struct stream stream;
};

extern pthread_mutex_t arvtl_lock;
extern pthread_cond_t arvtl_waiter_left;
extern bool arvtl_initialised, system_open, interface_open;
extern char system_handle, interface_handle; /* only their addresses matter */
extern struct camera cameras[MAX_CAMERAS];

/* errors.c */
GC_ERROR fail_from(GError **error, const char *what); /* frees the error */

/* library.c, discovery.c */
GC_ERROR check_interface(IF_HANDLE handle);
struct camera *camera_by_id(const char *id); /* under the lock */
const char *camera_transport(const struct camera *camera);
GC_ERROR camera_info(const struct camera *camera, DEVICE_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size);

/* device.c */
struct camera *camera_of(DEV_HANDLE handle);
struct camera *camera_of_port(PORT_HANDLE handle);
ArvDevice *camera_hold(struct camera *camera); /* a reference, to be given back; NULL when closed or lost */
void camera_close(struct camera *camera);      /* NOT under the lock: talks to the camera */

/* stream.c, stream_info.c */
GC_API DSFlushQueue(DS_HANDLE handle, ACQ_QUEUE_TYPE operation);
GC_API DSGetInfo(DS_HANDLE handle, STREAM_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size);
/* Under the lock, except where it says not. */
struct stream *stream_of(DS_HANDLE handle);
struct camera *camera_of_stream(struct stream *stream);
struct buffer *announced_buffer(struct stream *stream, BUFFER_HANDLE handle);
void stream_push(struct stream *stream, struct buffer *buffer); /* to libaravis */
void stream_close(struct stream *stream);                       /* NOT under the lock */

/* acquire.c. Both NOT under the lock: they talk to the camera. */
GC_ERROR acquisition_start(struct stream *stream);
void acquisition_stop(struct stream *stream);

/* arrival.c. Under the lock. */
void stream_take_in(struct stream *stream, struct buffer *buffer, ArvBuffer *arv);

/* marks.c */
void marks_lay(struct marks *marks, uint8_t *memory, size_t bytes, size_t spacing_bytes);
size_t marks_bytes_valid(const struct marks *marks, const uint8_t *memory, size_t bytes);

/* chunks.c */
size_t chunks_parse(const uint8_t *data, size_t bytes, bool big_endian, SINGLE_CHUNK_DATA *chunks, size_t room);

#endif
