/* The chunks that travel behind a picture: how long each is, and what stands in it. */
#include "chunks.h"

#include <string.h>

enum { WORD_BYTES = 8, COUNT_BYTES = 4 };

size_t image_bytes(const struct facts *facts)
{
    return format_line_bytes(facts->pixel_format, facts->width_px) * facts->height_px;
}

size_t chunk_bytes(const struct facts *facts, unsigned n)
{
    if (!(facts->chunks >> n & 1))
        return 0;
    if (n != CHUNK_ENCODER_VALUE)
        return WORD_BYTES;
    return COUNT_BYTES * (facts->area ? 1 : (size_t)facts->height_px);
}

size_t chunks_bytes(const struct facts *facts)
{
    size_t bytes = 0;
    for (unsigned n = 0; n < CHUNK_COUNT; n++)
        bytes += chunk_bytes(facts, n);
    return bytes;
}

void chunks_write(const struct camera *camera, const struct facts *facts, const struct content *content,
                  uint32_t line_status_all, uint8_t *memory)
{
    const uint64_t words[CHUNK_COUNT] = {
        [CHUNK_FRAME_ID] = facts->frame_id,
        [CHUNK_TIMESTAMP] = (uint64_t)facts->start_ns,
        [CHUNK_LINE_STATUS_ALL] = line_status_all,
    };
    uint8_t *to = memory + image_bytes(facts);
    for (unsigned n = 0; n < CHUNK_COUNT; to += chunk_bytes(facts, n++)) {
        size_t bytes = chunk_bytes(facts, n);
        if (n != CHUNK_ENCODER_VALUE) {
            memcpy(to, &words[n], bytes);
            continue;
        }
        for (uint32_t line = 0; line < bytes / COUNT_BYTES; line++) {
            uint32_t count = encoder_told(camera, content_told(content, line));
            memcpy(to + COUNT_BYTES * (size_t)line, &count, COUNT_BYTES);
        }
    }
}
