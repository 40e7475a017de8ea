/* A GenTL consumer in C for the producer over libaravis: what a well-behaved and a careless consumer do, under the
 * sanitizers. Arguments: rounds, frames a round, serial number. It prints `opened`, then for every frame
 * its number, whether it is incomplete, the bytes and the lines of it that are valid. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gentl.h"

#define MUST(call) must(call, #call)
#define REFUSED(call) refused(call, #call)

enum { BUFFERS = 8, FRAME_LIMIT_MS = 10000, URL_BYTES = 256, STARVED_NS = 300000000 };

GC_API GCInitLib(void);
GC_API GCCloseLib(void);
GC_API GCGetLastError(GC_ERROR *code, char *words, size_t *size);
GC_API TLOpen(TL_HANDLE *system);
GC_API TLClose(TL_HANDLE system);
GC_API TLGetInterfaceID(TL_HANDLE system, uint32_t index, char *to, size_t *size);
GC_API TLOpenInterface(TL_HANDLE system, const char *id, IF_HANDLE *interface);
GC_API IFClose(IF_HANDLE interface);
GC_API IFUpdateDeviceList(IF_HANDLE interface, bool8_t *changed, uint64_t limit_ms);
GC_API IFGetNumDevices(IF_HANDLE interface, uint32_t *count);
GC_API IFGetDeviceID(IF_HANDLE interface, uint32_t index, char *to, size_t *size);
GC_API IFGetDeviceInfo(IF_HANDLE interface, const char *id, DEVICE_INFO_CMD what, INFO_DATATYPE *type, void *to,
                       size_t *size);
GC_API IFOpenDevice(IF_HANDLE interface, const char *id, DEVICE_ACCESS_FLAGS flags, DEV_HANDLE *device);
GC_API DevClose(DEV_HANDLE device);
GC_API DevGetPort(DEV_HANDLE device, PORT_HANDLE *port);
GC_API DevGetDataStreamID(DEV_HANDLE device, uint32_t index, char *to, size_t *size);
GC_API DevOpenDataStream(DEV_HANDLE device, const char *id, DS_HANDLE *stream);
GC_API GCGetPortURLInfo(PORT_HANDLE port, uint32_t index, URL_INFO_CMD what, INFO_DATATYPE *type, void *to,
                        size_t *size);
GC_API GCReadPort(PORT_HANDLE port, uint64_t address, void *to, size_t *size);
GC_API GCWritePort(PORT_HANDLE port, uint64_t address, const void *from, size_t *size);
GC_API GCRegisterEvent(EVENTSRC_HANDLE source, EVENT_TYPE type, EVENT_HANDLE *event);
GC_API EventGetData(EVENT_HANDLE event, void *to, size_t *size, uint64_t limit_ms);
GC_API EventKill(EVENT_HANDLE event);
GC_API DSAnnounceBuffer(DS_HANDLE stream, void *memory, size_t bytes, void *user, BUFFER_HANDLE *buffer);
GC_API DSAllocAndAnnounceBuffer(DS_HANDLE stream, size_t bytes, void *user, BUFFER_HANDLE *buffer);
GC_API DSQueueBuffer(DS_HANDLE stream, BUFFER_HANDLE buffer);
GC_API DSFlushQueue(DS_HANDLE stream, ACQ_QUEUE_TYPE operation);
GC_API DSRevokeBuffer(DS_HANDLE stream, BUFFER_HANDLE buffer, void **memory, void **user);
GC_API DSStartAcquisition(DS_HANDLE stream, ACQ_START_FLAGS flags, uint64_t frames);
GC_API DSStopAcquisition(DS_HANDLE stream, ACQ_STOP_FLAGS flags);
GC_API DSClose(DS_HANDLE stream);
GC_API DSGetInfo(DS_HANDLE stream, STREAM_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size);
GC_API DSGetBufferInfo(DS_HANDLE stream, BUFFER_HANDLE buffer, BUFFER_INFO_CMD what, INFO_DATATYPE *type, void *to,
                       size_t *size);

/* The fake camera's registers (libaravis' arvfakecamera.h). */
enum { REG_WIDTH = 0x100, REG_HEIGHT = 0x104, REG_ACQUISITION = 0x124 };

static void *memories[BUFFERS]; /* ours, lent to the producer */

static void must(GC_ERROR code, const char *call)
{
    char words[256] = "";
    size_t size = sizeof words;
    if (code == GC_ERR_SUCCESS)
        return;
    GCGetLastError(NULL, words, &size);
    fprintf(stderr, "%s: %d %s\n", call, code, words);
    exit(1);
}

