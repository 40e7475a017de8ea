"""Declares the tensor that feeds the last global mean as second output of a finished INT8 network.

Done on the finished file and not before conversion: converted with two outputs, the network keeps a transposition that
costs time. Nothing is computed anew, so scores stay bit for bit what they were. Names of inner tensors, which tell of
PyTorch modules and take a twentieth of a small network's file, become numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.make.frameworks import require

FILE_IDENTIFIER: Final = b"TFL3"
ALIGNMENT: Final = 16
OUTPUT_NAME: Final = b"feature_map"
INLINE: Final = 1  # buffers whose offset is above this lie behind the flatbuffer


@dataclass(frozen=True, slots=True)
class FeatureOutput:
    """A network with its second output: `map_shape` (1, h, w, c), `head_weights` (classes, c) f32."""

    content: bytes
    map_shape: tuple[int, int, int, int]
    head_weights: NDArray[np.float32] = field(repr=False)


def with_feature_output(content: bytes) -> FeatureOutput:
    """The network with the last feature map as second output, and the weights of its linear layer in real numbers.

    ValueError if it does not end in a global mean and one linear layer with 8-bit weights.
    """
    network = _NetworkFile(content)
    graph = network.graph
    linear = graph.operators[-1]
    network.expect(linear, {"FULLY_CONNECTED"})
    mean = network.maker_of(int(linear.inputs[0]))
    while network.kind(mean) in {"RESHAPE", "QUANTIZE"}:
        mean = network.maker_of(int(mean.inputs[0]))
    tensor_index = int(mean.inputs[0])
    weights = network.real_weights(int(linear.inputs[1]))
    shape = network.shape_of(tensor_index)
    if shape[-1] != weights.shape[1] and network.kind(network.maker_of(tensor_index)) == "TRANSPOSE":
        tensor_index = int(network.maker_of(tensor_index).inputs[0])
        shape = network.shape_of(tensor_index)
    # a map of one cell needs no mean: the converter writes a sum
    network.expect(mean, {"MEAN", "SUM"} if shape[1:3] == (1, 1) else {"MEAN"})
    if len(shape) != 4 or weights.shape[1] != shape[3]:
        raise ValueError(f"expected a map of {weights.shape[1]} channels before the mean, found {shape}")
    graph.outputs = np.asarray([*graph.outputs, tensor_index], dtype=np.int32)
    (signature,) = network.model.signatureDefs
    named = network.schema.TensorMapT()
    named.name, named.tensorIndex = OUTPUT_NAME, tensor_index
    signature.outputs = [*signature.outputs, named]
    return FeatureOutput(network.packed(), (shape[0], shape[1], shape[2], shape[3]), weights)


def with_short_names(content: bytes) -> bytes:
    """The same network, inner tensors named by number."""
    return _NetworkFile(content).packed()


class _NetworkFile:
    """A `.tflite` as objects: schema in the engine's own package."""

    def __init__(self, content: bytes) -> None:
        self.schema = require("ai_edge_litert.schema_py_generated")
        self._content = content
        self.model: Any = self.schema.ModelT.InitFromObj(self.schema.Model.GetRootAs(content, 0))
        (self.graph,) = self.model.subgraphs
        operators: Any = self.schema.BuiltinOperator
        self._names: dict[int, str] = {getattr(operators, name): name for name in dir(operators) if name.isupper()}

    def kind(self, operator: Any) -> str:
        """Name of an operator's kind, as in the schema."""
        code = self.model.operatorCodes[operator.opcodeIndex]
        return self._names[max(code.builtinCode, code.deprecatedBuiltinCode)]

    def expect(self, operator: Any, kinds: set[str]) -> None:
        """ValueError where the operator is of another kind."""
        if self.kind(operator) not in kinds:
            raise ValueError(f"expected a network that ends in MEAN and FULLY_CONNECTED, found {self.kind(operator)}")

    def shape_of(self, tensor_index: int) -> tuple[int, ...]:
        """A tensor's shape."""
        return tuple(int(length) for length in self.graph.tensors[tensor_index].shape)

    def maker_of(self, tensor_index: int) -> Any:
        """The operator that writes a tensor; ValueError for an input or a constant."""
        for operator in self.graph.operators:
            if tensor_index in operator.outputs:
                return operator
        raise ValueError("expected a network that ends in MEAN and FULLY_CONNECTED, found no MEAN")

    def real_weights(self, tensor_index: int) -> NDArray[np.float32]:
        """An int8 weight tensor, quantised by its first axis or as a whole, in real numbers."""
        tensor = self.graph.tensors[tensor_index]
        raw = np.frombuffer(self._held(self.model.buffers[tensor.buffer]), dtype=np.int8).reshape(tuple(tensor.shape))
        scale = np.asarray(tensor.quantization.scale, dtype=np.float32).reshape(-1, 1)
        if tensor.quantization.quantizedDimension != 0 or np.any(tensor.quantization.zeroPoint):
            raise ValueError("expected symmetric weights with a scale for each output channel, found others")
        return np.asarray(raw.astype(np.float32) * scale, dtype=np.float32)

    def packed(self) -> bytes:
        """The file again; data that lay behind the flatbuffer lie there again, aligned."""
        for index, tensor in enumerate(self.graph.tensors):
            tensor.name = f"t{index}".encode()
        outside = [(buffer, self._held(buffer)) for buffer in self.model.buffers if buffer.offset > INLINE]
        # Offsets are numbers of fixed width: the flatbuffer's length does not depend on them.
        begin = _aligned(len(self._flatbuffer()))
        body = bytearray()
        for buffer, held in outside:
            body += bytes(_aligned(len(body)) - len(body))
            buffer.offset, buffer.size = begin + len(body), len(held)
            body += held
        front = self._flatbuffer()
        return front + bytes(begin - len(front)) + bytes(body)

    def _flatbuffer(self) -> bytes:
        builder = require("flatbuffers").Builder(1 << 16)
        builder.Finish(self.model.Pack(builder), FILE_IDENTIFIER)
        return bytes(builder.Output())

    def _held(self, buffer: Any) -> bytes:
        if buffer.offset > INLINE:
            return self._content[buffer.offset : buffer.offset + buffer.size]
        return b"" if buffer.data is None else np.asarray(buffer.data, dtype=np.uint8).tobytes()


def _aligned(length: int) -> int:
    return -(-length // ALIGNMENT) * ALIGNMENT
