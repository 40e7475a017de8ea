"""A program of its own: loads the engine and proves each model on it; prints findings as JSON lines.

Its own, because a processor that lacks an instruction kills whoever asks it to.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from models.bundle import Bundle, BundleError
from models.engine import ENGINE_NAME, check_golden, open_engine
from station.config.faults import ConfigError
from station.config.load import Loaded, load_config
from station.doctor.finding import Finding, bad, note, ok
from station.workers.worker import picture_ms

_TIGHT = 0.5
"""Of the deadline: beyond it other work and waiting have too little left."""


def engine() -> Iterator[Finding]:
    """It loads, for it is imported above."""
    try:
        found = version("ai-edge-litert")
    except PackageNotFoundError:
        found = "of another package"
    if ENGINE_NAME == "litert":
        yield ok(f"the inference engine loads (LiteRT {found})")
    else:
        yield bad(f"the inference engine is {ENGINE_NAME}, many times slower", "install ai-edge-litert")


def bundles(path: Path) -> Iterator[Finding]:
    """Golden set and pace of every model of the configuration."""
    try:
        loaded = load_config(path)
    except ConfigError:
        yield bad("no model can be tried while the configuration does not load", "mend the configuration first")
        return
    times_ms: dict[Path, float] = {}
    for bundle in loaded.all_bundles:
        yield _prove(loaded, bundle, times_ms)
    if len(times_ms) == len(loaded.all_bundles):
        yield _pace(loaded, times_ms)


def _prove(loaded: Loaded, bundle: Bundle, times_ms: dict[Path, float]) -> Finding:
    name = f"{bundle.spec.product} {bundle.digest[:8]}"
    try:
        opened = open_engine(bundle, loaded.config.classifier.threads)
        check_golden(bundle, opened)
        times_ms[bundle.path] = picture_ms(bundle, opened)
    except BundleError as error:
        return bad(str(error), "install the bundle again; if it is whole, this machine computes differently: report it")
    signed = "not signed" if bundle.spec.product in loaded.unsigned else "signed by a trusted key"
    return ok(f"model {name}: {signed}, reproduces its golden set, {times_ms[bundle.path]:.1f} ms a picture")


def _pace(loaded: Loaded, times_ms: dict[Path, float]) -> Finding:
    identity, asked = loaded.identity, loaded.config.recipe.identity
    looks = [bundle.path for bundle in loaded.bundles]
    if identity is not None and asked is not None:
        place = loaded.config.recipe.identity_view
        if place is not None and loaded.bundles[place].path != identity.path:
            looks.append(identity.path)
    part_ms, deadline_ms = sum(times_ms[look] for look in looks), loaded.config.recipe.deadline_ms
    what = f"a part needs {part_ms:.0f} ms of the engine, its deadline is {deadline_ms:.0f} ms"
    if part_ms > deadline_ms:
        return bad(what, "use a smaller network, more classifier.threads, or a slower line")
    if part_ms > _TIGHT * deadline_ms:
        return note(what, "little is left for camera and waiting: measure with 'station bench'")
    return ok(what)


def main() -> None:
    """The configuration's path is the only argument."""
    for finding in (*engine(), *bundles(Path(sys.argv[1]))):
        sys.stdout.write(json.dumps(asdict(finding)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
