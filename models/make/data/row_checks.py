"""What rows and looks say on their own: duplicates, groups, classes, masks, light. Pure; compares no pictures."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final

import numpy as np

from models.make.data.findings import Finding, Kind, Level, Light
from models.make.data.looking import Look
from models.make.manifest import SPLITS, Row

SOUND: Final = "ok"
LIGHT_SLACK: Final = 8.0  # grey levels


def row_findings(looks: Sequence[Look]) -> list[Finding]:
    """Every finding that needs no comparison of pictures."""
    rows = [look.row for look in looks]
    return [
        *_parts_in_two_splits(rows),
        *_duplicates(looks),
        *_files(looks),
        *_masks(looks),
        *_classes(rows),
        *_other_light(looks),
    ]


def counts_of(rows: Sequence[Row]) -> tuple[tuple[str, str, int, int], ...]:
    """(class, split, pictures, parts) of every class and split, zeros as well."""
    return tuple(
        (name, split, len(chosen), len({row.group for row in chosen}))
        for name in sorted({row.class_name for row in rows})
        for split in SPLITS
        for chosen in ([row for row in rows if row.class_name == name and row.split == split],)
    )


def light_of(looks: Sequence[Look]) -> tuple[Light, ...]:
    """The light of each split, and of each class in it."""
    names = ["", *sorted({look.row.class_name for look in looks})]
    found: list[Light] = []
    for split in SPLITS:
        for name in names:
            seen = [
                look.seen
                for look in looks
                if look.seen is not None and look.row.split == split and name in ("", look.row.class_name)
            ]
            if seen:
                low, middle, high = np.percentile([one.mean for one in seen], [5, 50, 95])
                saturated = float(np.mean([one.saturated for one in seen]))
                found.append(
                    Light(
                        split,
                        name,
                        round(float(low), 1),
                        round(float(middle), 1),
                        round(float(high), 1),
                        round(saturated, 4),
                    )
                )
    return tuple(found)


def _grouped(looks: Sequence[Look], key: Callable[[Look], Hashable]) -> Iterator[list[Look]]:
    """Looks with the same key, where there are several."""
    groups: dict[Hashable, list[Look]] = {}
    for look in looks:
        groups.setdefault(key(look), []).append(look)
    return (group for group in groups.values() if len(group) > 1)


def _parts_in_two_splits(rows: Sequence[Row]) -> Iterator[Finding]:
    splits: dict[str, dict[str, Row]] = {}
    for row in rows:
        splits.setdefault(row.group, {}).setdefault(row.split, row)
    for group, firsts in splits.items():
        if len(firsts) > 1:
            text = f"part {group} lies in {' and '.join(firsts)}"
            yield Finding(Level.LEAK, Kind.PART_IN_TWO_SPLITS, text, tuple(row.path for row in firsts.values())[:2])


def _duplicates(looks: Sequence[Look]) -> Iterator[Finding]:
    """Same bytes, and same pixels in other bytes: across splits, under two labels, in two parts."""
    readable = [look for look in looks if look.digest]
    same_bytes = list(_grouped(readable, lambda look: look.digest))
    one_each = list({look.digest: look for look in reversed(readable) if look.seen is not None}.values())
    same_pixels = list(_grouped(one_each[::-1], lambda look: look.seen.pixel_digest if look.seen else look.digest))
    for groups, kind in ((same_bytes, Kind.FILE_IN_TWO_SPLITS), (same_pixels, Kind.PIXELS_IN_TWO_SPLITS)):
        for group in groups:
            yield from _duplicate(group, kind)


def _duplicate(group: Sequence[Look], across: Kind) -> Iterator[Finding]:
    first = group[0].row
    for other in (look.row for look in group[1:]):
        pair = (first.path, other.path)
        if other.split != first.split:
            yield Finding(
                Level.LEAK, across, f"{first.path} ({first.split}) is {other.path} ({other.split})", pair, 1.0
            )
        elif other.group != first.group:
            text = f"{first.path} of part {first.group} is {other.path} of part {other.group}, both in {first.split}"
            yield Finding(Level.WARNING, Kind.COPY_OF_OTHER_PART, text, pair, 1.0)
        if other.class_name != first.class_name:
            text = f"{first.path} is labelled {first.class_name}, the same picture {other.path} {other.class_name}"
            yield Finding(Level.FAULT, Kind.TWO_LABELS, text, pair, 1.0)


def _files(looks: Sequence[Look]) -> Iterator[Finding]:
    for look in looks:
        path = (look.row.path,)
        if look.problem:
            yield Finding(Level.FAULT, Kind.UNREADABLE, look.problem, path)
        if look.digest and look.digest != look.row.sha256.lower():
            text = f"{look.row.path}: expected SHA-256 {look.row.sha256[:12]}…, found {look.digest[:12]}…"
            yield Finding(Level.FAULT, Kind.OTHER_DIGEST, text, path)
        if look.seen is not None and look.seen.colour:
            yield Finding(Level.WARNING, Kind.COLOUR, f"{look.row.path}: in colour, used as grey", path)


def _masks(looks: Sequence[Look]) -> Iterator[Finding]:
    for look in looks:
        sound = look.row.label == SOUND
        if look.mask == "empty" and not sound:
            text = f"{look.row.mask}: marks nothing; its picture is labelled {look.row.class_name}"
            yield Finding(Level.WARNING, Kind.EMPTY_MASK, text, (look.row.path,))
        elif look.mask == "marked" and sound:
            text = f"{look.row.mask}: marks a defect; its picture is labelled {look.row.class_name}, which is sound"
            yield Finding(Level.WARNING, Kind.MARKED_SOUND, text, (look.row.path,))
        elif look.mask not in ("none", "marked", "empty"):
            yield Finding(Level.FAULT, Kind.BAD_MASK, look.mask, (look.row.path,))


def _classes(rows: Sequence[Row]) -> Iterator[Finding]:
    for name in sorted({row.class_name for row in rows}):
        chosen = [row for row in rows if row.class_name == name]
        parts = {row.group for row in chosen}
        missing = [split for split in SPLITS if all(row.split != split for row in chosen)]
        if len(parts) == 1:
            text = f"{name}: all {len(chosen)} pictures are of part {chosen[0].group}; it cannot be trained and tested"
            yield Finding(Level.WARNING, Kind.ONE_PART_ONLY, text)
        if "train" in missing:
            text = f"{name}: no picture in train, so it is never learnt ({len(chosen)} in other splits)"
            yield Finding(Level.FAULT, Kind.EMPTY_CLASS, text)
        others = [split for split in missing if split != "train"]
        if others:
            text = f"{name}: no picture in {' and '.join(others)}, so nothing can be said of it there"
            yield Finding(Level.WARNING, Kind.MISSING_IN_SPLIT, text)


def _other_light(looks: Sequence[Look]) -> Iterator[Finding]:
    light = {one.split: one for one in light_of(looks) if not one.class_name}
    train = light.get("train")
    for split, one in light.items():
        if train is not None and not train.low - LIGHT_SLACK <= one.median <= train.high + LIGHT_SLACK:
            text = (
                f"{split}: median grey level {one.median:g}, expected {train.low:g} to {train.high:g}, where the "
                "middle nine tenths of the training pictures lie"
            )
            yield Finding(Level.WARNING, Kind.OTHER_LIGHT, text)
