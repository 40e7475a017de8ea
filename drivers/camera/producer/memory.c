/* Queued memory is the producer's until it is delivered. Its pages go back (a consumer that clears its buffers before
 * queueing them, as harvesters does, has made all of them resident, and most will never be used), and large ones are
 * asked for, which are cheaper to fill and to copy. Both are wishes: no harm where the kernel does not grant them.
 * What is not zero stays: a consumer may have marked its buffer, to see whether a frame is fresh. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "scan.h"

enum { HUGE_PAGE = 2 << 20, PIECE = 4096 };

static bool all_zero(const uint8_t *memory, size_t bytes)
{
    static const uint8_t zeros[PIECE];
    for (size_t at = 0; at < bytes; at += PIECE)
        if (memcmp(memory + at, zeros, PIECE) != 0)
            return false;
    return true;
}

static void settle(struct buffer *buffer)
{
    uintptr_t memory = (uintptr_t)buffer->memory;
    uintptr_t begin = (memory + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
    uintptr_t end = (memory + buffer->bytes) & ~(uintptr_t)(HUGE_PAGE - 1);
    buffer->paint = (struct paint){0};
    for (uintptr_t at = begin; at < end; at += HUGE_PAGE)
        if (all_zero((const uint8_t *)at, HUGE_PAGE))
            (void)madvise((void *)at, HUGE_PAGE, MADV_DONTNEED);
    if (end > begin)
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

void settle_memory(const struct stream *stream)
{
    for (unsigned i = 0; i < stream->queued_count; i++)
        settle(stream->queued[i]);
}
