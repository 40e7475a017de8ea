/* Ports: a camera's registers, and the GenApi description of each module; the local modules have nothing to set. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "arvtl.h"

enum { URL_BYTES = 256, ALIGNMENT = 4, MAX_UNALIGNED_BYTES = 4096 };

static const char module_xml[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<RegisterDescription ModelName=\"Module\" VendorName=\"EdgeInspection\" StandardNameSpace=\"GEV\" "
    "SchemaMajorVersion=\"1\" SchemaMinorVersion=\"1\" SchemaSubMinorVersion=\"0\" MajorVersion=\"1\" "
    "MinorVersion=\"0\" SubMinorVersion=\"0\" ToolTip=\"\" "
    "ProductGuid=\"8A0E3C52-5A31-4B7C-9C0D-2F6E1B7A9D10\" VersionGuid=\"8A0E3C52-5A31-4B7C-9C0D-2F6E1B7A9D11\" "
    "xmlns=\"http://www.genicam.org/GenApi/Version_1_1\">\n"
    "<Category Name=\"Root\"><pFeature>Nothing</pFeature></Category>\n"
    "<Integer Name=\"Nothing\"><Value>0</Value></Integer>\n"
    "<Port Name=\"Module\"/>\n"
    "</RegisterDescription>\n";

static const char *module_name(PORT_HANDLE port)
{
    if (!port)
        return NULL;
    if (port == &system_handle)
        return "TLSystem";
    if (port == &interface_handle)
        return "TLInterface";
    if (camera_of(port))
        return "TLDevice";
    return stream_of(port) ? "TLDataStream" : camera_of_port(port) ? "TLRemoteDevice" : NULL;
}

static GC_ERROR read_text(const char *text, size_t bytes, uint64_t offset, void *to, size_t size)
{
    if (!text || offset > bytes || size > bytes - offset)
        return fail(GC_ERR_INVALID_ADDRESS, "outside the description");
    memcpy(to, text + offset, size);
    return GC_ERR_SUCCESS;
}

/* One register goes as one: GigE Vision cameras need not offer writing memory. The wire's order is high byte first. */
static bool is_register(const struct camera *camera, uint64_t address, size_t size)
{
    return camera->gige && size == sizeof(uint32_t) && address % ALIGNMENT == 0;
}

