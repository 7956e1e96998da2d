"""What a layer makes of an input: any layer of a functional network, each of its calls.

A layer's calls are those of `calls`. Imports Keras when called.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.nets import attention, calls, recurrence
from mmdemo.core.nets.calls import Call
from mmdemo.core.nets.recurrence import Recurrence
from mmdemo.core.weights import architecture

if TYPE_CHECKING:
    import keras

MOST_BYTES = 16 * 1024**2
"""Of a layer's output that is looked at; a larger one is sampled."""
BINS = 40
FILTERS = 24
SIDE = 96
"""Of a matrix of weights as a picture; a larger one is sampled."""
SAMPLE = 1_000_000
"""Weights of which a histogram is made."""
TIMED_SECONDS = 0.05
"""A layer that takes longer is timed once, another one three times."""


@dataclass(frozen=True)
class Values:
    """An array that a layer takes or makes, of one input of the network.

    Attributes:
        array: float32 or whole numbers, without the batch where that is 1; sampled.
        shape: before it was sampled.
        steps: every so manieth place is there, per axis.
        free: which axes are as long as the input makes them.
    """

    array: np.ndarray
    shape: tuple[int, ...]
    steps: tuple[int, ...]
    free: tuple[bool, ...]

    @property
    def sampled(self) -> bool:
        return any(step > 1 for step in self.steps)


@dataclass(frozen=True)
class Weights:
    """One array of weights of a layer.

    Attributes:
        name: such as `kernel`.
        shape: of the whole.
        counts, edges: of a histogram, `(BINS,)` and `(BINS + 1,)`.
        pictures: `(n, height, width, 1 or 3)`: filters of a convolution, the strongest first, or
            one picture of a matrix or of a vector.
        numbers: which filter each picture is; empty where it is the whole array.
    """

    name: str
    shape: tuple[int, ...]
    counts: np.ndarray
    edges: np.ndarray
    pictures: np.ndarray
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Look:
    """What one call of a layer makes of an input.

    Attributes:
        row: of `architecture.describe`.
        call, calls: which call this is, from 0, and how many the network makes.
        outputs: one, or several where the layer gives several.
        inputs: shapes of what it takes, without the batch.
        sources: which inputs of the network the call depends on.
        seconds: that the call takes by itself, not compiled.
        weights: of the layer.
        attention: `(heads, queries, keys)`, of one that says how much each looks at which.
        recurrences: of a recurrent layer, each of its directions.
    """

    row: dict[str, Any]
    call: int
    calls: int
    outputs: tuple[Values, ...]
    inputs: tuple[tuple[int, ...], ...]
    sources: tuple[int, ...]
    seconds: float
    weights: tuple[Weights, ...]
    attention: Values | None = None
    recurrences: tuple[Recurrence, ...] = ()


_known: weakref.WeakKeyDictionary[Any, dict[str, tuple[dict[str, Any], Any]]]
_known = weakref.WeakKeyDictionary()
_listing = threading.Lock()


def look(
    network: keras.Model,
    inputs: Sequence[np.ndarray],
    name: str,
    call: int = 0,
    most: int = MOST_BYTES,
) -> Look:
    """What a layer makes of one input of a network.

    Args:
        network: a functional one, as `architecture.describe` describes it.
        inputs: an array `(1, ...)` per input of the network.
        name: of a row of `architecture.describe`.
        call: which of the layer's calls, from 0.
        most: bytes of an output; a larger one is sampled.

    Raises:
        UserError: no such layer, or it is called less often.
    """
    from mmdemo.core.serve.backend import no_gradients

    row, layer = find(network, name)
    with no_gradients():
        made = calls.reach(network, inputs, layer, call)
        outputs = tuple(
            sampled(tensor, shape, most)
            for tensor, shape in zip(calls.flat(made.outputs), made.shapes, strict=True)
        )
        seconds = _seconds(made)
        scores = attention.scores(made)
        seen = None
        if scores is not None:
            seen = sampled(scores, (1, scores.shape[1], None, None), most)
        steps = tuple(recurrence.unroll(made))
    return Look(
        row=row,
        call=call,
        calls=calls.count(network, layer),
        outputs=outputs,
        inputs=tuple(tuple(tensor.shape[1:]) for tensor in made.taken),
        sources=tuple(sorted(made.sources)),
        seconds=seconds,
        weights=tuple(_weights(variable) for variable in getattr(layer, "weights", ())),
        attention=seen,
        recurrences=steps,
    )


