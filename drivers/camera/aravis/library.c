/* The library, the system and its one interface. */
#include <string.h>

#include "arvtl.h"

#define SYSTEM_ID "EdgeAravisSystem"
#define INTERFACE_ID "EdgeAravisInterface"

pthread_mutex_t arvtl_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t arvtl_waiter_left = PTHREAD_COND_INITIALIZER;
bool arvtl_initialised, system_open, interface_open;
char system_handle, interface_handle;

GC_API GCInitLib(void)
{
    pthread_mutex_lock(&arvtl_lock);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (arvtl_initialised)
        result = fail(GC_ERR_RESOURCE_IN_USE, "the library is initialised already");
    else
        arvtl_initialised = true;
    pthread_mutex_unlock(&arvtl_lock);
    if (!result)
        arv_disable_interface("Fake"); /* libaravis' camera without a wire: not to be found beside real ones */
    return result;
}

GC_API GCCloseLib(void)
{
    if (!arvtl_initialised)
        return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
    for (int i = 0; i < MAX_CAMERAS; i++)
        camera_close(&cameras[i]);
    arvtl_initialised = system_open = interface_open = false;
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
        return give_text(type, to, size, PRODUCER_MODEL);
    case TL_INFO_VERSION:
        return give_text(type, to, size, PRODUCER_VERSION);
    case TL_INFO_TLTYPE:
        return give_text(type, to, size, "Mixed");
    case TL_INFO_NAME:
    case TL_INFO_PATHNAME:
        return give_text(type, to, size, PRODUCER_FILE);
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
    if (!arvtl_initialised)
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

GC_ERROR check_interface(IF_HANDLE handle)
{
    if (handle != &interface_handle || !interface_open)
        return fail(GC_ERR_INVALID_HANDLE, "not an open interface");
    return GC_ERR_SUCCESS;
}

GC_API TLClose(TL_HANDLE handle)
{
    GC_ERROR result = check_system(handle);
    if (!result)
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
    (void)limit_ms; /* the one interface is known without looking */
    if (changed)
        *changed = 1;
    return check_system(handle);
}

GC_API TLGetNumInterfaces(TL_HANDLE handle, uint32_t *count)
{
    if (!count)
        return fail(GC_ERR_INVALID_PARAMETER, "no place for the count");
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
        return give_text(type, to, size, PRODUCER_MODEL);
    case INTERFACE_INFO_TLTYPE:
        return give_text(type, to, size, "Custom"); /* cameras on either transport: each says its own */
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
    if (!result)
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
