/* The new-buffer event: how a consumer waits for a frame. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "simcam.h"

static struct stream *stream_of_event(EVENT_HANDLE handle)
{
    struct stream *stream = &the_camera.stream;
    return handle == &stream->event_registered && stream->event_registered ? stream : NULL;
}

GC_API GCRegisterEvent(EVENTSRC_HANDLE source, EVENT_TYPE type, EVENT_HANDLE *event)
{
    if (!simcam_initialised)
        return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
    struct stream *stream = stream_of(source);
    if (!stream || type != EVENT_NEW_BUFFER || !event)
        return fail(GC_ERR_NOT_IMPLEMENTED, "the stream's new-buffer event is the only one");
    pthread_mutex_lock(&simcam_lock);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (stream->event_registered) {
        result = fail(GC_ERR_RESOURCE_IN_USE, "the event is registered already");
    } else {
        stream->event_registered = true;
        stream->event_kills = 0;
        *event = &stream->event_registered;
    }
    pthread_mutex_unlock(&simcam_lock);
    return result;
}

GC_API GCUnregisterEvent(EVENTSRC_HANDLE source, EVENT_TYPE type)
{
    struct stream *stream = stream_of(source);
    if (!stream || type != EVENT_NEW_BUFFER)
        return fail(GC_ERR_NOT_IMPLEMENTED, "the stream's new-buffer event is the only one");
    pthread_mutex_lock(&simcam_lock);
    stream->event_registered = false;
    pthread_cond_broadcast(&stream->filled_one);
    pthread_mutex_unlock(&simcam_lock);
    return GC_ERR_SUCCESS;
}

/* Waits, under the lock, until a frame is there, the event is killed or gone, or the limit has passed. */
static void wait_for_frame(struct stream *stream, uint64_t limit_ms)
{
    const uint64_t day_ms = 24u * 3600 * 1000;
    int64_t until = now_ns() + (int64_t)(limit_ms < day_ms ? limit_ms : day_ms) * 1000000;
    struct timespec deadline = {until / 1000000000, until % 1000000000};
    int waited = 0;
    while (stream->filled_count == 0 && stream->event_kills == 0 && stream->event_registered && waited == 0) {
        waited = pthread_cond_timedwait(&stream->filled_one, &simcam_lock, &deadline);
        if (waited == ETIMEDOUT && limit_ms == GENTL_INFINITE)
            waited = 0;
    }
}

GC_API EventGetData(EVENT_HANDLE event, void *to, size_t *size, uint64_t limit_ms)
{
    if (!to || !size || *size < sizeof(EVENT_NEW_BUFFER_DATA))
        return fail(GC_ERR_BUFFER_TOO_SMALL, "no place for the event's data");
    pthread_mutex_lock(&simcam_lock);
    struct stream *stream = stream_of_event(event);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (stream)
        wait_for_frame(stream, limit_ms);
    if (!stream || !stream->event_registered) {
        result = fail(GC_ERR_INVALID_HANDLE, "not a registered event");
    } else if (stream->event_kills > 0) {
        stream->event_kills--;
        result = fail(GC_ERR_ABORT, "the wait was ended");
    } else if (stream->filled_count == 0) {
        result = fail(GC_ERR_TIMEOUT, "no frame in time");
    } else {
        struct buffer *buffer = stream->filled[0];
        memmove(stream->filled, stream->filled + 1, --stream->filled_count * sizeof(struct buffer *));
        buffer->state = BUFFER_IDLE;
        stream->frames_delivered++;
        EVENT_NEW_BUFFER_DATA data = {buffer, buffer->user};
        memcpy(to, &data, sizeof data);
        *size = sizeof data;
    }
    pthread_mutex_unlock(&simcam_lock);
    return result;
}

GC_API EventGetDataInfo(EVENT_HANDLE event, const void *from, size_t bytes, EVENT_DATA_INFO_CMD what,
                        INFO_DATATYPE *type, void *to, size_t *size)
{
    EVENT_NEW_BUFFER_DATA data;
    if (!stream_of_event(event) || !from || bytes < sizeof data)
        return fail(GC_ERR_INVALID_HANDLE, "not a registered event's data");
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
    const struct stream *stream = stream_of_event(event);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not a registered event");
    switch (what) {
    case EVENT_EVENT_TYPE:
        return give_i32(type, to, size, EVENT_NEW_BUFFER);
    case EVENT_NUM_IN_QUEUE:
        return give_size(type, to, size, stream->filled_count);
    case EVENT_NUM_FIRED:
        return give_u64(type, to, size, stream->events_fired);
    case EVENT_SIZE_MAX:
    case EVENT_INFO_DATA_SIZE_MAX:
        return give_size(type, to, size, sizeof(EVENT_NEW_BUFFER_DATA));
    }
    return fail(GC_ERR_INVALID_PARAMETER, "this fact about the event is not told");
}

GC_API EventFlush(EVENT_HANDLE event)
{
    pthread_mutex_lock(&simcam_lock);
    struct stream *stream = stream_of_event(event);
    if (stream)
        stream_discard_filled(stream);
    pthread_mutex_unlock(&simcam_lock);
    return stream ? GC_ERR_SUCCESS : fail(GC_ERR_INVALID_HANDLE, "not a registered event");
}

GC_API EventKill(EVENT_HANDLE event)
{
    pthread_mutex_lock(&simcam_lock);
    struct stream *stream = stream_of_event(event);
    if (stream) {
        stream->event_kills++;
        pthread_cond_broadcast(&stream->filled_one);
    }
    pthread_mutex_unlock(&simcam_lock);
    return stream ? GC_ERR_SUCCESS : fail(GC_ERR_INVALID_HANDLE, "not a registered event");
}
