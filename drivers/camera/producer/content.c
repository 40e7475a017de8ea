#include "content.h"

static int64_t undisturbed(const struct content *content, uint32_t line)
{
    return content->start_count + (int64_t)(line * content->counts_per_line);
}

int64_t content_count(const struct content *content, uint32_t line)
{
    if (content->area)
        return content->start_count;
    int64_t count = undisturbed(content, line);
    if (line < content->break_line)
        return count;
    if (content->reverse)
        count = 2 * undisturbed(content, content->break_line) - count;
    return count + content->jump_counts;
}

int64_t content_told(const struct content *content, uint32_t line)
{
    return content_count(content, line) + (content->area ? content->jump_counts : 0);
}
