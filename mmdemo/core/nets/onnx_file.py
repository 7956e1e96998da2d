"""A network as an ONNX file, written layer by layer: in a second, and under every backend.

Keras' own `export` needs a converter per backend, of which TensorFlow's takes half a minute for the
network of photos. Here each of Keras' layers and operations is a line or a few of ONNX's operators
(opset 18). Only such networks can be written as consist of those that are listed in `WRITERS`; see
`core.nets.plain`. Importing this module imports Keras and onnx.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import onnx
from keras import tree
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
IR_VERSION = 10
"""Of opset 18's time and after: what older programs read, too."""


def to_onnx(network: keras.Model, notes: Mapping[str, str] | None = None) -> bytes:
    """The file of a network with one input and one output.

    Args:
        network: functional; nested ones are written into it.
        notes: what the file says of itself beside that.

    Raises:
        ValueError: there is no writer for a layer or operation of it.
    """
    graph = _Graph()
    (given,), (made,) = network.inputs, network.outputs
    graph.names[id(given)] = given.name
    graph.write(network)
    graph.add("Identity", graph.names[id(made)], output="output")
    described = helper.make_graph(
        graph.nodes,
        network.name,
        [helper.make_tensor_value_info(given.name, TensorProto.FLOAT, _shape(given))],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, _shape(made))],
        graph.constants,
    )
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(described, opset_imports=[opset], producer_name="mmdemo")
    model.ir_version = IR_VERSION
    helper.set_model_props(model, dict(notes or {}))
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _shape(tensor: keras.KerasTensor) -> list[Any]:
    return [
        side if side is not None else ("batch" if axis == 0 else f"side_{axis}")
        for axis, side in enumerate(tensor.shape)
    ]


