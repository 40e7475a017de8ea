/* The library, the system and its one interface: how a consumer finds the cameras. */
#include <string.h>

#include "simcam.h"

#define SYSTEM_ID "EdgeSimulatedSystem"
#define INTERFACE_ID "EdgeSimulatedInterface"

pthread_mutex_t simcam_lock = PTHREAD_MUTEX_INITIALIZER;
bool simcam_initialised, system_open, interface_open;
char system_handle, interface_handle;

GC_API GCInitLib(void)
{
    pthread_mutex_lock(&simcam_lock);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (simcam_initialised) {
        result = fail(GC_ERR_RESOURCE_IN_USE, "the library is initialised already");
    } else {
        simcam_initialised = true;
        system_open = interface_open = false;
        cameras_init();
    }
    pthread_mutex_unlock(&simcam_lock);
    return result;
}

GC_API GCCloseLib(void)
{
    if (!simcam_initialised)
        return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
    for (int i = 0; i < CAMERA_COUNT; i++)
        stream_close(&cameras[i]);
    pthread_mutex_lock(&simcam_lock);
    for (int i = 0; i < CAMERA_COUNT; i++) {
        light_close(&cameras[i].light);
        cameras[i].open = false;
    }
    simcam_initialised = system_open = interface_open = false;
    pthread_mutex_unlock(&simcam_lock);
    return GC_ERR_SUCCESS;
}

GC_API GCGetInfo(TL_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    switch (what) {
    case TL_INFO_ID:
        return give_text(type, to, size, SYSTEM_ID);
    case TL_INFO_VENDOR:
        return give_text(type, to, size, PRODUCER_VENDOR);
    case TL_INFO_MODEL:
    case TL_INFO_DISPLAYNAME:
        return give_text(type, to, size, "Simulated cameras");
    case TL_INFO_VERSION:
        return give_text(type, to, size, PRODUCER_VERSION);
    case TL_INFO_TLTYPE:
        return give_text(type, to, size, TRANSPORT);
    case TL_INFO_NAME:
    case TL_INFO_PATHNAME:
        return give_text(type, to, size, "simcam.cti");
    case TL_INFO_CHAR_ENCODING:
        return give_i32(type, to, size, 0);
    case TL_INFO_GENTL_VER_MAJOR:
        return give_u32(type, to, size, 1);
    case TL_INFO_GENTL_VER_MINOR:
        return give_u32(type, to, size, 6);
    }
    return fail(GC_ERR_NOT_IMPLEMENTED, "this fact about the system is not told");
}

GC_API TLOpen(TL_HANDLE *handle)
{
    if (!simcam_initialised)
        return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
    if (!handle)
        return fail(GC_ERR_INVALID_PARAMETER, "no place for the handle");
    if (system_open)
        return fail(GC_ERR_RESOURCE_IN_USE, "the system is open already");
    system_open = true;
    *handle = &system_handle;
    return GC_ERR_SUCCESS;
}

static GC_ERROR check_system(TL_HANDLE handle)
{
    if (handle != &system_handle || !system_open)
        return fail(GC_ERR_INVALID_HANDLE, "not an open system");
    return GC_ERR_SUCCESS;
}

static GC_ERROR check_interface(IF_HANDLE handle)
{
    if (handle != &interface_handle || !interface_open)
        return fail(GC_ERR_INVALID_HANDLE, "not an open interface");
    return GC_ERR_SUCCESS;
}

GC_API TLClose(TL_HANDLE handle)
{
    GC_ERROR result = check_system(handle);
    system_open = false;
    return result;
}

GC_API TLGetInfo(TL_HANDLE handle, TL_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    GC_ERROR result = check_system(handle);
    return result ? result : GCGetInfo(what, type, to, size);
}

GC_API TLUpdateInterfaceList(TL_HANDLE handle, bool8_t *changed, uint64_t limit_ms)
{
    (void)limit_ms;
    if (changed)
        *changed = 1;
    return check_system(handle);
}

