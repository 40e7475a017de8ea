/* The data stream: announcing, queueing and revoking buffers, and what the stream counts. */
#include <stdlib.h>
#include <string.h>

#include "simcam.h"

struct camera *stream_camera(DS_HANDLE handle)
{
    for (int i = 0; i < CAMERA_COUNT; i++)
        if (handle == &cameras[i].stream)
            return cameras[i].stream.open ? &cameras[i] : NULL;
    return NULL;
}

struct stream *stream_of(DS_HANDLE handle)
{
    struct camera *camera = stream_camera(handle);
    return camera ? &camera->stream : NULL;
}

struct buffer *stream_take_queued(struct stream *stream)
{
    if (stream->queued_count == 0)
        return NULL;
    struct buffer *buffer = stream->queued[--stream->queued_count];
    buffer->state = BUFFER_FILLING;
    return buffer;
}

void stream_give_filled(struct stream *stream, struct buffer *buffer)
{
    buffer->state = BUFFER_FILLED;
    buffer->fresh = true;
    stream->filled[stream->filled_count++] = buffer;
    stream->new_buffer.fired++;
    pthread_cond_signal(&stream->new_buffer.arrived);
}

void stream_requeue(struct stream *stream, struct buffer *buffer)
{
    buffer->state = BUFFER_QUEUED;
    buffer->fresh = false;
    stream->queued[stream->queued_count++] = buffer;
}

static int index_of(const struct stream *stream, const struct buffer *buffer)
{
    for (unsigned i = 0; i < stream->announced_count; i++)
        if (stream->announced[i] == buffer)
            return (int)i;
    return -1;
}

static GC_ERROR announce(DS_HANDLE handle, void *memory, size_t bytes, void *user, bool own, BUFFER_HANDLE *out)
{
    struct stream *stream = stream_of(handle);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    if (!memory || !out)
        return fail(GC_ERR_INVALID_PARAMETER, "no memory for the buffer");
    struct buffer *buffer = calloc(1, sizeof *buffer);
    if (!buffer)
        return fail(GC_ERR_OUT_OF_MEMORY, "no memory for the buffer's description");
    *buffer = (struct buffer){.memory = memory, .bytes = bytes, .user = user, .own_memory = own};
    pthread_mutex_lock(&simcam_lock);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (stream->announced_count == MAX_BUFFERS)
        result = fail(GC_ERR_RESOURCE_EXHAUSTED, "64 buffers are announced already");
    else
        stream->announced[stream->announced_count++] = buffer;
    pthread_mutex_unlock(&simcam_lock);
    if (result)
        free(buffer);
    else
        *out = buffer;
    return result;
}

GC_API DSAnnounceBuffer(DS_HANDLE handle, void *memory, size_t bytes, void *user, BUFFER_HANDLE *buffer)
{
    return announce(handle, memory, bytes, user, false, buffer);
}

GC_API DSAllocAndAnnounceBuffer(DS_HANDLE handle, size_t bytes, void *user, BUFFER_HANDLE *buffer)
{
    void *memory = calloc(1, bytes);
    GC_ERROR result = announce(handle, memory, bytes, user, true, buffer);
    if (result)
        free(memory);
    return result;
}

GC_API DSQueueBuffer(DS_HANDLE handle, BUFFER_HANDLE which)
{
    struct stream *stream = stream_of(handle);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    struct buffer *buffer = which;
    pthread_mutex_lock(&simcam_lock);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (index_of(stream, buffer) < 0)
        result = fail(GC_ERR_INVALID_HANDLE, "not an announced buffer");
    else if (buffer->state != BUFFER_IDLE)
        result = fail(GC_ERR_BUSY, "the buffer is queued already");
    else
        stream_requeue(stream, buffer);
    pthread_mutex_unlock(&simcam_lock);
    return result;
}

void stream_discard_filled(struct stream *stream)
{
    for (unsigned i = 0; i < stream->filled_count; i++)
        stream->filled[i]->state = BUFFER_IDLE;
    stream->filled_count = 0;
}

