"""The INT8 form of a finished run: the one that `quantise` kept in it, else one made for the comparison alone."""

from __future__ import annotations

from models.engine import LiteRtEngine, Tensors
from models.make.data_set import DataSet
from models.make.networks import plan_named
from models.make.quantise import int8_of
from models.make.run_folder import RunFolder


def int8_engine(run: RunFolder, data: DataSet, threads: int) -> tuple[LiteRtEngine, int]:
    """An engine and the network's size in bytes; `data` has the pictures of train."""
    network = run.order.network
    if run.int8.exists():
        content = run.int8.read_bytes()
        block = plan_named(network).space_to_depth
        edge = data.product.geometry.patch_px // block
        tensors = Tensors((1, edge, edge, block * block), 1 / 64, 0, len(data.product.labels))
        return LiteRtEngine(content, tensors, run.int8, threads), len(content)
    made, engine = int8_of(run.load_network(), network, data.product, data.pictures["train"], run.order.seed, threads)
    return engine, len(made.content)
