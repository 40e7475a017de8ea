"""How parts may look under lights, grain and sensors that the training set never has: named looks, their values.

`standard` is what models are trained on. Every other look has at least one value that lies wholly outside of
`standard`'s range, so what a model reaches there says how far it holds beyond its training. Defects have the same
shapes and strengths in all of them, and a trained person still sees them.

    bright   exposure 186..206 counts: 28 above the brightest, 66 above the middle of standard; highlights up to 254
    dim      exposure 64..84 counts: 38 below the darkest, 66 below the middle
    slanted  light rises by 0.25..0.45 over the width: 4 to 7 times the most of standard; run-out 0.08..0.12
    coarse   grain 1.4..1.75 strong (at most 1.25), streaks twice as wide, glints 0.06..0.09 (at most 0.05)
    fine     grain 0.30..0.55 strong (at least 0.75), streaks a quarter as long, hardly any glint
    noisy    sensor noise of 5.0..7.5 counts (at most 2.8)
    mixed    each part has one of these six, drawn with its seed

Values only, and which part has which look. It must not know how a surface is drawn.
"""

from dataclasses import dataclass, replace

from drivers.cell.drawing.dice import Dice

Range = tuple[float, float]

# No other draw of a part is named so.
_LOOK_STREAM = 77


@dataclass(frozen=True, slots=True)
class Look:
    """Ranges that a part's light, grain and noise are drawn from; shares are of the brightness unless said.

    `exposure_counts` is the brightness of a plain spot under the light's middle; `run_out` how it swings once a turn;
    `slope` how it rises over the whole width, `slope_either_way` to a drawn side; `grain` and `glint` the strength of
    the grinding marks; `streaks_wider` and `streaks_shorter` whole factors of their columns and rows.
    """

    name: str
    exposure_counts: Range = (122.0, 158.0)
    brightest_counts: int = 235
    run_out: Range = (0.01, 0.05)
    slope: Range = (-0.06, 0.06)
    slope_either_way: bool = False
    grain: Range = (0.75, 1.25)
    glint: Range = (0.02, 0.05)
    streaks_wider: int = 1
    streaks_shorter: int = 1
    noise_counts: Range = (1.6, 2.8)


STANDARD = Look("standard")
UNSEEN = (
    replace(STANDARD, name="bright", exposure_counts=(186.0, 206.0), brightest_counts=254),
    replace(STANDARD, name="dim", exposure_counts=(64.0, 84.0)),
    replace(STANDARD, name="slanted", slope=(0.25, 0.45), slope_either_way=True, run_out=(0.08, 0.12)),
    replace(STANDARD, name="coarse", grain=(1.4, 1.75), glint=(0.06, 0.09), streaks_wider=2),
    replace(STANDARD, name="fine", grain=(0.30, 0.55), glint=(0.0, 0.01), streaks_shorter=4),
    replace(STANDARD, name="noisy", noise_counts=(5.0, 7.5)),
)
MIXED = "mixed"
LOOK_NAMES = (STANDARD.name, *(look.name for look in UNSEEN), MIXED)


def look_of(name: str, seed: int) -> Look:
    """The look of the part of this seed where `name`, one of LOOK_NAMES, is asked for; ValueError for others."""
    if name == MIXED:
        return UNSEEN[Dice(seed, _LOOK_STREAM).whole(0, len(UNSEEN) - 1)]
    for look in (STANDARD, *UNSEEN):
        if look.name == name:
            return look
    raise ValueError(f"look {name!r} is unknown; there are {', '.join(LOOK_NAMES)}")
