"""Trains a patch classifier: seeded, bfloat16 where the processor multiplies it fast, a line of progress an epoch.

Knows nothing of quantisation or bundles.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.make.frameworks import require
from models.make.networks import NETWORKS, build
from models.make.pictures import Picture
from models.make.products import Product
from models.make.windows import AMBIGUOUS, WindowSampler, grid
from models.patches import quantise_grid

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What can differ between two trainings of one product."""

    network: str
    seed: int
    epochs: int
    threads: int
    checkpoint: Path | None = None


def train(product: Product, plan: TrainingPlan, train_set: Sequence[Picture], val_set: Sequence[Picture]) -> Any:
    """A trained network (`torch.nn.Module`, evaluation mode); resumes from the checkpoint if it is there."""
    torch = require("torch")
    torch.manual_seed(plan.seed)
    torch.set_num_threads(plan.threads)
    network = build(NETWORKS[plan.network], len(product.labels)).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=product.learning_rate, weight_decay=0.02)
    steps = max(1, product.windows_per_epoch // product.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, product.learning_rate, total_steps=steps * plan.epochs + 1, pct_start=0.15
    )
    first = _resume(torch, plan, network, optimizer, schedule)
    sampler = WindowSampler(train_set, product)
    val_patches, val_labels = patches_of(val_set, product, NETWORKS[plan.network].space_to_depth)
    low_precision = fast_bfloat16(torch)
    for epoch in range(first, plan.epochs):
        begin = monotonic()
        network.train()
        rng = np.random.default_rng((plan.seed, epoch))
        total = 0.0
        for _ in range(steps):
            pixels, labels = sampler.draw(product.batch, rng)
            batch = _to_input(torch, augment(torch, pixels, product, rng), NETWORKS[plan.network].space_to_depth)
            with torch.autocast("cpu", torch.bfloat16, enabled=low_precision):
                logits = network(batch)
            loss = torch.nn.functional.cross_entropy(logits.float(), torch.from_numpy(labels), label_smoothing=0.02)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        predicted = float_scores(network, val_patches).argmax(axis=1)
        log.info(
            "epoch %d/%d loss %.4f val patch accuracy %.4f defect recall %.4f false alarms %.4f (%.0f s)",
            epoch + 1,
            plan.epochs,
            total / steps,
            float((predicted == val_labels).mean()),
            float((predicted[val_labels > 0] > 0).mean()) if (val_labels > 0).any() else float("nan"),
            float((predicted[val_labels == 0] > 0).mean()) if (val_labels == 0).any() else float("nan"),
            monotonic() - begin,
        )
        _save(torch, plan, network, optimizer, schedule, epoch + 1)
    return network.eval()


def augment(torch: Any, pixels: NDArray[np.uint8], product: Product, rng: np.random.Generator) -> Any:
    """Flips, gain, offset and noise; a u8 tensor (n, patch, patch)."""
    batch = torch.from_numpy(pixels).float()
    count = batch.shape[0]
    if product.flip:
        for axis in (1, 2):
            turned = torch.from_numpy(rng.random(count) < 0.5)
            batch[turned] = batch[turned].flip(axis)
    low, high = product.gain_range
    gain = np.exp(rng.uniform(np.log(low), np.log(high), (count, 1, 1))).astype(np.float32)
    offset = rng.uniform(-product.offset_levels, product.offset_levels, (count, 1, 1)).astype(np.float32)
    noise = rng.uniform(0.0, product.noise_levels, (count, 1, 1)).astype(np.float32)
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    batch = batch * torch.from_numpy(gain) + torch.from_numpy(offset)
    batch += torch.randn(batch.shape, generator=generator) * torch.from_numpy(noise)
    return batch.round_().clamp_(0, 255)


def patches_of(pictures: Sequence[Picture], product: Product, block: int) -> tuple[NDArray[np.int8], NDArray[np.intp]]:
    """Inspection's own patches (n, edge, edge, block * block) int8 of the pictures and their labels, none ambiguous."""
    edge = product.geometry.patch_px
    patches: list[NDArray[np.int8]] = []
    labels: list[NDArray[np.intp]] = []
    for picture in pictures:
        pixels, found = grid(picture, product)
        keep = found != AMBIGUOUS
        patches.append(fold(pixels[keep], block))
        labels.append(found[keep])
    if not patches:
        return np.zeros((0, edge // block, edge // block, block * block), np.int8), np.zeros(0, np.intp)
    return np.concatenate(patches), np.concatenate(labels)


def fold(pixels: NDArray[np.uint8], block: int) -> NDArray[np.int8]:
    """Windows (n, edge, edge) u8 as the int8 patches (n, edge / block, edge / block, block * block) of inspection."""
    count, edge = pixels.shape[0], pixels.shape[1]
    out = np.zeros((count, edge // block, edge // block, block * block), dtype=np.int8)
    if count:
        quantise_grid(np.ascontiguousarray(pixels).reshape(count * edge, edge), edge, block, out)
    return out


def float_scores(network: Any, patches: NDArray[np.int8], batch: int = 64) -> NDArray[np.float32]:
    """Softmax scores (n, classes) of the float network; leaves the network in evaluation mode."""
    torch = require("torch")
    network.eval()
    scores: list[NDArray[np.float32]] = []
    low_precision = fast_bfloat16(torch)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=low_precision):
        for first in range(0, patches.shape[0], batch):
            chunk = torch.from_numpy(patches[first : first + batch]).float() / 64.0
            chunk = chunk.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
            scores.append(torch.softmax(network(chunk).float(), dim=1).numpy())
    return np.concatenate(scores) if scores else np.zeros((0, network[-1].out_features), dtype=np.float32)


def fast_bfloat16(torch: Any) -> bool:
    """Whether this processor multiplies bfloat16 in hardware (twice to three times the speed of float32)."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001  there is no public name


def _to_input(torch: Any, levels: Any, block: int) -> Any:
    """Levels 0..255 (n, edge, edge) as network input (n, block * block, edge / block, edge / block)."""
    folded = torch.nn.functional.pixel_unshuffle(((levels - 128.0) / 64.0).unsqueeze(1), block)
    return folded.contiguous(memory_format=torch.channels_last)


def _resume(torch: Any, plan: TrainingPlan, network: Any, optimizer: Any, schedule: Any) -> int:
    if plan.checkpoint is None or not plan.checkpoint.exists():
        return 0
    state = torch.load(plan.checkpoint, weights_only=True)
    if state["plan"] != [plan.network, plan.seed, plan.epochs]:
        raise ValueError(f"{plan.checkpoint}: made for {state['plan']}, remove it or name another")
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return int(state["epoch"])


def _save(torch: Any, plan: TrainingPlan, network: Any, optimizer: Any, schedule: Any, epoch: int) -> None:
    if plan.checkpoint is None:
        return
    state = {
        "plan": [plan.network, plan.seed, plan.epochs],
        "epoch": epoch,
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
    }
    partial = plan.checkpoint.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(plan.checkpoint)
