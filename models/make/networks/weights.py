"""Takes weights from a file into a network: its own, another stem's or width's, or those of a public model collection.

What fits by name and shape is taken, the rest stays fresh, and one sentence says so. Files are read as data only:
nothing in them is run.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast

from models.make.frameworks import require
from models.make.manifest import DataError
from models.make.networks.classifier import Classifier, build
from models.make.networks.folding import Stem, fold_kernel, stem_of

INNER: Final = ("network", "state_dict", "model")  # where checkpoints keep the weights
COLOUR_CHANNELS: Final = 3
NAMES_SAID: Final = 3


def load_weights(network: Classifier, path: Path) -> str:
    """Put what fits of `path` (a PyTorch state_dict) into the network; a sentence of what was taken and what not.

    A first convolution for three channels is summed to one (a grey picture has three equal channels), and folded
    where the network's stem is folded and that is exact. DataError where nothing fits, or the file is something else;
    the network is then unchanged.
    """
    found = _read(path)
    state: Mapping[str, Any] = network.state_dict()
    stem = stem_of(network)
    taken: dict[str, Any] = {}
    used: set[str] = set()
    remark = ""
    for name, tensor in state.items():
        source = next((key for key in (name, name.removeprefix("body.")) if key in found), None)
        if source is None:
            continue
        fitting, said = found[source], ""
        if name == stem.weight_name:
            fitting, said = _for_stem(network, stem, fitting)
        if fitting is None or fitting.shape != tensor.shape:
            continue
        if not bool(fitting.isfinite().all()):
            raise DataError(f"{path}: {source}: expected finite weights, found NaN or infinity; use another file")
        taken[name] = fitting
        used.add(source)
        remark += said
    share = _numbers(taken) / _numbers(state)
    if _numbers(taken) == 0:
        raise DataError(
            f"{path}: expected weights for {network.plan.name}, found {len(found)} tensors of which none fits by name "
            f"and shape (the first is {next(iter(found), 'missing')!r}); use a file of the same family and width"
        )
    network.load_state_dict(taken, strict=False)
    fresh = [name for name in state if name not in taken]
    left = [name for name in found if name not in used]
    return (
        f"{path}: {len(taken)} of {len(state)} tensors taken ({share:.1%} of the weights{remark}); "
        f"fresh: {_some(fresh)}; not used: {_some(left)}"
    )


def _read(path: Path) -> dict[str, Any]:
    """The tensors of a file by name."""
    torch = require("torch")
    try:
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise DataError(f"{path}: expected a file of weights, found no file") from error
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise DataError(
            f"{path}: expected a file of weights (a PyTorch state_dict, tensors only), found something else"
        ) from error
    tensors = _tensors(content)
    if tensors is None:
        raise DataError(f"{path}: expected a PyTorch state_dict, found {type(content).__name__}")
    for key in INNER:
        tensors = _tensors(content.get(key)) or tensors
    return tensors


def _tensors(content: Any) -> dict[str, Any] | None:
    """The tensors of a state_dict without the prefix that wrappers add, None if it is something else."""
    if not isinstance(content, dict):
        return None
    named, tensor = cast("dict[Any, Any]", content), require("torch").Tensor
    return {str(key).removeprefix("module."): value for key, value in named.items() if isinstance(value, tensor)}


def _for_stem(network: Classifier, stem: Stem, weight: Any) -> tuple[Any, str]:
    """The first convolution's weights for one grey channel and this stem, and what was done to them."""
    said = ""
    if weight.dim() == 4 and weight.shape[1] == COLOUR_CHANNELS and network.plan.channels_in != COLOUR_CHANNELS:
        weight, said = weight.sum(dim=1, keepdim=True), ", three channels summed to one"
    block = network.plan.space_to_depth
    if block == 1 or weight.dim() != 4 or weight.shape[1] != 1:
        return weight, said
    with require("torch").device("meta"):
        on_pixels = stem_of(build(replace(network.plan, space_to_depth=1), 2))
    if tuple(weight.shape[2:]) != (on_pixels.kernel, on_pixels.kernel):
        return None, ""
    return fold_kernel(weight, on_pixels, stem, block), f"{said}, first convolution folded by {block}"


def _numbers(tensors: Mapping[str, Any]) -> int:
    """How many numbers; counters (scalars) do not count."""
    return sum(int(tensor.numel()) for tensor in tensors.values() if tensor.dim())


def _some(names: Sequence[str]) -> str:
    if not names:
        return "none"
    more = f" and {len(names) - NAMES_SAID} more" if len(names) > NAMES_SAID else ""
    return ", ".join(names[:NAMES_SAID]) + more
