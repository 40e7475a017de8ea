/* Holding registers and coils over libmodbus as a server; with part numbers, a PLC whose program works on these registers.
 *
 * Arguments: port, registers, part numbers. Says {"listening": PORT}, then one line a write: {"write": [ADDRESS, WORDS...]}.
 * Ends when standard input does.
 */
#include <errno.h>
#include <modbus.h>
#include <sys/select.h>
#include <unistd.h>

#include "plc.h"

static unsigned u16(const uint8_t *at) { return (unsigned)at[0] << 8 | at[1]; }

/* Bytes of an exception as a whole frame; the answer to a write that was carried out is longer. */
#define EXCEPTION_SIZE 9

/* `pdu` is a request that libmodbus has carried out. */
static void log_write(const uint8_t *pdu) {
    const uint8_t *span = pdu[0] == 23 ? pdu + 5 : pdu + 1;
    if (pdu[0] != 6 && pdu[0] != 16 && pdu[0] != 23) return;
    printf("{\"write\": [%u", u16(span));
    if (pdu[0] == 6) printf(", %u", u16(span + 2));
    else for (unsigned i = 0; i < u16(span + 2); i++) printf(", %u", u16(span + 5 + 2 * i));
    printf("]}\n");
    fflush(stdout);
}

static void run_plc(struct plc *plc, modbus_mapping_t *map) {
    if (plc->count == 0 || plc->state == FAILED) return;
    plc_step(plc, map->tab_registers + STATUS_BASE);
    memcpy(map->tab_registers + CONTROL_BASE, plc->control, sizeof plc->control);
    if (plc->state == FAILED) fprintf(stderr, "libmodbus PLC: %s\n", plc->why);
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    modbus_t *server = modbus_new_tcp("127.0.0.1", atoi(argv[1]));
    modbus_mapping_t *map = modbus_mapping_new(atoi(argv[2]), 0, atoi(argv[2]), 0);
    struct plc plc;
    plc_begin(&plc, argc - 3, argv + 3);
    int listener = modbus_tcp_listen(server, 16);
    if (listener < 0) return fprintf(stderr, "listen: %s\n", modbus_strerror(errno)), 1;
    printf("{\"listening\": %s}\n", argv[1]);
    fflush(stdout);
    fd_set open;
    FD_ZERO(&open);
    FD_SET(STDIN_FILENO, &open);
    FD_SET(listener, &open);
    for (;;) {
        fd_set ready = open;
        struct timeval scan = {0, 5000};
        if (select(FD_SETSIZE, &ready, NULL, NULL, &scan) < 0) return 1;
        if (FD_ISSET(STDIN_FILENO, &ready)) break;
        for (int fd = 0; fd < FD_SETSIZE; fd++) {
            if (!FD_ISSET(fd, &ready)) continue;
            if (fd == listener) {
                int link = modbus_tcp_accept(server, &listener);
                if (link >= 0) FD_SET(link, &open);
                continue;
            }
            uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
            modbus_set_socket(server, fd);
            int size = modbus_receive(server, query);
            if (size > 0) {
                if (modbus_reply(server, query, size, map) > EXCEPTION_SIZE) {
                    log_write(query + modbus_get_header_length(server));
                }
            } else if (size < 0) {
                close(fd);
                FD_CLR(fd, &open);
            }
        }
        run_plc(&plc, map);
    }
    modbus_mapping_free(map);
    modbus_free(server);
    return 0;
}
