/* The background, and what line 0 carries: noise of its own in every frame, and the part's number. */
#include "lines.h"

enum { NUMBER_FIRST = 32, NUMBER_BITS = 32, NUMBER_ONE = 6, CRC_POLYNOMIAL = 0x07, CRC_INITIAL = 0xFF };

uint8_t background_pixel(const struct scene *scene, uint32_t x, uint32_t row)
{
    uint32_t mixed = ((x + 1) * 2654435761u) ^ ((row + 1) * 2246822519u);
    mixed ^= mixed >> 15;
    mixed *= 2654435761u;
    mixed ^= mixed >> 13;
    int64_t level = (int64_t)scene->background_level + mixed % (2 * scene->noise_amplitude + 1);
    level -= scene->noise_amplitude;
    return (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
}

void write_live_noise(uint8_t *line, const struct light *light, uint64_t noise, uint32_t end)
{
    for (uint32_t x = 0; light->scene && x < end; x++)
        line[x] = background_pixel(light->scene, x, (uint32_t)noise + SCENE_BACKGROUND_ROWS);
}

static uint32_t crc_of(uint32_t number)
{
    uint32_t crc = CRC_INITIAL;
    for (int bit = 23; bit >= 0; bit--) {
        bool out = (crc >> 7 ^ number >> bit) & 1;
        crc = (crc << 1 ^ (out ? CRC_POLYNOMIAL : 0)) & 0xFF;
    }
    return crc;
}

void burn_number(uint8_t *line, uint32_t width_px, uint32_t number)
{
    if (number == 0 || width_px < NUMBER_FIRST + NUMBER_BITS)
        return;
    uint32_t bits = number << 8 | crc_of(number);
    for (unsigned n = 0; n < NUMBER_BITS; n++)
        line[NUMBER_FIRST + n] = bits >> (NUMBER_BITS - 1 - n) & 1 ? NUMBER_ONE : 0;
}
