/* What libaravis delivered: the shape of the picture, how much of it arrived, its number, its chunks. */
#include "arvtl.h"

static size_t payload_type_of(ArvBufferPayloadType type)
{
    switch (type) {
    case ARV_BUFFER_PAYLOAD_TYPE_IMAGE:
    case ARV_BUFFER_PAYLOAD_TYPE_EXTENDED_CHUNK_DATA: /* a picture with chunks, under an older name */
        return PAYLOAD_TYPE_IMAGE;
    case ARV_BUFFER_PAYLOAD_TYPE_CHUNK_DATA:
        return ARV_BUFFER_PAYLOAD_TYPE_CHUNK_DATA; /* as in GenTL */
    case ARV_BUFFER_PAYLOAD_TYPE_MULTIPART:
        return ARV_BUFFER_PAYLOAD_TYPE_MULTIPART; /* as in GenTL */
    default:
        return 0;
    }
}

/* libaravis tells the shape of whole pictures only. An incomplete one has that of the last whole one, or of the
 * camera's settings at the start. */
static void read_shape(struct picture *picture, ArvBuffer *arv)
{
    int x = 0, y = 0, width = 0, height = 0, x_padding = 0, y_padding = 0;
    arv_buffer_get_image_region(arv, &x, &y, &width, &height);
    arv_buffer_get_image_padding(arv, &x_padding, &y_padding);
    picture->x_px = (size_t)x;
    picture->y_px = (size_t)y;
    picture->width_px = (size_t)width;
    picture->height_px = (size_t)height;
    picture->x_padding_bytes = (size_t)x_padding;
    picture->y_padding_bytes = (size_t)y_padding;
    picture->pixel_format = arv_buffer_get_image_pixel_format(arv);
}

/* What an incomplete picture holds, never told to be all of it: without its leader, nothing is sure to be its own. */
static void cut(struct picture *picture, bool leader)
{
    size_t bits_a_pixel = picture->pixel_format >> 16 & 0xff; /* PFNC: the effective size of a pixel */
    size_t bits_a_line = picture->width_px * bits_a_pixel + picture->x_padding_bytes * 8;
    size_t lines = bits_a_line && leader ? picture->bytes_valid * 8 / bits_a_line : 0;
    if (!picture->complete && lines >= picture->height_px)
        lines = picture->height_px ? picture->height_px - 1 : 0;
    if (lines < picture->height_px) {
        picture->complete = false;
        picture->bytes_valid = lines * bits_a_line / 8;
    }
    picture->lines_valid = lines < picture->height_px ? lines : picture->height_px;
}

/* Frames missing by number before this one. Numbers of 16 bits go from 65535 to 1. */
static uint64_t missing_before(uint64_t last_id, uint64_t id)
{
    bool wrapped = id < last_id && last_id <= UINT16_MAX;
    uint64_t steps = wrapped ? id + UINT16_MAX - last_id : id - last_id;
    return (id < last_id && !wrapped) || steps == 0 ? 0 : steps - 1;
}

/* libaravis counts the packets that found no buffer; the frames that they belonged to are missing by number. */
static void count_underruns(struct stream *stream, uint64_t frame_id)
{
    uint64_t completed = 0, failed = 0, packets = 0;
    arv_stream_get_statistics(stream->arv, &completed, &failed, &packets);
    if (packets != stream->underrun_packets && stream->last_id_known)
        stream->underruns += missing_before(stream->last_id, frame_id);
    stream->underrun_packets = packets;
}

/* The frame's number; that of one whose leader is missing is guessed: libaravis delivers in the order of the frames. */
static uint64_t number(struct stream *stream, uint64_t id, bool leader)
{
    if (!leader)
        id = stream->last_id == UINT16_MAX ? 1 : stream->last_id + 1;
    else if (stream->arv)
        count_underruns(stream, id);
    stream->last_id = id;
    stream->last_id_known = stream->last_id_known || leader;
    return id;
}

void stream_take_in(struct stream *stream, struct buffer *buffer, ArvBuffer *arv)
{
    struct picture *picture = &buffer->picture;
    bool whole = arv_buffer_get_status(arv) == ARV_BUFFER_STATUS_SUCCESS;
    bool leader = whole || arv_buffer_get_frame_id(arv) != 0; /* the number comes with it */
    size_t received = buffer->bytes;
    arv_buffer_get_data(arv, &received);
    *picture = stream->shape;
    picture->fresh = true;
    picture->complete = whole;
    picture->frame_id = number(stream, arv_buffer_get_frame_id(arv), leader);
    picture->timestamp_ns = arv_buffer_get_timestamp(arv);
    picture->bytes_valid = whole ? received : marks_bytes_valid(&buffer->marks, buffer->memory, buffer->bytes);
    if (whole)
        picture->payload_type = payload_type_of(arv_buffer_get_payload_type(arv));
    if (whole && picture->payload_type == PAYLOAD_TYPE_IMAGE)
        read_shape(picture, arv);
    if (picture->payload_type == PAYLOAD_TYPE_IMAGE)
        cut(picture, leader);
    if (!picture->complete)
        return;
    stream->shape = *picture;
    if (arv_buffer_has_chunks(arv))
        picture->chunk_count =
            chunks_parse(buffer->memory, received, camera_of_stream(stream)->gige, picture->chunks, MAX_CHUNKS);
}
