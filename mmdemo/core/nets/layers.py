"""Layers that several networks use. Importing this module imports Keras."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="mmdemo")
class WordVectors(layers.Embedding):
    """An embedding in which number 0, no word, is the zero vector.

    Input shape: numbers of words `(B, T)`.
    Output shape: `(B, T, output_dim)`.

    Example:

    >>> layer = WordVectors(input_dim=10, output_dim=2)
    >>> inputs = np.array([[4, 7, 0]])
    >>> ops.shape(layer(inputs))
    (1, 3, 2)
    """

    def call(self, inputs: Any) -> Any:
        real = ops.cast(ops.not_equal(inputs, 0), self.compute_dtype)
        return super().call(inputs) * ops.expand_dims(real, -1)


@keras.saving.register_keras_serializable(package="mmdemo")
class OnlyWords(layers.Layer):
    """Zeroes what stands where there is no word, so that padding changes nothing.

    Input shapes: values `(B, T, d)` and the words `(B, T)`.
    Output shape: `(B, T, d)`.

    Example:

    >>> layer = OnlyWords()
    >>> inputs = [np.array([[[1.0], [2.0], [3.0]]]), np.array([[4, 7, 0]])]
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[[1.0], [2.0], [0.0]]]
    """

    def call(self, inputs: Any) -> Any:
        values, words = inputs
        return values * ops.cast(ops.expand_dims(ops.not_equal(words, 0), -1), values.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0]


@keras.saving.register_keras_serializable(package="mmdemo")
class DropWords(layers.Layer):
    """In training, hides a share of the words: their numbers become 0.

    Input shape: `(B, T)`.
    Output shape: `(B, T)`.

    Args:
        rate: the share, from 0 to 1.

    Example:

    >>> layer = DropWords(0.3)
    >>> inputs = np.array([[4, 7, 0]])
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[4, 7, 0]]
    """

    def __init__(self, rate: float, **options: Any) -> None:
        super().__init__(**options)
        self.rate = rate
        self.seed = keras.random.SeedGenerator()

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        kept = keras.random.uniform(ops.shape(inputs), seed=self.seed) >= self.rate
        return inputs * ops.cast(kept, inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate}


@keras.saving.register_keras_serializable(package="mmdemo")
class AveragePooling2D(layers.AveragePooling2D):
    """Keras' own, with the same averages under every backend: of what lies in the picture.

    Where a side is even, Keras pads one edge only under PyTorch, by repeating it, and counts that.

    Input shape: `(B, h, w, C)`.
    Output shape: `(B, ceil(h / stride), ceil(w / stride), C)` for the padding `same`.

    Example:

    >>> layer = AveragePooling2D(3, strides=2, padding="same")
    >>> inputs = np.random.rand(1, 4, 5, 2)
    >>> ops.shape(layer(inputs))
    (1, 2, 3, 2)
    """

    def call(self, inputs: Any) -> Any:
        if keras.backend.backend() != "torch" or self.padding != "same":
            return super().call(inputs)
        pads = [[0, 0]]
        for side, size, stride in zip(inputs.shape[1:3], self.pool_size, self.strides, strict=True):
            missing = max((-(-side // stride) - 1) * stride + size - side, 0)
            pads.append([missing // 2, missing - missing // 2])
        pads.append([0, 0])

        def averages(x: Any) -> Any:
            return ops.average_pool(ops.pad(x, pads), self.pool_size, self.strides)

        return averages(inputs) / averages(ops.ones_like(inputs[..., :1]))
