/* The data stream: announcing, queueing, flushing and revoking buffers.
 *
 * A queued buffer lies in `queued` while the acquisition stands still and with libaravis while it runs.
 */
#include <stdlib.h>
#include <string.h>

#include "arvtl.h"

struct stream *stream_of(DS_HANDLE handle)
{
    for (int i = 0; handle && i < MAX_CAMERAS; i++)
        if (handle == &cameras[i].stream && cameras[i].stream.open)
            return &cameras[i].stream;
    return NULL;
}

struct camera *camera_of_stream(struct stream *stream)
{
    return (struct camera *)((char *)stream - offsetof(struct camera, stream));
}

static int index_of(const struct stream *stream, const struct buffer *buffer)
{
    for (unsigned i = 0; i < stream->announced_count; i++)
        if (stream->announced[i] == buffer)
            return (int)i;
    return -1;
}

struct buffer *announced_buffer(struct stream *stream, BUFFER_HANDLE handle)
{
    return stream && index_of(stream, handle) >= 0 ? handle : NULL;
}

void stream_push(struct stream *stream, struct buffer *buffer)
{
    buffer->state = BUFFER_QUEUED;
    buffer->picture.fresh = false;
    if (!stream->arv) {
        stream->queued[stream->queued_count++] = buffer;
        return;
    }
    marks_lay(&buffer->marks, buffer->memory, buffer->bytes, stream->mark_spacing_bytes);
    /* a fresh object each time: one that is used again still tells of the picture that it held before */
    arv_stream_push_buffer(stream->arv, arv_buffer_new_full(buffer->bytes, buffer->memory, buffer, NULL));
}

static GC_ERROR announce(DS_HANDLE handle, void *memory, size_t bytes, void *user, bool own, BUFFER_HANDLE *out)
{
    struct stream *stream = stream_of(handle);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    if (!memory || !out || bytes == 0)
        return fail(GC_ERR_INVALID_PARAMETER, "no memory for the buffer");
    struct buffer *buffer = calloc(1, sizeof *buffer);
    if (!buffer)
        return fail(GC_ERR_OUT_OF_MEMORY, "no memory for the buffer's description");
    *buffer = (struct buffer){.memory = memory, .bytes = bytes, .user = user, .own_memory = own};
    pthread_mutex_lock(&arvtl_lock);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (stream->announced_count == MAX_BUFFERS)
        result = fail(GC_ERR_RESOURCE_EXHAUSTED, "128 buffers are announced already");
    else
        stream->announced[stream->announced_count++] = buffer;
    pthread_mutex_unlock(&arvtl_lock);
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
    pthread_mutex_lock(&arvtl_lock);
    struct buffer *buffer = announced_buffer(stream, which);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (!buffer)
        result = fail(GC_ERR_INVALID_HANDLE, "not an announced buffer");
    else if (buffer->state != BUFFER_IDLE)
        result = fail(GC_ERR_BUSY, "the buffer is queued already");
    else
        stream_push(stream, buffer);
    pthread_mutex_unlock(&arvtl_lock);
    return result;
}

/* What was filled and not fetched is forgotten. */
static void discard_filled(struct stream *stream)
{
    for (unsigned i = 0; i < stream->filled_count; i++)
        stream->filled[i]->state = BUFFER_IDLE;
    stream->filled_count = 0;
    for (ArvBuffer *popped; stream->arv && (popped = arv_stream_try_pop_buffer(stream->arv));) {
        ((struct buffer *)arv_buffer_get_user_data(popped))->state = BUFFER_IDLE;
        g_object_unref(popped);
    }
}

GC_API DSFlushQueue(DS_HANDLE handle, ACQ_QUEUE_TYPE operation)
{
    struct stream *stream = stream_of(handle);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    if (operation == ACQ_QUEUE_ALL_DISCARD)
        acquisition_stop(stream); /* harvesters does not stop a camera that is lost, and flushes all the same */
    pthread_mutex_lock(&arvtl_lock);
    GC_ERROR result = GC_ERR_SUCCESS;
    switch (operation) {
    case ACQ_QUEUE_OUTPUT_DISCARD:
        discard_filled(stream);
        break;
    case ACQ_QUEUE_ALL_TO_INPUT:
        discard_filled(stream); /* and on */
        __attribute__((fallthrough));
    case ACQ_QUEUE_UNQUEUED_TO_INPUT:
        for (unsigned i = 0; i < stream->announced_count; i++)
            if (stream->announced[i]->state == BUFFER_IDLE)
                stream_push(stream, stream->announced[i]);
        break;
    case ACQ_QUEUE_ALL_DISCARD:
        discard_filled(stream);
        while (stream->queued_count > 0)
            stream->queued[--stream->queued_count]->state = BUFFER_IDLE;
        break;
    default:
        result = fail(GC_ERR_NOT_IMPLEMENTED, "this way of flushing is not offered");
    }
    pthread_mutex_unlock(&arvtl_lock);
    return result;
}

static void free_buffer(struct buffer *buffer)
{
    if (buffer->own_memory)
        free(buffer->memory);
    free(buffer);
}

GC_API DSRevokeBuffer(DS_HANDLE handle, BUFFER_HANDLE which, void **memory, void **user)
{
    struct stream *stream = stream_of(handle);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    pthread_mutex_lock(&arvtl_lock);
    struct buffer *buffer = which;
    int index = index_of(stream, buffer);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (index < 0)
        result = fail(GC_ERR_INVALID_HANDLE, "not an announced buffer");
    else if (buffer->state != BUFFER_IDLE)
        result = fail(GC_ERR_BUSY, "a queued buffer cannot be revoked");
    else
        stream->announced[index] = stream->announced[--stream->announced_count];
    pthread_mutex_unlock(&arvtl_lock);
    if (result)
        return result;
    if (memory)
        *memory = buffer->own_memory ? NULL : buffer->memory;
    if (user)
        *user = buffer->user;
    free_buffer(buffer);
    return GC_ERR_SUCCESS;
}

GC_API DSStartAcquisition(DS_HANDLE handle, ACQ_START_FLAGS flags, uint64_t frames)
{
    (void)flags, (void)frames; /* the camera's AcquisitionMode says how many frames there are */
    struct stream *stream = stream_of(handle);
    return stream ? acquisition_start(stream) : fail(GC_ERR_INVALID_HANDLE, "not an open stream");
}

GC_API DSStopAcquisition(DS_HANDLE handle, ACQ_STOP_FLAGS flags)
{
    (void)flags;
    struct stream *stream = stream_of(handle);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    acquisition_stop(stream);
    return GC_ERR_SUCCESS;
}

void stream_close(struct stream *stream)
{
    acquisition_stop(stream);
    pthread_mutex_lock(&arvtl_lock);
    for (unsigned i = 0; i < stream->announced_count; i++)
        free_buffer(stream->announced[i]);
    /* harvesters never unregisters its event: one that stayed registered would make the next open fail */
    *stream = (struct stream){.open = false};
    pthread_mutex_unlock(&arvtl_lock);
}

GC_API DSClose(DS_HANDLE handle)
{
    struct stream *stream = stream_of(handle);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    stream_close(stream);
    return GC_ERR_SUCCESS;
}

GC_API DSGetParentDev(DS_HANDLE handle, DEV_HANDLE *device)
{
    struct stream *stream = stream_of(handle);
    if (!stream || !device)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    *device = camera_of_stream(stream);
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
