"""One number of a layer's output, worked out from what the layer takes: numbers times numbers.

For convolutions (`Conv1D`, `Conv2D` and layers derived from them, with strides, padding, dilation
and groups; depthwise and separable ones), dense layers and pooling; by a formula, for the layers
of `formulas`. Imports Keras when called.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.nets import attention, calls, formulas, inside
from mmdemo.core.nets.calls import array
from mmdemo.core.nets.recurrence import function
from mmdemo.core.nets.workings import Arithmetic

if TYPE_CHECKING:
    import keras


def known(layer: Any) -> bool:
    """Whether a layer's arithmetic can be shown."""
    return _kind(layer) is not None or formulas.known(layer)


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
    if not known(layer):
        raise UserError(_("The arithmetic of this layer is not shown."))
    with no_gradients():
        made = calls.reach(network, inputs, layer, call)
        where = tuple(place)
        given = array(formulas.first_output(made))[0]
        if len(where) == 3 and given.ndim == 2 and attention.gives_scores(layer):
            given = array(attention.scores(made))[0]
        if len(where) != given.ndim or not all(
            0 <= at < side for at, side in zip(where, given.shape, strict=True)
        ):
            raise UserError(_("This layer's output has no such place."))
        found = _at(made, where, float(given[where]))
    if found is None:
        raise UserError(_("The arithmetic of this call is not shown."))
    return found


def _at(made: calls.Call, where: tuple[int, ...], output: float) -> Arithmetic | None:
    layer, kind = made.layer, _kind(made.layer)
    if kind is None:
        return formulas.at(made, where, output)
    taken = array(made.taken[0])[0]
    if kind == "pool":
        return _pooled(layer, taken, where, output)
    if kind == "global":
        return _summary(layer, taken[..., where[-1]], where, output)
    if kind == "depthwise":
        return _depthwise(layer, taken, where, output)
    if kind == "separable":
        return _separable(layer, made.taken[0], where, output)
    return _weighted(layer, kind, taken, where, output)


def _kind(layer: Any) -> str | None:
    from keras.src.layers.convolutional.base_conv import BaseConv
    from keras.src.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv
    from keras.src.layers.convolutional.base_separable_conv import BaseSeparableConv
    from keras.src.layers.pooling.base_global_pooling import BaseGlobalPooling
    from keras.src.layers.pooling.base_pooling import BasePooling

    if getattr(layer, "data_format", "channels_last") != "channels_last":
        return None
    if isinstance(layer, BaseConv):
        return "convolution"
    if isinstance(layer, BaseDepthwiseConv):
        return "depthwise"
    if isinstance(layer, BaseSeparableConv):
        return "separable"
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
    kernel = array(layer.kernel)
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
    bias = _bias(layer)
    if bias is not None:
        totals = totals + bias
    named, results = _activated(layer, totals)
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


def _depthwise(layer: Any, taken: np.ndarray, place: tuple[int, ...], output: float) -> Arithmetic:
    """Each channel by itself, seen by `depth_multiplier` filters."""
    kernel = array(layer.kernel)  # (..., channels, multiplier)
    window = _window(
        taken, place[:-1], kernel.shape[:-2], layer.strides, layer.dilation_rate, layer.padding
    )
    totals = (window[..., None] * kernel).sum(axis=tuple(range(kernel.ndim - 2))).ravel()
    bias = _bias(layer)
    if bias is not None:
        totals = totals + bias
    named, results = _activated(layer, totals)
    number = place[-1]
    channel, multiple = divmod(number, kernel.shape[-1])
    return Arithmetic(
        how="sum",
        place=place,
        values=window[..., channel][..., None],
        weights=kernel[..., channel, multiple][..., None],
        bias=None if bias is None else float(bias[number]),
        total=float(totals[number]),
        activation=named,
        result=float(results[number]),
        output=output,
    )


def _separable(layer: Any, taken: Any, place: tuple[int, ...], output: float) -> Arithmetic:
    """The second of its two steps: the channels at a place, each filtered by itself, are mixed."""
    import keras

    apart = keras.ops.depthwise_conv(
        taken,
        layer.depthwise_kernel,
        strides=layer.strides,
        padding=layer.padding,
        dilation_rate=layer.dilation_rate,
        data_format=layer.data_format,
    )
    values = array(apart)[0][place[:-1]]
    kernel = _flat(array(layer.pointwise_kernel))
    totals = values @ kernel
    bias = _bias(layer)
    if bias is not None:
        totals = totals + bias
    named, results = _activated(layer, totals)
    number = place[-1]
    return Arithmetic(
        how="sum",
        place=place,
        values=values,
        weights=kernel[:, number],
        bias=None if bias is None else float(bias[number]),
        total=float(totals[number]),
        activation=named,
        result=float(results[number]),
        output=output,
    )


def _bias(layer: Any) -> np.ndarray | None:
    found = getattr(layer, "bias", None)
    return None if found is None else array(found)


def _activated(layer: Any, totals: np.ndarray) -> tuple[str, np.ndarray]:
    """The name of a layer's activation, empty where there is none, and what it makes of totals."""
    import keras

    activation: Any = getattr(layer, "activation", None)
    if activation in (None, keras.activations.linear):
        return "", totals
    return activation.__name__, function(activation)(totals)


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
