"""What an LSTM, a GRU or a simple recurrent layer does at each step: its gates and its state.

Keras gives the state alone; the gates are worked out here once more, from weights and inputs, for
both directions of a `Bidirectional` and as masked. Imports Keras when called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmdemo.core.language import N_
from mmdemo.core.nets.calls import Call, array
from mmdemo.core.nets.workings import Arithmetic, formula

INPUT, FORGET, CANDIDATE, OUTPUT = (
    N_("input gate"),
    N_("forget gate"),
    N_("candidate"),
    N_("output gate"),
)
UPDATE, RESET = N_("update gate"), N_("reset gate")
CELL, STATE = N_("cell state"), N_("state")
NAMES = {
    "LSTM": (INPUT, FORGET, CANDIDATE, OUTPUT),  # as the columns of its weights
    "GRU": (UPDATE, RESET, CANDIDATE),
    "SimpleRNN": (),
}


@dataclass(frozen=True)
class Recurrence:
    """All steps of one direction of a recurrent layer, float64, in the order of the sequence.

    Attributes:
        kind: `LSTM`, `GRU` or `SimpleRNN`.
        backward: whether it reads from the end.
        parts: each gate's, the candidate's, the cell's and the state's values by its English name,
            `(steps, units)`. At a step that is masked, gates are 0 and the state stays.
        before: the state before each step, `(steps, units)`.
        cell_before: of an LSTM.
        taken: what the layer takes, `(steps, features)`.
        real: which steps are not masked, `(steps,)`.
    """

    kind: str
    backward: bool
    parts: Mapping[str, np.ndarray]
    before: np.ndarray
    cell_before: np.ndarray
    taken: np.ndarray
    real: np.ndarray


def directions(layer: Any) -> list[Any]:
    """The recurrent layers that a layer consists of; none where it is another kind."""
    from keras import layers

    if isinstance(layer, layers.Bidirectional):
        both = [layer.forward_layer, layer.backward_layer]
        return both if all(_kind(each) for each in both) else []
    return [layer] if _kind(layer) else []


def _kind(layer: Any) -> str:
    from keras import layers

    for kind in (layers.LSTM, layers.GRU, layers.SimpleRNN):
        if isinstance(layer, kind):
            return kind.__name__
    return ""


def unroll(made: Call) -> list[Recurrence]:
    """Each direction of a recurrent call, step by step; none where it begins with a given state."""
    import keras
    from keras.src import backend

    found = directions(made.layer)
    given = {**dict(zip(("sequences", "initial_state", "mask"), made.args, strict=False))}
    given |= made.kwargs
    if not found or given.get("initial_state") is not None or len(made.taken) > 2:
        return []
    sequence = given["sequences"]
    mask = given.get("mask")
    if mask is None:
        mask = backend.get_keras_mask(sequence)
    taken = array(sequence)[0]
    real = np.ones(len(taken), bool)
    if mask is not None:
        real = np.asarray(keras.ops.convert_to_numpy(mask), bool)[0]
    return [_steps(layer, taken, real) for layer in found]


def _steps(layer: Any, taken: np.ndarray, real: np.ndarray) -> Recurrence:
    kind, cell = _kind(layer), layer.cell
    units = cell.units
    names = NAMES[kind]
    apply = function(cell.activation)
    gate = function(cell.recurrent_activation) if names else apply
    kernel, inner = array(cell.kernel), array(cell.recurrent_kernel)
    bias = array(cell.bias) if cell.use_bias else np.zeros(kernel.shape[1])
    fed = taken @ kernel + (bias[0] if bias.ndim == 2 else bias)  # (steps, gates * units)
    inner_bias = bias[1] if bias.ndim == 2 else np.zeros(kernel.shape[1])  # of a GRU
    shape = (len(taken), units)
    parts = {name: np.zeros(shape) for name in (*names, *([CELL] if kind == "LSTM" else ()), STATE)}
    before, cell_before = np.zeros(shape), np.zeros(shape)
    h, c = np.zeros(units), np.zeros(units)
    order = range(len(taken))
    for step in reversed(order) if layer.go_backwards else order:
        before[step], cell_before[step] = h, c
        if real[step]:
            if kind == "LSTM":
                i, f, g, o = np.split(fed[step] + h @ inner, 4)
                i, f, g, o = gate(i), gate(f), apply(g), gate(o)
                c = f * c + i * g
                h = o * apply(c)
                values: tuple[np.ndarray, ...] = (i, f, g, o)
            elif kind == "GRU":
                z, r, g = np.split(fed[step], 3)
                z = gate(z + h @ inner[:, :units] + inner_bias[:units])
                r = gate(r + h @ inner[:, units : 2 * units] + inner_bias[units : 2 * units])
                if cell.reset_after:
                    g = apply(g + r * (h @ inner[:, 2 * units :] + inner_bias[2 * units :]))
                else:
                    g = apply(g + (r * h) @ inner[:, 2 * units :])
                h = z * h + (1 - z) * g
                values = (z, r, g)
            else:
                h = apply(fed[step] + h @ inner)
                values = ()
            for name, value in zip(names, values, strict=True):
                parts[name][step] = value
        if kind == "LSTM":
            parts[CELL][step] = c
        parts[STATE][step] = h
    return Recurrence(kind, layer.go_backwards, parts, before, cell_before, taken, real)


def function(activation: Callable[..., Any]) -> Callable[[np.ndarray], np.ndarray]:
    """An activation of Keras' for arrays: a hundred steps of an LSTM would call it 500 times."""
    import keras

    known: dict[Any, Callable[[np.ndarray], np.ndarray]] = {
        keras.activations.tanh: np.tanh,
        keras.activations.sigmoid: lambda x: 1 / (1 + np.exp(-np.clip(x, -500, 500))),
        keras.activations.relu: lambda x: np.maximum(x, 0),
        keras.activations.linear: lambda x: x,
    }

    def anything(x: np.ndarray) -> np.ndarray:
        tensor = keras.ops.convert_to_tensor(x[None].astype(np.float32))
        return array(activation(tensor))[0]

    return known.get(activation, anything)


