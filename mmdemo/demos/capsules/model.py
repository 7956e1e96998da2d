"""The networks: a picture of digits in, a capsule for each digit out, and what it looks like."""

from __future__ import annotations

import keras
from keras import layers

from .config import DECODER, DIGITS, PARTS, WHOLES, Config, Network
from .layers import (
    AttentionRouting,
    DynamicRouting,
    Lengths,
    Longest,
    OnlyNamed,
    Squash,
)


def build(config: Config) -> keras.Model:
    """The network that is served.

    Input shape: `(B, side, side)`, ink from 0 to 1 on 0.
    Output shapes: the lengths of the digits' capsules `(B, 10)`, their poses `(B, 10, pose)`, and
    of the `shown` longest ones what the decoder draws, `(B, shown, side, side)`. Of a network
    without capsules, the probabilities of the digits `(B, 10)` alone.

    Raises:
        ValueError: no such network.
    """
    network = config.network
    picture = keras.Input((network.side, network.side), name="picture")
    if network.network == "cnn":
        hidden = _hidden(network, picture)
        chances = layers.Dense(DIGITS, activation="softmax", name=WHOLES)(hidden)
        return keras.Model(picture, chances, name=network.network)
    poses = _capsules(network, picture)
    lengths = Lengths(name="lengths")(poses)
    longest = Longest(network.shown, name="longest")(lengths)
    redrawn = _decoder(network)(OnlyNamed(name="alone")([poses, longest]))
    return keras.Model(picture, [lengths, poses, redrawn], name=network.network)


def build_training(network: keras.Model, config: Config) -> keras.Model:
    """The same layers as they are trained; all weights are shared.

    Inputs: pictures `(B, side, side)`, and of a network with capsules which digits are to be drawn,
    `(B, shown, 10)`.
    Outputs: `lengths` `(B, 10)`, and `redrawn` `(B, shown, side, side)`. A network without capsules
    draws from its last hidden layer, where it has a decoder.
    """
    shape, picture = config.network, network.inputs[0]
    if shape.network != "cnn":
        lengths, poses, _ = network.outputs
        shown = keras.Input((shape.shown, DIGITS), name="shown")
        redrawn = network.get_layer(DECODER)(OnlyNamed(name="told")([poses, shown]))
        return keras.Model([picture, shown], {"lengths": lengths, "redrawn": redrawn})
    outputs = {"lengths": network.outputs[0]}
    if shape.decoder:
        hidden = network.get_layer("hidden").output
        outputs["redrawn"] = _decoder(shape)(layers.Reshape((1, hidden.shape[-1]))(hidden))
    return keras.Model(picture, outputs)


# === From a picture to parts ===


def _maps(network: Network, picture: keras.KerasTensor) -> keras.KerasTensor:
    """Convolutions: `(B, side, side)` to `(B, h, w, filters[-1])`."""
    x = layers.Reshape((network.side, network.side, 1), name="channel")(picture)
    shapes = zip(network.filters, network.windows, network.strides, strict=True)
    for number, (filters, window, stride) in enumerate(shapes, start=1):
        x = layers.Conv2D(
            filters,
            window,
            strides=stride,
            activation="relu",
            kernel_initializer="he_normal",
            name=f"conv_{number}",
        )(x)
        if network.normalised:
            x = layers.BatchNormalization(name=f"norm_{number}")(x)
    return x


def _windows(network: Network, maps: keras.KerasTensor) -> keras.KerasTensor:
    """A convolution of each channel by itself."""
    return layers.DepthwiseConv2D(network.window, strides=network.stride, name="windows")(maps)


def _hidden(network: Network, picture: keras.KerasTensor) -> keras.KerasTensor:
    """What stands in place of capsules, with as many numbers and about as many weights."""
    x = layers.Flatten(name="flat")(_windows(network, _maps(network, picture)))
    return layers.Dense(
        DIGITS * network.pose, activation="relu", kernel_initializer="he_normal", name="hidden"
    )(x)


def _capsules(network: Network, picture: keras.KerasTensor) -> keras.KerasTensor:
    """Poses of the digits, `(B, 10, pose)`."""
    maps = _maps(network, picture)
    if network.network == "capsnet":
        maps = layers.Conv2D(
            network.kinds * network.part, network.window, strides=network.stride, name="windows"
        )(maps)
        routing: layers.Layer = DynamicRouting(DIGITS, network.pose, network.rounds, name=WHOLES)
    elif network.network == "efficient":
        maps = _windows(network, maps)
        routing = AttentionRouting(DIGITS, network.pose, name=WHOLES)
    else:
        raise ValueError(f"no network is called '{network.network}'")
    # (B, h, w, kinds * part) -> (B, h * w * kinds, part)
    parts = layers.Reshape((-1, network.part), name="cut")(maps)
    return routing(Squash(steep=network.network == "efficient", name=PARTS)(parts))


# === From a pose to a picture ===


def _decoder(network: Network) -> keras.Model:
    """Poses with all others zero, `(B, n, 10 * pose)`, to pictures `(B, n, side, side)`."""
    alone = x = keras.Input((None, DIGITS * network.pose), name="pose")
    for number, width in enumerate(network.decoder, start=1):
        x = layers.Dense(
            width, activation="relu", kernel_initializer="he_normal", name=f"draw_{number}"
        )(x)
    x = layers.Dense(network.side**2, activation="sigmoid", name="ink")(x)
    drawn = layers.Reshape((-1, network.side, network.side), name="redrawn")(x)
    return keras.Model(alone, drawn, name=DECODER)
