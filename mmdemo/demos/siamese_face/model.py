"""The embedding networks: one greyscale face in, one vector out."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from mmdemo.core.nets.metric_learning import CosineLogits

from .config import Config, Network


def build(config: Config) -> keras.Model:
    """The network that is served.

    Input shape: `(B, height, width, 1)`, grey values from 0 to 1.
    Output shape: `(B, dense[-1])`; of length 1 for `residual`.

    Raises:
        ValueError: no such network.
    """
    network, shape = config.network, (config.input.height, config.input.width)
    if network.network == "book":
        return _book(network, shape)
    if network.network == "residual":
        return _served(network, shape)
    raise ValueError(f"no network is called '{network.network}'")


def build_learner(network: keras.Model, people: int) -> keras.Model:
    """The network as it is trained: without the mirror image, a cosine per person.

    Output shape: `(B, people)`. Shares its weights with `network`.
    """
    picture = keras.Input(network.input_shape[1:], name="picture")
    standard = network.get_layer("standardise")(picture)
    views = network.get_layer("views")([standard, network.get_layer("local_contrast")(standard)])
    vectors = network.get_layer("residual")(views)
    return keras.Model(picture, CosineLogits(people, scale=1.0, name="cosines")(vectors))


def _book(config: Network, shape: tuple[int, int]) -> keras.Model:
    # === Layers ===
    convolutions = [
        layers.Conv2D(filters, 3, activation="relu", name=f"conv_{index + 1}")
        for index, filters in enumerate(config.filters)
    ]
    dense = [
        layers.Dense(units, activation="relu", name=f"dense_{index + 1}")
        for index, units in enumerate(config.dense)
    ]

    # === Functional model ===
    inputs = keras.Input((*shape, 1), name="face")
    x = inputs
    for index, convolution in enumerate(convolutions):
        x = convolution(x)
        x = layers.MaxPooling2D(2, name=f"pool_{index + 1}")(x)
        x = layers.Dropout(config.conv_dropout, name=f"conv_dropout_{index + 1}")(x)
    x = layers.Flatten(name="flatten")(x)  # (B, 12 * 10 * 12) for 56 x 46
    for index, layer in enumerate(dense):
        x = layer(x)
        if index < len(dense) - 1:
            x = layers.Dropout(config.dense_dropout, name=f"dense_dropout_{index + 1}")(x)
    return keras.Model(inputs, x, name="book")


def _served(config: Network, shape: tuple[int, int]) -> keras.Model:
    inputs = keras.Input((*shape, 1), name="face")
    pictures = WithMirrorImage(name="with_mirror_image")(inputs)  # (2B, h, w, 1)
    standard = Standardise(name="standardise")(pictures)
    local = LocalContrast(config.contrast_window, name="local_contrast")(standard)
    views = layers.Concatenate(name="views")([standard, local])  # (2B, h, w, 2)
    vectors = _residual_network(config, (*shape, 2))(views)  # (2B, d)
    average = AverageMirrorImage(name="average_mirror_image")(vectors)  # (B, d)
    return keras.Model(inputs, layers.UnitNormalization(name="unit")(average), name="face_network")


def _residual_network(config: Network, shape: tuple[int, int, int]) -> keras.Model:
    inputs = keras.Input(shape, name="both_views")
    x = layers.Conv2D(config.filters[0], 3, padding="same", use_bias=False, name="stem")(inputs)
    x = layers.BatchNormalization(name="stem_norm")(x)
    x = layers.ReLU(name="stem_relu")(x)
    for stage, filters in enumerate(config.filters[1:], start=1):
        x = layers.AveragePooling2D(2, padding="same", name=f"pool_{stage}")(x)
        x = _residual(x, filters, f"block_{stage}")
    # Few channels, so that a weight for each place in the face is not dear.
    x = layers.Conv2D(config.squeezed, 1, use_bias=False, name="squeeze")(x)
    x = layers.BatchNormalization(name="squeeze_norm")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(config.dense_dropout, name="dropout")(x)
    x = layers.Dense(config.dense[-1], use_bias=False, name="dense")(x)
    x = layers.BatchNormalization(scale=False, name="dense_norm")(x)
    return keras.Model(inputs, layers.UnitNormalization(name="unit")(x), name="residual")


def _residual(x: Any, filters: int, name: str) -> Any:
    """Two convolutions beside a shortcut (He et al. 2016), in the order of ArcFace's networks."""
    shortcut = x
    if x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_shortcut")(x)
    y = layers.BatchNormalization(name=f"{name}_norm_1")(x)
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv_1")(y)
    y = layers.BatchNormalization(name=f"{name}_norm_2")(y)
    y = layers.ReLU(name=f"{name}_relu")(y)
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv_2")(y)
    y = layers.BatchNormalization(name=f"{name}_norm_3")(y)
    return layers.Add(name=f"{name}_add")([shortcut, y])


