/* The cameras' registers: what they hold after power-up, what reading and writing them does. */
#include <string.h>

#include "simcam.h"

static const struct register_default line_defaults[] = LINE_DEFAULTS;
static const struct register_default area_defaults[] = AREA_DEFAULTS;
#define DEFAULTS(table) table, sizeof table / sizeof table[0]

static const struct model models[CAMERA_COUNT] = {
    {"LINE01", "Simulated line scan", "simcam_line.xml", simcam_line_xml, &simcam_line_xml_bytes, false,
     DEFAULTS(line_defaults)},
    {"AREA01", "Simulated area scan", "simcam_area.xml", simcam_area_xml, &simcam_area_xml_bytes, true,
     DEFAULTS(area_defaults)},
};

struct camera cameras[CAMERA_COUNT];

static void source_init(struct event_source *source, struct camera *camera, EVENT_TYPE type)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&source->arrived, &attributes);
    pthread_condattr_destroy(&attributes);
    source->camera = camera;
    source->type = type;
}

void cameras_init(void)
{
    memset(cameras, 0, sizeof cameras);
    for (int i = 0; i < CAMERA_COUNT; i++) {
        struct camera *camera = &cameras[i];
        camera->model = &models[i];
        light_init(&camera->light, camera->model->area);
        source_init(&camera->stream.new_buffer, camera, EVENT_NEW_BUFFER);
        source_init(&camera->remote, camera, EVENT_REMOTE_DEVICE);
        pthread_condattr_t attributes;
        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_cond_init(&camera->stream.wake, &attributes);
        pthread_condattr_destroy(&attributes);
    }
}

void put_whole(struct camera *camera, unsigned address, int64_t value)
{
    memcpy(camera->registers + address, &value, sizeof value);
}

static void put_text(struct camera *camera, unsigned address, const char *text)
{
    memcpy(camera->registers + address, text, strlen(text) + 1);
}

void camera_power_up(struct camera *camera)
{
    const struct model *model = camera->model;
    memset(camera->registers, 0, sizeof camera->registers);
    put_text(camera, REG_DEVICE_VENDOR_NAME, PRODUCER_VENDOR);
    put_text(camera, REG_DEVICE_MODEL_NAME, model->name);
    put_text(camera, REG_DEVICE_VERSION, PRODUCER_VERSION);
    put_text(camera, REG_DEVICE_SERIAL_NUMBER, model->serial);
    for (unsigned i = 0; i < model->default_count; i++)
        put_whole(camera, model->defaults[i].address, model->defaults[i].value.whole);
    camera->software_triggers = camera->message_count = 0;
    camera->encoder_zero = 0;
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
    struct facts facts = {
        .width_px = (uint32_t)register_whole(camera, REG_WIDTH),
        .height_px = (uint32_t)register_whole(camera, REG_HEIGHT),
        .pixel_format = (uint32_t)register_whole(camera, REG_PIXEL_FORMAT),
        .chunks = camera_chunks(camera),
        .area = camera->model->area,
    };
    return image_bytes(&facts) + chunks_bytes(&facts);
}

GC_ERROR camera_read(struct camera *camera, uint64_t address, void *to, size_t size)
{
    if (size > REG_END || address > REG_END - size)
        return fail(GC_ERR_INVALID_ADDRESS, "no register there");
    if (address == REG_PAYLOAD_SIZE)
        put_whole(camera, REG_PAYLOAD_SIZE, (int64_t)camera_payload_bytes(camera));
    if (address == REG_TIMESTAMP)
        put_whole(camera, REG_TIMESTAMP, now_ns());
    encoder_refresh(camera, address);
    memcpy(to, camera->registers + address, size);
    return GC_ERR_SUCCESS;
}

