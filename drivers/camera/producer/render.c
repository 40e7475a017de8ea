/* One line in full, for every format, exposure and fault that the differential painter does not know. */
#include <string.h>
#include <unistd.h>

#include "lines.h"
#include "registers.h"

enum { BLUR_HALF_PX = 16 };

static bool read_picture(const struct light *light, const struct cover *cover, uint8_t *to)
{
    size_t wanted = cover->right - cover->left, have = 0;
    while (have < wanted) {
        ssize_t got = pread(light->fd, to + have, wanted - have, cover->at + (off_t)have);
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    memset(to + have, 0, wanted - have);
    return have == wanted;
}

/* A box as wide as 2 * BLUR_HALF_PX + 1 pixels; beyond the edges the line goes on as it ended. */
static void blur(uint8_t *line, uint8_t *from, uint32_t width_px)
{
    memcpy(from, line, width_px);
    uint32_t last = width_px - 1, sum = 0, box = 2 * BLUR_HALF_PX + 1;
    for (int64_t x = -BLUR_HALF_PX; x <= BLUR_HALF_PX; x++)
        sum += from[x < 0 ? 0 : x > last ? last : x];
    for (uint32_t x = 0; x < width_px; x++) {
        line[x] = (uint8_t)((sum + box / 2) / box);
        uint32_t enters = x + BLUR_HALF_PX + 1, leaves = x < BLUR_HALF_PX ? 0 : x - BLUR_HALF_PX;
        sum += from[enters > last ? last : enters];
        sum -= from[leaves];
    }
}

bool render_line(struct lines *lines, const struct light *light, struct cover cover, uint32_t line, uint8_t *to)
{
    uint32_t width_px = lines->window.width_px, live = SCENE_LIVE_COLUMNS;
    uint8_t *row = lines->row;
    bool whole = true;
    switch (lines->content.look) {
    case LOOK_BLACK:
    case LOOK_WHITE:
        memset(row, lines->content.look == LOOK_BLACK ? 0 : 255, width_px);
        break;
    case LOOK_NORMAL:
    case LOOK_BLUR:
        memcpy(row, lines->background + (line % SCENE_BACKGROUND_ROWS) * (size_t)width_px, width_px);
        if (cover.picture) {
            whole = read_picture(light, &cover, row + cover.left);
            if (cover.left < live)
                live = cover.left;
        }
        if (lines->content.look == LOOK_BLUR)
            blur(row, row + width_px, width_px);
        for (uint32_t x = 0; !tone_is_plain(&lines->tone) && x < width_px; x++)
            row[x] = lines->tone.table[row[x]];
    }
    if (line == 0) {
        write_live_noise(row, light, lines->content.noise, live < width_px ? live : width_px);
        if (lines->window.format == PIXEL_FORMAT_MONO8)
            burn_number(row, width_px, light_number(light, lines->content.start_count));
    }
    format_encode(lines->window.format, row, width_px, to);
    return whole;
}