static void refused(GC_ERROR code, const char *call)
{
    if (code != GC_ERR_SUCCESS)
        return;
    fprintf(stderr, "%s was not refused\n", call);
    exit(1);
}

static uint32_t get(PORT_HANDLE port, uint64_t address)
{
    uint8_t octets[4];
    size_t size = sizeof octets;
    MUST(GCReadPort(port, address, octets, &size));
    return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 | octets[3];
}

static void set(PORT_HANDLE port, uint64_t address, uint32_t value)
{
    uint8_t octets[4] = {value >> 24, value >> 16, value >> 8, value};
    size_t size = sizeof octets;
    MUST(GCWritePort(port, address, octets, &size));
}

static void read_description(PORT_HANDLE port)
{
    uint64_t address = 0, bytes = 0;
    size_t size = sizeof address;
    char url[URL_BYTES];
    MUST(GCGetPortURLInfo(port, 0, URL_INFO_FILE_REGISTER_ADDRESS, NULL, &address, &size));
    MUST(GCGetPortURLInfo(port, 0, URL_INFO_FILE_SIZE, NULL, &bytes, &size));
    size = sizeof url;
    MUST(GCGetPortURLInfo(port, 0, URL_INFO_URL, NULL, url, &size));
    char *text = malloc(bytes + 1);
    size = bytes;
    MUST(GCReadPort(port, address, text, &size));
    text[bytes] = 0;
    if (!strstr(text, "RegisterDescription")) {
        fprintf(stderr, "no description at %s\n", url);
        exit(1);
    }
    size = bytes + 1;
    REFUSED(GCReadPort(port, address, text, &size)); /* beyond its end */
    size = 2;
    MUST(GCReadPort(port, REG_WIDTH + 1, text, &size)); /* not aligned */
    free(text);
}

static size_t told(DS_HANDLE stream, BUFFER_HANDLE buffer, BUFFER_INFO_CMD what)
{
    uint64_t value = 0;
    size_t size = sizeof value;
    MUST(DSGetBufferInfo(stream, buffer, what, NULL, &value, &size));
    return (size_t)value;
}

static EVENT_NEW_BUFFER_DATA next(EVENT_HANDLE event)
{
    EVENT_NEW_BUFFER_DATA data;
    size_t size = sizeof data;
    MUST(EventGetData(event, &data, &size, FRAME_LIMIT_MS));
    return data;
}

static void fetch(DS_HANDLE stream, EVENT_HANDLE event, int frames)
{
    for (int i = 0; i < frames; i++) {
        BUFFER_HANDLE buffer = next(event).BufferHandle;
        printf("%zu %zu %zu %zu\n", told(stream, buffer, BUFFER_INFO_FRAMEID),
               told(stream, buffer, BUFFER_INFO_IS_INCOMPLETE), told(stream, buffer, BUFFER_INFO_SIZE_FILLED),
               told(stream, buffer, BUFFER_INFO_DELIVERED_IMAGEHEIGHT));
        MUST(DSQueueBuffer(stream, buffer));
    }
}

/* Holds every buffer for a while: frames that find none are underruns, and missing by number. */
static void starve(DS_HANDLE stream, EVENT_HANDLE event, int frames)
{
    BUFFER_HANDLE held[BUFFERS];
    for (int i = 0; i < BUFFERS; i++)
        held[i] = next(event).BufferHandle;
    size_t before = told(stream, held[BUFFERS - 1], BUFFER_INFO_FRAMEID), after = 0;
    nanosleep(&(struct timespec){.tv_nsec = STARVED_NS}, NULL);
    for (int i = 0; i < BUFFERS; i++)
        MUST(DSQueueBuffer(stream, held[i]));
    for (int i = 0; i < frames; i++) {
        BUFFER_HANDLE buffer = next(event).BufferHandle;
        after = told(stream, buffer, BUFFER_INFO_FRAMEID);
        MUST(DSQueueBuffer(stream, buffer));
    }
    uint64_t underruns = 0;
    size_t size = sizeof underruns;
    MUST(DSGetInfo(stream, STREAM_INFO_NUM_UNDERRUN, NULL, &underruns, &size));
    if (after < before)
        after += UINT16_MAX; /* its numbers are of 16 bits, without 0 */
    printf("underruns %zu missing %zu\n", (size_t)underruns, after - before - (size_t)frames);
}

