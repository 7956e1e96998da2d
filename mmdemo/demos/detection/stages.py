"""A network cut into the stages that it is told of: the map, where to look, what is there.

Importing this module imports Keras.
"""

from __future__ import annotations

import keras
import numpy as np

from mmdemo.core.serve.backend import compile_part
from mmdemo.core.weights.artifacts import BACKBONE, HEADS

from . import outputs
from .config import Config


def mapping(network: keras.Model) -> keras.Model:
    """Of Fast and Faster R-CNN: a picture to the shared map."""
    heads = network.get_layer(HEADS)
    alone = keras.Model(heads.inputs[:2], _shared(heads))
    return keras.Model(network.inputs[0], alone(_maps(network)), name="mapping")


def rpn(network: keras.Model) -> keras.Model:
    """Of Faster R-CNN: the shared map to objectness and changes of the anchors."""
    heads = network.get_layer(HEADS)
    return keras.Model(_shared(heads), heads.outputs[2:], name="rpn")


def proposing(network: keras.Model) -> keras.Model:
    """Of Faster R-CNN, what proposes, to be trained alone: a picture to the same."""
    body, head = mapping(network), rpn(network)
    objectness, changes = head(body.outputs[0])
    named = [
        keras.layers.Identity(name="objectness")(objectness),
        keras.layers.Identity(name="anchors")(changes),
    ]
    return keras.Model(body.inputs[0], named, name="proposing")


def looking(network: keras.Model) -> keras.Model:
    """Of Fast and Faster R-CNN: the shared map and regions to classes and changes."""
    heads = network.get_layer(HEADS)
    return keras.Model([_shared(heads), heads.inputs[2]], heads.outputs[:2], name="looking")


def features(network: keras.Model) -> keras.Model:
    """Of R-CNN: crops to the features that its classifiers read."""
    heads = network.get_layer(HEADS)
    alone = keras.Model(heads.inputs, heads.get_layer("features").output)
    return keras.Model(network.inputs[0], alone(_maps(network)), name="features")


def classifying(network: keras.Model) -> keras.Model:
    """Of R-CNN: features to a logit and a change of the box per class."""
    heads = network.get_layer(HEADS)
    return keras.Model(heads.get_layer("features").output, heads.outputs, name="classifying")


def proposed(network: keras.Model, config: Config, pixels: np.ndarray, count: int) -> np.ndarray:
    """Where Faster R-CNN would look in a picture.

    Args:
        network: Faster R-CNN.
        config: of the network.
        pixels: `(1, height, width, 3)`, float32.
        count: proposals, at most.

    Returns:
        float32 `(n, 4)`, the likeliest first.
    """
    objectness, changes = compile_part(network, rpn)(compile_part(network, mapping)(pixels))
    return outputs.proposed(objectness[0], changes[0], config, count)


def in_two(
    network: keras.Model, config: Config, pixels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Faster R-CNN on one picture: proposals `(n, 4)`, and what `outputs.of_regions` takes."""
    shared = compile_part(network, mapping)(pixels)
    objectness, changes = compile_part(network, rpn)(shared)
    where = outputs.proposed(objectness[0], changes[0], config, config.input.proposals)
    classes, boxes = compile_part(network, looking)(shared, where[None])
    return where, classes[0], boxes[0]


def _maps(network: keras.Model) -> list[keras.KerasTensor]:
    """The backbone's last two maps of the network's picture."""
    maps: list[keras.KerasTensor] = network.get_layer(BACKBONE)(network.inputs[0], training=False)
    return maps[-2:]


def _shared(heads: keras.Model) -> keras.KerasTensor:
    return heads.get_layer("shared_relu").output
