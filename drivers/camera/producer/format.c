#include "format.h"

#include <string.h>

#include "registers.h"

bool format_known(int64_t format)
{
    switch (format) {
    case PIXEL_FORMAT_MONO8:
    case PIXEL_FORMAT_MONO10:
    case PIXEL_FORMAT_MONO10P:
    case PIXEL_FORMAT_MONO12:
    case PIXEL_FORMAT_MONO12P:
    case PIXEL_FORMAT_BAYER_RG8:
    case PIXEL_FORMAT_RGB8:
        return true;
    }
    return false;
}

/* PFNC: bits 16 to 23 of a code are the bits of a pixel. */
size_t format_line_bytes(uint32_t format, uint32_t width_px)
{
    return ((size_t)width_px * (format >> 16 & 0xFF) + 7) / 8;
}

static uint16_t deep(uint8_t grey, unsigned bits)
{
    return (uint16_t)(grey << (bits - 8) | grey >> (16 - bits));
}

static void encode_deep(const uint8_t *grey, uint32_t width_px, unsigned bits, uint8_t *to)
{
    for (uint32_t x = 0; x < width_px; x++) {
        uint16_t value = deep(grey[x], bits);
        to[2 * x] = (uint8_t)value;
        to[2 * x + 1] = (uint8_t)(value >> 8);
    }
}

/* Packed without gaps, the lowest bit first: 4 pixels in 5 bytes. */
static void encode_10p(const uint8_t *grey, uint32_t width_px, uint8_t *to)
{
    for (uint32_t x = 0; x < width_px; x += 4, to += 5) {
        uint64_t four = 0;
        for (unsigned n = 0; n < 4; n++)
            four |= (uint64_t)deep(grey[x + n], 10) << (10 * n);
        for (unsigned n = 0; n < 5; n++)
            to[n] = (uint8_t)(four >> (8 * n));
    }
}

/* 2 pixels in 3 bytes. */
static void encode_12p(const uint8_t *grey, uint32_t width_px, uint8_t *to)
{
    for (uint32_t x = 0; x < width_px; x += 2, to += 3) {
        uint16_t one = deep(grey[x], 12), other = deep(grey[x + 1], 12);
        to[0] = (uint8_t)one;
        to[1] = (uint8_t)(one >> 8 | other << 4);
        to[2] = (uint8_t)(other >> 4);
    }
}

static void encode_rgb(const uint8_t *grey, uint32_t width_px, uint8_t *to)
{
    for (uint32_t x = 0; x < width_px; x++, to += 3)
        to[0] = to[1] = to[2] = grey[x];
}

void format_encode(uint32_t format, const uint8_t *grey, uint32_t width_px, uint8_t *to)
{
    switch (format) {
    case PIXEL_FORMAT_MONO10:
    case PIXEL_FORMAT_MONO12:
        encode_deep(grey, width_px, format == PIXEL_FORMAT_MONO10 ? 10 : 12, to);
        break;
    case PIXEL_FORMAT_MONO10P:
        encode_10p(grey, width_px, to);
        break;
    case PIXEL_FORMAT_MONO12P:
        encode_12p(grey, width_px, to);
        break;
    case PIXEL_FORMAT_RGB8:
        encode_rgb(grey, width_px, to);
        break;
    default: /* Mono8, and BayerRG8 of a grey scene */
        memcpy(to, grey, width_px);
    }
}

void tone_set(struct tone *tone, double factor)
{
    if (tone->factor == factor)
        return;
    tone->factor = factor;
    for (int grey = 0; grey < 256; grey++) {
        double bright = grey * factor + 0.5;
        tone->table[grey] = bright > 255 ? 255 : (uint8_t)bright;
    }
}