class _Graph:
    """What is written so far: nodes, constants, and the name of each tensor by its identity."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.names: dict[int, str] = {}
        self._count = 0

    def add(self, kind: str, *inputs: Any, output: str = "", **attributes: Any) -> str:
        """An operator; its inputs are names, or constants. Answers the name of what comes out."""
        self._count += 1
        output = output or f"{kind}_{self._count}"
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        self.nodes.append(helper.make_node(kind, names, [output], **attributes))
        return output

    def constant(self, value: Any) -> str:
        """A number or an array: whole numbers as int64, all else as float32."""
        array = np.asarray(value)
        array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        self._count += 1
        name = f"constant_{self._count}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def write(self, network: keras.Model) -> None:
        """All of a network; its inputs have names already."""
        for depth in sorted(network._nodes_by_depth, reverse=True):
            for node in network._nodes_by_depth[depth]:
                if not node.is_input:
                    self._write(node)

    def _write(self, node: Any) -> None:
        operation = node.operation
        if isinstance(operation, keras.Model):
            for inner, outer in zip(operation.inputs, node.input_tensors, strict=True):
                self.names[id(inner)] = self.names[id(outer)]
            self.write(operation)
            for inner, outer in zip(operation.outputs, node.outputs, strict=True):
                self.names[id(outer)] = self.names[id(inner)]
            return
        writer = WRITERS.get(type(operation).__name__)
        if writer is None:
            raise ValueError(f"no ONNX is known for {type(operation).__name__} {operation.name}")
        arguments = [self._argument(value) for value in tree.flatten(node.arguments.args)]
        if type(operation).__name__ == "GetItem":
            arguments = [arguments[0], node.arguments.args[1]]
        self.names[id(node.outputs[0])] = writer(self, operation, *arguments)

    def _argument(self, value: Any) -> Any:
        if isinstance(value, keras.KerasTensor):
            return self.names[id(value)]
        return np.asarray(value, np.float32) if isinstance(value, int | float) else value


Writer = Callable[..., str]
"""Gets the graph, the layer or operation, and its arguments; answers the name of its output."""


def _plainly(kind: str) -> Writer:
    """Of what ONNX has in the same meaning."""
    return lambda graph, _operation, *inputs: graph.add(kind, *inputs)


def _reduced(kind: str) -> Writer:
    return lambda graph, operation, x: graph.add(
        kind, x, np.array(_list(operation.axis)), keepdims=int(operation.keepdims)
    )


def _list(axis: Any) -> list[int]:
    return list(axis) if isinstance(axis, list | tuple) else [axis]


def _activated(graph: _Graph, activation: Any, x: str) -> str:
    name = activation.__name__
    if name == "linear":
        return x
    if name == "softmax":
        return graph.add("Softmax", x, axis=-1)
    if name == "relu":
        return graph.add("Relu", x)
    raise ValueError(f"no ONNX is known for the activation {name}")


def _ones_like(graph: _Graph, _operation: Any, x: str) -> str:
    value = helper.make_tensor("value", TensorProto.FLOAT, [1], [1.0])
    return graph.add("ConstantOfShape", graph.add("Shape", x), value=value)


def _get_item(graph: _Graph, _operation: Any, x: str, key: Sequence[Any]) -> str:
    """Whole numbers and whole slices alone: `x[:, 0, :, 2]`."""
    gone = 0
    for axis, place in enumerate(key):
        if place != slice(None):
            x = graph.add("Gather", x, np.array(place), axis=axis - gone)
            gone += 1
    return x


def _first(graph: _Graph, x: str, rank: int) -> str:
    """Channels to the front, where ONNX has them."""
    return graph.add("Transpose", x, perm=[0, rank - 1, *range(1, rank - 1)])


def _last(graph: _Graph, x: str, rank: int) -> str:
    return graph.add("Transpose", x, perm=[0, *range(2, rank), 1])


def _convolution(graph: _Graph, layer: Any, x: str) -> str:
    kernel = np.asarray(keras.ops.convert_to_numpy(layer.kernel))  # (..., in, out)
    rank = kernel.ndim
    weights = np.transpose(kernel, (rank - 1, rank - 2, *range(rank - 2)))
    bias = [keras.ops.convert_to_numpy(layer.bias)] if layer.use_bias else []
    made = graph.add(
        "Conv",
        _first(graph, x, rank),
        weights,
        *bias,
        strides=list(layer.strides),
        dilations=list(layer.dilation_rate),
        group=layer.groups,
        auto_pad=_PADDING[layer.padding],
    )
    return _activated(graph, layer.activation, _last(graph, made, rank))


_PADDING = {"same": "SAME_UPPER", "valid": "VALID"}


def _pooling(kind: str) -> Writer:
    def write(graph: _Graph, layer: Any, x: str) -> str:
        if kind == "AveragePool" and layer.padding == "same":
            raise ValueError("averages at an edge differ between backends; see core.nets.plain")
        rank = len(layer.pool_size) + 2
        made = graph.add(
            kind,
            _first(graph, x, rank),
            kernel_shape=list(layer.pool_size),
            strides=list(layer.strides),
            auto_pad=_PADDING[layer.padding],
        )
        return _last(graph, made, rank)

    return write


def _padding(graph: _Graph, layer: Any, x: str) -> str:
    sides = layer.padding
    if isinstance(sides[0], int):  # of one dimension
        sides = (sides,)
    before, after = zip(*sides, strict=True)
    return graph.add("Pad", x, np.array([0, *before, 0, 0, *after, 0]))


def _global_pooling(kind: str) -> Writer:
    def write(graph: _Graph, layer: Any, x: str) -> str:
        axes = np.arange(1, len(layer.input.shape) - 1)
        return graph.add(kind, x, axes, keepdims=int(layer.keepdims))

    return write


def _normalised(graph: _Graph, layer: Any, x: str) -> str:
    mean, variance = map(keras.ops.convert_to_numpy, (layer.moving_mean, layer.moving_variance))
    factor = 1 / np.sqrt(variance + layer.epsilon)
    if layer.scale:
        factor = factor * keras.ops.convert_to_numpy(layer.gamma)
    shift = keras.ops.convert_to_numpy(layer.beta) if layer.center else 0.0
    return graph.add("Add", graph.add("Mul", x, factor), shift - mean * factor)


def _dense(graph: _Graph, layer: Any, x: str) -> str:
    x = graph.add("MatMul", x, keras.ops.convert_to_numpy(layer.kernel))
    if layer.use_bias:
        x = graph.add("Add", x, keras.ops.convert_to_numpy(layer.bias))
    return _activated(graph, layer.activation, x)


def _unit_length(graph: _Graph, _layer: Any, x: str) -> str:
    squares = graph.add("ReduceSumSquare", x, np.array([-1]), keepdims=1)
    return graph.add("Div", x, graph.add("Sqrt", graph.add("Max", squares, 1e-12)))


def _rescaled(graph: _Graph, layer: Any, x: str) -> str:
    return graph.add("Add", graph.add("Mul", x, float(layer.scale)), float(layer.offset))


WRITERS: dict[str, Writer] = {
    # === Operations ===
    **{
        name: _plainly(kind)
        for name, kind in {
            "Add": "Add",
            "Subtract": "Sub",
            "Multiply": "Mul",
            "TrueDivide": "Div",
            "Divide": "Div",
            "Minimum": "Min",
            "Maximum": "Max",
            "Matmul": "MatMul",
            "Absolute": "Abs",
            "Relu": "Relu",
            "Log": "Log",
            "Sqrt": "Sqrt",
        }.items()
    },
    **{name: _reduced(f"Reduce{name}") for name in ("Max", "Sum", "Mean")},
    "Square": lambda graph, _operation, x: graph.add("Mul", x, x),
    "OnesLike": _ones_like,
    "Cumsum": lambda graph, operation, x: graph.add("CumSum", x, np.array(operation.axis)),
    "ExpandDims": lambda graph, operation, x: graph.add(
        "Unsqueeze", x, np.array(_list(operation.axis))
    ),
    "Transpose": lambda graph, operation, x: graph.add("Transpose", x, perm=list(operation.axes)),
    "GetItem": _get_item,
    # === Layers ===
    "Rescaling": _rescaled,
    "Conv1D": _convolution,
    "Conv2D": _convolution,
    "BatchNormalization": _normalised,
    "ZeroPadding1D": _padding,
    "ZeroPadding2D": _padding,
    "MaxPooling2D": _pooling("MaxPool"),
    "AveragePooling2D": _pooling("AveragePool"),
    "GlobalAveragePooling1D": _global_pooling("ReduceMean"),
    "GlobalAveragePooling2D": _global_pooling("ReduceMean"),
    "GlobalMaxPooling1D": _global_pooling("ReduceMax"),
    "Concatenate": lambda graph, layer, *inputs: graph.add("Concat", *inputs, axis=layer.axis),
    "Activation": lambda graph, layer, x: _activated(graph, layer.activation, x),
    "ReLU": _plainly("Relu"),
    "Dense": _dense,
    "UnitNormalization": _unit_length,
    "Dropout": lambda graph, _layer, x: x,
}
"""By the name of the class, under which Keras has one thing each."""
