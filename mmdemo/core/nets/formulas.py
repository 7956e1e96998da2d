"""Layers whose numbers come about by a formula: normalisation, table, sum of layers, gate, score.

What is a plain sum of products, a largest value or a mean is worked out in `arithmetic`. Imports
Keras when called.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

import numpy as np

from mmdemo.core.language import N_
from mmdemo.core.nets import attention, recurrence
from mmdemo.core.nets.calls import Call, array, flat
from mmdemo.core.nets.recurrence import directions, function
from mmdemo.core.nets.workings import Arithmetic, formula


def known(layer: Any) -> bool:
    """Whether the numbers of a layer come about by one of these formulas."""
    return bool(directions(layer)) or _way(layer) is not None


def at(made: Call, place: tuple[int, ...], output: float) -> Arithmetic | None:
    """The formula of a number of a layer's output.

    Args:
        made: the layer's call.
        place: of the number, without the batch; of an attention, of three numbers: head, query and
            key of a score.
        output: what Keras has there.
    """
    way = _way(made.layer)
    if way is not None:
        return way(made, place, output)
    return recurrence.at(made, place, output)


def _way(layer: Any) -> Callable[[Call, tuple[int, ...], float], Arithmetic] | None:
    from keras import layers

    merges = (layers.Add, layers.Subtract, layers.Multiply, layers.Average, layers.Maximum)
    ways: tuple[tuple[Any, Any], ...] = (
        (layers.BatchNormalization, _batch_normalised),
        (layers.LayerNormalization, _layer_normalised),
        (layers.UnitNormalization, _to_unit_length),
        (layers.Embedding, _embedded),
        (layers.EinsumDense, _einsum),
        (layers.MultiHeadAttention, _attended),
        (layers.Rescaling, _rescaled),
        ((layers.Activation, layers.ReLU), _activated),
        (merges, _merged),
    )
    return next((way for kinds, way in ways if isinstance(layer, kinds)), None)


def _batch_normalised(made: Call, place: tuple[int, ...], output: float) -> Arithmetic:
    layer = made.layer
    x = array(made.taken[0])[0][place]
    channel = place[layer.axis - 1 if layer.axis > 0 else layer.axis]
    mean, variance = array(layer.moving_mean)[channel], array(layer.moving_variance)[channel]
    result = (x - mean) / np.sqrt(variance + layer.epsilon)
    text = "(x − μ) ÷ √(σ² + ε)"
    numbers = [
        ("x", N_("what the layer takes here"), x),
        ("μ", N_("mean of this channel while it learnt"), mean),
        ("σ²", N_("variance of this channel while it learnt"), variance),
        ("ε", N_("a little, against division by 0"), layer.epsilon),
    ]
    return _scaled(layer, (channel,), place, output, text, result, numbers)


def _layer_normalised(made: Call, place: tuple[int, ...], output: float) -> Arithmetic:
    layer = made.layer
    taken = array(made.taken[0])[0]
    given = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    axes = sorted(axis - 1 if axis > 0 else taken.ndim + axis for axis in given)
    along = tuple(slice(None) if axis in axes else at for axis, at in enumerate(place))
    own, x = taken[along], taken[place]
    mean, variance = own.mean(), own.var()
    numbers = [
        ("x", N_("what the layer takes here"), x),
        ("μ", N_("mean of the numbers at this place"), mean),
        ("σ²", N_("variance of the numbers at this place"), variance),
        ("ε", N_("a little, against division by 0"), layer.epsilon),
    ]
    result = (x - mean) / np.sqrt(variance + layer.epsilon)
    where = tuple(place[axis] for axis in axes)
    return _scaled(layer, where, place, output, "(x − μ) ÷ √(σ² + ε)", result, numbers)


def _scaled(
    layer: Any,
    where: tuple[int, ...],
    place: tuple[int, ...],
    output: float,
    text: str,
    result: float,
    numbers: list[tuple[str, str, float]],
) -> Arithmetic:
    """With the learnt scale and offset that a normalisation may have."""
    if layer.gamma is not None:
        gamma = array(layer.gamma)[where]
        result, text = result * gamma, f"{text} × γ"
        numbers.append(("γ", N_("learnt scale"), gamma))
    if layer.beta is not None:
        beta = array(layer.beta)[where]
        result, text = result + beta, f"{text} + β"
        numbers.append(("β", N_("learnt offset"), beta))
    return formula(place, output, text, result, *numbers)


def _to_unit_length(made: Call, place: tuple[int, ...], output: float) -> Arithmetic:
    taken = array(made.taken[0])[0]
    axes = made.layer.axis if isinstance(made.layer.axis, list | tuple) else [made.layer.axis]
    axes = [axis - 1 if axis > 0 else taken.ndim + axis for axis in axes]
    along = tuple(slice(None) if axis in axes else at for axis, at in enumerate(place))
    length = np.sqrt(np.square(taken[along]).sum())
    x = taken[place]
    numbers = (
        ("x", N_("what the layer takes here"), x),
        ("‖x‖", N_("length of the vector"), length),
    )
    return formula(place, output, "x ÷ ‖x‖", x / max(float(length), 1e-6), *numbers)


def _embedded(made: Call, place: tuple[int, ...], output: float) -> Arithmetic:
    from mmdemo.core.nets.layers import WordVectors

    word = int(array(made.taken[0])[0][place[:-1]])
    value = float(array(made.layer.embeddings)[word, place[-1]])
    row = ("n", N_("number of the word: the row of the table"), word)
    column = ("k", N_("the column of the table"), place[-1])
    if word == 0 and isinstance(made.layer, WordVectors):
        return formula(place, output, "0", 0.0, ("n", N_("no word stands here"), word))
    return formula(place, output, "E[n, k]", value, row, column)


def _rescaled(made: Call, place: tuple[int, ...], output: float) -> Arithmetic:
    x = array(made.taken[0])[0]
    scale = np.broadcast_to(np.asarray(made.layer.scale, np.float64), x.shape)[place]
    offset = np.broadcast_to(np.asarray(made.layer.offset, np.float64), x.shape)[place]
    numbers = (
        ("x", N_("what the layer takes here"), x[place]),
        ("a", N_("scale"), scale),
        ("b", N_("offset"), offset),
    )
    return formula(place, output, "a × x + b", x[place] * scale + offset, *numbers)


def _activated(made: Call, place: tuple[int, ...], output: float) -> Arithmetic:
    """All numbers at once, since a softmax looks at all of them."""
    x = array(made.taken[0])[0]
    name = getattr(getattr(made.layer, "activation", None), "__name__", "relu")
    result = array(made.layer(made.taken[0]))[0][place]
    number = ("x", N_("what the layer takes here"), x[place])
    return formula(place, output, f"{name}(x)", result, number)


def _merged(made: Call, place: tuple[int, ...], output: float) -> Arithmetic:
    kind = next(
        kind
        for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum")
        if any(base.__name__ == kind for base in type(made.layer).__mro__)
    )
    every = [array(tensor)[0] for tensor in made.taken]
    whole = np.broadcast_shapes(*(each.shape for each in every))
    values = [float(np.broadcast_to(each, whole)[place]) for each in every]
    symbols = [f"x{_small(index + 1)}" for index in range(len(values))]
    result, text = {
        "Add": lambda: (sum(values), " + ".join(symbols)),
        "Subtract": lambda: (values[0] - values[1], " − ".join(symbols)),
        "Multiply": lambda: (float(np.prod(values)), " × ".join(symbols)),
        "Average": lambda: (float(np.mean(values)), f"({' + '.join(symbols)}) ÷ {len(values)}"),
        "Maximum": lambda: (max(values), f"max({', '.join(symbols)})"),
    }[kind]()
    meaning = N_("of a layer before this one")
    numbers = ((symbol, meaning, value) for symbol, value in zip(symbols, values, strict=True))
    return formula(place, output, text, result, *numbers)


def _small(number: int) -> str:
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(number))


# === Sums over several axes ===


def _einsum(made: Call, place: tuple[int, ...], output: float) -> Arithmetic:
    layer = made.layer
    return _einsum_sum(layer, array(made.taken[0]), place, output)


def _einsum_sum(layer: Any, taken: np.ndarray, place: tuple[int, ...], output: float) -> Arithmetic:
    """The products behind one number of an `EinsumDense`."""
    kernel = array(layer.kernel)
    equation = layer.equation.replace(" ", "")
    left, right = equation.split("->")
    first, second = left.split(",")
    if "..." in equation:
        free = taken.ndim - len(first.replace("...", ""))
        unused = [letter for letter in string.ascii_letters if letter not in equation][:free]
        first, second, right = (
            part.replace("...", "".join(unused)) for part in (first, second, right)
        )
    whole = np.einsum(f"{first},{second}->{right}", taken, kernel)
    bias, whole_place = None, (0, *place)
    if layer.bias is not None:
        spread = np.broadcast_to(array(layer.bias), whole.shape)
        whole, bias = whole + spread, float(spread[whole_place])
    fixed: dict[str, int] = dict(zip(right, whole_place, strict=True))
    summed = [letter for letter in first if letter not in fixed]

    def picked(values: np.ndarray, letters: str) -> np.ndarray:
        where = tuple(fixed.get(letter, slice(None)) for letter in letters)
        own: np.ndarray = values[where]
        left = [letter for letter in letters if letter not in fixed]
        return own.transpose([left.index(letter) for letter in summed])

    return _sum(
        layer.activation,
        picked(taken, first),
        picked(kernel, second),
        bias,
        whole[0],
        place,
        output,
    )


def _sum(
    activation: Any,
    values: np.ndarray,
    weights: np.ndarray,
    bias: float | None,
    totals: np.ndarray,
    place: tuple[int, ...],
    output: float,
) -> Arithmetic:
    import keras

    named = "" if activation in (None, keras.activations.linear) else activation.__name__
    results = function(activation)(totals) if named else totals
    return Arithmetic(
        how="sum",
        place=place,
        values=values,
        weights=weights,
        bias=bias,
        total=float(totals[place]),
        activation=named,
        result=float(results[place]),
        output=output,
    )


# === Attention ===


def _attended(made: Call, place: tuple[int, ...], output: float) -> Arithmetic:
    """Of three numbers, a score; else a number of the output: heads by what they mixed."""
    layer = made.layer
    scores = array(attention.scores(made))[0]  # (heads, queries, keys)
    given = {**dict(zip(("query", "value", "key"), made.args, strict=False)), **made.kwargs}
    key = given.get("key")
    if len(place) == 3:
        head, query, of = place
        asks = array(layer.query_dense(given["query"]))[0]  # (queries, heads, width)
        holds = array(layer.key_dense(given["value"] if key is None else key))[0]
        q, k = asks[query, head], holds[of, head]
        every = holds[:, head] @ q / np.sqrt(len(q))
        seen = scores[head, query] > 0  # the rest is masked
        shares = np.exp(every - every[seen].max(initial=-np.inf)) * seen
        result = shares[of] / max(float(shares.sum()), 1e-30)
        product = Arithmetic("sum", place, q, k, None, float(q @ k), "", float(q @ k), float(q @ k))
        numbers = (
            ("q·k", N_("query times key, summed"), q @ k),
            ("d", N_("width of a head"), len(q)),
            (
                "s",
                N_("all words' exponentials, summed, from which the masked ones are left out"),
                np.exp(every[seen]).sum(),
            ),
        )
        text = "exp(q·k ÷ √d) ÷ s"
        part = [(N_("query times key"), product)]
        return formula(place, output, text, result, *numbers, parts=part)
    values = array(layer.value_dense(given["value"]))[0]  # (keys, heads, width)
    mixed = np.einsum("hqk,khw->qhw", scores, values)
    return _einsum_sum(layer.output_dense, mixed[None], place, output)


def first_output(made: Call) -> Any:
    """What the places of a layer are counted in: its first output."""
    return flat(made.outputs)[0]
