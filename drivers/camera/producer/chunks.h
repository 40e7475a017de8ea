/* Writing a frame's chunks behind its picture. */
#ifndef SIMCAM_CHUNKS_H
#define SIMCAM_CHUNKS_H

#include "simcam.h"

void chunks_write(const struct camera *camera, const struct facts *facts, const struct content *content,
                  uint32_t line_status_all, uint8_t *memory);

#endif