/* What the sensor has, whatever part of it was read out before: size and offset are checked together. */
static bool fits_sensor(const struct camera *camera, uint64_t address, int64_t value)
{
    bool across = address == REG_WIDTH || address == REG_OFFSET_X, is_size = address == REG_WIDTH || address == REG_HEIGHT;
    int64_t room = register_whole(camera, across ? REG_WIDTH_MAX : REG_HEIGHT_MAX);
    int64_t size = is_size ? value : register_whole(camera, across ? REG_WIDTH : REG_HEIGHT);
    int64_t offset = is_size ? register_whole(camera, across ? REG_OFFSET_X : REG_OFFSET_Y) : value;
    return offset >= 0 && size >= (across ? 16 : 1) && offset + size <= room && (address != REG_WIDTH || size % 8 == 0);
}

static GC_ERROR in_range(const struct camera *camera, uint64_t address, int64_t value)
{
    double real;
    memcpy(&real, &value, sizeof real);
    bool right = true;
    switch (address) {
    case REG_WIDTH:
    case REG_HEIGHT:
    case REG_OFFSET_X:
    case REG_OFFSET_Y:
        right = fits_sensor(camera, address, value);
        break;
    case REG_ENCODER_DIVIDER:
        right = value >= 1 && value <= 65536;
        break;
    case REG_ENCODER_SOURCE_A:
    case REG_ENCODER_SOURCE_B:
        right = value >= 0 && value <= ENCODER_SOURCE_A_LINE3;
        break;
    case REG_PIXEL_FORMAT:
        right = format_known(value);
        break;
    case REG_TRIGGER_SOURCE:
        right = value == TRIGGER_SOURCE_SOFTWARE || value == TRIGGER_SOURCE_LINE1;
        break;
    case REG_TRIGGER_SOURCE + 8 * TRIGGER_SELECTOR_LINE_START:
        right = value == TRIGGER_SOURCE_ENCODER0;
        break;
    case REG_EXPOSURE_TIME:
        right = real >= 1 && real <= 1e6;
        break;
    case REG_GAIN:
        right = real >= 0 && real <= 24;
        break;
    case REG_ACQUISITION_LINE_RATE:
    case REG_ACQUISITION_FRAME_RATE:
        right = real >= 0.1 && real <= 200000;
    }
    return right ? GC_ERR_SUCCESS : fail(GC_ERR_INVALID_VALUE, "the register does not take this value");
}

static enum access access_of(const struct camera *camera, uint64_t address)
{
    for (unsigned i = 0; i < camera->model->default_count; i++)
        if (camera->model->defaults[i].address == address)
            return camera->model->defaults[i].access;
    return ACCESS_READ;
}

GC_ERROR camera_write(struct camera *camera, uint64_t address, const void *from, size_t size)
{
    if (address >= REG_DEVICE_USER_ID && address < REG_DEVICE_SCAN_TYPE && size <= REG_DEVICE_SCAN_TYPE - address) {
        memcpy(camera->registers + address, from, size);
        camera->registers[REG_DEVICE_SCAN_TYPE - 1] = 0;
        return GC_ERR_SUCCESS;
    }
    enum access access = access_of(camera, address);
    if (access == ACCESS_READ || size != sizeof(int64_t))
        return fail(GC_ERR_INVALID_ADDRESS, "no register to write there");
    if (access == ACCESS_LOCKED && camera->stream.scanner_alive)
        return fail(GC_ERR_ACCESS_DENIED, "the register is locked while frames are acquired");
    int64_t value;
    memcpy(&value, from, sizeof value);
    GC_ERROR result = in_range(camera, address, value);
    if (result)
        return result;
    put_whole(camera, (unsigned)address, value);
    if (address == REG_ACQUISITION_START)
        return scan_start(camera);
    if (address == REG_ENCODER_RESET)
        encoder_reset(camera);
    if (address == REG_TRIGGER_SOFTWARE)
        camera->software_triggers++;
    pthread_cond_signal(&camera->stream.wake);
    return GC_ERR_SUCCESS;
}
