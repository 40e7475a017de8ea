/* The camera's own side of the encoder and its input lines: what it makes of the count that the world has. */
#include <math.h>

#include "simcam.h"

/* Which way the camera counts: sources exchanged turn it round, none at all and it stands still. With one source it
 * cannot know the direction and counts upwards. The mode changes nothing: the world's count is what it counts. */
static int direction(const struct camera *camera)
{
    int64_t a = register_whole(camera, REG_ENCODER_SOURCE_A), b = register_whole(camera, REG_ENCODER_SOURCE_B);
    if (!a && !b)
        return 0;
    return a == ENCODER_SOURCE_A_LINE3 && b == ENCODER_SOURCE_B_LINE2 ? -1 : 1;
}

uint32_t encoder_told(const struct camera *camera, int64_t count)
{
    return (uint32_t)(direction(camera) * (count - camera->encoder_zero));
}

bool encoder_makes_lines(const struct camera *camera)
{
    switch (register_whole(camera, REG_ENCODER_OUTPUT_MODE)) {
    case ENCODER_OUTPUT_MODE_OFF:
        return false;
    case ENCODER_OUTPUT_MODE_POSITION_UP:
    case ENCODER_OUTPUT_MODE_DIRECTION_UP:
        return direction(camera) > 0;
    case ENCODER_OUTPUT_MODE_POSITION_DOWN:
    case ENCODER_OUTPUT_MODE_DIRECTION_DOWN:
        return direction(camera) < 0;
    }
    return direction(camera) != 0;
}

/* Line2 and Line3 carry the encoder's two tracks, a quarter of a period apart. */
uint32_t line_status(int64_t count, bool line1)
{
    uint32_t phase = (uint32_t)count & 3;
    return (uint32_t)line1 << 1 | (phase >> 1) << 2 | (uint32_t)(phase == 1 || phase == 2) << 3;
}

static bool count_now(const struct camera *camera, int64_t *count, double *rate)
{
    struct encoder encoder;
    if (!light_encoder(&camera->light, &encoder))
        return false;
    *rate = encoder.rate_counts_per_s;
    *count = (int64_t)floor(encoder_count(&encoder, now_ns()));
    return true;
}

void encoder_reset(struct camera *camera)
{
    int64_t count;
    double rate;
    if (!count_now(camera, &count, &rate))
        return;
    put_whole(camera, REG_ENCODER_VALUE_AT_RESET, encoder_told(camera, count));
    camera->encoder_zero = count;
}

/* Registers whose value is found when they are read. In the dark the encoder stands still. */
void encoder_refresh(struct camera *camera, uint64_t address)
{
    int64_t count;
    double rate;
    if (address < REG_LINE_STATUS || address > REG_ENCODER_VALUE)
        return;
    put_whole(camera, REG_ENCODER_STATUS, ENCODER_STATUS_ENCODER_IDLE);
    if (!count_now(camera, &count, &rate))
        return;
    uint32_t status = line_status(count, false);
    put_whole(camera, REG_LINE_STATUS_ALL, status);
    for (unsigned line = 0; line < 4; line++)
        put_whole(camera, REG_LINE_STATUS + 8 * line, status >> line & 1);
    put_whole(camera, REG_ENCODER_VALUE, encoder_told(camera, count));
    rate *= direction(camera);
    if (rate != 0)
        put_whole(camera, REG_ENCODER_STATUS, rate > 0 ? ENCODER_STATUS_ENCODER_UP : ENCODER_STATUS_ENCODER_DOWN);
}
