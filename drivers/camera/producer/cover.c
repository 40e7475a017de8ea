/* What lies under a line of a frame: which picture, which of its rows, which columns. */
#include "lines.h"

const struct seen seen_nothing = {.start_count = INT64_MAX, .end_count = INT64_MIN};

/* Crops the picture's columns to the window. */
static void crop(struct cover *cover, const struct window *window)
{
    const struct scene_picture *picture = cover->picture;
    int64_t left = (int64_t)picture->x - window->offset_x_px, right = left + picture->width, skip = 0;
    if (left < 0) {
        skip = -left;
        left = 0;
    }
    if (right > window->width_px)
        right = window->width_px;
    if (right <= left)
        cover->picture = NULL;
    cover->left = (uint32_t)left;
    cover->right = (uint32_t)right;
    cover->at = (off_t)(picture->offset + (uint64_t)cover->row * picture->width + (uint64_t)skip);
}

struct cover cover_of(const struct lines *lines, const struct light *light, struct seen *seen, uint32_t line)
{
    struct cover cover = {NULL, 0, 0, 0, 0};
    int64_t count = content_count(&lines->content, line);
    if (count >= seen->end_count || count < seen->start_count)
        *seen = light_seen(light, count);
    if (!seen->picture)
        return cover;
    int64_t row = lines->content.area ? (int64_t)line + lines->window.offset_y_px
                                      : (count - seen->start_count) / light->scene->counts_per_row;
    cover.row = row - seen->picture->y;
    if (cover.row < 0 || cover.row >= seen->picture->height)
        return cover;
    cover.picture = seen->picture;
    crop(&cover, &lines->window);
    return cover;
}