static int read_device(const struct camera *camera, ArvDevice *device, uint64_t address, void *to, size_t size,
                       GError **error)
{
    if (is_register(camera, address, size)) {
        uint32_t value = 0;
        int done = arv_device_read_register(device, address, &value, error);
        value = htonl(value);
        memcpy(to, &value, sizeof value);
        return done;
    }
    size_t before = camera->gige ? address % ALIGNMENT : 0;
    size_t whole = camera->gige ? (before + size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : size;
    if (whole == size || whole > MAX_UNALIGNED_BYTES)
        return arv_device_read_memory(device, address, (uint32_t)size, to, error);
    uint8_t window[MAX_UNALIGNED_BYTES];
    int done = arv_device_read_memory(device, address - before, (uint32_t)whole, window, error);
    if (done)
        memcpy(to, window + before, size);
    return done;
}

static int write_device(const struct camera *camera, ArvDevice *device, uint64_t address, const void *from,
                        size_t size, GError **error)
{
    if (is_register(camera, address, size)) {
        uint32_t value;
        memcpy(&value, from, sizeof value);
        return arv_device_write_register(device, address, ntohl(value), error);
    }
    return arv_device_write_memory(device, address, (uint32_t)size, (void *)from, error);
}

/* A camera that did not answer any of libaravis' tries is gone: what is asked next must not wait for it again. */
static GC_ERROR fail_access(struct camera *camera, GError **error, const char *what)
{
    if (*error && (*error)->code == ARV_DEVICE_ERROR_TIMEOUT)
        camera->lost = true;
    return fail_from(error, what);
}

GC_API GCReadPort(PORT_HANDLE port, uint64_t address, void *to, size_t *size)
{
    if (!to || !size || *size > UINT32_MAX)
        return fail(GC_ERR_INVALID_PARAMETER, "no place for the answer");
    struct camera *camera = camera_of_port(port);
    if (!camera) {
        if (!module_name(port))
            return fail(GC_ERR_INVALID_HANDLE, "not a port");
        if (address < XML_ADDRESS)
            return fail(GC_ERR_INVALID_ADDRESS, "this module has no registers");
        return read_text(module_xml, sizeof module_xml - 1, address - XML_ADDRESS, to, *size);
    }
    ArvDevice *device = camera_hold(camera);
    if (!device)
        return fail(GC_ERR_IO, "the camera does not answer");
    GError *error = NULL;
    GC_ERROR result = GC_ERR_SUCCESS;
    if (address >= XML_ADDRESS)
        result = read_text(camera->xml, camera->xml_bytes, address - XML_ADDRESS, to, *size);
    else if (!read_device(camera, device, address, to, *size, &error))
        result = fail_access(camera, &error, "a register cannot be read");
    g_object_unref(device);
    return result;
}

GC_API GCWritePort(PORT_HANDLE port, uint64_t address, const void *from, size_t *size)
{
    if (!from || !size || *size > UINT32_MAX)
        return fail(GC_ERR_INVALID_PARAMETER, "nothing to write");
    struct camera *camera = camera_of_port(port);
    if (!camera)
        return fail(module_name(port) ? GC_ERR_INVALID_ADDRESS : GC_ERR_INVALID_HANDLE, "not a port to write");
    ArvDevice *device = camera_hold(camera);
    if (!device)
        return fail(GC_ERR_IO, "the camera does not answer");
    GError *error = NULL;
    GC_ERROR result = GC_ERR_SUCCESS;
    if (!write_device(camera, device, address, from, *size, &error))
        result = fail_access(camera, &error, "a register cannot be written");
    g_object_unref(device);
    return result;
}

GC_API GCReadPortStacked(PORT_HANDLE port, PORT_REGISTER_STACK_ENTRY *entries, size_t *count)
{
    for (size_t i = 0; entries && count && i < *count; i++) {
        size_t size = entries[i].Size;
        GC_ERROR result = GCReadPort(port, entries[i].Address, entries[i].pBuffer, &size);
        if (result) {
            *count = i;
            return result;
        }
    }
    return entries && count ? GC_ERR_SUCCESS : fail(GC_ERR_INVALID_PARAMETER, "nothing to read");
}

GC_API GCWritePortStacked(PORT_HANDLE port, PORT_REGISTER_STACK_ENTRY *entries, size_t *count)
{
    for (size_t i = 0; entries && count && i < *count; i++) {
        size_t size = entries[i].Size;
        GC_ERROR result = GCWritePort(port, entries[i].Address, entries[i].pBuffer, &size);
        if (result) {
            *count = i;
            return result;
        }
    }
    return entries && count ? GC_ERR_SUCCESS : fail(GC_ERR_INVALID_PARAMETER, "nothing to write");
}

static size_t xml_bytes(PORT_HANDLE port)
{
    const struct camera *camera = camera_of_port(port);
    return camera ? camera->xml_bytes : sizeof module_xml - 1;
}

static const char *xml_name(PORT_HANDLE port)
{
    return camera_of_port(port) ? "camera.xml" : "module.xml";
}

static GC_ERROR give_url(PORT_HANDLE port, INFO_DATATYPE *type, void *to, size_t *size)
{
    char url[URL_BYTES];
    snprintf(url, sizeof url, "local:%s;%llX;%zX?SchemaVersion=1.1.0", xml_name(port), XML_ADDRESS, xml_bytes(port));
    return give_text(type, to, size, url);
}

GC_API GCGetPortURL(PORT_HANDLE port, char *to, size_t *size)
{
    return module_name(port) ? give_url(port, NULL, to, size) : fail(GC_ERR_INVALID_HANDLE, "not a port");
}

GC_API GCGetNumPortURLs(PORT_HANDLE port, uint32_t *count)
{
    if (!count || !module_name(port))
        return fail(GC_ERR_INVALID_HANDLE, "not a port");
    *count = 1;
    return GC_ERR_SUCCESS;
}

GC_API GCGetPortURLInfo(PORT_HANDLE port, uint32_t index, URL_INFO_CMD what, INFO_DATATYPE *type, void *to,
                        size_t *size)
{
    if (!module_name(port))
        return fail(GC_ERR_INVALID_HANDLE, "not a port");
    if (index != 0)
        return fail(GC_ERR_INVALID_INDEX, "there is one description");
    switch (what) {
    case URL_INFO_URL:
        return give_url(port, type, to, size);
    case URL_INFO_SCHEMA_VER_MAJOR:
    case URL_INFO_SCHEMA_VER_MINOR:
        return give_i32(type, to, size, 1);
    case URL_INFO_FILE_REGISTER_ADDRESS:
        return give_u64(type, to, size, XML_ADDRESS);
    case URL_INFO_FILE_SIZE:
        return give_u64(type, to, size, xml_bytes(port));
    case URL_INFO_SCHEME:
        return give_i32(type, to, size, 0);
    case URL_INFO_FILENAME:
        return give_text(type, to, size, xml_name(port));
    }
    return fail(GC_ERR_NOT_AVAILABLE, "this fact about the description is not told");
}

GC_API GCGetPortInfo(PORT_HANDLE port, PORT_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    const struct camera *camera = camera_of_port(port);
    if (!module_name(port))
        return fail(GC_ERR_INVALID_HANDLE, "not a port");
    switch (what) {
    case PORT_INFO_ID:
        return give_text(type, to, size, camera ? camera->id : module_name(port));
    case PORT_INFO_MODULE:
        return give_text(type, to, size, module_name(port));
    case PORT_INFO_VENDOR:
        return give_text(type, to, size, camera ? camera->vendor : PRODUCER_VENDOR);
    case PORT_INFO_MODEL:
        return give_text(type, to, size, camera ? camera->model : PRODUCER_MODEL);
    case PORT_INFO_TLTYPE:
        return give_text(type, to, size, camera ? camera_transport(camera) : "Custom");
    case PORT_INFO_LITTLE_ENDIAN:
        return give_bool(type, to, size, !(camera && camera->gige));
    case PORT_INFO_BIG_ENDIAN:
        return give_bool(type, to, size, camera && camera->gige);
    case PORT_INFO_ACCESS_READ:
        return give_bool(type, to, size, true);
    case PORT_INFO_ACCESS_WRITE:
        return give_bool(type, to, size, camera != NULL);
    case PORT_INFO_ACCESS_NA:
    case PORT_INFO_ACCESS_NI:
        return give_bool(type, to, size, false);
    case PORT_INFO_VERSION:
        return give_text(type, to, size, PRODUCER_VERSION);
    case PORT_INFO_PORTNAME:
        return give_text(type, to, size, camera ? "Device" : "Module");
    }
    return fail(GC_ERR_NOT_IMPLEMENTED, "this fact about the port is not told");
}
