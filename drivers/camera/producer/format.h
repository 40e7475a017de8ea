/* Pixel formats: how many bytes a line takes, and how grey values of 8 bits are laid down in it. */
#ifndef SIMCAM_FORMAT_H
#define SIMCAM_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `format` is a PFNC code. The width is a multiple of 8, so that packed lines end with a whole byte. */
bool format_known(int64_t format);
size_t format_line_bytes(uint32_t format, uint32_t width_px);
void format_encode(uint32_t format, const uint8_t *grey, uint32_t width_px, uint8_t *to);

/* How bright the sensor's 8 bits come out; exposure and gain, relative to their defaults. */
struct tone {
    double factor;
    uint8_t table[256];
};

void tone_set(struct tone *tone, double factor);
static inline bool tone_is_plain(const struct tone *tone)
{
    return tone->factor == 1.0;
}

#endif