def find(network: keras.Model, name: str) -> tuple[dict[str, Any], Any]:
    """Row and layer of a name.

    Raises:
        UserError: no layer has it.
    """
    with _listing:
        if network not in _known:
            rows = architecture.layers(network)
            _known[network] = {row["name"]: (row, layer) for row, layer in rows}
        known = _known[network]
    if name not in known:
        raise UserError(_("No layer of this network is called '{name}'.").format(name=name[:80]))
    return known[name]


def _seconds(made: Call) -> float:
    """What a call takes when it is made once more."""
    import keras

    if not made.taken:  # an input
        return 0.0
    taken: list[float] = []
    while len(taken) < 3 and sum(taken) < TIMED_SECONDS:
        started = time.perf_counter()
        outputs = made.layer(*made.args, **made.kwargs)
        for tensor in calls.flat(outputs):
            keras.ops.convert_to_numpy(tensor)  # some backends have not computed it before
        taken.append(time.perf_counter() - started)
    return min(taken)


def sampled(tensor: Any, named: Sequence[int | None], most: int = MOST_BYTES) -> Values:
    """A tensor as an array of at most so many bytes: every so manieth place of its longest axes.

    Args:
        tensor: with its batch.
        named: its shape in the network, None where the input decides.
        most: bytes.
    """
    import keras

    shape = tuple(int(side) for side in tensor.shape)
    steps = [1] * len(shape)

    def sides() -> list[int]:
        return [-(-side // step) for side, step in zip(shape, steps, strict=True)]

    while 4 * int(np.prod(sides())) > most:
        steps[int(np.argmax(sides()))] *= 2
    if any(step > 1 for step in steps):
        tensor = tensor[tuple(slice(None, None, step) for step in steps)]
    array = np.asarray(keras.ops.convert_to_numpy(tensor))
    if not np.issubdtype(array.dtype, np.integer):
        array = array.astype(np.float32)
    free = tuple(side is None for side in named)
    if shape and shape[0] == 1:
        return Values(array[0], shape[1:], tuple(steps[1:]), free[1:])
    return Values(array, shape, tuple(steps), free)


def _weights(variable: Any) -> Weights:
    """What is shown of one array of weights."""
    import keras

    array = np.asarray(keras.ops.convert_to_numpy(variable.value), np.float32)
    flat = array.ravel()
    counts, edges = np.histogram(flat[:: max(1, flat.size // SAMPLE)], BINS)
    pictures, numbers = _pictures(array)
    return Weights(variable.name, array.shape, counts, edges, pictures, numbers)


def _pictures(array: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
    """Filters of a convolution, one picture each; anything else is one picture, sampled."""
    if array.ndim in (3, 4) and np.prod(array.shape[:-2]) > 1:
        kernel = array if array.ndim == 4 else array[:, :, None, :]
        norms = np.sqrt(np.square(kernel).sum(axis=(0, 1)))  # (inputs, filters)
        strongest = np.argsort(-norms.sum(axis=0), kind="stable")[:FILTERS]
        if kernel.shape[2] == 3:
            shown = [kernel[..., number] for number in strongest]
        else:
            shown = [kernel[:, :, [norms[:, n].argmax()], n] for n in strongest]
        return np.stack(shown)[:, :SIDE, :SIDE], tuple(int(number) for number in strongest)
    flat = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
    if array.ndim == 1:
        flat = flat[:, :: max(1, flat.shape[1] // (4 * SIDE))]
    else:
        flat = flat[:: max(1, flat.shape[0] // SIDE), :: max(1, flat.shape[1] // SIDE)]
    return flat[None, ..., None], ()
