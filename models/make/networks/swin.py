"""A windowed transformer in the manner of Swin: attention in windows that every second block shifts. Imports PyTorch.

For teachers. Maps whose edge is no multiple of the window are padded, and what is padded is not seen. Where the whole
map fits into one window there is no shift. Tensor names are those of PyTorch's own model collection.
"""

from __future__ import annotations

from typing import Any, Final

from models.make.frameworks import require
from models.make.networks.layers import StochasticDepth
from models.make.networks.plan import NetworkPlan
from models.make.networks.shifted_windows import blocked_pairs, padded_edge, relative_positions

torch: Final[Any] = require("torch")
nn: Final[Any] = require("torch.nn")

PATCH_PX: Final = 4
WIDENING: Final = 4
WEIGHT_SPREAD: Final = 0.02


class WindowAttention(nn.Module):
    """Multi-head attention inside windows, with a learned bias for each relative position."""

    def __init__(self, channels: int, heads: int, window: int, shift: int) -> None:
        nn.Module.__init__(self)
        self.heads, self.window, self.shift = heads, window, shift
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        nn.init.trunc_normal_(self.relative_position_bias_table, std=WEIGHT_SPREAD)
        self.register_buffer(
            "relative_position_index", torch.from_numpy(relative_positions(window).copy()), persistent=False
        )

    def forward(self, cells: Any) -> Any:
        """Cells (n, h, w, c) to the same shape."""
        count, height, width, channels = cells.shape
        window = self.window
        high, wide = padded_edge(height, window), padded_edge(width, window)
        shift = self.shift if min(high, wide) > window else 0
        padded = nn.functional.pad(cells, (0, 0, 0, wide - width, 0, high - height))
        if shift:
            padded = torch.roll(padded, (-shift, -shift), (1, 2))
        rows, columns, area = high // window, wide // window, window * window
        split = padded.reshape(count, rows, window, columns, window, channels).transpose(2, 3)
        seen = self._attend(split.reshape(count, rows * columns, area, channels), (height, width), shift)
        joined = seen.reshape(count, rows, columns, window, window, channels).transpose(2, 3)
        joined = joined.reshape(count, high, wide, channels)
        if shift:
            joined = torch.roll(joined, (shift, shift), (1, 2))
        return joined[:, :height, :width]

    def _attend(self, windows: Any, map_shape: tuple[int, int], shift: int) -> Any:
        """Windows (n, windows, cells, c) to the same shape."""
        count, number, area, channels = windows.shape
        qkv = self.qkv(windows).reshape(count, number, area, 3, self.heads, channels // self.heads)
        query, key, value = qkv.permute(3, 0, 1, 4, 2, 5)
        likeness = query @ key.transpose(-2, -1) * (channels // self.heads) ** -0.5
        bias = self.relative_position_bias_table[self.relative_position_index].reshape(area, area, self.heads)
        likeness = likeness + bias.permute(2, 0, 1).to(likeness.dtype)
        blocked = blocked_pairs(*map_shape, self.window, shift)
        if blocked is not None:
            hidden = torch.from_numpy(blocked).to(likeness.device)
            likeness = likeness.masked_fill(hidden[None, :, None], float("-inf"))
        attended = torch.softmax(likeness, dim=-1).to(value.dtype) @ value
        return self.proj(attended.transpose(2, 3).reshape(count, number, area, channels))


class TransformerBlock(nn.Module):
    """Window attention and two linear layers, each normalised before and added to what came in."""

    def __init__(self, channels: int, heads: int, window: int, shift: int, left_out_share: float) -> None:
        nn.Module.__init__(self)
        self.norm1 = nn.LayerNorm(channels)
        self.attn = WindowAttention(channels, heads, window, shift)
        self.norm2 = nn.LayerNorm(channels)
        wide = WIDENING * channels
        # the two empty places keep the published numbering of the layers
        self.mlp = nn.Sequential(
            nn.Linear(channels, wide), nn.GELU(), nn.Identity(), nn.Linear(wide, channels), nn.Identity()
        )
        self.stochastic_depth = StochasticDepth(left_out_share)

    def forward(self, cells: Any) -> Any:
        """Cells (n, h, w, c) to the same shape."""
        cells = cells + self.stochastic_depth(self.attn(self.norm1(cells)))
        return cells + self.stochastic_depth(self.mlp(self.norm2(cells)))


class PatchMerging(nn.Module):
    """Joins 2 x 2 cells into one of twice the channels; an odd edge is padded with zeros."""

    def __init__(self, channels: int) -> None:
        nn.Module.__init__(self)
        self.norm = nn.LayerNorm(4 * channels)
        self.reduction = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, cells: Any) -> Any:
        """Cells (n, h, w, c) to (n, ceil(h / 2), ceil(w / 2), 2 c)."""
        height, width = cells.shape[1:3]
        cells = nn.functional.pad(cells, (0, 0, 0, width % 2, 0, height % 2))
        corners = [cells[:, down::2, right::2] for right in (0, 1) for down in (0, 1)]
        return self.reduction(self.norm(torch.cat(corners, dim=-1)))


class _ChannelsLast(nn.Module):
    """(n, c, h, w) to (n, h, w, c)."""

    def forward(self, maps: Any) -> Any:
        """A view."""
        return maps.permute(0, 2, 3, 1)


class SwinBody(nn.Module):
    """Patches of 4 x 4 px as cells, stages of blocks with merging between them, a last normalisation."""

    def __init__(self, plan: NetworkPlan) -> None:
        nn.Module.__init__(self)
        sizes = plan.transformer
        assert sizes is not None
        edge = PATCH_PX // plan.space_to_depth  # folding has joined pixels already: the same cells in fewer steps
        channels = sizes.channels
        stem = [nn.Conv2d(plan.channels_in, channels, edge, edge), _ChannelsLast(), nn.LayerNorm(channels)]
        layers: list[Any] = [nn.Sequential(*stem)]
        done, last = 0, max(1, sum(sizes.blocks) - 1)
        for stage, (count, heads) in enumerate(zip(sizes.blocks, sizes.heads, strict=True)):
            if stage:
                layers.append(PatchMerging(channels))
                channels *= 2
            blocks: list[Any] = []
            for index in range(count):
                shift = sizes.window // 2 if index % 2 else 0
                share = plan.stochastic_depth * done / last
                blocks.append(TransformerBlock(channels, heads, sizes.window, shift, share))
                done += 1
            layers.append(nn.Sequential(*blocks))
        self.channels = channels
        self.features = nn.Sequential(*layers)
        self.norm = nn.LayerNorm(channels)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=WEIGHT_SPREAD)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, patches: Any) -> Any:
        """Last feature map (n, channels, h, w)."""
        return self.norm(self.features(patches)).permute(0, 3, 1, 2)


def body(plan: NetworkPlan) -> tuple[Any, int]:
    """The body and the channels of its last feature map."""
    made = SwinBody(plan)
    return made, made.channels
