"""The networks: a picture in, one number per class and a box out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from mmdemo.core.nets import backbone
from mmdemo.core.nets.backbone import convolve
from mmdemo.core.weights.artifacts import HEADS

from .config import Config, Network


def build(config: Config) -> keras.Model:
    """The network that is served.

    Input shape: `(B, height, width, 3)`, RGB from 0 to 255; of any height and width on the
    backbone, `side` x `side` for the source's. On the backbone a second input, `(B, classes)`, says
    whose box is wanted: 1 for that class, or nothing but 0 for the likeliest one.
    Output: a list of logits `(B, classes)` and boxes `(B, 4)`: left, top, right and bottom in parts
    of the picture's sides, in this order and from 0 to 1.

    Raises:
        ValueError: no such network.
    """
    network = config.network
    if network.network == "book":
        return _book(network, config.input.side)
    if network.network == "backbone":
        return _on_backbone(network)
    raise ValueError(f"no network is called '{network.network}'")


def build_heads(network: Network, channels: Sequence[int]) -> keras.Model:
    """The heads alone, on the backbone's last two maps.

    The box head knows whose box is wanted: the class says where each map speaks for it, and shifts
    what the head computes. It looks at the picture `looks` times: each time a softmax over all
    places says where, and what stands there is averaged, with its coordinates. So it takes pictures
    of any size.

    Args:
        network: widths of the heads.
        channels: of the two maps.
    """
    # === Layers ===
    fine = keras.Input((None, None, channels[0]), name="fine")
    coarse = keras.Input((None, None, channels[1]), name="coarse")
    wanted = keras.Input((network.classes,), name="wanted")

    # === Functional model ===
    small = convolve(fine, network.hidden, 1, "fine_reduce")
    large = convolve(coarse, network.hidden, 1, "coarse_reduce")
    shared = layers.Add(name="both")([small, GrowLike(name="coarse_grow")([large, small])])
    shared = convolve(shared, network.hidden, 3, "shared")  # (B, h, w, hidden)

    seen = layers.Concatenate(name="class_features")(
        [
            layers.GlobalAveragePooling2D(name="pool")(coarse),
            layers.GlobalAveragePooling2D(name="shared_pool")(shared),
        ]
    )
    logits = layers.Dense(network.classes, name="logits")(seen)

    about = AskedOrLikeliest(name="about")([wanted, logits])
    evidence = [
        Evidence(name=f"{name}_evidence")(
            [map_, layers.Dense(map_.shape[-1], use_bias=False, name=f"{name}_class")(about)]
        )
        for name, map_ in (("fine", fine), ("coarse", coarse))
    ]
    evidence = layers.Concatenate(name="evidence")(
        [evidence[0], GrowLike(name="evidence_grow")([evidence[1], evidence[0]])]
    )
    evidence = layers.BatchNormalization(name="evidence_norm")(evidence)
    x = layers.Concatenate(name="with_evidence")([shared, evidence])
    x = WithCoordinates(name="coordinates")(x)
    x = layers.Conv2D(network.hidden, 3, padding="same", use_bias=False, name="box_conv")(x)
    x = layers.BatchNormalization(name="box_norm")(x)
    shift = layers.Dense(network.hidden, use_bias=False, name="class_shift")(about)
    x = layers.Add(name="box_shift")([x, layers.Reshape((1, 1, -1), name="everywhere")(shift)])
    x = layers.Activation("relu", name="box_relu")(x)
    values = layers.Conv2D(network.pooled, 1, name="values")(x)
    looks = AttentionPooling(name="looks")(
        [
            layers.Conv2D(network.looks, 1, name="attention")(x),
            WithCoordinates(name="value_coordinates")(values),
        ]
    )
    x = layers.Concatenate(name="box_features")(
        [layers.GlobalAveragePooling2D(name="box_pool")(x), looks]
    )
    x = layers.Dropout(network.dropout, name="dropout")(x)
    x = layers.Dense(network.hidden, activation="relu", name="box_hidden")(x)
    box = _box(x)
    return keras.Model([fine, coarse, wanted], [logits, box], name=HEADS)


def _book(network: Network, side: int) -> keras.Model:
    picture = keras.Input((side, side, 3), name="picture")
    x = layers.Rescaling(1 / 255, name="scale")(picture)
    for number, filters in enumerate(network.filters, start=1):
        x = layers.Conv2D(filters, 3, activation="relu", name=f"conv_{number}")(x)
        x = layers.MaxPooling2D(2, name=f"pool_{number}")(x)
    x = layers.Flatten(name="flatten")(x)  # (B, 2 * 2 * 256) for 64 x 64
    logits = layers.Dense(network.classes, name="class")(x)
    return keras.Model(picture, [logits, _box(x)], name="book")


def _on_backbone(network: Network) -> keras.Model:
    picture = keras.Input((None, None, 3), name="picture")
    body = backbone.build(network.stem, network.widths, network.depths)
    body.trainable = False
    maps = body(picture, training=False)[-2:]
    heads = build_heads(network, [map_.shape[-1] for map_ in maps])
    wanted = keras.Input((network.classes,), name="wanted")
    logits, box = heads([*maps, wanted])
    # Keras calls an output, and its loss, after the layer that gives it.
    outputs = [layers.Identity(name="class")(logits), layers.Identity(name="box")(box)]
    return keras.Model([picture, wanted], outputs, name="localizer")


def _box(x: keras.KerasTensor) -> keras.KerasTensor:
    """The regression head: x, y, width and height, and the corners that they stand for."""
    return ToCorners(name="box")(layers.Dense(4, activation="sigmoid", name="place_and_size")(x))


@keras.saving.register_keras_serializable(package="mmdemo")
class ToCorners(layers.Layer):
    """Place and size of a box, each from 0 to 1, to its corners, which lie in the picture.

    The place is where the box lies in the room that its size leaves it: 0 at the left or upper
    edge, 1 at the right or lower one.

    Input shape: `(B, 4)`: place x, place y, width, height.
    Output shape: `(B, 4)`: left, top, right, bottom.

    Example:

    >>> layer = ToCorners()
    >>> inputs = np.array([[0.5, 0.0, 0.5, 1.0]])
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[0.25, 0.0, 0.75, 1.0]]
    """

    def call(self, inputs: Any) -> Any:
        place, size = inputs[:, :2], inputs[:, 2:]
        low = place * (1 - size)
        return ops.concatenate([low, low + size], axis=-1)


@keras.saving.register_keras_serializable(package="mmdemo")
class AskedOrLikeliest(layers.Layer):
    """The class that was asked for; where none was, the one with the highest logit.

    Input shapes: `(B, classes)`, 1 for a class or all 0, and logits `(B, classes)`.
    Output shape: `(B, classes)`.

    Example:

    >>> layer = AskedOrLikeliest()
    >>> inputs = [np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[2.0, 3.0], [2.0, 3.0]])]
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """

    def call(self, inputs: Sequence[Any]) -> Any:
        asked, logits = inputs
        _, best = ops.top_k(logits, 1)  # ONNX has no operation for what Keras' argmax does
        own = ops.one_hot(best[:, 0], logits.shape[-1], dtype=asked.dtype)
        return ops.where(ops.max(asked, axis=-1, keepdims=True) > 0, asked, own)

    def compute_output_shape(self, input_shape: Sequence[tuple[int | None, ...]]) -> Any:
        return input_shape[0]


@keras.saving.register_keras_serializable(package="mmdemo")
class Evidence(layers.Layer):
    """How much each place of a map looks like a vector: class activation mapping.

    Zhou et al. 2016, "Learning Deep Features for Discriminative Localization".

    Input shapes: a map `(B, h, w, C)` and a vector `(B, C)`.
    Output shape: `(B, h, w, 1)`.

    Example:

    >>> layer = Evidence()
    >>> inputs = [np.random.rand(1, 2, 3, 4), np.random.rand(1, 4)]
    >>> ops.shape(layer(inputs))
    (1, 2, 3, 1)
    """

    def call(self, inputs: Sequence[Any]) -> Any:
        map_, vector = inputs
        return ops.sum(map_ * vector[:, None, None, :], axis=-1, keepdims=True)

    def compute_output_shape(self, input_shape: Sequence[tuple[int | None, ...]]) -> Any:
        return (*input_shape[0][:3], 1)


@keras.saving.register_keras_serializable(package="mmdemo")
class GrowLike(layers.Layer):
    """A map at twice its size, cut to the size of another one.

    Input shapes: `(B, ceil(h / 2), ceil(w / 2), C)` and a map `(B, h, w, any)`.
    Output shape: `(B, h, w, C)`.

    Example:

    >>> layer = GrowLike()
    >>> inputs = [np.random.rand(1, 2, 2, 4), np.random.rand(1, 4, 3, 1)]
    >>> ops.shape(layer(inputs))
    (1, 4, 3, 4)
    """

    def call(self, inputs: Sequence[Any]) -> Any:
        small, like = inputs
        grown = ops.repeat(ops.repeat(small, 2, axis=1), 2, axis=2)
        height, width = ops.shape(like)[1:3]
        return grown[:, :height, :width]

    def compute_output_shape(self, input_shape: Sequence[tuple[int | None, ...]]) -> Any:
        small, like = input_shape
        return (*like[:3], small[3])


@keras.saving.register_keras_serializable(package="mmdemo")
class WithCoordinates(layers.Layer):
    """Two more channels that say where each place lies: x and y, from -1 to 1.

    Liu et al. 2018, "An intriguing failing of convolutional neural networks and the CoordConv
    solution".

    Input shape: `(B, h, w, C)`.
    Output shape: `(B, h, w, C + 2)`.

    Example:

    >>> layer = WithCoordinates()
    >>> inputs = np.array([[[[9.0], [9.0]]]])
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[[[9.0, -0.5, 0.0], [9.0, 0.5, 0.0]]]]
    """

    def call(self, inputs: Any) -> Any:
        x, y = _coordinates(inputs)
        ones = ops.ones_like(inputs[..., :1])
        return ops.concatenate([inputs, ones * (2 * x - 1), ones * (2 * y - 1)], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        return (*input_shape[:3], input_shape[3] + 2)


@keras.saving.register_keras_serializable(package="mmdemo")
class AttentionPooling(layers.Layer):
    """What stands where each of several maps looks: a mean, weighted by a softmax over all places.

    With coordinates among the values it is a soft argmax, too (Levine et al. 2016, "End-to-End
    Training of Deep Visuomotor Policies").

    Input shapes: scores `(B, h, w, K)` and values `(B, h, w, C)`.
    Output shape: `(B, K * C)`.

    Example:

    >>> layer = AttentionPooling()
    >>> inputs = [np.random.rand(1, 3, 3, 2), np.random.rand(1, 3, 3, 4)]
    >>> ops.shape(layer(inputs))
    (1, 8)
    """

    def call(self, inputs: Sequence[Any]) -> Any:
        scores, values = inputs
        weights = ops.exp(scores - ops.max(scores, axis=(1, 2), keepdims=True))
        weights = weights / ops.sum(weights, axis=(1, 2), keepdims=True)
        seen = ops.einsum("bhwk,bhwc->bkc", weights, values)
        return ops.reshape(seen, (-1, scores.shape[-1] * values.shape[-1]))

    def compute_output_shape(self, input_shape: Sequence[tuple[int | None, ...]]) -> Any:
        scores, values = input_shape
        return (scores[0], scores[3] * values[3])


def _coordinates(x: Any) -> tuple[Any, Any]:
    """Centres of a map's places in parts of its sides: `(1, 1, w, 1)` and `(1, h, 1, 1)`."""
    height, width = ops.shape(x)[1:3]
    across = (ops.cast(ops.arange(width), x.dtype) + 0.5) / ops.cast(width, x.dtype)
    down = (ops.cast(ops.arange(height), x.dtype) + 0.5) / ops.cast(height, x.dtype)
    return ops.reshape(across, (1, 1, -1, 1)), ops.reshape(down, (1, -1, 1, 1))
