#define _GNU_SOURCE
#include "light.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_EVERY_NS = 200 * 1000 * 1000, SEQLOCK_TRIES = 1000 };

int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void light_init(struct light *light, bool area)
{
    *light = (struct light){.fd = -1, .area = area};
}

void light_close(struct light *light)
{
    if (light->scene)
        munmap(light->scene, SCENE_HEADER_BYTES);
    if (light->fd >= 0)
        close(light->fd);
    light_init(light, light->area);
}

static bool still_the_same(const struct light *light, const char *path)
{
    struct stat file;
    if (!light->scene || light->scene->closed || stat(path, &file) != 0)
        return false;
    return file.st_dev == light->device && file.st_ino == light->inode;
}

static void attach(struct light *light, const char *path)
{
    struct stat file;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &file) != 0 || file.st_size < (off_t)SCENE_HEADER_BYTES)
        goto not_a_scene;
    struct scene *scene = mmap(NULL, SCENE_HEADER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (scene == MAP_FAILED)
        goto not_a_scene;
    if (scene->magic != SCENE_MAGIC || scene->version != SCENE_VERSION || scene->closed ||
        scene->counts_per_row == 0 || scene->sensor_height_px == 0 || (scene->area != 0) != light->area) {
        munmap(scene, SCENE_HEADER_BYTES);
        goto not_a_scene;
    }
    light->scene = scene;
    light->fd = fd;
    light->device = file.st_dev;
    light->inode = file.st_ino;
    return;
not_a_scene:
    close(fd);
}

bool light_follow(struct light *light, int64_t now)
{
    bool had_light = light->scene != NULL;
    bool gone = had_light && light->scene->closed;
    if (!gone && now < light->next_look_ns)
        return false;
    light->next_look_ns = now + LOOK_EVERY_NS;
    const char *path = getenv("EDGE_SCENE");
    if (path && still_the_same(light, path))
        return false;
    light_close(light);
    if (path)
        attach(light, path);
    light->next_look_ns = now + LOOK_EVERY_NS;
    return had_light || light->scene;
}

bool light_claim(struct light *light)
{
    return light->fd < 0 || flock(light->fd, LOCK_EX | LOCK_NB) == 0;
}

void light_unclaim(struct light *light)
{
    if (light->fd >= 0)
        flock(light->fd, LOCK_UN);
}

bool light_encoder(const struct light *light, struct encoder *encoder)
{
    const struct scene *scene = light->scene;
    for (int i = 0; scene && i < SEQLOCK_TRIES; i++) {
        uint32_t before = __atomic_load_n(&scene->encoder_sequence, __ATOMIC_ACQUIRE);
        encoder->t0_ns = scene->encoder_t0_ns;
        encoder->count0 = scene->encoder_count0;
        encoder->rate_counts_per_s = scene->encoder_rate_counts_per_s;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (!(before & 1) && before == __atomic_load_n(&scene->encoder_sequence, __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

double encoder_count(const struct encoder *encoder, int64_t at_ns)
{
    return encoder->count0 + encoder->rate_counts_per_s * 1e-9 * (double)(at_ns - encoder->t0_ns);
}

static uint64_t view_head(const struct scene *scene)
{
    return __atomic_load_n(&scene->view_head, __ATOMIC_ACQUIRE);
}

static uint64_t oldest_view(uint64_t head)
{
    return head > SCENE_MAX_VIEWS / 2 ? head - SCENE_MAX_VIEWS / 2 : 0; /* half: the writer laps us last */
}

void light_skip_pulses(struct light *light, double count)
{
    if (!light->scene)
        return;
    uint64_t head = view_head(light->scene);
    light->next_view = oldest_view(head);
    while (light->next_view < head) {
        const struct scene_view *view = &light->scene->views[light->next_view % SCENE_MAX_VIEWS];
        if (view->pulse && (double)view->start_count >= count)
            break;
        light->next_view++;
    }
}

bool light_next_pulse(struct light *light, int64_t *start_count)
{
    if (!light->scene)
        return false;
    uint64_t head = view_head(light->scene);
    if (light->next_view < oldest_view(head))
        light->next_view = oldest_view(head);
    for (; light->next_view < head; light->next_view++) {
        const struct scene_view *view = &light->scene->views[light->next_view % SCENE_MAX_VIEWS];
        if (view->pulse) {
            *start_count = view->start_count;
            return true;
        }
    }
    return false;
}

/* A view lasts one turn, or in an area scene until the next; the next one always ends it. */
struct seen light_seen(const struct light *light, int64_t count)
{
    struct seen seen = {NULL, count, INT64_MAX, 0};
    const struct scene *scene = light->scene;
    if (!scene)
        return seen;
    int64_t turn = (int64_t)scene->sensor_height_px * scene->counts_per_row;
    uint64_t head = view_head(scene);
    for (uint64_t n = head; n-- > oldest_view(head);) {
        const struct scene_view view = scene->views[n % SCENE_MAX_VIEWS];
        if (view.start_count > count) {
            seen.end_count = view.start_count;
            continue;
        }
        if (!light->area && count - view.start_count >= turn)
            break;
        seen.start_count = view.start_count;
        if (!light->area && view.start_count + turn < seen.end_count)
            seen.end_count = view.start_count + turn;
        if (view.picture >= 0 && view.picture < (int32_t)SCENE_MAX_PICTURES)
            seen.picture = &scene->pictures[view.picture];
        seen.number = view.number;
        break;
    }
    return seen;
}

uint32_t light_number(const struct light *light, int64_t count)
{
    return light_seen(light, count).number;
}

bool fault_take(uint32_t *frames)
{
    uint32_t left = __atomic_load_n(frames, __ATOMIC_RELAXED);
    while (left > 0)
        if (__atomic_compare_exchange_n(frames, &left, left - 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return true;
    return false;
}

void counter_add(uint64_t *counter, uint64_t n)
{
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}
