/* Ports: reading and writing registers, and where the GenApi description of each module is. */
#include <stdio.h>
#include <string.h>

#include "simcam.h"

enum { URL_BYTES = 128 };

/* A remote camera's port is the address of its registers, its local module's that of the camera. */
static struct camera *remote_of(PORT_HANDLE port)
{
    for (int i = 0; i < CAMERA_COUNT; i++)
        if (port == cameras[i].registers)
            return cameras[i].open ? &cameras[i] : NULL;
    return NULL;
}

static bool is_module(PORT_HANDLE port)
{
    bool found = port && (port == &system_handle || port == &interface_handle);
    for (int i = 0; i < CAMERA_COUNT; i++)
        found = found || port == &cameras[i] || port == &cameras[i].stream;
    return found;
}

static GC_ERROR read_text(const char *text, size_t bytes, uint64_t offset, void *to, size_t size)
{
    if (offset > bytes || size > bytes - offset)
        return fail(GC_ERR_INVALID_ADDRESS, "outside the description");
    memcpy(to, text + offset, size);
    return GC_ERR_SUCCESS;
}

GC_API GCReadPort(PORT_HANDLE port, uint64_t address, void *to, size_t *size)
{
    if (!to || !size)
        return fail(GC_ERR_INVALID_PARAMETER, "no place for the answer");
    if (is_module(port)) {
        if (address < XML_ADDRESS)
            return fail(GC_ERR_INVALID_ADDRESS, "this module has no registers");
        return read_text(simcam_module_xml, simcam_module_xml_bytes, address - XML_ADDRESS, to, *size);
    }
    struct camera *camera = remote_of(port);
    if (!camera)
        return fail(GC_ERR_INVALID_HANDLE, "not a port");
    pthread_mutex_lock(&simcam_lock);
    camera_look(camera);
    GC_ERROR result;
    if (camera_unplugged(camera))
        result = fail(GC_ERR_IO, "the camera does not answer");
    else if (address >= XML_ADDRESS)
        result = read_text(camera->model->xml, *camera->model->xml_bytes, address - XML_ADDRESS, to, *size);
    else
        result = camera_read(camera, address, to, *size);
    pthread_mutex_unlock(&simcam_lock);
    return result;
}

GC_API GCWritePort(PORT_HANDLE port, uint64_t address, const void *from, size_t *size)
{
    if (!from || !size)
        return fail(GC_ERR_INVALID_PARAMETER, "nothing to write");
    struct camera *camera = remote_of(port);
    if (!camera)
        return fail(is_module(port) ? GC_ERR_INVALID_ADDRESS : GC_ERR_INVALID_HANDLE, "not a port to write");
    pthread_mutex_lock(&simcam_lock);
    GC_ERROR result = camera_unplugged(camera) ? fail(GC_ERR_IO, "the camera does not answer")
                                               : camera_write(camera, address, from, *size);
    pthread_mutex_unlock(&simcam_lock);
    if (!result && address == REG_ACQUISITION_STOP)
        scan_stop(camera);
    return result;
}

GC_API GCReadPortStacked(PORT_HANDLE port, PORT_REGISTER_STACK_ENTRY *entries, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        size_t size = entries[i].Size;
        GC_ERROR result = GCReadPort(port, entries[i].Address, entries[i].pBuffer, &size);
        if (result) {
            *count = i;
            return result;
        }
    }
    return GC_ERR_SUCCESS;
}

GC_API GCWritePortStacked(PORT_HANDLE port, PORT_REGISTER_STACK_ENTRY *entries, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        size_t size = entries[i].Size;
        GC_ERROR result = GCWritePort(port, entries[i].Address, entries[i].pBuffer, &size);
        if (result) {
            *count = i;
            return result;
        }
    }
    return GC_ERR_SUCCESS;
}

struct description {
    const char *name;
    unsigned bytes;
};

static struct description description_of(PORT_HANDLE port)
{
    const struct camera *camera = remote_of(port);
    if (!camera)
        return (struct description){"simcam_module.xml", simcam_module_xml_bytes};
    return (struct description){camera->model->xml_name, *camera->model->xml_bytes};
}