@keras.saving.register_keras_serializable(package="mmdemo")
class Standardise(layers.Layer):
    """Every picture to mean 0 and deviation 1, so that exposure and contrast do not count.

    Input shape: `(B, h, w, c)`.
    Output shape: `(B, h, w, c)`.

    Example:

    >>> layer = Standardise()
    >>> inputs = np.array([[[[1.0], [3.0]]]])
    >>> ops.convert_to_numpy(layer(inputs)).round(2).tolist()
    [[[[-1.0], [1.0]]]]
    """

    def call(self, inputs: Any) -> Any:
        centred = inputs - ops.mean(inputs, axis=(1, 2, 3), keepdims=True)
        deviation = ops.sqrt(ops.mean(ops.square(centred), axis=(1, 2, 3), keepdims=True))
        return centred / (deviation + 1e-3)  # a blank picture stays finite


@keras.saving.register_keras_serializable(package="mmdemo")
class LocalContrast(layers.Layer):
    """Every pixel less the mean of its neighbourhood, over the deviation there.

    Takes light that falls unevenly out of the picture. After Jarrett et al. 2009, "What is the best
    multi-stage architecture for object recognition?", with a square window. Outside the picture
    counts as 0, which is the mean of a standardised one.

    Input shape: `(B, h, w, 1)`.
    Output shape: `(B, h, w, 1)`.

    Args:
        window: odd side of the neighbourhood.
        floor: added to the deviation, so that flat parts do not become noise.

    Example:

    >>> layer = LocalContrast(window=3)
    >>> inputs = np.random.rand(1, 5, 6, 1)
    >>> ops.shape(layer(inputs))
    (1, 5, 6, 1)
    """

    def __init__(self, window: int, floor: float = 0.25, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.window = window
        self.floor = floor

    def call(self, inputs: Any) -> Any:
        box = ops.full((self.window, self.window, 1, 1), 1 / self.window**2, inputs.dtype)
        mean = ops.conv(inputs, box, padding="same")
        variance = ops.conv(ops.square(inputs), box, padding="same") - ops.square(mean)
        return (inputs - mean) / (ops.sqrt(ops.maximum(variance, 0.0)) + self.floor)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "window": self.window, "floor": self.floor}


@keras.saving.register_keras_serializable(package="mmdemo")
class WithMirrorImage(layers.Layer):
    """Puts the mirror images behind the pictures.

    Input shape: `(B, h, w, c)`.
    Output shape: `(2B, h, w, c)`.

    Example:

    >>> layer = WithMirrorImage()
    >>> inputs = np.array([[[[1.0], [3.0]]]])
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[[[1.0], [3.0]]], [[[3.0], [1.0]]]]
    """

    def call(self, inputs: Any) -> Any:
        return ops.concatenate([inputs, ops.flip(inputs, axis=2)], axis=0)


@keras.saving.register_keras_serializable(package="mmdemo")
class AverageMirrorImage(layers.Layer):
    """Averages the vectors of the pictures and of their mirror images.

    Input shape: `(2B, d)`, in the order of `WithMirrorImage`.
    Output shape: `(B, d)`.

    Example:

    >>> layer = AverageMirrorImage()
    >>> inputs = np.array([[1.0, 5.0], [3.0, 6.0]])
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[2.0, 5.5]]
    """

    def call(self, inputs: Any) -> Any:
        halves = ops.reshape(inputs, (2, -1, inputs.shape[-1]))  # (2, B, d)
        return ops.mean(halves, axis=0)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Stated, since a batch of unknown size cannot be halved to infer it."""
        return (None, *input_shape[1:])
