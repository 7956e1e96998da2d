"""The network cut where a picture passes: what proposes, what looks, what outlines.

Importing this module imports Keras.
"""

from __future__ import annotations

import keras

from mmdemo.core.weights.artifacts import BACKBONE, HEADS

from .model import read


def proposing(network: keras.Model) -> keras.Model:
    """A picture to the two maps, and to objectness and changes of the anchors."""
    heads = network.get_layer(HEADS)
    alone = keras.Model(heads.inputs[:3], [*_maps(heads), *heads.outputs[:2]])
    picture = network.inputs[0]
    maps = read(network.get_layer(BACKBONE)(picture, training=False))
    return keras.Model(picture, alone([*maps, picture]), name="proposing")


def looking(network: keras.Model) -> keras.Model:
    """The two maps and regions to classes and changes."""
    heads = network.get_layer(HEADS)
    return keras.Model([*_maps(heads), heads.inputs[3]], heads.outputs[2:4], name="looking")


def outlining(network: keras.Model) -> keras.Model:
    """The two maps and regions to masks."""
    heads = network.get_layer(HEADS)
    return keras.Model([*_maps(heads), heads.inputs[4]], heads.outputs[4], name="outlining")


def _maps(heads: keras.Model) -> list[keras.KerasTensor]:
    return [heads.get_layer(f"{name}_relu").output for name in ("fine", "coarse")]
