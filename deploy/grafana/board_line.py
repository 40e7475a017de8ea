"""The dashboard "Station: line": is the line inspected, how many parts, how many good, and what is wrong."""

from panels import (
    BAD_IF_ANY,
    GOOD_IF_ONE,
    GREEN,
    GREY,
    ORANGE,
    PLAIN,
    RED,
    bars,
    dashboard,
    lines,
    stat,
    states,
    table,
)

LINE = dashboard(
    "station-line",
    "Station: line",
    "Is the line inspected, how many parts come, how many pass, and what is wrong.",
    [
        (
            "Now",
            [
                stat(
                    "Ready",
                    "Whether a part may be triggered. If not, the station's page says why.",
                    "station_ready{@}",
                    "none",
                    GOOD_IF_ONE,
                ).words({"0": ("NOT READY", RED), "1": ("READY", GREEN)}),
                stat(
                    "Faults",
                    "Faults that last now and need a person.",
                    'station_faults_active{@, severity="fault"}',
                    "none",
                    BAD_IF_ANY,
                ),
                stat(
                    "Ledger imbalance",
                    "Triggered parts without an outcome, or with two. Anything but 0 is a fault; the line is stopped.",
                    "abs(station_ledger_imbalance_parts{@})",
                    "none",
                    BAD_IF_ANY,
                ),
                stat(
                    "Parts a minute",
                    "Parts that got a verdict.",
                    "60 * sum by (instance) (rate(station_parts_total{@}[$__rate_interval]))",
                    "none",
                    PLAIN,
                ),
                stat("Yield, 15 min", "Passed parts of all parts.", "station:passed:ratio15m{@}", "percentunit", PLAIN),
                stat(
                    "Rejected uninspected, 15 min",
                    "Forced rejects of all parts: they could not be inspected.",
                    "station:forced:ratio15m{@}",
                    "percentunit",
                    ((None, GREEN), (0.005, ORANGE), (0.02, RED)),
                ),
                stat(
                    "Least slack, 5 min",
                    "Part of the time to the deadline that all but one part in a hundred had left.",
                    "station:deadline_slack:p01_ratio5m{@}",
                    "percentunit",
                    ((None, RED), (0.1, ORANGE), (0.25, GREEN)),
                ),
                stat(
                    "In flight",
                    "Parts that were triggered and have no verdict yet.",
                    "station_parts_in_flight{@}",
                    "none",
                    PLAIN,
                ),
            ],
        ),
        (
            "Parts",
            [
                lines(
                    "Parts a minute by verdict",
                    "forced: rejected without an inspection.",
                    [("60 * sum by (verdict) (rate(station_parts_total{@}[$__rate_interval]))", "{{verdict}}")],
                    "none",
                    stack=True,
                ),
                lines(
                    "Ratios, 15 min",
                    "Passed, rejected and forced of all parts.",
                    [
                        ("station:passed:ratio15m{@}", "{{instance}} passed"),
                        ("station:rejected:ratio15m{@}", "{{instance}} rejected"),
                        ("station:forced:ratio15m{@}", "{{instance}} forced"),
                    ],
                    "percentunit",
                ),
                bars(
                    "Why parts were rejected",
                    "Rejects and forced rejects in the shown time, the ten most frequent reasons.",
                    [
                        (
                            'topk(10, sum by (reason) (increase(station_parts_total{@, verdict!="pass"}[$__range])))',
                            "{{reason}}",
                        )
                    ],
                    "none",
                ),
            ],
        ),
        (
            "What is wrong",
            [
                states(
                    "Ready and answering",
                    "answers: the metrics can be read. ready: a part may be triggered.",
                    [('up{job="station", @}', "{{instance}} answers"), ("station_ready{@}", "{{instance}} ready")],
                    {"0": ("no", RED), "1": ("yes", GREEN)},
                ),
                bars(
                    "Faults that began",
                    "By code of the fault catalogue, the ten most frequent in the shown time; "
                    "'station faults E421' prints what to do.",
                    [("topk(10, sum by (code) (increase(station_faults_total{@}[$__range])))", "{{code}}")],
                    "none",
                ),
                lines(
                    "Found between trigger and gate",
                    "Per minute, by kind.",
                    [("60 * sum by (kind) (rate(station_line_events_total{@}[$__rate_interval]))", "{{kind}}")],
                    "none",
                ),
            ],
        ),
        (
            "What inspects",
            [
                table(
                    "Recipe", "The recipe by which parts are inspected.", "station_recipe_info{@}", ("line",), width=8
                ),
                table(
                    "Models",
                    "The models that look at pictures; signed: by a key that the station trusts.",
                    "station_model_info{@}",
                    ("line",),
                    width=16,
                ),
                lines(
                    "Parts on their way",
                    "Between trigger and verdict, and between trigger and the end of the way.",
                    [
                        ("station_parts_in_flight{@}", "{{instance}} in flight"),
                        ("station_parts_on_way{@}", "{{instance}} on their way"),
                    ],
                    "none",
                    width=12,
                ),
                lines(
                    "Started",
                    "Hours since the station was started.",
                    [('(time() - process_start_time_seconds{job="station", @}) / 3600', "{{instance}}")],
                    "none",
                    ((None, GREY),),
                    width=12,
                ),
            ],
        ),
    ],
)
