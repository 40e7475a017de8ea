/* A PLC program as a state machine over register images: control words out, status words in, one line of JSON a part.
 *
 * Knows the map from the generated register_map.h alone, and nothing of how the images travel.
 */
#ifndef PLC_H
#define PLC_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "register_map.h"

#define MOST_PARTS 16

enum plc_state { WAIT_READY, RAISE_TRIGGER, WAIT_ACK, WAIT_ACK_FALL, WAIT_RESULT, WAIT_VALID_FALL, DONE, FAILED };

struct plc {
    enum plc_state state;
    unsigned parts[MOST_PARTS + 1];
    int count, at;
    unsigned heartbeat, heartbeats, acq_seq;
    const char *why;
    uint16_t result[RESULT_WORDS];
    uint16_t control[CONTROL_WORDS];
};

static void plc_begin(struct plc *plc, int count, char **parts) {
    memset(plc, 0, sizeof *plc);
    for (; plc->count < count && plc->count < MOST_PARTS; plc->count++) {
        plc->parts[plc->count] = (unsigned)atoi(parts[plc->count]);
    }
}

static unsigned plc_crc16(const uint16_t *words, int count) {
    unsigned crc = 0xFFFF;
    for (int i = 0; i < 2 * count; i++) {
        crc ^= i % 2 ? words[i / 2] & 0xFF : words[i / 2] >> 8;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
        }
    }
    return crc;
}

static unsigned plc_result(const struct plc *plc, int reg) { return plc->result[reg - REG_ResultSeq]; }

static void plc_say(const struct plc *plc) {
    unsigned seq = plc->parts[plc->at], verdict = plc_result(plc, REG_Verdict);
    const char *faults[3];
    int count = 0;
    if (plc_result(plc, REG_ResultSeq) != seq) faults[count++] = "number";
    if ((verdict ^ plc_result(plc, REG_NotVerdict)) != 0xFFFF) faults[count++] = "complement";
    if (plc_crc16(plc->result, REG_Crc - REG_ResultSeq) != plc_result(plc, REG_Crc)) faults[count++] = "check word";
    printf("{\"part_seq\": %u, \"acq_seq\": %u, \"result_seq\": %u, \"verdict\": %u, \"trigger_encoder\": %u, "
           "\"heartbeats\": %u, \"passed\": %s, \"faults\": [",
           seq, plc->acq_seq, plc_result(plc, REG_ResultSeq), verdict,
           plc_result(plc, REG_TriggerEncoder) << 16 | plc_result(plc, REG_TriggerEncoder + 1), plc->heartbeats,
           verdict == CODE_Verdict_PASS && count == 0 ? "true" : "false");
    for (int i = 0; i < count; i++) printf("%s\"%s\"", i ? ", " : "", faults[i]);
    printf("]}\n");
    fflush(stdout);
}

static void plc_command(struct plc *plc, unsigned bits) {
    plc->control[REG_ControlBits - CONTROL_BASE] = (uint16_t)(BIT_ControlBits_ENABLE | bits);
}

static void plc_fail(struct plc *plc, const char *why) {
    plc->why = why;
    plc->state = FAILED;
}

/* One scan: reads the status words, changes plc->control. */
static void plc_step(struct plc *plc, const uint16_t *status) {
    unsigned bits = status[REG_StatusBits - STATUS_BASE], seq = plc->parts[plc->at], encoder = ENCODER_BASE + seq;
    plc->heartbeat = (plc->heartbeat + 1) & 0xFFFF;
    plc->heartbeats++;
    plc->control[REG_PlcHeartbeat - CONTROL_BASE] = (uint16_t)plc->heartbeat;
    switch (plc->state) {
    case WAIT_READY:
        plc_command(plc, 0);
        if (bits & BIT_StatusBits_TRIGGER_READY && !(bits & BIT_StatusBits_RESULTS_VALID)) {
            plc->control[REG_PartSeq - CONTROL_BASE] = (uint16_t)seq;
            plc->control[REG_PlcEncoder - CONTROL_BASE] = (uint16_t)(encoder >> 16);
            plc->control[REG_PlcEncoder + 1 - CONTROL_BASE] = (uint16_t)encoder;
            plc->state = RAISE_TRIGGER;
        }
        break;
    case RAISE_TRIGGER:
        plc_command(plc, BIT_ControlBits_TRIGGER);
        plc->state = WAIT_ACK;
        break;
    case WAIT_ACK:
        if (bits & BIT_StatusBits_MISSED_TRIGGER) {
            plc_fail(plc, "the trigger was missed");
        } else if (bits & BIT_StatusBits_TRIGGER_ACK) {
            plc->acq_seq = status[REG_AcqSeq - STATUS_BASE];
            if (plc->acq_seq != seq) plc_fail(plc, "TriggerAck came with another AcqSeq");
            else plc->state = WAIT_ACK_FALL;
            plc_command(plc, 0);
        }
        break;
    case WAIT_ACK_FALL:
        if (!(bits & BIT_StatusBits_TRIGGER_ACK)) plc->state = WAIT_RESULT;
        break;
    case WAIT_RESULT:
        if (bits & BIT_StatusBits_RESULTS_VALID) {
            memcpy(plc->result, status + (REG_ResultSeq - STATUS_BASE), sizeof plc->result);
            plc_command(plc, BIT_ControlBits_RESULTS_ACK);
            plc->state = WAIT_VALID_FALL;
        }
        break;
    case WAIT_VALID_FALL:
        if (!(bits & BIT_StatusBits_RESULTS_VALID)) {
            plc_say(plc);
            plc_command(plc, 0);
            plc->at++;
            plc->state = plc->at == plc->count ? DONE : WAIT_READY;
        }
        break;
    default:
        break;
    }
}

#endif
