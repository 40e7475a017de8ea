/* A GenTL consumer in C for the simulated producer: linked with its sources, so that the sanitizers see all of it.
 * Usage: driver SERIAL PIXELFORMAT WIDTH HEIGHT FRAMES BUFFERS. Prints one line a frame (id, first and last encoder
 * count, lines, sum of its bytes), then how many messages the camera sent. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gentl.h"
#include "registers.h"

GC_ERROR GCInitLib(void), GCCloseLib(void), TLOpen(TL_HANDLE *), TLClose(TL_HANDLE);
GC_ERROR TLUpdateInterfaceList(TL_HANDLE, bool8_t *, uint64_t), IFClose(IF_HANDLE), DevClose(DEV_HANDLE);
GC_ERROR TLGetInterfaceID(TL_HANDLE, uint32_t, char *, size_t *), TLOpenInterface(TL_HANDLE, const char *, IF_HANDLE *);
GC_ERROR IFUpdateDeviceList(IF_HANDLE, bool8_t *, uint64_t), IFGetNumDevices(IF_HANDLE, uint32_t *);
GC_ERROR IFOpenDevice(IF_HANDLE, const char *, DEVICE_ACCESS_FLAGS, DEV_HANDLE *);
GC_ERROR DevGetPort(DEV_HANDLE, PORT_HANDLE *), DevGetDataStreamID(DEV_HANDLE, uint32_t, char *, size_t *);
GC_ERROR DevOpenDataStream(DEV_HANDLE, const char *, DS_HANDLE *), DSClose(DS_HANDLE);
GC_ERROR GCReadPort(PORT_HANDLE, uint64_t, void *, size_t *), GCWritePort(PORT_HANDLE, uint64_t, const void *, size_t *);
GC_ERROR DSAnnounceBuffer(DS_HANDLE, void *, size_t, void *, BUFFER_HANDLE *), DSQueueBuffer(DS_HANDLE, BUFFER_HANDLE);
GC_ERROR DSAllocAndAnnounceBuffer(DS_HANDLE, size_t, void *, BUFFER_HANDLE *);
GC_ERROR DSRevokeBuffer(DS_HANDLE, BUFFER_HANDLE, void **, void **), DSFlushQueue(DS_HANDLE, ACQ_QUEUE_TYPE);
GC_ERROR DSStartAcquisition(DS_HANDLE, ACQ_START_FLAGS, uint64_t), DSStopAcquisition(DS_HANDLE, ACQ_STOP_FLAGS);
GC_ERROR GCRegisterEvent(EVENTSRC_HANDLE, EVENT_TYPE, EVENT_HANDLE *), GCUnregisterEvent(EVENTSRC_HANDLE, EVENT_TYPE);
GC_ERROR EventGetData(EVENT_HANDLE, void *, size_t *, uint64_t);
GC_ERROR EventGetDataInfo(EVENT_HANDLE, const void *, size_t, EVENT_DATA_INFO_CMD, INFO_DATATYPE *, void *, size_t *);
GC_ERROR DSGetBufferInfo(DS_HANDLE, BUFFER_HANDLE, BUFFER_INFO_CMD, INFO_DATATYPE *, void *, size_t *);
GC_ERROR DSGetBufferChunkData(DS_HANDLE, BUFFER_HANDLE, SINGLE_CHUNK_DATA *, size_t *);

#define MUST(call) must((call), #call)

static void must(GC_ERROR result, const char *what)
{
    if (result != GC_ERR_SUCCESS) {
        fprintf(stderr, "%s gave %d\n", what, result);
        exit(1);
    }
}

static void set(PORT_HANDLE port, uint64_t address, int64_t value)
{
    size_t size = sizeof value;
    MUST(GCWritePort(port, address, &value, &size));
}

static size_t told(DS_HANDLE stream, BUFFER_HANDLE buffer, BUFFER_INFO_CMD what)
{
    size_t value, size = sizeof value;
    MUST(DSGetBufferInfo(stream, buffer, what, NULL, &value, &size));
    return value;
}

static void print_frame(DS_HANDLE stream, BUFFER_HANDLE buffer)
{
    size_t chunk_count = CHUNK_COUNT, size = sizeof(uint8_t *), image_bytes = 0;
    const uint8_t *memory;
    uint32_t first = 0, last = 0;
    uint64_t sum = 0;
    SINGLE_CHUNK_DATA chunks[CHUNK_COUNT];
    MUST(DSGetBufferInfo(stream, buffer, BUFFER_INFO_BASE, NULL, &memory, &size));
    MUST(DSGetBufferChunkData(stream, buffer, chunks, &chunk_count));
    image_bytes = (size_t)chunks[0].ChunkOffset;
    for (size_t i = 0; i < chunk_count; i++)
        if (chunks[i].ChunkID == CHUNK_ID_BASE + CHUNK_ENCODER_VALUE) {
            memcpy(&first, memory + chunks[i].ChunkOffset, sizeof first);
            memcpy(&last, memory + chunks[i].ChunkOffset + chunks[i].ChunkLength - sizeof last, sizeof last);
        }
    for (size_t i = 0; i < image_bytes; i++)
        sum += memory[i];
    printf("%zu %" PRIu32 " %" PRIu32 " %zu %" PRIu64 "\n", told(stream, buffer, BUFFER_INFO_FRAMEID), first, last,
           told(stream, buffer, BUFFER_INFO_DELIVERED_IMAGEHEIGHT), sum);
}

static void configure(PORT_HANDLE port, bool area, char **argv)
{
    set(port, REG_PIXEL_FORMAT, strtoll(argv[2], NULL, 0));
    set(port, REG_WIDTH, atoll(argv[3]));
    set(port, REG_HEIGHT, atoll(argv[4]));
    set(port, REG_TRIGGER_MODE, TRIGGER_MODE_ON);
    set(port, REG_TRIGGER_SOURCE, TRIGGER_SOURCE_LINE1);
    if (!area) {
        set(port, REG_TRIGGER_MODE + 8, TRIGGER_MODE_ON);
        set(port, REG_TRIGGER_SOURCE + 8, TRIGGER_SOURCE_ENCODER0);
        set(port, REG_ENCODER_DIVIDER, 4);
    }
    set(port, REG_CHUNK_MODE_ACTIVE, 1);
    for (int i = 0; i < CHUNK_COUNT; i++)
        set(port, REG_CHUNK_ENABLE + 8 * i, 1);
    for (int i = EVENT_FRAME_TRIGGER; i <= EVENT_LINE_TRIGGER_MISSED; i++)
        set(port, REG_EVENT_NOTIFICATION + 8 * i, EVENT_NOTIFICATION_ON);
}

/* How many messages of this kind, and of any other, wait. */
static void count_messages(EVENT_HANDLE event, const char *kind, int *of_kind, int *others)
{
    char data[64], id[32];
    for (size_t size = sizeof data; EventGetData(event, data, &size, 0) == GC_ERR_SUCCESS; size = sizeof data) {
        size_t id_size = sizeof id;
        MUST(EventGetDataInfo(event, data, size, EVENT_DATA_ID, NULL, id, &id_size));
        ++*(strcmp(id, kind) == 0 ? of_kind : others);
    }
}