static void acquire(DEV_HANDLE device, PORT_HANDLE port, int frames, bool8_t careless)
{
    DS_HANDLE stream;
    EVENT_HANDLE event, module;
    BUFFER_HANDLE buffers[BUFFERS];
    char id[URL_BYTES];
    size_t size = sizeof id, bytes = (size_t)get(port, REG_WIDTH) * get(port, REG_HEIGHT);
    MUST(DevGetDataStreamID(device, 0, id, &size));
    MUST(DevOpenDataStream(device, id, &stream));
    REFUSED(DevOpenDataStream(device, id, &stream));
    MUST(GCRegisterEvent(stream, EVENT_NEW_BUFFER, &event));
    for (EVENT_TYPE type = 0; type < 9; type++)
        if (type != EVENT_NEW_BUFFER)
            REFUSED(GCRegisterEvent(device, type, &module));
    for (int i = 0; i < BUFFERS; i++) {
        if (i % 2)
            MUST(DSAllocAndAnnounceBuffer(stream, bytes, NULL, &buffers[i]));
        else
            MUST(DSAnnounceBuffer(stream, memories[i] = calloc(1, bytes), bytes, NULL, &buffers[i]));
        MUST(DSQueueBuffer(stream, buffers[i]));
        REFUSED(DSQueueBuffer(stream, buffers[i]));
        REFUSED(DSRevokeBuffer(stream, buffers[i], NULL, NULL));
    }
    MUST(DSStartAcquisition(stream, 0, GENTL_INFINITE));
    REFUSED(DSStartAcquisition(stream, 0, GENTL_INFINITE));
    set(port, REG_ACQUISITION, 1);
    fetch(stream, event, frames);
    starve(stream, event, frames);
    EVENT_NEW_BUFFER_DATA data;
    size = sizeof data;
    MUST(EventKill(event));
    if (EventGetData(event, &data, &size, FRAME_LIMIT_MS) != GC_ERR_ABORT)
        exit(2);
    if (careless) /* a consumer whose stop() failed on the way: closing has to be enough */
        return;
    set(port, REG_ACQUISITION, 0);
    MUST(DSStopAcquisition(stream, 0));
    MUST(DSStopAcquisition(stream, 0));
    MUST(DSFlushQueue(stream, ACQ_QUEUE_ALL_DISCARD));
    for (int i = 0; i < BUFFERS; i++) {
        void *memory;
        MUST(DSRevokeBuffer(stream, buffers[i], &memory, NULL));
        if (memory != memories[i])
            exit(2);
        free(memory);
        memories[i] = NULL;
        REFUSED(DSRevokeBuffer(stream, buffers[i], &memory, NULL));
    }
    MUST(DSClose(stream));
    REFUSED(DSClose(stream));
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 2, frames = argc > 2 ? atoi(argv[2]) : 10;
    TL_HANDLE system;
    IF_HANDLE interface;
    DEV_HANDLE device;
    PORT_HANDLE port;
    uint32_t count = 0;
    char id[URL_BYTES];
    REFUSED(TLOpen(&system));
    MUST(GCInitLib());
    REFUSED(GCInitLib());
    MUST(TLOpen(&system));
    size_t size = sizeof id;
    MUST(TLGetInterfaceID(system, 0, id, &size));
    MUST(TLOpenInterface(system, id, &interface));
    MUST(IFUpdateDeviceList(interface, NULL, 1000));
    MUST(IFGetNumDevices(interface, &count));
    if (count == 0) {
        fprintf(stderr, "no camera\n");
        return 3;
    }
    for (uint32_t i = 0; i < count; i++) {
        size = sizeof id;
        MUST(IFGetDeviceID(interface, i, id, &size));
        char serial[URL_BYTES];
        size = sizeof serial;
        MUST(IFGetDeviceInfo(interface, id, DEVICE_INFO_SERIAL_NUMBER, NULL, serial, &size));
        if (argc > 3 && strcmp(serial, argv[3]) == 0)
            break;
    }
    REFUSED(IFOpenDevice(interface, "nobody", 0, &device));
    for (int round = 0; round < rounds; round++) {
        MUST(IFOpenDevice(interface, id, 0, &device));
        REFUSED(IFOpenDevice(interface, id, 0, &device));
        MUST(DevGetPort(device, &port));
        read_description(port);
        puts("opened");
        fflush(stdout);
        acquire(device, port, frames, 0);
        acquire(device, port, frames, 0);
        MUST(DevClose(device));
        REFUSED(DevClose(device));
    }
    MUST(IFOpenDevice(interface, id, 0, &device));
    MUST(DevGetPort(device, &port));
    acquire(device, port, frames, 1);
    MUST(GCCloseLib());
    for (int i = 0; i < BUFFERS; i++)
        free(memories[i]);
    return 0;
}
