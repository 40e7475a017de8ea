/* The part of libaravis 0.8 (LGPL, linked dynamically) and of GObject that this producer calls.
 *
 * Declared here because the library's own headers drag in some 60 MB of development packages that a station does not
 * need. Names, types and values are the library's; test_camera_aravis_build.py compiles this file against the real
 * headers where they are installed, and the linker refuses a name that the library has not.
 */
#ifndef ARVTL_LIBARAVIS_H
#define ARVTL_LIBARAVIS_H

#include <stddef.h>
#include <stdint.h>

typedef struct _ArvDevice ArvDevice;
typedef struct _ArvGvDevice ArvGvDevice;
typedef struct _ArvStream ArvStream;
typedef struct _ArvBuffer ArvBuffer;

#ifndef ARV_H /* without the library's own headers */

typedef struct {
    uint32_t domain;
    int code;
    char *message;
} GError;

typedef enum {
    ARV_BUFFER_STATUS_UNKNOWN = -1,
    ARV_BUFFER_STATUS_SUCCESS = 0,
    ARV_BUFFER_STATUS_CLEARED,
    ARV_BUFFER_STATUS_TIMEOUT,
    ARV_BUFFER_STATUS_MISSING_PACKETS,
    ARV_BUFFER_STATUS_WRONG_PACKET_ID,
    ARV_BUFFER_STATUS_SIZE_MISMATCH,
    ARV_BUFFER_STATUS_FILLING,
    ARV_BUFFER_STATUS_ABORTED,
} ArvBufferStatus;

typedef enum {
    ARV_BUFFER_PAYLOAD_TYPE_IMAGE = 1,
    ARV_BUFFER_PAYLOAD_TYPE_CHUNK_DATA = 4,
    ARV_BUFFER_PAYLOAD_TYPE_EXTENDED_CHUNK_DATA = 5,
    ARV_BUFFER_PAYLOAD_TYPE_MULTIPART = 10,
} ArvBufferPayloadType;

typedef enum {
    ARV_DEVICE_ERROR_TIMEOUT = 5,
    ARV_DEVICE_ERROR_NOT_CONTROLLER = 10,
    ARV_DEVICE_ERROR_PROTOCOL_ERROR_NOT_IMPLEMENTED = 12,
    ARV_DEVICE_ERROR_PROTOCOL_ERROR_INVALID_PARAMETER,
    ARV_DEVICE_ERROR_PROTOCOL_ERROR_INVALID_ADDRESS,
    ARV_DEVICE_ERROR_PROTOCOL_ERROR_WRITE_PROTECT,
    ARV_DEVICE_ERROR_PROTOCOL_ERROR_BAD_ALIGNMENT,
    ARV_DEVICE_ERROR_PROTOCOL_ERROR_ACCESS_DENIED,
    ARV_DEVICE_ERROR_PROTOCOL_ERROR_BUSY,
} ArvDeviceError;

typedef enum {
    ARV_GV_STREAM_SOCKET_BUFFER_FIXED,
    ARV_GV_STREAM_SOCKET_BUFFER_AUTO,
} ArvGvStreamSocketBuffer;

typedef enum {
    ARV_STREAM_CALLBACK_TYPE_INIT,
} ArvStreamCallbackType;

typedef void (*ArvStreamCallback)(void *user_data, ArvStreamCallbackType type, ArvBuffer *buffer);
typedef void (*GCallback)(void);
struct _GClosure;
typedef void (*GClosureNotify)(void *data, struct _GClosure *closure);
typedef void (*GDestroyNotify)(void *data);
typedef enum { G_CONNECT_NORMAL = 0 } GConnectFlags;
typedef uint32_t ArvPixelFormat;

void *g_object_ref(void *object);
void g_object_unref(void *object);
void g_object_set(void *object, const char *first_property, ...);
unsigned long g_signal_connect_data(void *object, const char *signal, GCallback handler, void *data,
                                    GClosureNotify destroy, GConnectFlags flags);
void g_signal_handler_disconnect(void *object, unsigned long handler);

#endif

void g_clear_error(GError **error);

void arv_disable_interface(const char *interface_id);
void arv_update_device_list(void);
unsigned int arv_get_n_devices(void);
const char *arv_get_device_id(unsigned int index);
const char *arv_get_device_vendor(unsigned int index);
const char *arv_get_device_model(unsigned int index);
const char *arv_get_device_serial_nbr(unsigned int index);
const char *arv_get_device_protocol(unsigned int index);
ArvDevice *arv_open_device(const char *device_id, GError **error);

const char *arv_device_get_genicam_xml(ArvDevice *device, size_t *size);
void arv_device_execute_command(ArvDevice *device, const char *feature, GError **error);
int64_t arv_device_get_integer_feature_value(ArvDevice *device, const char *feature, GError **error);
int arv_device_read_memory(ArvDevice *device, uint64_t address, uint32_t size, void *buffer, GError **error);
int arv_device_write_memory(ArvDevice *device, uint64_t address, uint32_t size, void *buffer, GError **error);
int arv_device_read_register(ArvDevice *device, uint64_t address, uint32_t *value, GError **error);
int arv_device_write_register(ArvDevice *device, uint64_t address, uint32_t value, GError **error);
ArvStream *arv_device_create_stream(ArvDevice *device, ArvStreamCallback callback, void *user_data, GError **error);
int arv_gv_device_is_controller(ArvGvDevice *device);
unsigned int arv_gv_device_get_packet_size(ArvGvDevice *device, GError **error);

void arv_stream_push_buffer(ArvStream *stream, ArvBuffer *buffer);
ArvBuffer *arv_stream_try_pop_buffer(ArvStream *stream);
ArvBuffer *arv_stream_timeout_pop_buffer(ArvStream *stream, uint64_t limit_us);
void arv_stream_get_n_buffers(ArvStream *stream, int *input, int *output);
void arv_stream_get_statistics(ArvStream *stream, uint64_t *completed, uint64_t *failed, uint64_t *underruns);

ArvBuffer *arv_buffer_new_full(size_t size, void *preallocated, void *user_data, GDestroyNotify destroy);
const void *arv_buffer_get_user_data(ArvBuffer *buffer);
const void *arv_buffer_get_data(ArvBuffer *buffer, size_t *size);
ArvBufferStatus arv_buffer_get_status(ArvBuffer *buffer);
ArvBufferPayloadType arv_buffer_get_payload_type(ArvBuffer *buffer);
uint64_t arv_buffer_get_timestamp(ArvBuffer *buffer);
uint64_t arv_buffer_get_frame_id(ArvBuffer *buffer);
void arv_buffer_get_image_region(ArvBuffer *buffer, int *x, int *y, int *width, int *height);
void arv_buffer_get_image_padding(ArvBuffer *buffer, int *x, int *y);
ArvPixelFormat arv_buffer_get_image_pixel_format(ArvBuffer *buffer);
int arv_buffer_has_chunks(ArvBuffer *buffer);

#endif
