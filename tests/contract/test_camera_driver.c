/* A GenTL consumer in C for the simulated producer: linked with its sources, so that the sanitizers see all of it.
 * Usage: driver WIDTH HEIGHT FRAMES BUFFERS. Prints one line a frame: id, encoder count, lines, sum of its pixels. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gentl.h"
#include "registers.h"

GC_ERROR GCInitLib(void), GCCloseLib(void), TLOpen(TL_HANDLE *), TLClose(TL_HANDLE);
GC_ERROR TLUpdateInterfaceList(TL_HANDLE, bool8_t *, uint64_t), IFClose(IF_HANDLE), DevClose(DEV_HANDLE);
GC_ERROR TLGetInterfaceID(TL_HANDLE, uint32_t, char *, size_t *), TLOpenInterface(TL_HANDLE, const char *, IF_HANDLE *);
GC_ERROR IFUpdateDeviceList(IF_HANDLE, bool8_t *, uint64_t), IFGetDeviceID(IF_HANDLE, uint32_t, char *, size_t *);
GC_ERROR IFOpenDevice(IF_HANDLE, const char *, DEVICE_ACCESS_FLAGS, DEV_HANDLE *);
GC_ERROR DevGetPort(DEV_HANDLE, PORT_HANDLE *), DevGetDataStreamID(DEV_HANDLE, uint32_t, char *, size_t *);
GC_ERROR DevOpenDataStream(DEV_HANDLE, const char *, DS_HANDLE *), DSClose(DS_HANDLE);
GC_ERROR GCReadPort(PORT_HANDLE, uint64_t, void *, size_t *), GCWritePort(PORT_HANDLE, uint64_t, const void *, size_t *);
GC_ERROR DSAnnounceBuffer(DS_HANDLE, void *, size_t, void *, BUFFER_HANDLE *), DSQueueBuffer(DS_HANDLE, BUFFER_HANDLE);
GC_ERROR DSAllocAndAnnounceBuffer(DS_HANDLE, size_t, void *, BUFFER_HANDLE *);
GC_ERROR DSRevokeBuffer(DS_HANDLE, BUFFER_HANDLE, void **, void **), DSFlushQueue(DS_HANDLE, ACQ_QUEUE_TYPE);
GC_ERROR DSStartAcquisition(DS_HANDLE, ACQ_START_FLAGS, uint64_t), DSStopAcquisition(DS_HANDLE, ACQ_STOP_FLAGS);
GC_ERROR GCRegisterEvent(EVENTSRC_HANDLE, EVENT_TYPE, EVENT_HANDLE *), EventGetData(EVENT_HANDLE, void *, size_t *, uint64_t);
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

static void print_frame(DS_HANDLE stream, BUFFER_HANDLE buffer, size_t pixels)
{
    uint64_t id;
    size_t lines, chunk_count = CHUNK_COUNT, size = sizeof id;
    const uint8_t *memory;
    int64_t count = -1;
    uint64_t sum = 0;
    SINGLE_CHUNK_DATA chunks[CHUNK_COUNT];
    MUST(DSGetBufferInfo(stream, buffer, BUFFER_INFO_FRAMEID, NULL, &id, &size));
    size = sizeof lines;
    MUST(DSGetBufferInfo(stream, buffer, BUFFER_INFO_DELIVERED_IMAGEHEIGHT, NULL, &lines, &size));
    size = sizeof memory;
    MUST(DSGetBufferInfo(stream, buffer, BUFFER_INFO_BASE, NULL, &memory, &size));
    MUST(DSGetBufferChunkData(stream, buffer, chunks, &chunk_count));
    for (size_t i = 0; i < chunk_count; i++)
        if (chunks[i].ChunkID == CHUNK_ENCODER_VALUE_ID)
            memcpy(&count, memory + chunks[i].ChunkOffset, sizeof count);
    for (size_t i = 0; i < pixels; i++)
        sum += memory[i];
    printf("%" PRIu64 " %" PRId64 " %zu %" PRIu64 "\n", id, count, lines, sum);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    int64_t width = atoll(argv[1]), height = atoll(argv[2]);
    int frames = atoi(argv[3]), buffers = atoi(argv[4]);
    TL_HANDLE system;
    IF_HANDLE interface;
    DEV_HANDLE device;
    DS_HANDLE stream;
    PORT_HANDLE port;
    EVENT_HANDLE event;
    char id[64];
    size_t size = sizeof id;
    MUST(GCInitLib());
    MUST(TLOpen(&system));
    MUST(TLUpdateInterfaceList(system, NULL, 100));
    MUST(TLGetInterfaceID(system, 0, id, &size));
    MUST(TLOpenInterface(system, id, &interface));
    MUST(IFUpdateDeviceList(interface, NULL, 100));
    size = sizeof id;
    MUST(IFGetDeviceID(interface, 0, id, &size));
    MUST(IFOpenDevice(interface, id, 4, &device));
    MUST(DevGetPort(device, &port));
    set(port, REG_WIDTH, width);
    set(port, REG_HEIGHT, height);
    set(port, REG_TRIGGER_MODE, TRIGGER_MODE_ON);
    set(port, REG_TRIGGER_SOURCE, TRIGGER_SOURCE_LINE1);
    set(port, REG_TRIGGER_MODE + 8, TRIGGER_MODE_ON);
    set(port, REG_TRIGGER_SOURCE + 8, TRIGGER_SOURCE_ENCODER0);
    set(port, REG_ENCODER_DIVIDER, 4);
    set(port, REG_CHUNK_MODE_ACTIVE, 1);
    for (int i = 0; i < CHUNK_COUNT; i++)
        set(port, REG_CHUNK_ENABLE + 8 * i, 1);
    int64_t payload;
    size = sizeof payload;
    MUST(GCReadPort(port, REG_PAYLOAD_SIZE, &payload, &size));
    size = sizeof id;
    MUST(DevGetDataStreamID(device, 0, id, &size));
    MUST(DevOpenDataStream(device, id, &stream));
    MUST(GCRegisterEvent(stream, EVENT_NEW_BUFFER, &event));
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
        MUST(EventGetData(event, &data, &size, 10000));
        print_frame(stream, data.BufferHandle, (size_t)(width * height));
        MUST(DSQueueBuffer(stream, data.BufferHandle));
    }
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
    MUST(DSClose(stream));
    MUST(DevClose(device));
    MUST(IFClose(interface));
    MUST(TLClose(system));
    MUST(GCCloseLib());
    return 0;
}
