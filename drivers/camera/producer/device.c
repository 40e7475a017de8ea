/* The device module: opening the camera, what it tells about itself, the way to its stream and registers. */
#include <string.h>

#include "simcam.h"

#define STREAM_ID "Stream0"

GC_ERROR device_info(const struct camera *camera, DEVICE_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    switch (what) {
    case DEVICE_INFO_ID:
    case DEVICE_INFO_SERIAL_NUMBER:
        return give_text(type, to, size, camera->model->serial);
    case DEVICE_INFO_VENDOR:
        return give_text(type, to, size, PRODUCER_VENDOR);
    case DEVICE_INFO_MODEL:
    case DEVICE_INFO_DISPLAYNAME:
        return give_text(type, to, size, camera->model->name);
    case DEVICE_INFO_TLTYPE:
        return give_text(type, to, size, TRANSPORT);
    case DEVICE_INFO_ACCESS_STATUS:
        return give_i32(type, to, size,
                        camera_unplugged(camera) ? DEVICE_ACCESS_STATUS_NOACCESS
                        : camera->open           ? DEVICE_ACCESS_STATUS_OPEN_READWRITE
                                                 : DEVICE_ACCESS_STATUS_READWRITE);
    case DEVICE_INFO_USER_DEFINED_NAME:
        return give_text(type, to, size, (const char *)camera->registers + REG_DEVICE_USER_ID);
    case DEVICE_INFO_VERSION:
        return give_text(type, to, size, PRODUCER_VERSION);
    case DEVICE_INFO_TIMESTAMP_FREQUENCY:
        return give_u64(type, to, size, 1000000000);
    }
    return fail(GC_ERR_NOT_IMPLEMENTED, "this fact about the device is not told");
}

struct camera *camera_of(DEV_HANDLE handle)
{
    for (int i = 0; i < CAMERA_COUNT; i++)
        if (handle == &cameras[i])
            return cameras[i].open ? &cameras[i] : NULL;
    return NULL;
}

static struct camera *camera_named(const char *id)
{
    for (int i = 0; id && i < CAMERA_COUNT; i++)
        if (strcmp(id, cameras[i].model->serial) == 0)
            return &cameras[i];
    return NULL;
}

GC_API IFOpenDevice(IF_HANDLE interface, const char *id, DEVICE_ACCESS_FLAGS flags, DEV_HANDLE *device)
{
    (void)flags;
    if (interface != &interface_handle || !interface_open)
        return fail(GC_ERR_INVALID_HANDLE, "not an open interface");
    struct camera *camera = camera_named(id);
    if (!camera || !device)
        return fail(GC_ERR_INVALID_ID, "no such device");
    pthread_mutex_lock(&simcam_lock);
    GC_ERROR result = GC_ERR_SUCCESS;
    camera_look(camera);
    if (camera_unplugged(camera))
        result = fail(GC_ERR_NOT_AVAILABLE, "the device is not connected");
    else if (camera->open)
        result = fail(GC_ERR_RESOURCE_IN_USE, "the device is open already");
    else if (!light_claim(&camera->light))
        result = fail(GC_ERR_ACCESS_DENIED, "another process has the device");
    if (!result) {
        camera_power_up(camera);
        camera->open = true;
        if (camera->light.scene)
            counter_add(&camera->light.scene->opened, 1);
        *device = camera;
    }
    pthread_mutex_unlock(&simcam_lock);
    return result;
}

GC_API DevClose(DEV_HANDLE handle)
{
    struct camera *camera = camera_of(handle);
    if (!camera)
        return fail(GC_ERR_INVALID_HANDLE, "not an open device");
    stream_close(camera);
    pthread_mutex_lock(&simcam_lock);
    light_unclaim(&camera->light);
    camera->open = camera->remote.registered = false;
    pthread_cond_broadcast(&camera->remote.arrived);
    pthread_mutex_unlock(&simcam_lock);
    return GC_ERR_SUCCESS;
}

GC_API DevGetInfo(DEV_HANDLE handle, DEVICE_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    struct camera *camera = camera_of(handle);
    if (!camera)
        return fail(GC_ERR_INVALID_HANDLE, "not an open device");
    pthread_mutex_lock(&simcam_lock);
    GC_ERROR result = device_info(camera, what, type, to, size);
    pthread_mutex_unlock(&simcam_lock);
    return result;
}

GC_API DevGetParentIF(DEV_HANDLE handle, IF_HANDLE *interface)
{
    if (!camera_of(handle) || !interface)
        return fail(GC_ERR_INVALID_HANDLE, "not an open device");
    *interface = &interface_handle;
    return GC_ERR_SUCCESS;
}

/* The remote camera's port is the address of its registers: another handle than the local device module's. */
GC_API DevGetPort(DEV_HANDLE handle, PORT_HANDLE *port)
{
    struct camera *camera = camera_of(handle);
    if (!camera || !port)
        return fail(GC_ERR_INVALID_HANDLE, "not an open device");
    *port = camera->registers;
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
    if (camera->stream.open)
        return fail(GC_ERR_RESOURCE_IN_USE, "the stream is open already");
    camera->stream.open = true;
    *stream = &camera->stream;
    return GC_ERR_SUCCESS;
}

GC_API IFGetDeviceInfo(IF_HANDLE handle, const char *id, DEVICE_INFO_CMD what, INFO_DATATYPE *type, void *to,
                       size_t *size)
{
    if (handle != &interface_handle || !interface_open)
        return fail(GC_ERR_INVALID_HANDLE, "not an open interface");
    struct camera *camera = camera_named(id);
    if (!camera)
        return fail(GC_ERR_INVALID_ID, "no such device");
    pthread_mutex_lock(&simcam_lock);
    GC_ERROR result = device_info(camera, what, type, to, size);
    pthread_mutex_unlock(&simcam_lock);
    return result;
}