int main(int argc, char **argv)
{
    if (argc != 7)
        return 2;
    int frames = atoi(argv[5]), buffers = atoi(argv[6]), missed = 0, others = 0;
    bool area = strcmp(argv[1], "AREA01") == 0;
    TL_HANDLE system;
    IF_HANDLE interface;
    DEV_HANDLE device;
    DS_HANDLE stream;
    PORT_HANDLE port;
    EVENT_HANDLE event, messages;
    char id[64];
    size_t size = sizeof id;
    uint32_t devices;
    MUST(GCInitLib());
    MUST(TLOpen(&system));
    MUST(TLUpdateInterfaceList(system, NULL, 100));
    MUST(TLGetInterfaceID(system, 0, id, &size));
    MUST(TLOpenInterface(system, id, &interface));
    MUST(IFUpdateDeviceList(interface, NULL, 100));
    MUST(IFGetNumDevices(interface, &devices));
    must(devices == 2 ? GC_ERR_SUCCESS : GC_ERR_ERROR, "two devices");
    MUST(IFOpenDevice(interface, argv[1], 4, &device));
    MUST(DevGetPort(device, &port));
    configure(port, area, argv);
    int64_t payload;
    size = sizeof payload;
    MUST(GCReadPort(port, REG_PAYLOAD_SIZE, &payload, &size));
    size = sizeof id;
    MUST(DevGetDataStreamID(device, 0, id, &size));
    MUST(DevOpenDataStream(device, id, &stream));
    MUST(GCRegisterEvent(stream, EVENT_NEW_BUFFER, &event));
    MUST(GCRegisterEvent(device, EVENT_REMOTE_DEVICE, &messages));
    BUFFER_HANDLE handles[64];
    for (int i = 0; i < buffers; i++) {
        if (i % 2)
            MUST(DSAllocAndAnnounceBuffer(stream, (size_t)payload, NULL, &handles[i]));
        else
            MUST(DSAnnounceBuffer(stream, malloc((size_t)payload), (size_t)payload, NULL, &handles[i]));
        MUST(DSQueueBuffer(stream, handles[i]));
    }
    MUST(DSStartAcquisition(stream, 0, UINT64_MAX));
    set(port, REG_ACQUISITION_START, 1);
    puts("started");
    fflush(stdout);
    for (int i = 0; i < frames; i++) {
        EVENT_NEW_BUFFER_DATA data;
        size = sizeof data;
        MUST(EventGetData(event, &data, &size, 20000));
        print_frame(stream, data.BufferHandle);
        MUST(DSQueueBuffer(stream, data.BufferHandle));
        count_messages(messages, "9005", &missed, &others);
    }
    printf("messages %d %d\n", missed, others);
    struct timespec cpu;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    fprintf(stderr, "cpu_ms %.1f\n", (double)cpu.tv_sec * 1e3 + (double)cpu.tv_nsec * 1e-6);
    set(port, REG_ACQUISITION_STOP, 1);
    MUST(DSStopAcquisition(stream, 1));
    MUST(DSFlushQueue(stream, ACQ_QUEUE_ALL_DISCARD));
    for (int i = 0; i < buffers; i++) {
        void *memory;
        MUST(DSRevokeBuffer(stream, handles[i], &memory, NULL));
        free(memory);
    }
    MUST(GCUnregisterEvent(device, EVENT_REMOTE_DEVICE));
    MUST(DSClose(stream));
    MUST(DevClose(device));
    MUST(IFClose(interface));
    MUST(TLClose(system));
    MUST(GCCloseLib());
    return 0;
}
