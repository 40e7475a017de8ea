/* An acquisition: libaravis' stream from start to stop.
 *
 * libaravis' stream lives only while the acquisition runs. It asks the camera for its packet size when it is made, so
 * what the consumer wrote before the start counts; and no buffer can be left behind in it.
 *
 * libaravis asks again for packets that are missing, and gives a picture up 200 ms after its last packet came: a belt
 * that stands still for longer in the middle of a picture makes an incomplete one, of a camera that sends line by line.
 */
#include "arvtl.h"

enum {
    GVSP_OVERHEAD_BYTES = 56, /* IP, UDP and GVSP headers, the longer ones of extended ids */
    MARKS_A_PACKET = 2,
    MARK_BYTES = 8,
    DEFAULT_MARK_SPACING_BYTES = 256,
    LEAST_PACKET_BYTES = 2 * GVSP_OVERHEAD_BYTES,
};

static uint64_t setting(ArvDevice *device, const char *feature)
{
    GError *error = NULL;
    int64_t value = arv_device_get_integer_feature_value(device, feature, &error);
    g_clear_error(&error);
    return value > 0 ? (uint64_t)value : 0;
}

static struct picture shape_by_settings(ArvDevice *device)
{
    return (struct picture){
        .payload_type = PAYLOAD_TYPE_IMAGE,
        .width_px = setting(device, "Width"),
        .height_px = setting(device, "Height"),
        .pixel_format = setting(device, "PixelFormat"),
    };
}

static size_t mark_spacing(const struct camera *camera, ArvDevice *device)
{
    GError *error = NULL;
    unsigned packet = camera->gige ? arv_gv_device_get_packet_size((ArvGvDevice *)device, &error) : 0;
    g_clear_error(&error);
    if (packet < LEAST_PACKET_BYTES)
        return DEFAULT_MARK_SPACING_BYTES;
    return (packet - GVSP_OVERHEAD_BYTES) / MARKS_A_PACKET - MARK_BYTES;
}

GC_ERROR acquisition_start(struct stream *stream)
{
    struct camera *camera = camera_of_stream(stream);
    if (stream->running)
        return fail(GC_ERR_RESOURCE_IN_USE, "the acquisition runs already");
    ArvDevice *device = camera_hold(camera);
    if (!device)
        return fail(GC_ERR_IO, "the camera does not answer");
    GError *error = NULL;
    ArvStream *arv = arv_device_create_stream(device, NULL, NULL, &error);
    if (!arv) {
        g_object_unref(device);
        return fail_from(&error, "the stream cannot be opened");
    }
    if (camera->gige)
        g_object_set(arv, "socket-buffer", ARV_GV_STREAM_SOCKET_BUFFER_AUTO, (char *)NULL);
    size_t spacing_bytes = mark_spacing(camera, device);
    struct picture shape = shape_by_settings(device);
    pthread_mutex_lock(&arvtl_lock);
    stream->shape = shape;
    stream->last_id = 0;
    stream->last_id_known = false;
    stream->underrun_packets = 0;
    stream->mark_spacing_bytes = spacing_bytes;
    stream->arv = arv;
    stream->running = true;
    unsigned count = stream->queued_count;
    stream->queued_count = 0;
    for (unsigned i = 0; i < count; i++)
        stream_push(stream, stream->queued[i]);
    pthread_mutex_unlock(&arvtl_lock);
    g_object_unref(device);
    return GC_ERR_SUCCESS;
}

/* What was filled stays to be fetched; the rest of the buffers is queued as before. */
static void take_out(struct stream *stream, ArvStream *arv)
{
    uint64_t completed = 0, failed = 0, packets = 0;
    arv_stream_get_statistics(arv, &completed, &failed, &packets);
    stream->started += completed + failed;
    for (ArvBuffer *popped; (popped = arv_stream_try_pop_buffer(arv));) {
        struct buffer *buffer = (struct buffer *)arv_buffer_get_user_data(popped);
        stream_take_in(stream, buffer, popped);
        buffer->state = BUFFER_FILLED;
        stream->filled[stream->filled_count++] = buffer;
        g_object_unref(popped);
    }
}

void acquisition_stop(struct stream *stream)
{
    pthread_mutex_lock(&arvtl_lock);
    ArvStream *arv = stream->arv;
    stream->arv = NULL;
    stream->running = false;
    while (stream->waiters > 0) /* one slice of a wait at most */
        pthread_cond_wait(&arvtl_waiter_left, &arvtl_lock);
    if (arv)
        take_out(stream, arv);
    pthread_mutex_unlock(&arvtl_lock);
    if (!arv)
        return;
    g_object_unref(arv); /* ends its thread: from here on nobody writes into the buffers */
    pthread_mutex_lock(&arvtl_lock);
    for (unsigned i = 0; i < stream->announced_count; i++)
        if (stream->announced[i]->state == BUFFER_QUEUED)
            stream_push(stream, stream->announced[i]);
    pthread_mutex_unlock(&arvtl_lock);
}
