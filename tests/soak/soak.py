"""One soak: a world with trouble, over a ledger file of its own that is deleted at the end."""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path

from tests.soak.plant import FAULT_EVERY_NS, Bugs
from tests.soak.trouble import Trouble
from tests.soak.truth import SoakFaultError, Tally
from tests.soak.world import World

_MEMORY = Path("/dev/shm")  # what a kill cannot undo is in the kernel: a disk would only be slow


def soak(triggers: int, seed: int, bugs: Bugs | None = None, fault_every_ns: int = FAULT_EVERY_NS) -> Tally:
    """What happened to at least so many triggered parts; SoakFaultError if a promise was broken."""
    with tempfile.TemporaryDirectory(prefix="soak-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        usual = gc.get_threshold()
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000)  # hardly anything here is a cycle
        world = World(Path(folder) / "ledger", seed, bugs)
        try:
            Trouble(world, fault_every_ns)
            return world.run(triggers)
        except SoakFaultError as fault:
            raise SoakFaultError(f"{fault} (soak({triggers}, seed={seed}))") from None
        finally:
            world.end()
            gc.set_threshold(*usual)
            gc.unfreeze()
