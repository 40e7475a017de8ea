/* Which cameras there are, and what is known of one before it is opened. */
#include <stdio.h>
#include <string.h>

#include "arvtl.h"

struct camera cameras[MAX_CAMERAS];

/* libaravis keeps one list for the process; two threads must not walk it while it is made anew. */
static pthread_mutex_t discovery_lock = PTHREAD_MUTEX_INITIALIZER;

const char *camera_transport(const struct camera *camera)
{
    return camera->gige ? "GEV" : "U3V";
}

struct camera *camera_by_id(const char *id)
{
    for (int i = 0; id && i < MAX_CAMERAS; i++)
        if ((cameras[i].listed || cameras[i].open) && strcmp(cameras[i].id, id) == 0)
            return &cameras[i];
    return NULL;
}

static void copy_text(char to[TEXT_BYTES], const char *text, const char *more)
{
    snprintf(to, TEXT_BYTES, "%s%s", text ? text : "", more);
}

/* libaravis' own camera of no glass and silicon has to say so wherever it is named. */
static bool is_simulated(const char *vendor, const char *model)
{
    return vendor && model && strcmp(vendor, "Aravis") == 0 && strncmp(model, "Fake", 4) == 0;
}

static void list_device(unsigned index)
{
    const char *id = arv_get_device_id(index);
    const char *protocol = arv_get_device_protocol(index);
    if (!id || !protocol || (strcmp(protocol, "GigEVision") != 0 && strcmp(protocol, "USB3Vision") != 0))
        return;
    struct camera *camera = camera_by_id(id);
    for (int i = 0; !camera && i < MAX_CAMERAS; i++)
        if (!cameras[i].listed && !cameras[i].open)
            camera = &cameras[i];
    if (!camera)
        return;
    camera->listed = true;
    if (camera->open)
        return; /* what is known of it stays */
    const char *vendor = arv_get_device_vendor(index), *model = arv_get_device_model(index);
    camera->gige = strcmp(protocol, "GigEVision") == 0;
    copy_text(camera->id, id, "");
    copy_text(camera->vendor, vendor, is_simulated(vendor, model) ? " (Simulated)" : "");
    copy_text(camera->model, model, "");
    copy_text(camera->serial, arv_get_device_serial_nbr(index), "");
    copy_text(camera->version, "", "");
}

/* Takes about a second whatever the limit: libaravis waits that long for the answers to its broadcast. */
GC_API IFUpdateDeviceList(IF_HANDLE handle, bool8_t *changed, uint64_t limit_ms)
{
    (void)limit_ms;
    GC_ERROR result = check_interface(handle);
    if (result)
        return result;
    pthread_mutex_lock(&discovery_lock);
    arv_update_device_list();
    pthread_mutex_lock(&arvtl_lock);
    bool before[MAX_CAMERAS], any = false;
    for (int i = 0; i < MAX_CAMERAS; i++) {
        before[i] = cameras[i].listed;
        cameras[i].listed = false;
    }
    unsigned count = arv_get_n_devices();
    for (unsigned i = 0; i < count; i++)
        list_device(i);
    for (int i = 0; i < MAX_CAMERAS; i++)
        any = any || before[i] != cameras[i].listed;
    if (changed)
        *changed = any;
    pthread_mutex_unlock(&arvtl_lock);
    pthread_mutex_unlock(&discovery_lock);
    return GC_ERR_SUCCESS;
}

static struct camera *listed_at(uint32_t index)
{
    for (int i = 0; i < MAX_CAMERAS; i++)
        if (cameras[i].listed && index-- == 0)
            return &cameras[i];
    return NULL;
}

GC_API IFGetNumDevices(IF_HANDLE handle, uint32_t *count)
{
    GC_ERROR result = check_interface(handle);
    if (!result && !count)
        result = fail(GC_ERR_INVALID_PARAMETER, "no place for the count");
    if (result)
        return result;
    pthread_mutex_lock(&arvtl_lock);
    for (*count = 0; listed_at(*count);)
        ++*count;
    pthread_mutex_unlock(&arvtl_lock);
    return GC_ERR_SUCCESS;
}

GC_API IFGetDeviceID(IF_HANDLE handle, uint32_t index, char *to, size_t *size)
{
    GC_ERROR result = check_interface(handle);
    if (result)
        return result;
    pthread_mutex_lock(&arvtl_lock);
    const struct camera *camera = listed_at(index);
    result = camera ? give_text(NULL, to, size, camera->id) : fail(GC_ERR_INVALID_INDEX, "no such device");
    pthread_mutex_unlock(&arvtl_lock);
    return result;
}

GC_ERROR camera_info(const struct camera *camera, DEVICE_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    switch (what) {
    case DEVICE_INFO_ID:
    case DEVICE_INFO_DISPLAYNAME:
        return give_text(type, to, size, camera->id);
    case DEVICE_INFO_VENDOR:
        return give_text(type, to, size, camera->vendor);
    case DEVICE_INFO_MODEL:
        return give_text(type, to, size, camera->model);
    case DEVICE_INFO_TLTYPE:
        return give_text(type, to, size, camera_transport(camera));
    case DEVICE_INFO_ACCESS_STATUS:
        return give_i32(type, to, size,
                        camera->open && camera->lost ? DEVICE_ACCESS_STATUS_NOACCESS
                        : camera->open               ? DEVICE_ACCESS_STATUS_OPEN_READWRITE
                        : camera->listed             ? DEVICE_ACCESS_STATUS_READWRITE
                                                     : DEVICE_ACCESS_STATUS_NOACCESS);
    case DEVICE_INFO_USER_DEFINED_NAME:
        return give_text(type, to, size, "");
    case DEVICE_INFO_SERIAL_NUMBER:
        return give_text(type, to, size, camera->serial);
    case DEVICE_INFO_VERSION:
        return give_text(type, to, size, camera->version);
    case DEVICE_INFO_TIMESTAMP_FREQUENCY:
        return give_u64(type, to, size, 1000000000); /* libaravis turns the camera's ticks into nanoseconds */
    }
    return fail(GC_ERR_NOT_IMPLEMENTED, "this fact about the device is not told");
}

GC_API IFGetDeviceInfo(IF_HANDLE handle, const char *id, DEVICE_INFO_CMD what, INFO_DATATYPE *type, void *to,
                       size_t *size)
{
    GC_ERROR result = check_interface(handle);
    if (result)
        return result;
    pthread_mutex_lock(&arvtl_lock);
    const struct camera *camera = camera_by_id(id);
    result = camera ? camera_info(camera, what, type, to, size) : fail(GC_ERR_INVALID_ID, "no such device");
    pthread_mutex_unlock(&arvtl_lock);
    return result;
}
