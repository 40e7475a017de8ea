"""The dashboard "Station: cameras and devices": frames, PLC, workers, disk."""

from panels import BAD_IF_ANY, GREEN, ORANGE, PLAIN, RED, bars, dashboard, lines, stat, states

LOW_DISK = ((None, RED), (0.05, ORANGE), (0.15, GREEN))


def a_minute(counter: str, by: str) -> str:
    """Events a minute by these labels."""
    return f"60 * sum by ({by}) (rate({counter}{{@}}[$__rate_interval]))"


DEVICES = dashboard(
    "station-devices",
    "Station: cameras and devices",
    "Frames and what went wrong with them, the PLC's connection, workers and the disk.",
    [
        (
            "Now",
            [
                stat(
                    "Devices down",
                    "Cameras and PLC that are not connected.",
                    "count by (instance) (station_device_up{@}) - sum by (instance) (station_device_up{@})",
                    "none",
                    BAD_IF_ANY,
                ),
                stat(
                    "Simulated",
                    "Devices that are simulated: what they see says nothing about real parts.",
                    "sum by (instance) (station_simulated{@})",
                    "none",
                    ((None, GREEN), (1, ORANGE)),
                ),
                stat(
                    "Frames lost, 1 h",
                    "Their parts were rejected.",
                    'increase(station_dropped_total{@, stage="frames"}[1h])',
                    "none",
                    BAD_IF_ANY,
                ),
                stat(
                    "Cameras reopened, 1 h",
                    "Times that a camera was stopped and opened anew.",
                    "sum by (instance) (increase(station_camera_recoveries_total{@}[1h]))",
                    "none",
                    ((None, GREEN), (1, ORANGE)),
                ),
                stat(
                    "Workers restarted, 1 h",
                    "Classification workers that ended by themselves.",
                    "sum by (instance) (increase(station_process_restarts_total{@}[1h]))",
                    "none",
                    ((None, GREEN), (1, ORANGE)),
                ),
                stat(
                    "Handshake faults, 1 h",
                    "Steps that the PLC did not keep to in time.",
                    "sum by (instance) (increase(station_plc_handshake_faults_total{@}[1h]))",
                    "none",
                    ((None, GREEN), (1, ORANGE)),
                ),
                stat(
                    "Disk free",
                    "Of the file system with the records.",
                    "station_disk_free_bytes{@} / station_disk_size_bytes{@}",
                    "percentunit",
                    LOW_DISK,
                ),
                stat("Watchers", "Browsers that watch the page.", "station_page_clients{@}", "none", PLAIN),
            ],
        ),
        (
            "Cameras",
            [
                states(
                    "Devices",
                    "Connected and alive.",
                    [("station_device_up{@}", "{{instance}} {{device}}")],
                    {"0": ("down", RED), "1": ("up", GREEN)},
                    width=24,
                ),
                lines(
                    "Frames a second",
                    "Frames that a camera delivered, good or not.",
                    [
                        (
                            "sum by (instance, camera) (rate(station_camera_frames_total{@}[$__rate_interval]))",
                            "{{instance}} {{camera}}",
                        )
                    ],
                    "none",
                ),
                lines(
                    "Frame faults a minute",
                    "By camera and by what went wrong.",
                    [(a_minute("station_camera_frame_faults_total", "camera, fault"), "{{camera}}: {{fault}}")],
                    "none",
                ),
                bars(
                    "Frame faults",
                    "In the shown time.",
                    [
                        (
                            "sum by (camera, fault) (increase(station_camera_frame_faults_total{@}[$__range]))",
                            "{{camera}}: {{fault}}",
                        )
                    ],
                    "none",
                ),
            ],
        ),
        (
            "PLC and line",
            [
                lines(
                    "Modbus requests a second",
                    "Answered requests; connections that were accepted, per minute.",
                    [
                        ("rate(station_plc_requests_total{@}[$__rate_interval])", "{{instance}} requests"),
                        (
                            "60 * rate(station_plc_connections_total{@}[$__rate_interval])",
                            "{{instance}} connections a minute",
                        ),
                    ],
                    "none",
                ),
                lines(
                    "Handshake faults a minute",
                    "By the step that took too long or was wrong.",
                    [(a_minute("station_plc_handshake_faults_total", "step"), "{{step}}")],
                    "none",
                ),
                lines(
                    "Refused a minute",
                    "Broken frames, strangers, second masters, silences of the PLC's heartbeat.",
                    [
                        (a_minute("station_plc_malformed_requests_total", "instance"), "{{instance}} broken"),
                        (a_minute("station_plc_refused_peers_total", "instance"), "{{instance}} strangers"),
                        (
                            a_minute("station_plc_second_writer_requests_total", "instance"),
                            "{{instance}} second master",
                        ),
                        (a_minute("station_plc_silences_total", "instance"), "{{instance}} silences"),
                    ],
                    "none",
                ),
                lines(
                    "Triggers and results a minute",
                    "All triggers, those while the station was not ready, and results that the PLC did not fetch.",
                    [
                        (a_minute("station_plc_missed_triggers_total", "instance"), "{{instance}} missed triggers"),
                        (a_minute("station_triggers_total", "instance"), "{{instance}} all triggers"),
                        (a_minute("station_plc_result_overruns_total", "instance"), "{{instance}} results not fetched"),
                    ],
                    "none",
                ),
                lines(
                    "Line speed",
                    "Encoder counts a second.",
                    [("deriv(station_line_position_counts{@}[$__rate_interval])", "{{instance}}")],
                    "none",
                ),
                lines(
                    "Heartbeats",
                    "Time since each side's counter moved.",
                    [("station_heartbeat_age_seconds{@}", "{{instance}} {{side}}")],
                    "s",
                    ((None, GREEN), (1, RED)),
                ),
            ],
        ),
        (
            "Disk and what was lost",
            [
                lines(
                    "Disk",
                    "Room that is left on the records' file system, and its size.",
                    [
                        ("station_disk_free_bytes{@}", "{{instance}} free"),
                        ("station_disk_size_bytes{@}", "{{instance}} size"),
                    ],
                    "bytes",
                    width=6,
                ),
                lines(
                    "Pictures",
                    "Room that the stored pictures take, and what they may take.",
                    [
                        ("station_pictures_stored_bytes{@}", "{{instance}} stored"),
                        ("station_pictures_budget_bytes{@}", "{{instance}} budget"),
                    ],
                    "bytes",
                    width=6,
                ),
                lines(
                    "Written a minute",
                    "Records of parts and events, and pictures.",
                    [
                        (a_minute("station_records_written_total", "instance"), "{{instance}} records"),
                        (a_minute("station_pictures_written_total", "instance"), "{{instance}} pictures"),
                    ],
                    "none",
                    width=6,
                ),
                lines(
                    "Lost a minute",
                    "By stage. A lost frame or job rejects its part; the others touch no verdict.",
                    [(a_minute("station_dropped_total", "stage"), "{{stage}}")],
                    "none",
                    width=6,
                ),
            ],
        ),
    ],
)
