/* Events: how a consumer waits for a frame, and hears what the camera says by itself. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "simcam.h"

/* The source behind an event's handle, if it is registered. */
static struct event_source *source_of(EVENT_HANDLE handle)
{
    for (int i = 0; i < CAMERA_COUNT; i++) {
        struct event_source *frames = &cameras[i].stream.new_buffer, *messages = &cameras[i].remote;
        struct event_source *source = handle == frames ? frames : handle == messages ? messages : NULL;
        if (source)
            return source->registered ? source : NULL;
    }
    return NULL;
}

/* The source that a module has for a type of event; frames belong to the stream, messages to the device. */
static struct event_source *source_in(EVENTSRC_HANDLE module, EVENT_TYPE type)
{
    struct camera *camera = type == EVENT_NEW_BUFFER      ? stream_camera(module)
                            : type == EVENT_REMOTE_DEVICE ? camera_of(module)
                                                          : NULL;
    if (!camera)
        return NULL;
    return type == EVENT_NEW_BUFFER ? &camera->stream.new_buffer : &camera->remote;
}

static size_t waiting(const struct event_source *source)
{
    const struct camera *camera = source->camera;
    return source->type == EVENT_NEW_BUFFER ? camera->stream.filled_count : camera->message_count;
}

static size_t data_bytes(const struct event_source *source)
{
    return source->type == EVENT_NEW_BUFFER ? sizeof(EVENT_NEW_BUFFER_DATA) : sizeof(struct message);
}

GC_API GCRegisterEvent(EVENTSRC_HANDLE module, EVENT_TYPE type, EVENT_HANDLE *event)
{
    if (!simcam_initialised)
        return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
    struct event_source *source = source_in(module, type);
    if (!source || !event)
        return fail(GC_ERR_NOT_IMPLEMENTED, "a stream has new buffers, a device its messages: no other events");
    pthread_mutex_lock(&simcam_lock);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (source->registered) {
        result = fail(GC_ERR_RESOURCE_IN_USE, "the event is registered already");
    } else {
        source->registered = true;
        source->kills = 0;
        *event = source;
    }
    pthread_mutex_unlock(&simcam_lock);
    return result;
}

GC_API GCUnregisterEvent(EVENTSRC_HANDLE module, EVENT_TYPE type)
{
    struct event_source *source = source_in(module, type);
    if (!source)
        return fail(GC_ERR_NOT_IMPLEMENTED, "a stream has new buffers, a device its messages: no other events");
    pthread_mutex_lock(&simcam_lock);
    source->registered = false;
    if (type == EVENT_REMOTE_DEVICE)
        source->camera->message_count = 0;
    pthread_cond_broadcast(&source->arrived);
    pthread_mutex_unlock(&simcam_lock);
    return GC_ERR_SUCCESS;
}

/* Waits, under the lock, until something is there, the event is killed or gone, or the limit has passed. */
static void wait_for(struct event_source *source, uint64_t limit_ms)
{
    const uint64_t day_ms = 24u * 3600 * 1000;
    int64_t until = now_ns() + (int64_t)(limit_ms < day_ms ? limit_ms : day_ms) * 1000000;
    struct timespec deadline = {until / 1000000000, until % 1000000000};
    int waited = 0;
    while (waiting(source) == 0 && source->kills == 0 && source->registered && waited == 0) {
        waited = pthread_cond_timedwait(&source->arrived, &simcam_lock, &deadline);
        if (waited == ETIMEDOUT && limit_ms == GENTL_INFINITE)
            waited = 0;
    }
}

