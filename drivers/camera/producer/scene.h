/* The scene file: what light falls on the simulated camera. One header of 64 KiB, shared by mapping; after it the
 * picture bank, read with pread so that its pages are nobody's resident memory. scene.py holds the same table. */
#ifndef EDGE_SCENE_H
#define EDGE_SCENE_H

#include <stddef.h>
#include <stdint.h>

#define SCENE_MAGIC 0x4E435345u /* "ESCN" */
#define SCENE_VERSION 1u
#define SCENE_HEADER_BYTES 65536u
#define SCENE_MAX_PICTURES 1024u
#define SCENE_MAX_VIEWS 256u
#define SCENE_BACKGROUND_ROWS 16u
#define SCENE_LIVE_COLUMNS 32u

/* From start_count for one turn (sensor_height_px * counts_per_row) the camera sees `picture` (-1: background only). */
struct scene_view {
    int64_t start_count;
    int32_t picture;
    uint32_t pulse; /* Line1 fires at start_count */
};

struct scene_picture {
    uint64_t offset; /* in the file; rows of `width` bytes without padding */
    uint32_t width, height;
    uint32_t x, y; /* where it lies in the sensor picture; outside it is background */
};

struct scene {
    uint32_t magic, version;
    uint32_t world_epoch;
    uint32_t closed; /* the cell has gone: no light any more */
    uint32_t sensor_width_px, sensor_height_px;
    uint32_t counts_per_row;
    uint32_t background_level, noise_amplitude;
    uint32_t reserved0;
    /* Encoder: count(t) = count0 + rate * (t - t0). The sequence is odd while the writer is at it. */
    uint32_t encoder_sequence, reserved1;
    int64_t encoder_t0_ns; /* CLOCK_MONOTONIC */
    double encoder_count0;
    double encoder_rate_counts_per_s;
    /* Faults, written from outside; the frame counts are used up by the producer. */
    uint32_t unplugged;
    uint32_t incomplete_after_lines, incomplete_frames;
    uint32_t drop_frames, stale_frames, duplicate_id_frames;
    uint32_t reserved2[2];
    /* Counters, written by the producer. */
    uint64_t frames_delivered, frames_dropped, underruns, lines_missed, triggers_missed, opened;
    uint64_t view_head; /* views written so far; view n lies at n % SCENE_MAX_VIEWS */
    uint32_t picture_count, reserved3;
    struct scene_view views[SCENE_MAX_VIEWS];
    struct scene_picture pictures[SCENE_MAX_PICTURES];
};

#define AT(field, offset) _Static_assert(offsetof(struct scene, field) == (offset), #field)
AT(magic, 0);
AT(version, 4);
AT(world_epoch, 8);
AT(closed, 12);
AT(sensor_width_px, 16);
AT(sensor_height_px, 20);
AT(counts_per_row, 24);
AT(background_level, 28);
AT(noise_amplitude, 32);
AT(encoder_sequence, 40);
AT(encoder_t0_ns, 48);
AT(encoder_count0, 56);
AT(encoder_rate_counts_per_s, 64);
AT(unplugged, 72);
AT(incomplete_after_lines, 76);
AT(incomplete_frames, 80);
AT(drop_frames, 84);
AT(stale_frames, 88);
AT(duplicate_id_frames, 92);
AT(frames_delivered, 104);
AT(frames_dropped, 112);
AT(underruns, 120);
AT(lines_missed, 128);
AT(triggers_missed, 136);
AT(opened, 144);
AT(view_head, 152);
AT(picture_count, 160);
AT(views, 168);
AT(pictures, 4264);
#undef AT
_Static_assert(sizeof(struct scene_view) == 16, "view");
_Static_assert(sizeof(struct scene_picture) == 24, "picture");
_Static_assert(sizeof(struct scene) <= SCENE_HEADER_BYTES, "header");

#endif
