"""Layers of a network as rows: what `architecture.json` holds and a page draws without Keras."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def describe(model: keras.Model) -> list[dict[str, Any]]:
    """Layers in order, nested models flattened: what `architecture.json` holds.

    Each row: `name`, `type`, `detail` (kernel, units, rate), `shape` (without the batch),
    `parameters`, `inputs` (names of the rows that feed it).
    """
    return [row for row, _ in layers(model)]


def layers(model: keras.Model) -> list[tuple[dict[str, Any], keras.Operation]]:
    """The rows of `describe`, each with the layer or operation that it describes."""
    import keras

    rows: list[tuple[dict[str, Any], keras.Operation]] = []
    counts: Counter[str] = Counter()

    def name_of(layer: keras.Operation) -> str:
        """Keras numbers layers without a name by what else the process has built: count anew."""
        plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(layer).__name__).lower()
        kind = re.sub(r"_\d+$", "", layer.name)
        if kind.replace("_", "") != plain.replace("_", ""):
            return layer.name
        counts[kind] += 1
        return kind if counts[kind] == 1 else f"{kind}_{counts[kind] - 1}"

    def visit(network: keras.Model, prefix: str, feeds: list[str]) -> list[str]:
        """Append the rows of a network that `feeds` lead into; return the rows of its outputs."""
        # A nested network's inputs are what feeds it. A Function lists what a Model's `layers`
        # leave out: plain operations of keras.ops, and the input of a Sequential.
        inputs = [tensor._keras_history.operation for tensor in network.inputs]
        # id of an operation -> the row of each of its outputs
        names = {id(i): [feed] for i, feed in zip(inputs, feeds, strict=False)}

        def row_of(tensor: keras.KerasTensor) -> str:
            history = tensor._keras_history
            outputs = names[id(history.operation)]
            return outputs[min(history.tensor_index, len(outputs) - 1)]

        for layer in keras.Function(network.inputs, network.outputs).operations:
            if id(layer) in names:
                continue
            sources = [
                row_of(tensor)
                for node in layer._inbound_nodes
                for tensor in node.input_tensors
                if id(tensor._keras_history.operation) in names  # else of another network
            ]
            if isinstance(layer, keras.Model):
                names[id(layer)] = visit(layer, f"{prefix}{layer.name}/", sources)
                continue
            name = f"{prefix}{name_of(layer)}"
            names[id(layer)] = [name]
            output = layer.output if not isinstance(layer.output, list) else layer.output[0]
            row = {
                "name": name,
                "type": type(layer).__name__,
                "detail": _detail(layer),
                "shape": list(output.shape[1:]),
                "parameters": layer.count_params() if hasattr(layer, "count_params") else 0,
                "inputs": list(dict.fromkeys(sources)),
            }
            rows.append((row, layer))
        return [row_of(tensor) for tensor in network.outputs]

    visit(model, "", [])
    return rows


def _detail(layer: keras.Operation) -> str:
    """The settings that a reader of a paper looks for."""
    config = layer.get_config() if hasattr(layer, "count_params") else {}
    parts: list[str] = []
    if "kernel_size" in config:
        parts.append("×".join(str(side) for side in config["kernel_size"]))
    elif "pool_size" in config:
        parts.append("×".join(str(side) for side in config["pool_size"]))
    parts += [str(config[key]) for key in ("filters", "units", "rate") if key in config]
    strides = config.get("strides")
    if strides is not None and "pool_size" not in config and any(s != 1 for s in strides):
        parts.append(f"stride {strides[0]}")
    activation = config.get("activation")
    if isinstance(activation, str) and activation != "linear":
        parts.append(activation)
    return ", ".join(parts)
