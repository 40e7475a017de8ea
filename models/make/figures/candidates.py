"""Which network is made for the limit: candidates trained alike, as INT8, milliseconds a part against missed parts.

The limit is the full ResNet18: the chosen one is the fastest that misses no more parts than it does.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from models.engine import Engine
from models.make.data_set import DataSet
from models.make.evaluation import all_patches
from models.make.figures.int8_form import int8_engine
from models.make.figures.speed import engine_ms
from models.make.judging import folded, judge
from models.make.learning import Learning, learn
from models.make.manifest import DataError
from models.make.networks import NETWORKS
from models.make.product import Product
from models.make.training.scoring import fold

log = logging.getLogger(__name__)

LIMIT: Final = "rn18-100"
CANDIDATES: Final = (
    "rn18-100",
    "rn18-050",
    "rn18-050-s2d4",
    "rn18-037-s2d4",
    "rn18-025",
    "rn18-025-s2d4",
    "rn18-012-s2d4",
    "mbv2-100",
    "mbv2-035",
    "inception-cnn",
    "efficientnet-s",
)


def smaller_patches(product: Product, patch_px: int, epochs: int) -> Product:
    """The product with other patches, to choose candidates at a quarter of the work; every pixel is still looked at."""
    geometry = product.geometry.model_copy(update={"patch_px": patch_px})
    training = product.training.model_copy(update={"warm_up": None, "epochs": epochs})
    changed = product.model_copy(update={"geometry": geometry, "training": training})
    return Product.model_validate(changed.model_dump())


def measure(folder: Path, networks: Sequence[str], data: DataSet, seed: int, threads: int) -> dict[str, Any]:
    """Train (or find trained), quantise and judge each network; speeds are taken together at the end.

    `folder` holds a run for each network; what is finished is not done again. DataError where LIMIT is not among them.
    """
    if LIMIT not in networks:
        raise DataError(
            f"candidates: expected {LIMIT}, the limit for missed parts, among them; found {', '.join(networks)}"
        )
    found: dict[str, dict[str, Any]] = {}
    engines: dict[str, tuple[Engine, Any]] = {}
    part = all_patches(data.pictures["test"][:1], data.product)
    for name in networks:
        run = learn(Learning(folder / name, name, seed, threads=threads), data)
        engine, size_bytes = int8_engine(run, data, threads)
        judged = judge(folded(engine.run, NETWORKS[name].space_to_depth), data)
        engines[name] = engine, fold(part, NETWORKS[name].space_to_depth)
        found[name] = {
            **{
                key: judged.parts[key] for key in ("parts", "missed", "recall", "overkilled", "overkill", "right_class")
            },
            "patch_accuracy": judged.patches["accuracy"],
            "int8_bytes": size_bytes,
            "delegated": engine.identity.delegated,
        }
        log.info("%s: %s", name, found[name])
    for name, took_ms in engine_ms(engines).items():
        found[name]["ms_a_part"] = took_ms
    return {
        "product": data.product.name,
        "patch_px": data.product.geometry.patch_px,
        "epochs": data.product.training.epochs,
        "seed": seed,
        "threads": threads,
        "networks": found,
        "chosen": chosen(found),
    }


def chosen(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The fastest network that misses no more parts than LIMIT and runs whole on the fast kernels."""
    limit = found[LIMIT]["missed"]
    fit = [name for name, seen in found.items() if seen["missed"] <= limit and seen["delegated"] is not False]
    return min(fit, key=lambda name: float(found[name]["ms_a_part"]))


def lines(result: Mapping[str, Any]) -> list[str]:
    """The curve as a table, fastest first."""
    rows = [f"{'network':18}{'ms a part':>10}{'missed':>8}{'recall':>9}{'overkill':>10}{'right class':>12}{'kB':>8}"]
    for name, seen in sorted(result["networks"].items(), key=lambda item: item[1]["ms_a_part"]):
        overkill = "unknown" if seen["overkill"] is None else f"{seen['overkill']:.4f}"
        mark = "  <- chosen" if name == result["chosen"] else ""
        rows.append(
            f"{name:18}{seen['ms_a_part']:>10.1f}{seen['missed']:>8}{seen['recall']:>9.4f}{overkill:>10}"
            f"{seen['right_class']:>12.4f}{seen['int8_bytes'] // 1000:>8}{mark}"
        )
    return rows


def draw(result: Mapping[str, Any], path: Path) -> None:
    """The curve as a picture (the suffix says which kind): milliseconds against recall and overkill."""
    from models.make.frameworks import require

    require("matplotlib").use("Agg")
    figure, panels = require("matplotlib.pyplot").subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for panel, key, title in ((panels[0], "recall", "part recall, %"), (panels[1], "overkill", "overkill, %")):
        for name, seen in result["networks"].items():
            if seen[key] is None:
                continue
            colour = "tab:green" if name == result["chosen"] else "tab:red" if name == LIMIT else "tab:blue"
            panel.scatter(seen["ms_a_part"], 100 * seen[key], color=colour)
            panel.annotate(
                name, (seen["ms_a_part"], 100 * seen[key]), fontsize=7, xytext=(3, 3), textcoords="offset points"
            )
        panel.set_xscale("log")
        panel.set_xlabel(f"engine, ms a part ({result['threads']} thread)")
        panel.set_ylabel(title)
        panel.grid(alpha=0.3)
    figure.suptitle(f"{result['product']}, INT8, patches of {result['patch_px']} px, test parts")
    figure.savefig(path)
    require("matplotlib.pyplot").close(figure)
