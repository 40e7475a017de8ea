/* The camera's eye on the scene file: follows it as cells come and go, and tells what lies under which count. */
#ifndef SIMCAM_LIGHT_H
#define SIMCAM_LIGHT_H

#include <stdbool.h>
#include <sys/types.h>

#include "scene.h"

struct light {
    struct scene *scene; /* NULL: dark */
    int fd;
    dev_t device;
    ino_t inode;
    int64_t next_look_ns;
    uint64_t next_view; /* the first view whose pulse has not been taken */
    bool area;          /* only a scene for this kind of camera gives light */
};

struct encoder {
    int64_t t0_ns;
    double count0, rate_counts_per_s;
};

/* What the camera sees from `start_count` up to, not including, `end_count`. */
struct seen {
    const struct scene_picture *picture; /* NULL: background */
    int64_t start_count, end_count;
    uint32_t number; /* to be burnt into a frame that begins in this view; 0: none */
};

int64_t now_ns(void);

void light_init(struct light *light, bool area);
void light_close(struct light *light);

/* Looks for the scene file at most every 200 ms; true when the world is another one than before. */
bool light_follow(struct light *light, int64_t now);

/* One process at a time has the camera, as with a real one: false when another has. Ends with the process, too. */
bool light_claim(struct light *light);
void light_unclaim(struct light *light);

/* False in the dark (or while the cell is half-way through a write for too long). */
bool light_encoder(const struct light *light, struct encoder *encoder);
double encoder_count(const struct encoder *encoder, int64_t at_ns);

/* Forgets the pulses whose count has passed: those from before the acquisition began. */
void light_skip_pulses(struct light *light, double count);

/* The start count of the next pulse, not taken away; false when none has been announced. */
bool light_next_pulse(struct light *light, int64_t *start_count);

struct seen light_seen(const struct light *light, int64_t count);
uint32_t light_number(const struct light *light, int64_t count);

/* Uses up one of a fault's frames; false when there is none. */
bool fault_take(uint32_t *frames);
void counter_add(uint64_t *counter, uint64_t n);

#endif
