/* What the stream and its buffers tell: counts, sizes, and where each chunk lies. */
#include "simcam.h"

GC_API DSGetInfo(DS_HANDLE handle, STREAM_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    const struct camera *camera = stream_camera(handle);
    if (!camera)
        return fail(GC_ERR_INVALID_HANDLE, "not an open stream");
    const struct stream *stream = &camera->stream;
    switch (what) {
    case STREAM_INFO_ID:
        return give_text(type, to, size, "Stream0");
    case STREAM_INFO_NUM_DELIVERED:
        return give_u64(type, to, size, stream->frames_delivered);
    case STREAM_INFO_NUM_UNDERRUN:
        return give_u64(type, to, size, stream->underruns);
    case STREAM_INFO_NUM_ANNOUNCED:
        return give_size(type, to, size, stream->announced_count);
    case STREAM_INFO_NUM_QUEUED:
        return give_size(type, to, size, stream->queued_count);
    case STREAM_INFO_NUM_AWAIT_DELIVERY:
        return give_size(type, to, size, stream->filled_count);
    case STREAM_INFO_NUM_STARTED:
        return give_u64(type, to, size, stream->frames_started);
    case STREAM_INFO_PAYLOAD_SIZE:
        return give_size(type, to, size, camera_payload_bytes(camera));
    case STREAM_INFO_IS_GRABBING:
        return give_bool(type, to, size, stream->running);
    case STREAM_INFO_DEFINES_PAYLOADSIZE:
        return give_bool(type, to, size, false);
    case STREAM_INFO_TLTYPE:
        return give_text(type, to, size, TRANSPORT);
    case STREAM_INFO_NUM_CHUNKS_MAX:
        return give_size(type, to, size, CHUNK_COUNT);
    case STREAM_INFO_BUF_ANNOUNCE_MIN:
        return give_size(type, to, size, 2);
    case STREAM_INFO_BUF_ALIGNMENT:
        return give_size(type, to, size, 1);
    }
    return fail(GC_ERR_NOT_IMPLEMENTED, "this fact about the stream is not told");
}

static struct buffer *buffer_of(DS_HANDLE handle, BUFFER_HANDLE which)
{
    const struct stream *stream = stream_of(handle);
    for (unsigned i = 0; stream && i < stream->announced_count; i++)
        if (stream->announced[i] == which)
            return which;
    return NULL;
}

/* The facts of a picture, for a buffer that holds one. */
static GC_ERROR picture_info(const struct facts *f, BUFFER_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    switch (what) {
    case BUFFER_INFO_TIMESTAMP:
    case BUFFER_INFO_TIMESTAMP_NS:
        return give_u64(type, to, size, (uint64_t)f->end_ns);
    case BUFFER_INFO_SIZE_FILLED:
    case BUFFER_INFO_DATA_SIZE:
        return give_size(type, to, size, image_bytes(f) + chunks_bytes(f));
    case BUFFER_INFO_WIDTH:
        return give_size(type, to, size, f->width_px);
    case BUFFER_INFO_HEIGHT:
        return give_size(type, to, size, f->height_px);
    case BUFFER_INFO_DELIVERED_IMAGEHEIGHT:
        return give_size(type, to, size, f->lines_filled);
    case BUFFER_INFO_XOFFSET:
        return give_size(type, to, size, f->offset_x_px);
    case BUFFER_INFO_YOFFSET:
        return give_size(type, to, size, f->offset_y_px);
    case BUFFER_INFO_XPADDING:
    case BUFFER_INFO_YPADDING:
    case BUFFER_INFO_IMAGEOFFSET:
        return give_size(type, to, size, 0);
    case BUFFER_INFO_FRAMEID:
        return give_u64(type, to, size, f->frame_id);
    case BUFFER_INFO_IMAGEPRESENT:
        return give_bool(type, to, size, true);
    case BUFFER_INFO_PAYLOADTYPE:
        return give_size(type, to, size, PAYLOAD_TYPE_IMAGE);
    case BUFFER_INFO_PIXELFORMAT:
        return give_u64(type, to, size, f->pixel_format);
    case BUFFER_INFO_PIXELFORMAT_NAMESPACE:
        return give_u64(type, to, size, PIXELFORMAT_NAMESPACE_PFNC_32BIT);
    case BUFFER_INFO_PIXEL_ENDIANNESS:
        return give_i32(type, to, size, PIXELENDIANNESS_LITTLE);
    case BUFFER_INFO_DELIVERED_CHUNKPAYLOADSIZE:
        return give_size(type, to, size, chunks_bytes(f));
    case BUFFER_INFO_CONTAINS_CHUNKDATA:
        return give_bool(type, to, size, f->chunks != 0);
    }
    return fail(GC_ERR_NOT_AVAILABLE, "this fact about the buffer is not told");
}

