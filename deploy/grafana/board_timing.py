"""The dashboard "Station: timing": from trigger to verdict, what was left to the deadline, and what took the time."""

from panels import GREEN, ORANGE, PLAIN, RED, dashboard, heatmap, lines, stat

TENTH = ((None, RED), (0.1, ORANGE), (0.25, GREEN))


def quantile(part: float, histogram: str) -> str:
    """This quantile over the shown step, one series a station."""
    return f"histogram_quantile({part}, sum by (instance, le) (rate({histogram}_bucket{{@}}[$__rate_interval])))"


def mean(measured: str, by: str = "") -> str:
    """Mean of what was observed over the shown step."""
    total, number = (f"sum{by}(rate({measured}_{what}{{@}}[$__rate_interval]))" for what in ("sum", "count"))
    return f"{total} / {number}"


def filled(histogram: str) -> str:
    """Observations by bucket."""
    return f"sum by (le) (increase({histogram}_bucket{{@}}[$__rate_interval]))"


VERDICT, SLACK, COUNTS = (
    "station_trigger_to_verdict_seconds",
    "station_deadline_slack_seconds",
    "station_deadline_slack_counts",
)
ENGINE, LAG, PAUSE = "station_engine_duration_seconds", "station_loop_lag_seconds", "station_gc_pause_seconds"
COMMIT = "station_records_commit_duration_seconds"

