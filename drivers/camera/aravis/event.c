/* The new-buffer event: how a consumer waits for a frame. Other events are refused: libaravis 0.8 has no message
 * channel, so a camera's own events (LineTriggerMissed, ...) do not come through it. */
#include <string.h>
#include <time.h>

#include "arvtl.h"

enum { SLICE_US = 20000, US_A_MS = 1000, NS_A_US = 1000, US_A_S = 1000000 };

static struct stream *stream_of_event(EVENT_HANDLE handle)
{
    for (int i = 0; handle && i < MAX_CAMERAS; i++)
        if (handle == &cameras[i].stream.event_registered && cameras[i].stream.event_registered)
            return &cameras[i].stream;
    return NULL;
}

GC_API GCRegisterEvent(EVENTSRC_HANDLE source, EVENT_TYPE type, EVENT_HANDLE *event)
{
    if (!arvtl_initialised)
        return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
    struct stream *stream = stream_of(source);
    if (!stream || type != EVENT_NEW_BUFFER)
        return fail(GC_ERR_NOT_IMPLEMENTED, "the stream's new-buffer event is the only one");
    if (!event)
        return fail(GC_ERR_INVALID_PARAMETER, "no place for the handle");
    pthread_mutex_lock(&arvtl_lock);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (stream->event_registered) {
        result = fail(GC_ERR_RESOURCE_IN_USE, "the event is registered already");
    } else {
        stream->event_registered = true;
        stream->event_kills = 0;
        *event = &stream->event_registered;
    }
    pthread_mutex_unlock(&arvtl_lock);
    return result;
}

GC_API GCUnregisterEvent(EVENTSRC_HANDLE source, EVENT_TYPE type)
{
    struct stream *stream = stream_of(source);
    if (!stream || type != EVENT_NEW_BUFFER)
        return fail(GC_ERR_NOT_IMPLEMENTED, "the stream's new-buffer event is the only one");
    pthread_mutex_lock(&arvtl_lock);
    stream->event_registered = false;
    pthread_mutex_unlock(&arvtl_lock);
    return GC_ERR_SUCCESS;
}

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * US_A_S + (uint64_t)now.tv_nsec / NS_A_US;
}

static GC_ERROR deliver(struct stream *stream, struct buffer *buffer, void *to, size_t *size)
{
    buffer->state = BUFFER_IDLE;
    stream->delivered++;
    EVENT_NEW_BUFFER_DATA data = {buffer, buffer->user};
    memcpy(to, &data, sizeof data);
    *size = sizeof data;
    return GC_ERR_SUCCESS;
}

/* One look at the event. TIMEOUT: nothing is there yet. */
static GC_ERROR look(struct stream *stream, void *to, size_t *size)
{
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not a registered event");
    if (stream->event_kills > 0) {
        stream->event_kills--;
        return fail(GC_ERR_ABORT, "the wait was ended");
    }
    if (stream->filled_count > 0) {
        struct buffer *first = stream->filled[0];
        memmove(stream->filled, stream->filled + 1, --stream->filled_count * sizeof first);
        return deliver(stream, first, to, size);
    }
    return fail(GC_ERR_TIMEOUT, "no frame in time");
}

/* Waits for one slice of the limit, giving up the lock meanwhile; the stream cannot end until it has it again. */
static ArvBuffer *wait_a_slice(struct stream *stream, uint64_t limit_us)
{
    uint64_t slice_us = limit_us < SLICE_US ? limit_us : SLICE_US;
    ArvStream *arv = stream->arv;
    ArvBuffer *popped = NULL;
    stream->waiters++;
    pthread_mutex_unlock(&arvtl_lock);
    if (!arv)
        nanosleep(&(struct timespec){.tv_nsec = (long)slice_us * NS_A_US}, NULL);
    else
        popped = slice_us ? arv_stream_timeout_pop_buffer(arv, slice_us) : arv_stream_try_pop_buffer(arv);
    pthread_mutex_lock(&arvtl_lock);
    if (--stream->waiters == 0)
        pthread_cond_broadcast(&arvtl_waiter_left);
    return popped;
}

GC_API EventGetData(EVENT_HANDLE event, void *to, size_t *size, uint64_t limit_ms)
{
    if (!to || !size || *size < sizeof(EVENT_NEW_BUFFER_DATA))
        return fail(GC_ERR_BUFFER_TOO_SMALL, "no place for the event's data");
    const uint64_t day_ms = 24u * 3600 * 1000;
    uint64_t limit_us = (limit_ms < day_ms ? limit_ms : day_ms) * US_A_MS, begun_us = now_us(), left_us;
    GC_ERROR result;
    pthread_mutex_lock(&arvtl_lock);
    do {
        struct stream *stream = stream_of_event(event);
        result = look(stream, to, size);
        if (result != GC_ERR_TIMEOUT)
            break;
        uint64_t waited_us = now_us() - begun_us;
        left_us = limit_ms == GENTL_INFINITE ? SLICE_US : waited_us < limit_us ? limit_us - waited_us : 0;
        ArvBuffer *popped = wait_a_slice(stream, left_us);
        if (popped) {
            struct buffer *buffer = (struct buffer *)arv_buffer_get_user_data(popped);
            stream_take_in(stream, buffer, popped);
            g_object_unref(popped);
            result = deliver(stream, buffer, to, size);
        }
    } while (result == GC_ERR_TIMEOUT && left_us > 0);
    pthread_mutex_unlock(&arvtl_lock);
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
    struct stream *stream = stream_of_event(event);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not a registered event");
    switch (what) {
    case EVENT_EVENT_TYPE:
        return give_i32(type, to, size, EVENT_NEW_BUFFER);
    case EVENT_NUM_IN_QUEUE:
        return DSGetInfo(stream, STREAM_INFO_NUM_AWAIT_DELIVERY, type, to, size);
    case EVENT_NUM_FIRED:
        return DSGetInfo(stream, STREAM_INFO_NUM_STARTED, type, to, size);
    case EVENT_SIZE_MAX:
    case EVENT_INFO_DATA_SIZE_MAX:
        return give_size(type, to, size, sizeof(EVENT_NEW_BUFFER_DATA));
    }
    return fail(GC_ERR_INVALID_PARAMETER, "this fact about the event is not told");
}

GC_API EventFlush(EVENT_HANDLE event)
{
    struct stream *stream = stream_of_event(event);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not a registered event");
    return DSFlushQueue(stream, ACQ_QUEUE_OUTPUT_DISCARD);
}

GC_API EventKill(EVENT_HANDLE event)
{
    pthread_mutex_lock(&arvtl_lock);
    struct stream *stream = stream_of_event(event);
    if (stream)
        stream->event_kills++;
    pthread_mutex_unlock(&arvtl_lock);
    return stream ? GC_ERR_SUCCESS : fail(GC_ERR_INVALID_HANDLE, "not a registered event");
}
