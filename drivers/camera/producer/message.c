/* What the camera says by itself: trigger missed, frame begun. Waits in a short queue for a consumer that listens. */
#include <stdio.h>
#include <string.h>

#include "simcam.h"

void camera_say(struct camera *camera, unsigned event, int64_t at_ns, uint64_t frame_id)
{
    struct event_source *source = &camera->remote;
    struct scene *scene = camera->light.scene;
    if (!source->registered || !register_whole(camera, REG_EVENT_NOTIFICATION + 8 * event))
        return;
    if (camera->message_count == MAX_MESSAGES) { /* the newest is lost: nobody has listened for a while */
        if (scene)
            counter_add(&scene->events_lost, 1);
        return;
    }
    camera->messages[camera->message_count++] = (struct message){EVENT_ID_BASE + event, (uint64_t)at_ns, frame_id};
    source->fired++;
    if (scene)
        counter_add(&scene->events_sent, 1);
    pthread_cond_signal(&source->arrived);
}

GC_ERROR message_take(struct camera *camera, void *to, size_t *size)
{
    memcpy(to, &camera->messages[0], sizeof(struct message));
    memmove(camera->messages, camera->messages + 1, --camera->message_count * sizeof(struct message));
    *size = sizeof(struct message);
    return GC_ERR_SUCCESS;
}

/* GenTL: the id of a device's event is the hexadecimal number of its GenApi port, as text; its value is its data. */
GC_ERROR message_info(const void *from, size_t bytes, EVENT_DATA_INFO_CMD what, INFO_DATATYPE *type, void *to,
                      size_t *size)
{
    struct message message;
    char id[17];
    if (!from || bytes < sizeof message)
        return fail(GC_ERR_INVALID_PARAMETER, "not the event's data");
    memcpy(&message, from, sizeof message);
    switch (what) {
    case EVENT_DATA_ID:
        snprintf(id, sizeof id, "%X", (unsigned)message.id);
        return give_text(type, to, size, id);
    case EVENT_DATA_NUMID:
        return give_u64(type, to, size, message.id);
    case EVENT_DATA_VALUE:
        return give_bytes(type, INFO_DATATYPE_BUFFER, to, size, &message, sizeof message);
    }
    return fail(GC_ERR_INVALID_PARAMETER, "this fact about the event is not told");
}
