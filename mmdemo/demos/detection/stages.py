"""A network cut into the stages that it is told of: the map, where to look, what is there.

Importing this module imports Keras.
"""

from __future__ import annotations

import keras

from mmdemo.core.weights.artifacts import BACKBONE, HEADS


def proposing(network: keras.Model) -> keras.Model:
    """Of Faster R-CNN: a picture to the shared map, objectness and changes of the anchors."""
    heads = network.get_layer(HEADS)
    alone = keras.Model(heads.inputs[:2], [_shared(heads), *heads.outputs[2:]])
    return keras.Model(network.inputs[0], alone(_maps(network)), name="proposing")


def mapping(network: keras.Model) -> keras.Model:
    """Of Fast R-CNN: a picture to the shared map."""
    heads = network.get_layer(HEADS)
    alone = keras.Model(heads.inputs[:2], _shared(heads))
    return keras.Model(network.inputs[0], alone(_maps(network)), name="mapping")


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


def _maps(network: keras.Model) -> list[keras.KerasTensor]:
    """The backbone's last two maps of the network's picture."""
    maps: list[keras.KerasTensor] = network.get_layer(BACKBONE)(network.inputs[0], training=False)
    return maps[-2:]


def _shared(heads: keras.Model) -> keras.KerasTensor:
    return heads.get_layer("shared_relu").output
