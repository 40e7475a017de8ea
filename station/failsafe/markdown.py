"""The report for people, made from the sealed document and from nothing else, so that it can be checked against it.

Pure.
"""

from __future__ import annotations

from typing import Any

_SIDE = {"good": "good side", "chute": "reject chute", None: "–"}


def markdown_of(report: dict[str, Any], digest: str) -> str:
    """The report as Markdown; `digest` is that of the sealed document."""
    lines = [f"# Fail-safe test of station {_line(report['station'])}: {str(report['result']).upper()}", ""]
    if report["proves"]:
        lines += [f"**{_line(report['proves'])}**", ""]
    lines += _table(
        ("", ""),
        [
            ("begin", report["begin"]),
            ("end", report["end"]),
            ("operator", report["operator"]),
            ("recipe", report["recipe"]),
            ("model", report["model_digest"]),
            ("configuration", report["configuration_digest"]),
            ("version", report["version"]),
            ("run", report["run_id"]),
            ("where parts went is known by", report["where_known_by"]),
            ("number of this report", report["chain"]["number"]),
            ("report before it", _before(report["chain"]["previous"])),
            ("digest", digest),
        ],
    )
    if report["ended_early"]:
        lines += ["", f"Ended early: {_line(report['ended_early'])}"]
    lines += ["", "## Steps", ""]
    lines += _table(
        ("step", "verdict", "part", "the station said", "sensor", "who looked"),
        [
            (
                step["title"],
                str(step["verdict"]).upper(),
                step.get("part_seq"),
                step.get("said"),
                _SIDE[step.get("went_by_sensor")],
                _SIDE[step.get("went_by_person")],
            )
            for step in report["steps"]
        ],
    )
    if report["cannot_be_tried"]:
        lines += ["", "## Cannot be tried on this line", ""]
        lines += [f"* {_line(one['title'])}: {_line(one['reason'])}" for one in report["cannot_be_tried"]]
    for step in report["steps"]:
        lines += _step(step)
    if report["unasked_parts"]:
        lines += ["", f"Parts that came unasked: {', '.join(map(str, report['unasked_parts']))}"]
    return "\n".join(lines) + "\n"


def _step(step: dict[str, Any]) -> list[str]:
    lines = ["", f"## {_line(step['title'])}: {str(step['verdict']).upper()}", ""]
    if step["why"]:
        lines += [f"**{_line(step['why'])}**", ""]
    lines += [
        f"* asked: {_line(step['asked'])}",
        f"* meanwhile: {_line(step['meanwhile'])}",
        f"* expected: {_line(step['expected'])}",
    ]
    lines += [f"* {one['at']} {_line(one['what'])}" for one in step.get("observed", ())]
    return lines


def _before(previous: dict[str, Any] | None) -> str:
    return "none" if previous is None else f"{previous['file']} ({previous['digest']})"


def _table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> list[str]:
    body = [" | ".join("–" if cell is None else _line(cell) for cell in row) for row in rows]
    return [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *(f"| {row} |" for row in body)]


def _line(words: object) -> str:
    """On one line, and no cell of a table ends early."""
    return " ".join(str(words).split()).replace("|", "\\|").replace("<", "&lt;")
