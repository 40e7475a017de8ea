/* The device module: opening a camera, losing it, closing it, and the way to its stream and registers. */
#include <stdio.h>
#include <string.h>

#include "arvtl.h"

#define STREAM_ID "Stream0"

enum { GVBS_DEVICE_VERSION = 0x88, GVBS_DEVICE_VERSION_BYTES = 32 }; /* GigE Vision bootstrap register */

struct camera *camera_of(DEV_HANDLE handle)
{
    for (int i = 0; handle && i < MAX_CAMERAS; i++)
        if (handle == &cameras[i] && cameras[i].open)
            return &cameras[i];
    return NULL;
}

struct camera *camera_of_port(PORT_HANDLE handle)
{
    for (int i = 0; handle && i < MAX_CAMERAS; i++)
        if (handle == &cameras[i].port && cameras[i].open)
            return &cameras[i];
    return NULL;
}

ArvDevice *camera_hold(struct camera *camera)
{
    pthread_mutex_lock(&arvtl_lock);
    ArvDevice *held = camera->open && !camera->lost && camera->arv ? g_object_ref(camera->arv) : NULL;
    pthread_mutex_unlock(&arvtl_lock);
    return held;
}

/* From libaravis' heartbeat thread: the camera does not answer, or another program took it. */
static void on_control_lost(ArvDevice *device, struct camera *camera)
{
    (void)device;
    camera->lost = true;
}

/* The camera, claimed for opening: nobody else can open it meanwhile. */
static GC_ERROR claim(const char *id, struct camera **out)
{
    pthread_mutex_lock(&arvtl_lock);
    struct camera *camera = camera_by_id(id);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (!camera)
        result = fail(GC_ERR_INVALID_ID, "no such device");
    else if (camera->open)
        result = fail(GC_ERR_RESOURCE_IN_USE, "the device is open already");
    else
        camera->open = true;
    *out = camera;
    pthread_mutex_unlock(&arvtl_lock);
    return result;
}

static GC_ERROR connect_camera(struct camera *camera, ArvDevice **out)
{
    GError *error = NULL;
    ArvDevice *device = arv_open_device(camera->id, &error);
    if (!device)
        return fail_from(&error, "the device cannot be opened");
    if (camera->gige && !arv_gv_device_is_controller((ArvGvDevice *)device)) {
        g_object_unref(device);
        return fail(GC_ERR_ACCESS_DENIED, "another program controls the device");
    }
    camera->xml = arv_device_get_genicam_xml(device, &camera->xml_bytes);
    if (!camera->xml || camera->xml_bytes == 0) {
        g_object_unref(device);
        return fail(GC_ERR_IO, "the device gave no GenICam description");
    }
    /* After a short outage the camera may still send to the stream before, with its settings locked. */
    arv_device_execute_command(device, "AcquisitionStop", &error);
    g_clear_error(&error);
    char version[GVBS_DEVICE_VERSION_BYTES + 1] = "";
    if (camera->gige)
        arv_device_read_memory(device, GVBS_DEVICE_VERSION, GVBS_DEVICE_VERSION_BYTES, version, &error);
    g_clear_error(&error); /* a camera without a version */
    snprintf(camera->version, sizeof camera->version, "%s", version);
    *out = device;
    return GC_ERR_SUCCESS;
}

GC_API IFOpenDevice(IF_HANDLE interface, const char *id, DEVICE_ACCESS_FLAGS flags, DEV_HANDLE *handle)
{
    (void)flags; /* always with control: there is no reading a stream without it */
    GC_ERROR result = check_interface(interface);
    if (!result && !handle)
        result = fail(GC_ERR_INVALID_PARAMETER, "no place for the handle");
    struct camera *camera = NULL;
    ArvDevice *device = NULL;
    if (!result)
        result = claim(id, &camera);
    if (result)
        return result;
    result = connect_camera(camera, &device);
    pthread_mutex_lock(&arvtl_lock);
    camera->lost = false;
    camera->arv = device;
    camera->open = result == GC_ERR_SUCCESS;
    if (device) {
        camera->lost_handler =
            g_signal_connect_data(device, "control-lost", (GCallback)on_control_lost, camera, NULL, 0);
        *handle = camera;
    }
    pthread_mutex_unlock(&arvtl_lock);
    return result;
}

void camera_close(struct camera *camera)
{
    stream_close(&camera->stream);
    pthread_mutex_lock(&arvtl_lock);
    ArvDevice *device = camera->arv;
    camera->arv = NULL;
    camera->xml = NULL;
    camera->xml_bytes = 0;
    pthread_mutex_unlock(&arvtl_lock);
    if (device) {
        g_signal_handler_disconnect(device, camera->lost_handler);
        g_object_unref(device); /* gives control back; a camera that is gone makes it try for some seconds */
    }
    pthread_mutex_lock(&arvtl_lock);
    camera->open = false;
    pthread_mutex_unlock(&arvtl_lock);
}

GC_API DevClose(DEV_HANDLE handle)
{
    struct camera *camera = camera_of(handle);
    if (!camera)
        return fail(GC_ERR_INVALID_HANDLE, "not an open device");
    camera_close(camera);
    return GC_ERR_SUCCESS;
}

GC_API DevGetInfo(DEV_HANDLE handle, DEVICE_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    const struct camera *camera = camera_of(handle);
    if (!camera)
        return fail(GC_ERR_INVALID_HANDLE, "not an open device");
    pthread_mutex_lock(&arvtl_lock);
    GC_ERROR result = camera_info(camera, what, type, to, size);
    pthread_mutex_unlock(&arvtl_lock);
    return result;
}

GC_API DevGetParentIF(DEV_HANDLE handle, IF_HANDLE *interface)
{
    if (!camera_of(handle) || !interface)
        return fail(GC_ERR_INVALID_HANDLE, "not an open device");
    *interface = &interface_handle;
    return GC_ERR_SUCCESS;
}

GC_API DevGetPort(DEV_HANDLE handle, PORT_HANDLE *port)
{
    struct camera *camera = camera_of(handle);
    if (!camera || !port)
        return fail(GC_ERR_INVALID_HANDLE, "not an open device");
    *port = &camera->port;
    return GC_ERR_SUCCESS;
}

GC_API DevGetNumDataStreams(DEV_HANDLE handle, uint32_t *count)
{
    if (!camera_of(handle) || !count)
        return fail(GC_ERR_INVALID_HANDLE, "not an open device");
    *count = 1;
    return GC_ERR_SUCCESS;
}

GC_API DevGetDataStreamID(DEV_HANDLE handle, uint32_t index, char *to, size_t *size)
{
    if (!camera_of(handle))
        return fail(GC_ERR_INVALID_HANDLE, "not an open device");
    if (index != 0)
        return fail(GC_ERR_INVALID_INDEX, "there is one stream");
    return give_text(NULL, to, size, STREAM_ID);
}

GC_API DevOpenDataStream(DEV_HANDLE handle, const char *id, DS_HANDLE *stream)
{
    struct camera *camera = camera_of(handle);
    if (!camera || !stream)
        return fail(GC_ERR_INVALID_HANDLE, "not an open device");
    if (!id || strcmp(id, STREAM_ID) != 0)
        return fail(GC_ERR_INVALID_ID, "no such stream");
    pthread_mutex_lock(&arvtl_lock);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (camera->stream.open) {
        result = fail(GC_ERR_RESOURCE_IN_USE, "the stream is open already");
    } else {
        camera->stream = (struct stream){.open = true};
        *stream = &camera->stream;
    }
    pthread_mutex_unlock(&arvtl_lock);
    return result;
}
