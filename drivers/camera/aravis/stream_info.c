/* What the stream and its buffers tell: counts, the picture's shape, how much of it arrived, where its chunks lie. */
#include "arvtl.h"

#define STREAM_ID "Stream0"

struct counts {
    uint64_t started;
    size_t queued, filled;
};

static struct counts count(const struct stream *stream)
{
    struct counts counts = {stream->started, stream->queued_count, stream->filled_count};
    if (stream->arv) {
        uint64_t completed = 0, failed = 0, packets = 0;
        int input = 0, output = 0;
        arv_stream_get_statistics(stream->arv, &completed, &failed, &packets);
        arv_stream_get_n_buffers(stream->arv, &input, &output);
        counts.started += completed + failed;
        counts.queued += input > 0 ? (size_t)input : 0;
        counts.filled += output > 0 ? (size_t)output : 0;
    }
    return counts;
}

static GC_ERROR stream_info(struct stream *stream, STREAM_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    switch (what) {
    case STREAM_INFO_ID:
        return give_text(type, to, size, STREAM_ID);
    case STREAM_INFO_NUM_DELIVERED:
        return give_u64(type, to, size, stream->delivered);
    case STREAM_INFO_NUM_UNDERRUN:
        return give_u64(type, to, size, stream->underruns);
    case STREAM_INFO_NUM_ANNOUNCED:
        return give_size(type, to, size, stream->announced_count);
    case STREAM_INFO_NUM_QUEUED:
        return give_size(type, to, size, count(stream).queued);
    case STREAM_INFO_NUM_AWAIT_DELIVERY:
        return give_size(type, to, size, count(stream).filled);
    case STREAM_INFO_NUM_STARTED:
        return give_u64(type, to, size, count(stream).started);
    case STREAM_INFO_IS_GRABBING:
        return give_bool(type, to, size, stream->running);
    case STREAM_INFO_DEFINES_PAYLOADSIZE:
        return give_bool(type, to, size, false); /* the camera's PayloadSize says it */
    case STREAM_INFO_TLTYPE:
        return give_text(type, to, size, camera_transport(camera_of_stream(stream)));
    case STREAM_INFO_NUM_CHUNKS_MAX:
        return give_size(type, to, size, MAX_CHUNKS);
    case STREAM_INFO_BUF_ANNOUNCE_MIN:
        return give_size(type, to, size, 2);
    case STREAM_INFO_BUF_ALIGNMENT:
        return give_size(type, to, size, 1);
    }
    return fail(GC_ERR_NOT_IMPLEMENTED, "this fact about the stream is not told");
}

GC_API DSGetInfo(DS_HANDLE handle, STREAM_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    struct stream *stream = stream_of(handle);
    if (!stream)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    pthread_mutex_lock(&arvtl_lock);
    GC_ERROR result = stream_info(stream, what, type, to, size);
    pthread_mutex_unlock(&arvtl_lock);
    return result;
}

static GC_ERROR picture_info(const struct picture *p, BUFFER_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    switch (what) {
    case BUFFER_INFO_TIMESTAMP:
    case BUFFER_INFO_TIMESTAMP_NS:
        return give_u64(type, to, size, p->timestamp_ns);
    case BUFFER_INFO_SIZE_FILLED:
    case BUFFER_INFO_DATA_SIZE:
        return give_size(type, to, size, p->bytes_valid);
    case BUFFER_INFO_WIDTH:
        return give_size(type, to, size, p->width_px);
    case BUFFER_INFO_HEIGHT:
        return give_size(type, to, size, p->height_px);
    case BUFFER_INFO_DELIVERED_IMAGEHEIGHT:
        return give_size(type, to, size, p->lines_valid);
    case BUFFER_INFO_XOFFSET:
        return give_size(type, to, size, p->x_px);
    case BUFFER_INFO_YOFFSET:
        return give_size(type, to, size, p->y_px);
    case BUFFER_INFO_XPADDING:
        return give_size(type, to, size, p->x_padding_bytes);
    case BUFFER_INFO_YPADDING:
        return give_size(type, to, size, p->y_padding_bytes);
    case BUFFER_INFO_IMAGEOFFSET:
        return give_size(type, to, size, 0);
    case BUFFER_INFO_FRAMEID:
        return give_u64(type, to, size, p->frame_id);
    case BUFFER_INFO_IMAGEPRESENT:
        return give_bool(type, to, size, p->payload_type == PAYLOAD_TYPE_IMAGE);
    case BUFFER_INFO_PAYLOADTYPE:
        return give_size(type, to, size, p->payload_type);
    case BUFFER_INFO_PIXELFORMAT:
        return give_u64(type, to, size, p->pixel_format);
    case BUFFER_INFO_PIXELFORMAT_NAMESPACE:
        return give_u64(type, to, size, PIXELFORMAT_NAMESPACE_PFNC_32BIT);
    case BUFFER_INFO_PIXEL_ENDIANNESS:
        return give_i32(type, to, size, PIXELENDIANNESS_LITTLE);
    case BUFFER_INFO_DELIVERED_CHUNKPAYLOADSIZE:
        /* the picture is the first chunk: consumers read the tags from the end of this many bytes */
        return give_size(type, to, size, p->chunk_count ? p->bytes_valid : 0);
    case BUFFER_INFO_CONTAINS_CHUNKDATA:
        return give_bool(type, to, size, p->chunk_count != 0);
    }
    return fail(GC_ERR_NOT_AVAILABLE, "this fact about the buffer is not told");
}

