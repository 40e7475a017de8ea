/* The camera's registers: what they hold after power-up, what reading and writing them does. */
#include <string.h>

#include "simcam.h"

struct register_default {
    unsigned address, writable;
    union {
        int64_t whole;
        double real;
    } value;
};

static const struct register_default defaults[] = REGISTER_DEFAULTS;
enum { DEFAULT_COUNT = sizeof defaults / sizeof defaults[0] };

static void put_whole(struct camera *camera, unsigned address, int64_t value)
{
    memcpy(camera->registers + address, &value, sizeof value);
}

static void put_text(struct camera *camera, unsigned address, const char *text)
{
    memcpy(camera->registers + address, text, strlen(text) + 1);
}

void camera_power_up(struct camera *camera)
{
    memset(camera->registers, 0, sizeof camera->registers);
    put_text(camera, REG_DEVICE_VENDOR_NAME, PRODUCER_VENDOR);
    put_text(camera, REG_DEVICE_MODEL_NAME, CAMERA_MODEL);
    put_text(camera, REG_DEVICE_VERSION, PRODUCER_VERSION);
    put_text(camera, REG_DEVICE_SERIAL_NUMBER, CAMERA_SERIAL);
    for (int i = 0; i < DEFAULT_COUNT; i++)
        put_whole(camera, defaults[i].address, defaults[i].value.whole);
    camera->software_triggers = 0;
}

void camera_look(struct camera *camera)
{
    if (!camera->stream.scanner_alive)
        light_follow(&camera->light, now_ns());
}

bool camera_unplugged(const struct camera *camera)
{
    return camera->light.scene && __atomic_load_n(&camera->light.scene->unplugged, __ATOMIC_RELAXED);
}

int64_t register_whole(const struct camera *camera, unsigned address)
{
    int64_t value;
    memcpy(&value, camera->registers + address, sizeof value);
    return value;
}

double register_real(const struct camera *camera, unsigned address)
{
    double value;
    memcpy(&value, camera->registers + address, sizeof value);
    return value;
}

size_t camera_image_bytes(const struct camera *camera)
{
    return (size_t)register_whole(camera, REG_WIDTH) * (size_t)register_whole(camera, REG_HEIGHT);
}

unsigned camera_chunks(const struct camera *camera)
{
    unsigned chunks = 0;
    if (register_whole(camera, REG_CHUNK_MODE_ACTIVE))
        for (unsigned n = 0; n < CHUNK_COUNT; n++)
            chunks |= (unsigned)(register_whole(camera, REG_CHUNK_ENABLE + 8 * n) & 1) << n;
    return chunks;
}

size_t camera_payload_bytes(const struct camera *camera)
{
    return camera_image_bytes(camera) + CHUNK_BYTES * (size_t)__builtin_popcount(camera_chunks(camera));
}

/* Registers whose value is found when they are read. */
static void refresh(struct camera *camera, uint64_t address)
{
    struct encoder encoder;
    if (address == REG_PAYLOAD_SIZE)
        put_whole(camera, REG_PAYLOAD_SIZE, (int64_t)camera_payload_bytes(camera));
    if (address == REG_TIMESTAMP)
        put_whole(camera, REG_TIMESTAMP, now_ns());
    if (address == REG_ENCODER_VALUE && light_encoder(&camera->light, &encoder))
        put_whole(camera, REG_ENCODER_VALUE, (int64_t)encoder_count(&encoder, now_ns()));
}

GC_ERROR camera_read(struct camera *camera, uint64_t address, void *to, size_t size)
{
    if (size > REG_END || address > REG_END - size)
        return fail(GC_ERR_INVALID_ADDRESS, "no register there");
    refresh(camera, address);
    memcpy(to, camera->registers + address, size);
    return GC_ERR_SUCCESS;
}

static GC_ERROR in_range(uint64_t address, int64_t value)
{
    bool wrong = (address == REG_WIDTH && (value < 16 || value > 16384)) ||
                 (address == REG_HEIGHT && (value < 1 || value > 65536)) ||
                 (address == REG_OFFSET_X && (value < 0 || value > 16368)) ||
                 (address == REG_ENCODER_DIVIDER && (value < 1 || value > 65536)) ||
                 (address == REG_PIXEL_FORMAT && value != PIXEL_FORMAT_MONO8);
    return wrong ? fail(GC_ERR_INVALID_VALUE, "the register does not take this value") : GC_ERR_SUCCESS;
}

GC_ERROR camera_write(struct camera *camera, uint64_t address, const void *from, size_t size)
{
    if (address >= REG_DEVICE_USER_ID && address < REG_DEVICE_SCAN_TYPE && size <= REG_DEVICE_SCAN_TYPE - address) {
        memcpy(camera->registers + address, from, size);
        camera->registers[REG_DEVICE_SCAN_TYPE - 1] = 0;
        return GC_ERR_SUCCESS;
    }
    bool writable = false;
    for (int i = 0; i < DEFAULT_COUNT; i++)
        writable = writable || (defaults[i].address == address && defaults[i].writable);
    if (!writable || size != sizeof(int64_t))
        return fail(GC_ERR_INVALID_ADDRESS, "no register to write there");
    int64_t value;
    memcpy(&value, from, sizeof value);
    GC_ERROR result = in_range(address, value);
    if (result)
        return result;
    put_whole(camera, (unsigned)address, value);
    if (address == REG_ACQUISITION_START)
        return scan_start(camera);
    if (address == REG_TRIGGER_SOFTWARE)
        camera->software_triggers++;
    pthread_cond_signal(&camera->stream.wake);
    return GC_ERR_SUCCESS;
}
