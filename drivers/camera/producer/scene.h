/* The scene file: what light falls on a simulated camera. One header of 64 KiB, shared by mapping; after it the
 * picture bank, read with pread so that its pages are nobody's resident memory. scene_header.py holds the same table. */
#ifndef EDGE_SCENE_H
#define EDGE_SCENE_H

#include <stddef.h>
#include <stdint.h>

#define SCENE_MAGIC 0x4E435345u /* "ESCN" */
#define SCENE_VERSION 2u
#define SCENE_HEADER_BYTES 65536u
#define SCENE_MAX_PICTURES 1024u
#define SCENE_MAX_VIEWS 256u
#define SCENE_BACKGROUND_ROWS 16u
#define SCENE_LIVE_COLUMNS 32u

/* From start_count the camera sees `picture` (-1: background only): for one turn (sensor_height_px * counts_per_row),
 * or in an area scene until the next view. */
struct scene_view {
    int64_t start_count;
    int32_t picture;
    uint32_t pulse;  /* Line1 fires at start_count */
    uint32_t number; /* burnt into the frame that begins here; 0: none */
    uint32_t reserved;
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
    uint32_t area; /* 1: light for the area camera, 0: for the line-scan camera */
    /* Encoder: count(t) = count0 + rate * (t - t0). The sequence is odd while the writer is at it. */
    uint32_t encoder_sequence, reserved0;
    int64_t encoder_t0_ns; /* CLOCK_MONOTONIC */
    double encoder_count0;
    double encoder_rate_counts_per_s;
    /* Faults, written from outside (scene_faults.py says what each does); the frame counts are used up here. */
    uint32_t unplugged;
    uint32_t incomplete_after_lines, incomplete_frames;
    uint32_t drop_frames, stale_frames, duplicate_id_frames;
    uint32_t slow_frames, slow_ms;
    uint32_t wrong_size_frames, wrong_size_lines;
    uint32_t encoder_jump_frames;
    int32_t encoder_jump_counts;
    uint32_t encoder_reverse_frames;
    uint32_t black_frames, white_frames, blur_frames, freeze_frames;
    uint32_t line_trigger_missed_frames;
    uint32_t stuck_ms;
    uint32_t frame_id_bits;
    uint32_t reserved1[2];
    /* Counters, written by the producer. */
    uint64_t frames_delivered, frames_dropped, underruns, lines_missed, triggers_missed, opened;
    uint64_t events_sent, events_lost;
    uint64_t reserved2[2];
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
AT(area, 36);
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
AT(slow_frames, 96);
AT(slow_ms, 100);
AT(wrong_size_frames, 104);
AT(wrong_size_lines, 108);
AT(encoder_jump_frames, 112);
AT(encoder_jump_counts, 116);
AT(encoder_reverse_frames, 120);
AT(black_frames, 124);
AT(white_frames, 128);
AT(blur_frames, 132);
AT(freeze_frames, 136);
AT(line_trigger_missed_frames, 140);
AT(stuck_ms, 144);
AT(frame_id_bits, 148);
AT(frames_delivered, 160);
AT(frames_dropped, 168);
AT(underruns, 176);
AT(lines_missed, 184);
AT(triggers_missed, 192);
AT(opened, 200);
AT(events_sent, 208);
AT(events_lost, 216);
AT(view_head, 240);
AT(picture_count, 248);
AT(views, 256);
AT(pictures, 6400);
#undef AT
_Static_assert(sizeof(struct scene_view) == 24, "view");
_Static_assert(sizeof(struct scene_picture) == 24, "picture");
_Static_assert(sizeof(struct scene) <= SCENE_HEADER_BYTES, "header");

#endif