GC_API DSFlushQueue(DS_HANDLE handle, ACQ_QUEUE_TYPE operation)
{
    struct stream *stream = stream_of(handle);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    pthread_mutex_lock(&simcam_lock);
    GC_ERROR result = GC_ERR_SUCCESS;
    switch (operation) {
    case ACQ_QUEUE_OUTPUT_DISCARD:
        stream_discard_filled(stream);
        break;
    case ACQ_QUEUE_ALL_TO_INPUT:
        stream_discard_filled(stream); /* and on */
        __attribute__((fallthrough));
    case ACQ_QUEUE_UNQUEUED_TO_INPUT:
        for (unsigned i = 0; i < stream->announced_count; i++)
            if (stream->announced[i]->state == BUFFER_IDLE)
                stream_requeue(stream, stream->announced[i]);
        break;
    case ACQ_QUEUE_ALL_DISCARD:
        stream_discard_filled(stream);
        while (stream->queued_count > 0)
            stream->queued[--stream->queued_count]->state = BUFFER_IDLE;
        break;
    default:
        result = fail(GC_ERR_NOT_IMPLEMENTED, "this way of flushing is not offered");
    }
    pthread_mutex_unlock(&simcam_lock);
    return result;
}

GC_API DSRevokeBuffer(DS_HANDLE handle, BUFFER_HANDLE which, void **memory, void **user)
{
    struct stream *stream = stream_of(handle);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    struct buffer *buffer = which;
    pthread_mutex_lock(&simcam_lock);
    int index = index_of(stream, buffer);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (index < 0)
        result = fail(GC_ERR_INVALID_HANDLE, "not an announced buffer");
    else if (buffer->state != BUFFER_IDLE)
        result = fail(GC_ERR_BUSY, "a queued buffer cannot be revoked");
    else
        stream->announced[index] = stream->announced[--stream->announced_count];
    pthread_mutex_unlock(&simcam_lock);
    if (result)
        return result;
    if (memory)
        *memory = buffer->own_memory ? NULL : buffer->memory;
    if (user)
        *user = buffer->user;
    if (buffer->own_memory)
        free(buffer->memory);
    free(buffer);
    return GC_ERR_SUCCESS;
}

GC_API DSStartAcquisition(DS_HANDLE handle, ACQ_START_FLAGS flags, uint64_t frames)
{
    (void)flags, (void)frames;
    struct stream *stream = stream_of(handle);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    stream->running = true;
    return GC_ERR_SUCCESS;
}

GC_API DSStopAcquisition(DS_HANDLE handle, ACQ_STOP_FLAGS flags)
{
    (void)flags;
    struct camera *camera = stream_camera(handle);
    if (!camera)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    scan_stop(camera);
    camera->stream.running = false;
    return GC_ERR_SUCCESS;
}

void stream_close(struct camera *camera)
{
    struct stream *stream = &camera->stream;
    scan_stop(camera);
    pthread_mutex_lock(&simcam_lock);
    for (unsigned i = 0; i < stream->announced_count; i++) {
        if (stream->announced[i]->own_memory)
            free(stream->announced[i]->memory);
        free(stream->announced[i]);
    }
    stream->announced_count = stream->queued_count = stream->filled_count = 0;
    /* harvesters never unregisters its event: one that stays registered would make the next open fail */
    stream->new_buffer.registered = stream->open = stream->running = false;
    pthread_cond_broadcast(&stream->new_buffer.arrived);
    pthread_mutex_unlock(&simcam_lock);
}

GC_API DSClose(DS_HANDLE handle)
{
    struct camera *camera = stream_camera(handle);
    if (!camera)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    stream_close(camera);
    return GC_ERR_SUCCESS;
}

GC_API DSGetParentDev(DS_HANDLE handle, DEV_HANDLE *device)
{
    struct camera *camera = stream_camera(handle);
    if (!camera || !device)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    *device = camera;
    return GC_ERR_SUCCESS;
}

GC_API DSGetBufferID(DS_HANDLE handle, uint32_t index, BUFFER_HANDLE *buffer)
{
    struct stream *stream = stream_of(handle);
    if (!stream || !buffer)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    if (index >= stream->announced_count)
        return fail(GC_ERR_INVALID_INDEX, "no such buffer");
    *buffer = stream->announced[index];
    return GC_ERR_SUCCESS;
}
