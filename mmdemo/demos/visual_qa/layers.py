"""What a picture with several questions needs: one pass of it for all of them, and FiLM.

Shapes: B pictures, Q questions of each, N = B * Q. Importing this module imports Keras.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

SMALL = 1e-6
"""Added below roots, whose slope at zero is infinite, and to what is divided by."""


@keras.saving.register_keras_serializable(package="mmdemo")
class Apart(layers.Layer):
    """The questions of all pictures one below another.

    Input shape: `(B, Q, T)`.
    Output shape: `(N, T)`.

    Example:

    >>> layer = Apart()
    >>> inputs = np.array([[[1, 2], [3, 4]]])
    >>> ops.shape(layer(inputs))
    (2, 2)
    """

    def call(self, inputs: Any) -> Any:
        return ops.reshape(inputs, (-1, inputs.shape[-1]))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (None, input_shape[-1])


@keras.saving.register_keras_serializable(package="mmdemo")
class ForEach(layers.Layer):
    """What was seen in a picture, once for each of its questions.

    Input shapes: `(B, ...)` and the questions `(B, Q, T)`.
    Output shape: `(N, ...)`.

    Example:

    >>> layer = ForEach()
    >>> inputs = [np.array([[7.0]]), np.array([[[1, 2], [3, 4]]])]
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[7.0], [7.0]]
    """

    def call(self, inputs: Any) -> Any:
        seen, questions = inputs
        rest = seen.shape[1:]
        times = ops.ones_like(questions[..., 0], dtype=seen.dtype)  # (B, Q)
        times = ops.expand_dims(times, tuple(range(2, 2 + len(rest))))
        return ops.reshape(ops.expand_dims(seen, 1) * times, (-1, *rest))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (None, *input_shape[0][1:])


@keras.saving.register_keras_serializable(package="mmdemo")
class Together(layers.Layer):
    """What was found for each question, by pictures again.

    Input shapes: `(N, ...)` and the questions `(B, Q, T)`.
    Output shape: `(B, Q, ...)`.

    Example:

    >>> layer = Together()
    >>> inputs = [np.array([[7.0], [8.0]]), np.array([[[1, 2], [3, 4]]])]
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[[7.0], [8.0]]]
    """

    def call(self, inputs: Any) -> Any:
        found, questions = inputs
        return ops.reshape(found, (-1, ops.shape(questions)[1], *found.shape[1:]))

    def compute_output_shape(self, input_shape: Any) -> Any:
        found, questions = input_shape
        return (questions[0], questions[1], *found[1:])


@keras.saving.register_keras_serializable(package="mmdemo")
class Coordinates(layers.Layer):
    """Appends to each place where it is: across and down, from -1 to 1.

    Input shape: `(N, h, w, C)`.
    Output shape: `(N, h, w, C + 2)`.

    Example:

    >>> layer = Coordinates()
    >>> inputs = np.zeros((1, 3, 3, 1), "float32")
    >>> ops.convert_to_numpy(layer(inputs))[0, 0].tolist()
    [[0.0, -1.0, -1.0], [0.0, 0.0, -1.0], [0.0, 1.0, -1.0]]
    """

    def call(self, inputs: Any) -> Any:
        where = ops.convert_to_tensor(_grid(*inputs.shape[1:3]), inputs.dtype)
        return ops.concatenate([inputs, ops.ones_like(inputs[..., :1]) * where], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], input_shape[-1] + 2)


@keras.saving.register_keras_serializable(package="mmdemo")
class Modulate(layers.Layer):
    """Feature-wise linear modulation: scales each map and adds to it, as a question wants it.

    Perez, Strub, de Vries, Dumoulin, Courville 2018, "FiLM: Visual Reasoning with a General
    Conditioning Layer". Scales are given as what they differ from 1.

    Input shapes: maps `(N, h, w, C)`; scales and what is added, `(N, 2 C)`.
    Output shape: `(N, h, w, C)`.

    Example:

    >>> layer = Modulate()
    >>> inputs = [np.full((1, 1, 1, 2), 3.0), np.array([[1.0, -1.0, 0.5, 0.25]])]
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[[[6.5, 0.25]]]]
    """

    def call(self, inputs: Any) -> Any:
        maps, wanted = inputs
        scale, shift = ops.split(wanted[:, None, None, :], 2, axis=-1)
        return maps * (1 + scale) + shift

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0]


@keras.saving.register_keras_serializable(package="mmdemo")
class Seek(layers.Layer):
    """Chooses one place in a picture, and says of every place how far it is from there.

    A place is where its cell is and up to one cell more, as the second and third map say; the one
    that is sought is the mean of all places, weighted by a softmax of the first map.

    Input shapes: maps `(N, h, w, C)`; what is said of each place `(N, h, w, 3)`.
    Output shapes: across, down and as the crow flies, `(N, h, w, 3)`; what is there and where that
    is, `(N, C + 2)`.

    Example:

    >>> layer = Seek()
    >>> said = np.zeros((1, 3, 3, 3), "float32")
    >>> said[0, 0, 2, 0] = 100
    >>> inputs = [np.ones((1, 3, 3, 1), "float32"), said]
    >>> away, there = layer(inputs)
    >>> ops.convert_to_numpy(there).round(2).tolist()
    [[1.0, 1.0, -1.0]]
    >>> ops.convert_to_numpy(away)[0, 2, 2].round(2).tolist()
    [0.0, 2.0, 2.0]
    """

    def call(self, inputs: Any) -> Any:
        maps, said = inputs
        height, width = maps.shape[1:3]
        where = ops.convert_to_tensor(_grid(height, width), said.dtype)
        places = where + ops.tanh(said[..., 1:]) * (2 / height)  # (N, h, w, 2)
        weights = ops.softmax(ops.reshape(said[..., 0], (-1, height * width)))
        weights = ops.reshape(weights, (-1, height, width, 1))
        there = ops.sum(weights * places, axis=(1, 2))
        away = places - there[:, None, None, :]
        far = ops.sqrt(ops.sum(ops.square(away), axis=-1, keepdims=True) + SMALL)
        seen = ops.sum(weights * maps, axis=(1, 2))
        return ops.concatenate([away, far], -1), ops.concatenate([seen, there], -1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        maps, said = input_shape
        return said, (maps[0], maps[-1] + 2)


@keras.saving.register_keras_serializable(package="mmdemo")
class Looked(layers.Layer):
    """Where each block changed its maps most, from 0 to 1.

    Of each place the length of the block's update, less the update's mean over the picture; the
    largest of a picture is 1.

    Input shapes: updates of several blocks, each `(N, h, w, C)`.
    Output shape: `(N, blocks, h, w)`.

    Example:

    >>> layer = Looked()
    >>> update = np.zeros((1, 1, 3, 1), "float32")
    >>> update[0, 0, 1] = 3.0
    >>> inputs = [update, 2 * update]
    >>> ops.convert_to_numpy(layer(inputs))[0].tolist()
    [[[0.5, 1.0, 0.5]], [[0.5, 1.0, 0.5]]]
    """

    def call(self, inputs: Any) -> Any:
        updates = ops.stack(list(inputs), axis=1)
        apart = updates - ops.mean(updates, axis=(2, 3), keepdims=True)
        lengths = ops.sqrt(ops.sum(ops.square(apart), axis=-1) + SMALL**2)
        return lengths / ops.max(lengths, axis=(2, 3), keepdims=True)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0][0], len(input_shape), *input_shape[0][1:3])


@keras.saving.register_keras_serializable(package="mmdemo")
class Pairs(layers.Layer):
    """Each thing with each other one and a question: a dense layer on all three, and ReLU.

    On three joined vectors it is the sum of one on each of them, and these are the inputs.

    Input shapes: of the first thing and of the second, `(N, things, d)`; of the question `(N, d)`.
    Output shape: `(N, things * things, d)`.

    Example:

    >>> layer = Pairs()
    >>> inputs = [np.array([[[1.0], [2.0]]]), np.array([[[10.0], [20.0]]]), np.array([[-15.0]])]
    >>> ops.convert_to_numpy(layer(inputs))[..., 0].tolist()
    [[0.0, 6.0, 0.0, 7.0]]
    """

    def call(self, inputs: Any) -> Any:
        one, other, question = inputs
        both = one[:, :, None, :] + other[:, None, :, :] + question[:, None, None, :]
        return ops.reshape(ops.relu(both), (-1, one.shape[1] * other.shape[1], one.shape[2]))

    def compute_output_shape(self, input_shape: Any) -> Any:
        one, other = input_shape[:2]
        return (one[0], one[1] * other[1], one[2])


def _grid(height: int, width: int) -> np.ndarray:
    """Across and down from -1 to 1, `(h, w, 2)`."""
    down, across = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.stack([across, down], axis=-1)
