/* PLC program over libmodbus as a client: each scan writes the control block and reads the status block (FC23).
 *
 * Arguments: port, limit in seconds, part numbers. Ends with 0 when all parts are through, 1 with a sentence otherwise.
 */
#include <errno.h>
#include <modbus.h>
#include <time.h>
#include <unistd.h>

#include "plc.h"

static int say(const char *what, const char *why) {
    fprintf(stderr, "libmodbus PLC: %s: %s\n", what, why);
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 4) return say("arguments", "PORT LIMIT_S PART...");
    struct plc plc;
    plc_begin(&plc, argc - 3, argv + 3);
    modbus_t *link = modbus_new_tcp("127.0.0.1", atoi(argv[1]));
    modbus_set_slave(link, UNIT_ID);
    modbus_set_response_timeout(link, 5, 0);
    if (modbus_connect(link) != 0) return say("connect", modbus_strerror(errno));
    time_t end = time(NULL) + atoi(argv[2]);
    uint16_t status[STATUS_WORDS] = {0};
    int rc = 0;
    while (rc == 0 && plc.state != DONE) {
        plc_step(&plc, status);
        if (modbus_write_and_read_registers(link, CONTROL_BASE, CONTROL_WORDS, plc.control, STATUS_BASE, STATUS_WORDS,
                                            status) != STATUS_WORDS) {
            rc = say("exchange", modbus_strerror(errno));
        } else if (plc.state == FAILED) {
            rc = say("handshake", plc.why);
        } else if (time(NULL) > end) {
            fprintf(stderr, "state %d\n", plc.state);
            rc = say("limit", "not all parts are through");
        }
        usleep(1000);
    }
    modbus_close(link);
    modbus_free(link);
    return rc;
}