# === The arithmetic of a step ===


def at(made: Call, place: tuple[int, ...], output: float) -> Arithmetic | None:
    """One unit at one step: its gates, each a sum over what is taken and the state before.

    Args:
        made, place, output: as in `formulas.at`.
    """
    found = unroll(made)
    if not found:
        return None
    own = directions(made.layer)
    units = own[0].cell.units
    if getattr(made.layer, "merge_mode", "concat") != "concat":
        return None
    side, unit = divmod(place[-1], units)
    one, layer = found[side], own[side]
    steps = len(one.taken)
    order = list(range(steps))[:: -1 if one.backward else 1]
    if len(place) == 2:
        flipped = one.backward and len(found) == 1  # Keras leaves it in the order of reading
        step = order[place[0]] if flipped else place[0]
        if not one.real[step] and layer.zero_output_for_mask:
            return formula(place, output, "0", 0.0, ("x", N_("no word stands here"), 0))
    else:
        step = order[-1]
    until = order[: order.index(step) + 1]
    read = [at for at in until if one.real[at]]
    if not read:
        return formula(place, output, "0", 0.0, ("x", N_("no word stands here"), 0))
    return _step(layer, one, read[-1], unit, place, output)


def _step(
    layer: Any, one: Recurrence, step: int, unit: int, place: tuple[int, ...], output: float
) -> Arithmetic:
    cell, units = layer.cell, layer.cell.units
    kernel, inner = array(cell.kernel), array(cell.recurrent_kernel)
    bias = array(cell.bias) if cell.use_bias else np.zeros((2, kernel.shape[1]))
    outer_bias, inner_bias = bias if bias.ndim == 2 else (bias, np.zeros(kernel.shape[1]))
    x, before = one.taken[step], one.before[step]

    def part(name: str, index: int, activation: Any) -> tuple[str, Arithmetic]:
        column = index * units + unit
        states, weights, own = before, inner[:, column], outer_bias[column] + inner_bias[column]
        if one.kind == "GRU" and name == CANDIDATE:
            reset = one.parts[RESET][step]
            if cell.reset_after:
                weights = reset[unit] * weights
                own = outer_bias[column] + reset[unit] * inner_bias[column]
            else:
                states = reset * states
        values, weights = np.concatenate([x, states]), np.concatenate([kernel[:, column], weights])
        total = float(values @ weights + own)
        result = float(function(activation)(np.array([total]))[0])
        made = activation.__name__
        given = float(own) if cell.use_bias else None
        found = Arithmetic(
            "sum", place, values, weights, given, total, made, result, result, state=len(x)
        )
        return name, found

    gate = getattr(cell, "recurrent_activation", None)

    def number(symbol: str, name: str) -> tuple[str, str, float]:
        return symbol, name, one.parts[name][step, unit]

    squash = cell.activation.__name__
    was = before[unit]
    numbers: tuple[tuple[str, str, float], ...]
    if one.kind == "LSTM":
        parts = [
            part(name, index, cell.activation if name == CANDIDATE else gate)
            for index, name in enumerate((INPUT, FORGET, CANDIDATE, OUTPUT))
        ]
        i, f, g, o = (each.result for _name, each in parts)
        c = f * one.cell_before[step, unit] + i * g
        result = o * float(function(cell.activation)(np.array([c]))[0])
        numbers = (
            number("i", INPUT),
            number("f", FORGET),
            number("g", CANDIDATE),
            number("o", OUTPUT),
            ("c′", N_("cell state before"), one.cell_before[step, unit]),
            number("c", CELL),
        )
        text = f"c = f × c′ + i × g;  h = o × {squash}(c)"
    elif one.kind == "GRU":
        parts = [
            part(name, index, cell.activation if name == CANDIDATE else gate)
            for index, name in enumerate((UPDATE, RESET, CANDIDATE))
        ]
        z, _reset, g = (each.result for _name, each in parts)
        result = z * was + (1 - z) * g
        numbers = (
            number("z", UPDATE),
            number("r", RESET),
            number("g", CANDIDATE),
            ("h′", N_("state before"), was),
        )
        text = "h = z × h′ + (1 − z) × g"
    else:
        parts = [part(STATE, 0, cell.activation)]
        result, numbers = parts[0][1].result, (number("h", STATE),)
        text = f"h = {squash}(W·x + U·h′ + b)"
    return formula(place, output, text, result, *numbers, parts=parts)
