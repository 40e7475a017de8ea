/* What starts a frame: a pulse on Line1, the software trigger, or the end of the frame before. A trigger that comes
 * while the sensor is not ready starts nothing; it is counted and said. */
#include <math.h>

#include "scan.h"

static bool ready(const struct scan *scan, int64_t count, int64_t at_ns)
{
    if (!scan->began)
        return true;
    if (scan->area)
        return at_ns >= scan->frame.ready_ns;
    return scan->lines_by_encoder ? count >= scan->frame.end_count : at_ns >= scan->frame.end_ns;
}

static void missed(struct scan *scan, int64_t at_ns)
{
    COUNT(scan, triggers_missed, 1);
    camera_say(scan->camera, EVENT_FRAME_TRIGGER_MISSED, at_ns, frame_wire_id(scan, scan->frame.id));
}

static int64_t time_of(const struct moment *moment, int64_t count)
{
    double rate = moment->encoder.rate_counts_per_s;
    return rate > 0 ? moment->now - (int64_t)((moment->count - (double)count) / rate * 1e9) : moment->now;
}

static int64_t count_at(const struct moment *moment, int64_t at_ns)
{
    return moment->lit ? (int64_t)floor(encoder_count(&moment->encoder, at_ns)) : 0;
}

static void by_line1(struct scan *scan, const struct moment *moment)
{
    struct light *light = &scan->camera->light;
    int64_t count;
    while (moment->lit && light_next_pulse(light, &count) && moment->count >= (double)count) {
        int64_t at_ns = time_of(moment, count);
        bool starts = ready(scan, count, at_ns);
        if (starts && scan->frame.buffer)
            return; /* the frame before has only to be handed on */
        light->next_view++;
        if (starts) {
            camera_say(scan->camera, EVENT_FRAME_TRIGGER, at_ns, frame_wire_id(scan, scan->frame.id + 1));
            frame_begin(scan, moment, count, at_ns, true);
        } else {
            missed(scan, at_ns);
        }
    }
}

static void by_software(struct scan *scan, const struct moment *moment)
{
    int64_t count = (int64_t)floor(moment->count);
    while (scan->camera->software_triggers > 0) {
        bool starts = ready(scan, count, moment->now);
        if (starts && scan->frame.buffer)
            return;
        scan->camera->software_triggers--;
        if (starts) {
            camera_say(scan->camera, EVENT_FRAME_TRIGGER, moment->now, frame_wire_id(scan, scan->frame.id + 1));
            frame_begin(scan, moment, count, moment->now, false);
        } else {
            missed(scan, moment->now);
        }
    }
}

/* When the next free-running frame begins that is not paced by the encoder. */
static int64_t next_free_ns(const struct scan *scan)
{
    return scan->area ? scan->frame.start_ns + scan->period_ns : scan->frame.end_ns;
}

static void by_itself(struct scan *scan, const struct moment *moment)
{
    int64_t count = (int64_t)floor(moment->count), start_ns = moment->now;
    if (scan->frame.buffer || (scan->lines_by_encoder && !moment->lit))
        return;
    if (scan->began && scan->lines_by_encoder) {
        if (count < scan->frame.end_count)
            return;
        count = scan->frame.end_count;
    } else if (scan->began) {
        if (moment->now < next_free_ns(scan))
            return;
        if (moment->now - next_free_ns(scan) < BEHIND_NS) {
            start_ns = next_free_ns(scan);
            count = count_at(moment, start_ns);
        }
    }
    frame_begin(scan, moment, count, start_ns, false);
}

void start_when_due(struct scan *scan, const struct moment *moment)
{
    switch (scan->start_by) {
    case START_LINE1:
        by_line1(scan, moment);
        break;
    case START_SOFTWARE:
        if (!scan->lines_by_encoder || moment->lit)
            by_software(scan, moment);
        break;
    case START_FREE:
        by_itself(scan, moment);
    }
}

int64_t start_wait_ns(const struct scan *scan, const struct moment *moment)
{
    int64_t count;
    double rate = moment->encoder.rate_counts_per_s;
    if (scan->start_by == START_FREE && !scan->lines_by_encoder)
        return scan->began ? next_free_ns(scan) - moment->now : 0;
    if (scan->start_by == START_LINE1 && moment->lit && rate > 0 && light_next_pulse(&scan->camera->light, &count))
        return (int64_t)(((double)count - moment->count) / rate * 1e9);
    return INT64_MAX;
}
