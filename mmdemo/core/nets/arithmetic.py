"""One number of a layer's output, worked out from what the layer takes: numbers times numbers.

For convolutions (`Conv1D`, `Conv2D` and layers derived from them, with strides, padding, dilation
and groups), dense layers and pooling. Imports Keras when called.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.nets import calls, inside

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Arithmetic:
    """How a number comes about.

    Attributes:
        how: a sum of products, the largest value, or the mean.
        place: of the number in the layer's output, without the batch.
        values: float64, what the number is made of: the window `(..., channels)` of a convolution
            with 0 where it lies beyond the edge, a vector, or a pool's window of one channel.
        weights: of `values`' shape; None for a pool.
        bias: that is added; None where there is none.
        total: the sum with the bias, the largest value or the mean.
        activation: that is applied to the total; empty where there is none.
        result: what comes out of the arithmetic.
        output: what Keras has at that place.
    """

    how: Literal["sum", "max", "mean"]
    place: tuple[int, ...]
    values: np.ndarray
    weights: np.ndarray | None
    bias: float | None
    total: float
    activation: str
    result: float
    output: float


def known(layer: Any) -> bool:
    """Whether a layer's arithmetic can be shown."""
    return _kind(layer) is not None


def at(
    network: keras.Model,
    inputs: Sequence[np.ndarray],
    name: str,
    place: Sequence[int],
    call: int = 0,
) -> Arithmetic:
    """The arithmetic of one number of a layer's output.

    Args:
        network, inputs, name, call: as in `inside.look`.
        place: of the number, without the batch.

    Raises:
        UserError: no such layer, call or place, or the layer does other things than these.
    """
    from mmdemo.core.serve.backend import no_gradients

    _row, layer = inside.find(network, name)
    kind = _kind(layer)
    if kind is None:
        raise UserError(_("The arithmetic of this layer is not shown."))
    with no_gradients():
        made = calls.reach(network, inputs, layer, call)
        taken = _array(made.args[0])[0]
        given = _array(made.outputs)[0]
        where = tuple(place)
        if len(where) != given.ndim or not all(
            0 <= at < side for at, side in zip(where, given.shape, strict=True)
        ):
            raise UserError(_("This layer's output has no such place."))
        output = float(given[where])
        if kind == "pool":
            return _pooled(layer, taken, where, output)
        if kind == "global":
            window = taken[..., where[-1]]
            return _summary(layer, window, where, output)
        return _weighted(layer, kind, taken, where, output)


def _kind(layer: Any) -> str | None:
    from keras.src.layers.convolutional.base_conv import BaseConv
    from keras.src.layers.pooling.base_global_pooling import BaseGlobalPooling
    from keras.src.layers.pooling.base_pooling import BasePooling

    if getattr(layer, "data_format", "channels_last") != "channels_last":
        return None
    if isinstance(layer, BaseConv):
        return "convolution"
    if isinstance(layer, BasePooling):
        return "pool"
    if isinstance(layer, BaseGlobalPooling):
        return "global"
    kernel = getattr(layer, "kernel", None)
    if type(layer).__name__.endswith("Dense") and kernel is not None and len(kernel.shape) == 2:
        return "dense"
    return None


def _weighted(
    layer: Any, kind: str, taken: np.ndarray, place: tuple[int, ...], output: float
) -> Arithmetic:
    """A convolution at a place, or a dense layer, whose window is the vector there."""
    import keras

    kernel = _array(layer.kernel)
    if kind == "dense":
        window = taken[place[:-1]]
    else:
        window = _window(
            taken, place[:-1], kernel.shape[:-2], layer.strides, layer.dilation_rate, layer.padding
        )
    filters = kernel.shape[-1]
    groups = getattr(layer, "groups", 1)
    # All filters, since an activation such as softmax looks at all of them.
    parts = window.reshape(*window.shape[:-1], groups, -1)
    by_group = kernel.reshape(*kernel.shape[:-1], groups, filters // groups)
    totals = np.concatenate(
        [parts[..., g, :].ravel() @ _flat(by_group[..., g, :]) for g in range(groups)]
    )
    unbiased = getattr(layer, "bias", None)
    bias = None if unbiased is None else _array(unbiased)
    if bias is not None:
        totals = totals + bias
    activation: Any = getattr(layer, "activation", None)
    named = "" if activation in (None, keras.activations.linear) else activation.__name__
    results = totals
    if named:
        given = keras.ops.convert_to_tensor(totals[None].astype(np.float32))
        results = _array(activation(given))[0]
    number = place[-1]
    group = number // (filters // groups)
    return Arithmetic(
        how="sum",
        place=place,
        values=parts[..., group, :],
        weights=kernel[..., number],
        bias=None if bias is None else float(bias[number]),
        total=float(totals[number]),
        activation=named,
        result=float(results[number]),
        output=output,
    )


def _pooled(layer: Any, taken: np.ndarray, place: tuple[int, ...], output: float) -> Arithmetic:
    sides = tuple(layer.pool_size)
    ones = (1,) * len(sides)
    channel = taken[..., place[-1]][..., None]
    beyond = np.nan  # is no part of a pool
    window = _window(channel, place[:-1], sides, layer.strides, ones, layer.padding, beyond)
    return _summary(layer, window[..., 0], place, output)


def _summary(layer: Any, window: np.ndarray, place: tuple[int, ...], output: float) -> Arithmetic:
    is_max = "Max" in type(layer).__name__
    total = float(np.nanmax(window) if is_max else np.nanmean(window))
    how: Literal["max", "mean"] = "max" if is_max else "mean"
    return Arithmetic(how, place, window, None, None, total, "", total, output)


def _window(
    taken: np.ndarray,
    place: Sequence[int],
    sides: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    padding: str,
    beyond: float = 0.0,
) -> np.ndarray:
    """What a sliding window sees at a place."""
    corner: list[int] = []
    for length, side, stride, apart in zip(taken.shape, sides, strides, dilation, strict=False):
        reach = (side - 1) * apart + 1
        before = 0
        if padding == "same":
            before = max((-(-length // stride) - 1) * stride + reach - length, 0) // 2
        elif padding == "causal":
            before = reach - 1
        corner.append(place[len(corner)] * stride - before)
    window = np.full((*sides, taken.shape[-1]), beyond)
    for offset in itertools.product(*map(range, sides)):
        seen = [c + o * d for c, o, d in zip(corner, offset, dilation, strict=True)]
        if all(0 <= at < length for at, length in zip(seen, taken.shape, strict=False)):
            window[offset] = taken[tuple(seen)]
    return window


def _flat(kernel: np.ndarray) -> np.ndarray:
    return kernel.reshape(-1, kernel.shape[-1])


def _array(tensor: Any) -> np.ndarray:
    import keras

    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float64)