static GC_ERROR buffer_info(const struct camera *camera, const struct buffer *b, BUFFER_INFO_CMD what,
                            INFO_DATATYPE *type, void *to, size_t *size)
{
    switch (what) {
    case BUFFER_INFO_BASE:
        return give_pointer(type, to, size, b->memory);
    case BUFFER_INFO_SIZE:
        return give_size(type, to, size, b->bytes);
    case BUFFER_INFO_USER_PTR:
        return give_pointer(type, to, size, b->user);
    case BUFFER_INFO_NEW_DATA:
        return give_bool(type, to, size, b->picture.fresh);
    case BUFFER_INFO_IS_QUEUED:
        return give_bool(type, to, size, b->state == BUFFER_QUEUED);
    case BUFFER_INFO_IS_ACQUIRING:
        return give_bool(type, to, size, false); /* libaravis does not say which one it fills */
    case BUFFER_INFO_IS_INCOMPLETE:
        return give_bool(type, to, size, !b->picture.complete);
    case BUFFER_INFO_TLTYPE:
        return give_text(type, to, size, camera_transport(camera));
    case BUFFER_INFO_DATA_LARGER_THAN_BUFFER:
        return give_bool(type, to, size, false);
    }
    return picture_info(&b->picture, what, type, to, size);
}

GC_API DSGetBufferInfo(DS_HANDLE handle, BUFFER_HANDLE which, BUFFER_INFO_CMD what, INFO_DATATYPE *type, void *to,
                       size_t *size)
{
    struct stream *stream = stream_of(handle);
    pthread_mutex_lock(&arvtl_lock);
    const struct buffer *buffer = announced_buffer(stream, which);
    GC_ERROR result = buffer ? buffer_info(camera_of_stream(stream), buffer, what, type, to, size)
                             : fail(GC_ERR_INVALID_HANDLE, "not an announced buffer");
    pthread_mutex_unlock(&arvtl_lock);
    return result;
}

GC_API DSGetBufferChunkData(DS_HANDLE handle, BUFFER_HANDLE which, SINGLE_CHUNK_DATA *chunks, size_t *count)
{
    struct stream *stream = stream_of(handle);
    pthread_mutex_lock(&arvtl_lock);
    const struct buffer *buffer = announced_buffer(stream, which);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (!buffer || !count) {
        result = fail(GC_ERR_INVALID_HANDLE, "not an announced buffer");
    } else {
        size_t present = buffer->picture.chunk_count;
        if (chunks && *count < present)
            result = fail(GC_ERR_BUFFER_TOO_SMALL, "more chunks than places for them");
        for (size_t i = 0; chunks && !result && i < present; i++)
            chunks[i] = buffer->picture.chunks[i];
        *count = present;
    }
    pthread_mutex_unlock(&arvtl_lock);
    return result;
}

/* None: see gentl/not_offered.c. */
GC_API DSGetNumBufferParts(DS_HANDLE handle, BUFFER_HANDLE which, uint32_t *count)
{
    (void)which;
    if (!stream_of(handle) || !count)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    *count = 0;
    return GC_ERR_SUCCESS;
}