static void write_url(PORT_HANDLE port, char url[URL_BYTES])
{
    struct description description = description_of(port);
    snprintf(url, URL_BYTES, "local:%s;%X;%X?SchemaVersion=1.1.0", description.name, XML_ADDRESS, description.bytes);
}

GC_API GCGetPortURL(PORT_HANDLE port, char *to, size_t *size)
{
    char url[URL_BYTES];
    write_url(port, url);
    return give_text(NULL, to, size, url);
}

GC_API GCGetNumPortURLs(PORT_HANDLE port, uint32_t *count)
{
    if (!count || (!remote_of(port) && !is_module(port)))
        return fail(GC_ERR_INVALID_HANDLE, "not a port");
    *count = 1;
    return GC_ERR_SUCCESS;
}

GC_API GCGetPortURLInfo(PORT_HANDLE port, uint32_t index, URL_INFO_CMD what, INFO_DATATYPE *type, void *to,
                        size_t *size)
{
    if (index != 0)
        return fail(GC_ERR_INVALID_INDEX, "there is one description");
    struct description description = description_of(port);
    char url[URL_BYTES];
    write_url(port, url);
    switch (what) {
    case URL_INFO_URL:
        return give_text(type, to, size, url);
    case URL_INFO_SCHEMA_VER_MAJOR:
    case URL_INFO_SCHEMA_VER_MINOR:
    case URL_INFO_FILE_VER_MAJOR:
        return give_i32(type, to, size, 1);
    case URL_INFO_FILE_VER_MINOR:
    case URL_INFO_FILE_VER_SUBMINOR:
    case URL_INFO_SCHEME:
        return give_i32(type, to, size, 0);
    case URL_INFO_FILE_REGISTER_ADDRESS:
        return give_u64(type, to, size, XML_ADDRESS);
    case URL_INFO_FILE_SIZE:
        return give_u64(type, to, size, description.bytes);
    case URL_INFO_FILENAME:
        return give_text(type, to, size, description.name);
    }
    return fail(GC_ERR_NOT_IMPLEMENTED, "this fact about the description is not told");
}

static const char *module_name(PORT_HANDLE port)
{
    if (remote_of(port))
        return "TLRemoteDevice";
    if (port == &system_handle)
        return "TLSystem";
    if (port == &interface_handle)
        return "TLInterface";
    for (int i = 0; i < CAMERA_COUNT; i++)
        if (port == &cameras[i])
            return "TLDevice";
    return "TLDataStream";
}

GC_API GCGetPortInfo(PORT_HANDLE port, PORT_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    if (!remote_of(port) && !is_module(port))
        return fail(GC_ERR_INVALID_HANDLE, "not a port");
    switch (what) {
    case PORT_INFO_ID:
    case PORT_INFO_MODULE:
        return give_text(type, to, size, module_name(port));
    case PORT_INFO_VENDOR:
        return give_text(type, to, size, PRODUCER_VENDOR);
    case PORT_INFO_MODEL:
        return give_text(type, to, size, "Simulated camera");
    case PORT_INFO_TLTYPE:
        return give_text(type, to, size, TRANSPORT);
    case PORT_INFO_LITTLE_ENDIAN:
    case PORT_INFO_ACCESS_READ:
    case PORT_INFO_ACCESS_WRITE:
        return give_bool(type, to, size, true);
    case PORT_INFO_BIG_ENDIAN:
    case PORT_INFO_ACCESS_NA:
    case PORT_INFO_ACCESS_NI:
        return give_bool(type, to, size, false);
    case PORT_INFO_VERSION:
        return give_text(type, to, size, PRODUCER_VERSION);
    case PORT_INFO_PORTNAME:
        return give_text(type, to, size, remote_of(port) ? "Device" : "Module");
    }
    return fail(GC_ERR_NOT_IMPLEMENTED, "this fact about the port is not told");
}
