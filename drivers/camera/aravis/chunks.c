/* The chunks that follow a picture in its buffer, read from the end: each is its data, then its number and length.
 *
 * GigE Vision writes both words with the high byte first, USB3 Vision with the low byte first.
 */
#include "arvtl.h"

enum { TAG_BYTES = 8 };

static uint32_t word(const uint8_t *at, bool big_endian)
{
    return big_endian ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
                      : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

/* How many there are, first in memory first; 0 when the tags do not add up to the buffer, or are more than `room`. */
size_t chunks_parse(const uint8_t *data, size_t bytes, bool big_endian, SINGLE_CHUNK_DATA *chunks, size_t room)
{
    size_t count = 0;
    size_t end = bytes;
    while (end > 0) {
        if (end < TAG_BYTES || count == room)
            return 0;
        const uint8_t *tag = data + end - TAG_BYTES;
        size_t length = word(tag + 4, big_endian);
        if (length > end - TAG_BYTES)
            return 0;
        end -= TAG_BYTES + length;
        chunks[count++] = (SINGLE_CHUNK_DATA){word(tag, big_endian), (ptrdiff_t)end, length};
    }
    for (size_t i = 0; i < count / 2; i++) {
        SINGLE_CHUNK_DATA swapped = chunks[i];
        chunks[i] = chunks[count - 1 - i];
        chunks[count - 1 - i] = swapped;
    }
    return count;
}
