/* What arrived of an incomplete picture.
 *
 * libaravis says that packets are missing, not which, and a buffer keeps what it held before where they are missing. So
 * marks of 8 bytes are laid into a buffer before it is filled, closer together than the packets are long: a missing
 * packet leaves at least one mark as it was. The bytes before the first such mark, less one spacing, arrived.
 */
#include <string.h>
#include <time.h>

#include "arvtl.h"

enum { MARK_BYTES = sizeof(uint64_t) };

static size_t offset_of(const struct marks *marks, size_t index, size_t bytes)
{
    return index + 1 < marks->count ? index * marks->spacing_bytes : bytes - MARK_BYTES; /* one at the very end */
}

/* Differs from mark to mark and from frame to frame, so that no picture holds it by chance (2^-64). */
static uint64_t mark_at(const struct marks *marks, size_t index)
{
    uint64_t mixed = marks->key + (index + 1) * 0x9E3779B97F4A7C15ull;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ull;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBull;
    return mixed ^ (mixed >> 31);
}

void marks_lay(struct marks *marks, uint8_t *memory, size_t bytes, size_t spacing_bytes)
{
    struct timespec now;
    bool room = bytes >= 2 * MARK_BYTES && spacing_bytes >= 2 * MARK_BYTES;
    marks->count = room ? (bytes - 2 * MARK_BYTES) / spacing_bytes + 2 : 0; /* none of them overlaps the last */
    marks->spacing_bytes = spacing_bytes;
    clock_gettime(CLOCK_MONOTONIC, &now);
    marks->key = ((uint64_t)now.tv_sec << 32 ^ (uint64_t)now.tv_nsec) * 0xD1342543DE82EF95ull ^ (uintptr_t)memory;
    for (size_t i = 0; i < marks->count; i++) {
        uint64_t mark = mark_at(marks, i);
        memcpy(memory + offset_of(marks, i, bytes), &mark, MARK_BYTES);
    }
}

/* The last packet may be shorter than a mark, so the mark at the very end counts as left when its last byte is; should
 * the picture have that byte by chance, a little less of it is valid. */
static bool is_left(const struct marks *marks, size_t index, const uint8_t *memory, size_t bytes)
{
    uint8_t octets[MARK_BYTES];
    uint64_t mark = mark_at(marks, index);
    memcpy(octets, &mark, MARK_BYTES);
    if (index + 1 == marks->count)
        return memory[bytes - 1] == octets[MARK_BYTES - 1];
    return memcmp(memory + offset_of(marks, index, bytes), octets, MARK_BYTES) == 0;
}

size_t marks_bytes_valid(const struct marks *marks, const uint8_t *memory, size_t bytes)
{
    size_t first_left = 0;
    while (first_left < marks->count && !is_left(marks, first_left, memory, bytes))
        first_left++;
    if (first_left == marks->count)
        return marks->count ? bytes : 0; /* no marks: nothing is known to have arrived */
    return first_left ? offset_of(marks, first_left - 1, bytes) : 0;
}
