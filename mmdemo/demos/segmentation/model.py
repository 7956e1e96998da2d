"""The networks: a picture in, maps of the same size out."""

from __future__ import annotations

import keras
from keras import layers

from mmdemo.core.nets import backbone
from mmdemo.core.nets.backbone import convolve
from mmdemo.core.nets.layers import AveragePooling2D
from mmdemo.core.weights.artifacts import HEADS

from .config import Config, Network

FINE, COARSE = 2, 4
"""Stages of the backbone that DeepLab reads: every 4th and every 16th pixel."""
UP = 4
"""How much finer the first of them is than the second, and the picture than the first."""


def build(config: Config) -> keras.Model:
    """The network that is served.

    Input shape: `(B, height, width, 3)`, RGB from 0 to 255, stretched (`core.media.stretch`);
    height and width are multiples of `config.STRIDE`.
    Output: `(B, height, width, maps)`, of each pixel what `config.network.maps` name, from 0 to 1;
    or `(B, height, width, kinds)`, the probability of each kind.

    Raises:
        ValueError: no such network.
    """
    network = config.network
    picture = keras.Input((None, None, 3), name="picture")
    if network.network == "deeplab":
        body = backbone.build(network.stem, network.widths, network.depths)
        body.trainable = False
        maps = body(picture, training=False)
        coarse = maps[_last(network) - 1]
        logits = build_heads(config)([maps[FINE - 1], coarse])
    elif network.network in ("unet", "encoder_decoder"):
        logits = _hourglass(network, picture)
    else:
        raise ValueError(f"no network is called '{network.network}'")
    chances = "softmax" if network.kinds else "sigmoid"
    said = layers.Activation(chances, name="maps")(logits)
    return keras.Model(picture, said, name=network.network)


# === U-Net (Ronneberger et al. 2015), and the same without its skips ===


def _hourglass(network: Network, picture: keras.KerasTensor) -> keras.KerasTensor:
    """Halved `depth` times and brought back by transposed convolutions, as often.

    As in the paper, but for three things: convolutions keep the size (`same`), are followed by
    batch normalisation, and are narrower (the paper's base is 64).
    """
    skips = network.network == "unet"
    x = layers.Rescaling(1 / 127.5, -1, name="scale")(picture)
    kept = []
    for level in range(network.depth):
        x = _twice(x, network.base * 2**level, f"down_{level + 1}")
        kept.append(x)
        x = layers.MaxPooling2D(2, name=f"halve_{level + 1}")(x)
    x = _twice(x, network.base * 2**network.depth, "middle")
    for level in reversed(range(network.depth)):
        width = network.base * 2**level
        x = layers.Conv2DTranspose(width, 2, strides=2, name=f"double_{level + 1}")(x)
        if skips:
            x = layers.Concatenate(name=f"skip_{level + 1}")([kept[level], x])
        x = _twice(x, width, f"up_{level + 1}")
    return layers.Conv2D(_outputs(network), 1, name="logits")(x)


def _outputs(network: Network) -> int:
    return network.kinds or len(network.maps)


def _twice(x: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    return convolve(convolve(x, width, 3, f"{name}_first"), width, 3, f"{name}_second")


# === DeepLab v3+ (Chen et al. 2018) ===


def build_heads(config: Config) -> keras.Model:
    """What stands on the backbone: its two maps in, logits of each pixel out.

    The pyramid looks at the coarse map point by point, through 3 x 3 windows with holes of several
    sizes, and as a whole (ASPP); the finer map sharpens what it says.
    """
    network = config.network
    fine, last = (
        keras.Input((None, None, network.widths[stage - 1]), name=f"stage{stage}")
        for stage in (FINE, _last(network))
    )
    coarse = last
    if network.own_stage:
        coarse = backbone.stage(last, COARSE, network.widths[-1], network.depths[-1])
    branches = [convolve(coarse, network.hidden, 1, "point")]
    for dilation in network.dilations:
        x = layers.Conv2D(
            network.hidden,
            3,
            padding="same",
            dilation_rate=dilation,
            use_bias=False,
            name=f"holes_{dilation}_conv",
        )(coarse)
        x = layers.BatchNormalization(name=f"holes_{dilation}_norm")(x)
        branches.append(layers.Activation("relu", name=f"holes_{dilation}_relu")(x))
    x = layers.Conv2D(network.hidden, 1, use_bias=False, name="pyramid_conv")(
        layers.Concatenate(name="pyramid")(branches)
    )
    whole = layers.GlobalAveragePooling2D(keepdims=True, name="whole_pool")(coarse)
    # Added, where the paper puts it beside the others: the same, but that a map of any size is met.
    whole = layers.Conv2D(network.hidden, 1, use_bias=False, name="whole_conv")(whole)
    x = layers.BatchNormalization(name="pyramid_norm")(layers.Add(name="with_whole")([x, whole]))
    x = layers.Activation("relu", name="pyramid_relu")(x)
    x = _grow(x, "grow")
    low = convolve(fine, network.low, 1, "low")
    x = layers.Concatenate(name="with_low")([x, low])
    x = convolve(convolve(x, network.hidden, 3, "sharpen_1"), network.hidden, 3, "sharpen_2")
    x = layers.Conv2D(_outputs(network), 1, name="logits")(x)
    x = _grow(x, "grow_to_picture")
    return keras.Model([fine, last], x, name=HEADS)


def _last(network: Network) -> int:
    """The last stage of the backbone that the heads read: they may have the one after it."""
    return COARSE - 1 if network.own_stage else COARSE


def _grow(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Each point `UP` x `UP` times, and steps smoothed: as linear interpolation, for any size."""
    x = layers.UpSampling2D(UP, name=f"{name}_repeat")(x)
    return AveragePooling2D(UP + 1, 1, padding="same", name=f"{name}_smooth")(x)