TIMING = dashboard(
    "station-timing",
    "Station: timing",
    "From trigger to verdict, what was left to the deadline and to the gate, and what took the time.",
    [
        (
            "Deadline",
            [
                stat(
                    "Trigger to verdict, p99",
                    "99 of 100 verdicts within 5 minutes took no longer.",
                    "station:trigger_to_verdict_seconds:p99_5m{@}",
                    "s",
                    PLAIN,
                ),
                stat(
                    "Deadline",
                    "Time that the recipe gives from trigger to verdict.",
                    "station_deadline_seconds{@}",
                    "s",
                    PLAIN,
                ),
                stat(
                    "Least slack, time",
                    "Part of the time to the deadline that all but one part in a hundred had left.",
                    "station:deadline_slack:p01_ratio5m{@}",
                    "percentunit",
                    TENTH,
                ),
                stat(
                    "Least slack, way",
                    "Part of the way to the gate that all but one part in a hundred had left; none without an encoder.",
                    "station:gate_slack:p01_ratio5m{@}",
                    "percentunit",
                    TENTH,
                ),
                stat(
                    "Late, 1 h",
                    "Parts without a verdict at their deadline: they were rejected.",
                    'increase(station_parts_total{@, reason="deadline"}[1h])',
                    "none",
                    ((None, GREEN), (1, RED)),
                ),
                stat(
                    "Verdicts after the deadline, 1 h",
                    "Recorded, never applied.",
                    "increase(station_late_verdicts_total{@}[1h])",
                    "none",
                    ((None, GREEN), (1, ORANGE)),
                ),
                stat(
                    "Withdrawn, 1 h",
                    "PASS verdicts that did not reach the gate in time and were taken back.",
                    'increase(station_line_events_total{@, kind="verdict withdrawn"}[1h])',
                    "none",
                    ((None, GREEN), (1, ORANGE)),
                ),
                stat(
                    "Loop lag, p99",
                    "99 of 100 ticks of the inspection loop were no later.",
                    "station:loop_lag_seconds:p99_5m{@}",
                    "s",
                    ((None, GREEN), (0.005, ORANGE), (0.02, RED)),
                ),
            ],
        ),
        (
            "Trigger to verdict",
            [
                lines(
                    "Trigger to verdict",
                    "Quantiles, and the deadline of the recipe.",
                    [
                        (quantile(0.5, VERDICT), "{{instance}} p50"),
                        (quantile(0.99, VERDICT), "{{instance}} p99"),
                        ("station_deadline_seconds{@}", "{{instance}} deadline"),
                    ],
                    "s",
                ),
                heatmap("Trigger to verdict, parts", "Parts by time from trigger to verdict.", filled(VERDICT), "s"),
                lines(
                    "Where the time goes",
                    "Mean time of a part in each stage; wait: until a worker is free, hand_off: "
                    "from worker to registers.",
                    [
                        (
                            mean("station_stage_duration_seconds", " by (stage) "),
                            "{{stage}}",
                        ),
                        (
                            mean(ENGINE),
                            "engine",
                        ),
                    ],
                    "s",
                    stack=True,
                ),
            ],
        ),
        (
            "Slack",
            [
                lines(
                    "Slack to the deadline",
                    "Time left at the verdict: one part in a hundred had no more; below 0 is late.",
                    [(quantile(0.01, SLACK), "{{instance}} p01"), (quantile(0.5, SLACK), "{{instance}} p50")],
                    "s",
                    ((None, RED), (0, GREEN)),
                ),
                lines(
                    "Slack to the gate",
                    "Encoder counts left at the verdict, margins included; 0 or less is late.",
                    [
                        (quantile(0.01, COUNTS), "{{instance}} p01"),
                        (quantile(0.5, COUNTS), "{{instance}} p50"),
                        ("station_gate_offset_counts{@}", "{{instance}} whole way"),
                    ],
                    "none",
                    ((None, RED), (0, GREEN)),
                ),
                heatmap("Slack to the gate, parts", "Parts by encoder counts that were left.", filled(COUNTS), "none"),
            ],
        ),
        (
            "Engine and loop",
            [
                lines(
                    "Engine",
                    "Time of the inference engine for all pictures of a part.",
                    [(quantile(0.5, ENGINE), "{{instance}} p50"), (quantile(0.99, ENGINE), "{{instance}} p99")],
                    "s",
                ),
                lines(
                    "Loop lag",
                    "Lateness of a tick of the inspection loop. More than 20 ms: look for another program that "
                    "loads this machine.",
                    [(quantile(0.5, LAG), "{{instance}} p50"), (quantile(0.99, LAG), "{{instance}} p99")],
                    "s",
                    ((None, GREEN), (0.02, RED)),
                ),
                lines(
                    "Garbage collection",
                    "Longest pauses (p99), and seconds a second that went to pauses.",
                    [
                        (quantile(0.99, PAUSE), "{{instance}} p99"),
                        (f"rate({PAUSE}_sum{{@}}[$__rate_interval])", "{{instance}} per second"),
                    ],
                    "s",
                ),
                lines(
                    "Queues",
                    "How full: 1 is full, and what comes then is lost and counted.",
                    [("station_queue_length{@} / (station_queue_capacity{@} > 0)", "{{instance}} {{queue}}")],
                    "percentunit",
                    ((None, GREEN), (0.8, RED)),
                ),
                lines(
                    "Commit of records",
                    "Time until a batch of records was on the disk; no verdict waits for it.",
                    [(quantile(0.5, COMMIT), "{{instance}} p50"), (quantile(0.99, COMMIT), "{{instance}} p99")],
                    "s",
                    ((None, GREEN), (0.5, ORANGE)),
                ),
                lines(
                    "Heartbeats",
                    "Time since each side's counter moved; the station's moves each 100 ms.",
                    [("station_heartbeat_age_seconds{@}", "{{instance}} {{side}}")],
                    "s",
                    ((None, GREEN), (1, RED)),
                ),
            ],
        ),
        (
            "Process",
            [
                lines(
                    "Processor",
                    "Of one core, the station's own process; workers and cameras have theirs.",
                    [('rate(process_cpu_seconds_total{job="station", @}[$__rate_interval])', "{{instance}}")],
                    "percentunit",
                ),
                lines(
                    "Memory",
                    "Resident memory of the station's own process.",
                    [('process_resident_memory_bytes{job="station", @}', "{{instance}}")],
                    "bytes",
                ),
                lines(
                    "Open files",
                    "A number that only grows is a fault of the program.",
                    [('process_open_fds{job="station", @}', "{{instance}}")],
                    "none",
                ),
            ],
        ),
    ],
)
