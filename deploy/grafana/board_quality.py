"""The dashboard "Station: quality": yield, reasons, what people said of the parts, recipe and models."""

from panels import BAD_IF_ANY, GREEN, ORANGE, PLAIN, RED, bars, dashboard, lines, stat, table


def of_all(verdict: str, window: str) -> str:
    """The share of a verdict within this window."""
    counted = f'sum by (instance) (increase(station_parts_total{{@, verdict="{verdict}"}}[{window}]))'
    return f"{counted} / sum by (instance) (increase(station_parts_total{{@}}[{window}]))"


QUALITY = dashboard(
    "station-quality",
    "Station: quality",
    "How many parts pass and why the others do not, what people said of them, and which recipe and models decide.",
    [
        (
            "Last 24 hours",
            [
                stat(
                    "Parts",
                    "Parts that got a verdict.",
                    "sum by (instance) (increase(station_parts_total{@}[24h]))",
                    "none",
                    PLAIN,
                ),
                stat("Yield", "Passed parts of all parts.", of_all("pass", "24h"), "percentunit", PLAIN),
                stat(
                    "Rejected",
                    "Parts in which the classifier found a defect, of all parts.",
                    of_all("reject", "24h"),
                    "percentunit",
                    PLAIN,
                ),
                stat(
                    "Rejected uninspected",
                    "Forced rejects of all parts.",
                    of_all("forced", "24h"),
                    "percentunit",
                    ((None, GREEN), (0.005, ORANGE), (0.02, RED)),
                ),
                stat(
                    "Sound among the rejects, 7 d",
                    "Overkill: of the rejects that people judged within a week, those that "
                    "were sound. Unknown while nobody reviews.",
                    "station:overkill:ratio7d{@}",
                    "percentunit",
                    ((None, GREEN), (0.05, ORANGE), (0.1, RED)),
                ),
                stat(
                    "Rejects judged, 7 d",
                    "Reviewed rejects, without those that people were unsure of.",
                    "station:reviewed_rejects:increase7d{@}",
                    "none",
                    PLAIN,
                ),
                stat(
                    "Defective among the passed, 7 d",
                    "Escapes that a person found.",
                    'increase(station_reviewed_parts_total{@, verdict="pass", judgement="defect"}[7d])',
                    "none",
                    BAD_IF_ANY,
                ),
                stat(
                    "Unsigned models",
                    "Models for which nobody vouches.",
                    'sum by (instance) (station_model_info{@, signed="no"})'
                    " or sum by (instance) (0 * station_ready{@})",
                    "none",
                    ((None, GREEN), (1, ORANGE)),
                ),
            ],
        ),
        (
            "Yield",
            [
                lines(
                    "Yield and the last day's",
                    "Passed parts of all parts within 15 minutes, and its average over a day.",
                    [
                        ("station:passed:ratio15m{@}", "{{instance}}"),
                        ("avg_over_time(station:passed:ratio15m{@}[1d])", "{{instance}} last day"),
                    ],
                    "percentunit",
                ),
                lines(
                    "Rejects and the last day's",
                    "Rejected parts of all parts within 15 minutes, and the average over a day.",
                    [
                        ("station:rejected:ratio15m{@}", "{{instance}}"),
                        ("avg_over_time(station:rejected:ratio15m{@}[1d])", "{{instance}} last day"),
                    ],
                    "percentunit",
                ),
                lines(
                    "Uninspected",
                    "Forced rejects of all parts within 15 minutes.",
                    [("station:forced:ratio15m{@}", "{{instance}}")],
                    "percentunit",
                    ((None, GREEN), (0.02, RED)),
                ),
            ],
        ),
        (
            "Reasons",
            [
                bars(
                    "Reasons of rejects",
                    "In the shown time, the fifteen most frequent.",
                    [
                        (
                            'topk(15, sum by (reason) (increase(station_parts_total{@, verdict!="pass"}[$__range])))',
                            "{{reason}}",
                        )
                    ],
                    "none",
                ),
                lines(
                    "Reasons over time",
                    "Rejects an hour, by reason.",
                    [
                        (
                            '3600 * sum by (reason) (rate(station_parts_total{@, verdict!="pass"}[$__rate_interval]))',
                            "{{reason}}",
                        )
                    ],
                    "none",
                    stack=True,
                ),
                bars(
                    "What people said",
                    "Reviewed parts in the shown time, by the station's verdict and the judgement.",
                    [
                        (
                            "sum by (verdict, judgement) (increase(station_reviewed_parts_total{@}[$__range]))",
                            "{{verdict}}: {{judgement}}",
                        )
                    ],
                    "none",
                ),
            ],
        ),
        (
            "What decides",
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
            ],
        ),
    ],
)