/* A fault from outside: the driver hangs, and nothing can wake it. */
static void hang_if_told(const struct event_source *source)
{
    pthread_mutex_lock(&simcam_lock);
    struct scene *scene = source->type == EVENT_NEW_BUFFER ? source->camera->light.scene : NULL;
    uint32_t stuck_ms = scene ? __atomic_exchange_n(&scene->stuck_ms, 0, __ATOMIC_RELAXED) : 0;
    pthread_mutex_unlock(&simcam_lock);
    struct timespec left = {stuck_ms / 1000, stuck_ms % 1000 * 1000000L};
    while (stuck_ms && clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        continue;
}

static GC_ERROR take_frame(struct stream *stream, void *to, size_t *size)
{
    struct buffer *buffer = stream->filled[0];
    memmove(stream->filled, stream->filled + 1, --stream->filled_count * sizeof(struct buffer *));
    buffer->state = BUFFER_IDLE;
    stream->frames_delivered++;
    EVENT_NEW_BUFFER_DATA data = {buffer, buffer->user};
    memcpy(to, &data, sizeof data);
    *size = sizeof data;
    return GC_ERR_SUCCESS;
}

GC_API EventGetData(EVENT_HANDLE event, void *to, size_t *size, uint64_t limit_ms)
{
    pthread_mutex_lock(&simcam_lock);
    struct event_source *source = source_of(event);
    pthread_mutex_unlock(&simcam_lock);
    if (!source)
        return fail(GC_ERR_INVALID_HANDLE, "not a registered event");
    if (!to || !size || *size < data_bytes(source))
        return fail(GC_ERR_BUFFER_TOO_SMALL, "no place for the event's data");
    hang_if_told(source);
    pthread_mutex_lock(&simcam_lock);
    GC_ERROR result;
    wait_for(source, limit_ms);
    if (!source->registered) {
        result = fail(GC_ERR_INVALID_HANDLE, "not a registered event");
    } else if (source->kills > 0) {
        source->kills--;
        result = fail(GC_ERR_ABORT, "the wait was ended");
    } else if (waiting(source) == 0) {
        result = fail(GC_ERR_TIMEOUT, "nothing came in time");
    } else if (source->type == EVENT_NEW_BUFFER) {
        result = take_frame(&source->camera->stream, to, size);
    } else {
        result = message_take(source->camera, to, size);
    }
    pthread_mutex_unlock(&simcam_lock);
    return result;
}

GC_API EventGetDataInfo(EVENT_HANDLE event, const void *from, size_t bytes, EVENT_DATA_INFO_CMD what,
                        INFO_DATATYPE *type, void *to, size_t *size)
{
    const struct event_source *source = source_of(event);
    if (!source)
        return fail(GC_ERR_INVALID_HANDLE, "not a registered event");
    if (source->type == EVENT_REMOTE_DEVICE)
        return message_info(from, bytes, what, type, to, size);
    EVENT_NEW_BUFFER_DATA data;
    if (!from || bytes < sizeof data)
        return fail(GC_ERR_INVALID_PARAMETER, "not the event's data");
    memcpy(&data, from, sizeof data);
    switch (what) {
    case EVENT_DATA_ID:
        return give_pointer(type, to, size, data.BufferHandle);
    case EVENT_DATA_VALUE:
        return give_pointer(type, to, size, data.pUserPointer);
    }
    return fail(GC_ERR_INVALID_PARAMETER, "this fact about the event is not told");
}

GC_API EventGetInfo(EVENT_HANDLE event, EVENT_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    const struct event_source *source = source_of(event);
    if (!source)
        return fail(GC_ERR_INVALID_HANDLE, "not a registered event");
    switch (what) {
    case EVENT_EVENT_TYPE:
        return give_i32(type, to, size, source->type);
    case EVENT_NUM_IN_QUEUE:
        return give_size(type, to, size, waiting(source));
    case EVENT_NUM_FIRED:
        return give_u64(type, to, size, source->fired);
    case EVENT_SIZE_MAX:
    case EVENT_INFO_DATA_SIZE_MAX:
        return give_size(type, to, size, data_bytes(source));
    }
    return fail(GC_ERR_INVALID_PARAMETER, "this fact about the event is not told");
}

GC_API EventFlush(EVENT_HANDLE event)
{
    pthread_mutex_lock(&simcam_lock);
    struct event_source *source = source_of(event);
    if (source && source->type == EVENT_NEW_BUFFER)
        stream_discard_filled(&source->camera->stream);
    else if (source)
        source->camera->message_count = 0;
    pthread_mutex_unlock(&simcam_lock);
    return source ? GC_ERR_SUCCESS : fail(GC_ERR_INVALID_HANDLE, "not a registered event");
}

GC_API EventKill(EVENT_HANDLE event)
{
    pthread_mutex_lock(&simcam_lock);
    struct event_source *source = source_of(event);
    if (source) {
        source->kills++;
        pthread_cond_broadcast(&source->arrived);
    }
    pthread_mutex_unlock(&simcam_lock);
    return source ? GC_ERR_SUCCESS : fail(GC_ERR_INVALID_HANDLE, "not a registered event");
}