GC_API DSGetBufferInfo(DS_HANDLE handle, BUFFER_HANDLE which, BUFFER_INFO_CMD what, INFO_DATATYPE *type, void *to,
                       size_t *size)
{
    const struct buffer *buffer = buffer_of(handle, which);
    if (!buffer)
        return fail(GC_ERR_INVALID_HANDLE, "not an announced buffer");
    switch (what) {
    case BUFFER_INFO_BASE:
        return give_pointer(type, to, size, buffer->memory);
    case BUFFER_INFO_SIZE:
        return give_size(type, to, size, buffer->bytes);
    case BUFFER_INFO_USER_PTR:
        return give_pointer(type, to, size, buffer->user);
    case BUFFER_INFO_NEW_DATA:
        return give_bool(type, to, size, buffer->fresh);
    case BUFFER_INFO_IS_QUEUED:
        return give_bool(type, to, size, buffer->state == BUFFER_QUEUED);
    case BUFFER_INFO_IS_ACQUIRING:
        return give_bool(type, to, size, buffer->state == BUFFER_FILLING);
    case BUFFER_INFO_IS_INCOMPLETE:
        return give_bool(type, to, size, buffer->facts.incomplete);
    case BUFFER_INFO_TLTYPE:
        return give_text(type, to, size, TRANSPORT);
    case BUFFER_INFO_DATA_LARGER_THAN_BUFFER:
        return give_bool(type, to, size, false);
    }
    return picture_info(&buffer->facts, what, type, to, size);
}

GC_API DSGetBufferChunkData(DS_HANDLE handle, BUFFER_HANDLE which, SINGLE_CHUNK_DATA *chunks, size_t *count)
{
    const struct buffer *buffer = buffer_of(handle, which);
    if (!buffer || !count)
        return fail(GC_ERR_INVALID_HANDLE, "not an announced buffer");
    const struct facts *facts = &buffer->facts;
    size_t present = (size_t)__builtin_popcount(facts->chunks);
    if (chunks && *count < present)
        return fail(GC_ERR_BUFFER_TOO_SMALL, "more chunks than places for them");
    size_t next = 0, offset = image_bytes(facts);
    for (unsigned n = 0; chunks && n < CHUNK_COUNT; n++) {
        size_t bytes = chunk_bytes(facts, n);
        if (bytes == 0)
            continue;
        chunks[next].ChunkID = CHUNK_ID_BASE + n;
        chunks[next].ChunkOffset = (ptrdiff_t)offset;
        chunks[next++].ChunkLength = bytes;
        offset += bytes;
    }
    *count = present;
    return GC_ERR_SUCCESS;
}

/* None: see gentl/not_offered.c. */
GC_API DSGetNumBufferParts(DS_HANDLE handle, BUFFER_HANDLE which, uint32_t *count)
{
    if (!buffer_of(handle, which) || !count)
        return fail(GC_ERR_INVALID_HANDLE, "not an announced buffer");
    *count = 0;
    return GC_ERR_SUCCESS;
}