GC_API TLGetNumInterfaces(TL_HANDLE handle, uint32_t *count)
{
    if (count)
        *count = 1;
    return check_system(handle);
}

GC_API TLGetInterfaceID(TL_HANDLE handle, uint32_t index, char *to, size_t *size)
{
    GC_ERROR result = check_system(handle);
    if (!result && index != 0)
        result = fail(GC_ERR_INVALID_INDEX, "there is one interface");
    return result ? result : give_text(NULL, to, size, INTERFACE_ID);
}

static GC_ERROR interface_info(INTERFACE_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    switch (what) {
    case INTERFACE_INFO_ID:
        return give_text(type, to, size, INTERFACE_ID);
    case INTERFACE_INFO_DISPLAYNAME:
        return give_text(type, to, size, "Simulated interface");
    case INTERFACE_INFO_TLTYPE:
        return give_text(type, to, size, TRANSPORT);
    }
    return fail(GC_ERR_NOT_IMPLEMENTED, "this fact about the interface is not told");
}

GC_API TLGetInterfaceInfo(TL_HANDLE handle, const char *id, INTERFACE_INFO_CMD what, INFO_DATATYPE *type, void *to,
                          size_t *size)
{
    GC_ERROR result = check_system(handle);
    if (!result && (!id || strcmp(id, INTERFACE_ID) != 0))
        result = fail(GC_ERR_INVALID_ID, "no such interface");
    return result ? result : interface_info(what, type, to, size);
}

GC_API TLOpenInterface(TL_HANDLE handle, const char *id, IF_HANDLE *interface)
{
    GC_ERROR result = check_system(handle);
    if (result)
        return result;
    if (!id || strcmp(id, INTERFACE_ID) != 0 || !interface)
        return fail(GC_ERR_INVALID_ID, "no such interface");
    if (interface_open)
        return fail(GC_ERR_RESOURCE_IN_USE, "the interface is open already");
    interface_open = true;
    *interface = &interface_handle;
    return GC_ERR_SUCCESS;
}

GC_API IFClose(IF_HANDLE handle)
{
    GC_ERROR result = check_interface(handle);
    interface_open = false;
    return result;
}

GC_API IFGetInfo(IF_HANDLE handle, INTERFACE_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    GC_ERROR result = check_interface(handle);
    return result ? result : interface_info(what, type, to, size);
}

GC_API IFGetParentTL(IF_HANDLE handle, TL_HANDLE *system)
{
    if (system)
        *system = &system_handle;
    return check_interface(handle);
}

GC_API IFUpdateDeviceList(IF_HANDLE handle, bool8_t *changed, uint64_t limit_ms)
{
    (void)limit_ms;
    GC_ERROR result = check_interface(handle);
    if (result)
        return result;
    bool differs = false;
    pthread_mutex_lock(&simcam_lock);
    for (int i = 0; i < CAMERA_COUNT; i++) {
        camera_look(&cameras[i]);
        bool there = !camera_unplugged(&cameras[i]);
        differs = differs || there != cameras[i].listed;
        cameras[i].listed = there;
    }
    pthread_mutex_unlock(&simcam_lock);
    if (changed)
        *changed = differs;
    return GC_ERR_SUCCESS;
}

GC_API IFGetNumDevices(IF_HANDLE handle, uint32_t *count)
{
    uint32_t listed = 0;
    for (int i = 0; i < CAMERA_COUNT; i++)
        listed += cameras[i].listed;
    if (count)
        *count = listed;
    return check_interface(handle);
}

GC_API IFGetDeviceID(IF_HANDLE handle, uint32_t index, char *to, size_t *size)
{
    GC_ERROR result = check_interface(handle);
    for (int i = 0; !result && i < CAMERA_COUNT; i++)
        if (cameras[i].listed && index-- == 0)
            return give_text(NULL, to, size, cameras[i].model->serial);
    return result ? result : fail(GC_ERR_INVALID_INDEX, "no such device");
}
