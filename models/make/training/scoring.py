"""Pictures as the network takes them, and what a float network says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.make.frameworks import require
from models.make.pictures import Picture
from models.make.product import Product
from models.make.training.plan import autocast
from models.make.windows import AMBIGUOUS, grid
from models.patches import quantise_grid

BATCH_PIXELS: Final = 64 * 256 * 256


def patches_of(pictures: Sequence[Picture], product: Product, block: int) -> tuple[NDArray[np.int8], NDArray[np.intp]]:
    """Inspection's own patches (n, edge, edge, block * block) int8 of the pictures and their labels, none ambiguous."""
    edge = product.geometry.patch_px
    patches = [np.zeros((0, edge // block, edge // block, block * block), np.int8)]
    labels = [np.zeros(0, np.intp)]
    for picture in pictures:
        pixels, found = grid(picture, product)
        keep = found != AMBIGUOUS
        patches.append(fold(pixels[keep], block))
        labels.append(found[keep])
    return np.concatenate(patches), np.concatenate(labels)


def fold(pixels: NDArray[np.uint8], block: int) -> NDArray[np.int8]:
    """Windows (n, edge, edge) u8 as the int8 patches (n, edge / block, edge / block, block * block) of inspection."""
    count, edge = pixels.shape[0], pixels.shape[1]
    out = np.zeros((count, edge // block, edge // block, block * block), dtype=np.int8)
    if count:
        quantise_grid(np.ascontiguousarray(pixels).reshape(count * edge, edge), edge, block, out)
    return out


def to_input(pixels: NDArray[np.uint8], block: int, device: str) -> Any:
    """Windows (n, edge, edge) u8 as network input (n, block * block, edge / block, edge / block) float."""
    torch = require("torch")
    levels = (torch.from_numpy(pixels).to(device).float() - 128.0) / 64.0
    folded = torch.nn.functional.pixel_unshuffle(levels.unsqueeze(1), block)
    return folded.contiguous(memory_format=torch.channels_last)


def float_logits(network: Any, patches: NDArray[np.int8]) -> NDArray[np.float32]:
    """Logits (n, classes) f32 of int8 patches; leaves the network in evaluation mode."""
    torch = require("torch")
    network.eval()
    device = str(next(network.parameters()).device.type)
    batch = max(1, BATCH_PIXELS // int(np.prod(patches.shape[1:])))
    logits: list[NDArray[np.float32]] = []
    with torch.inference_mode(), autocast(device):
        for first in range(0, max(1, patches.shape[0]), batch):
            chunk = torch.from_numpy(patches[first : first + batch]).to(device).float() / 64.0
            chunk = chunk.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
            logits.append(network(chunk).float().cpu().numpy())
    return np.concatenate(logits)


def float_scores(network: Any, patches: NDArray[np.int8]) -> NDArray[np.float32]:
    """Softmax scores (n, classes) f32 of int8 patches."""
    return softmax_rows(float_logits(network, patches))


def softmax_rows(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Row-wise softmax of logits (n, classes)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
