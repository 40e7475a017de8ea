"""The strokes of the characters that are stamped on parts: a plain single-stroke face, as number stamps have.

A glyph lies in a cell 1 high and 0.6 wide, (y, x) downwards and to the right from its top left corner. Look-alikes are
alike on purpose: 6 and 8, 3 and 8, 1 and 7, 5 and 6, 0 and 1 differ in one stroke or two, as on real stamps. Pure.
"""

from collections.abc import Sequence

import numpy as np

from drivers.cell.drawing.dice import F64, cosine, sine

GLYPH_WIDTH = 0.6

_Points = Sequence[tuple[float, float]]
_RIGHT = GLYPH_WIDTH
_MIDDLE = GLYPH_WIDTH / 2.0


def strokes_of(character: str) -> list[F64]:
    """The strokes of a character, each float64 (n, 2) points (y, x), n at least 2; ValueError where it has none."""
    if character not in _GLYPHS:
        raise ValueError(f"character {character!r} has no stamp; there are {''.join(sorted(_GLYPHS))}")
    return [np.array(points, dtype=np.float64) for points in _GLYPHS[character]]


def _arc(middle_y: float, half_high: float, half_wide: float, start: float, end: float) -> list[tuple[float, float]]:
    """Part of an ellipse around the cell's middle column; angles in turns, 0 to the right, 0.25 down."""
    steps = max(4, round(abs(end - start) * 16.0))
    angles = [start + (end - start) * step / steps for step in range(steps + 1)]
    return [(middle_y + half_high * sine(a), _MIDDLE + half_wide * cosine(a)) for a in angles]


_GLYPHS: dict[str, list[_Points]] = {
    "0": [_arc(0.5, 0.5, _MIDDLE, 0.0, 1.0)],
    "1": [[(0.22, 0.08), (0.0, 0.34), (1.0, 0.34)]],
    "2": [[*_arc(0.27, 0.27, 0.28, -0.47, 0.08), (1.0, 0.02), (1.0, _RIGHT)]],
    "3": [[*_arc(0.25, 0.25, 0.26, -0.42, 0.25), *_arc(0.74, 0.26, 0.29, -0.25, 0.42)]],
    "4": [[(1.0, 0.44), (0.0, 0.44), (0.7, 0.0), (0.7, _RIGHT)]],
    "5": [[(0.0, 0.54), (0.0, 0.09), (0.42, 0.05), *_arc(0.68, 0.32, 0.28, -0.32, 0.4)]],
    "6": [[(0.03, 0.5), (0.14, 0.24), (0.4, 0.05), (0.68, 0.01), *_arc(0.7, 0.3, 0.29, -0.5, 0.5)]],
    "7": [[(0.0, 0.02), (0.0, 0.58), (1.0, 0.2)]],
    "8": [_arc(0.25, 0.25, 0.25, 0.0, 1.0), _arc(0.74, 0.26, 0.29, 0.0, 1.0)],
    "9": [[*_arc(0.3, 0.3, 0.29, 0.0, 1.0), (0.6, 0.55), (0.86, 0.36), (0.97, 0.1)]],
    "C": [_arc(0.5, 0.5, _MIDDLE, -0.12, -0.88)],
    "D": [[(0.0, 0.02), (0.0, 0.28), (0.12, 0.5), (0.5, _RIGHT), (0.88, 0.5), (1.0, 0.28), (1.0, 0.02), (0.0, 0.02)]],
    "V": [[(0.0, 0.0), (1.0, _MIDDLE), (0.0, _RIGHT)]],
    "W": [[(0.0, 0.0), (1.0, 0.15), (0.3, _MIDDLE), (1.0, 0.45), (0.0, _RIGHT)]],
    "-": [[(0.52, 0.1), (0.52, 0.5)]],
}
