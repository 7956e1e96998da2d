"""Mask R-CNN (He et al. 2017): where something may be, what is there, and its outline."""

from __future__ import annotations

import math

import keras
from keras import layers

from mmdemo.core.nets import backbone
from mmdemo.core.nets.backbone import convolve
from mmdemo.core.weights.artifacts import HEADS

from .aligning import PerPicture, RoiAlign
from .config import STRIDES, Config, Network

RARE = 0.02
"""Share of the anchors that have something, as an untrained network says."""
KINDS = 2
"""Nothing and a thing."""
OUTPUTS = ("objectness", "anchors", "classes", "boxes", "masks")


def build(config: Config) -> keras.Model:
    """The network that is served.

    Inputs: `(B, height, width, 3)`, RGB from 0 to 255, stretched (`core.media.stretch`), sides
    multiples of 8; regions whose class is wanted, `(B, N, 4)`, left, top, right and bottom in parts
    of the picture's sides; and regions whose mask is wanted, `(B, M, 4)`.
    Outputs: of each anchor the logit of its objectness, `(B, A)`, and how the proposal differs from
    it, `(B, A, 4)`, those of the finer map first; logits of nothing and of a thing, `(B, N, 2)`,
    and how a thing's box differs from the region, `(B, N, 1, 4)`; logits of each point of a mask,
    `(B, M, 28, 28)`.
    """
    network = config.network
    picture = keras.Input((None, None, 3), name="picture")
    regions = keras.Input((None, 4), name="regions")
    outlined = keras.Input((None, 4), name="outlined")
    body = backbone.build(network.stem, network.widths, network.depths)
    body.trainable = False
    maps = read(body(picture, training=False))
    outputs = build_heads(config)([*maps, picture, regions, outlined])
    outputs = [layers.Identity(name=n)(o) for n, o in zip(OUTPUTS, outputs, strict=True)]
    return keras.Model([picture, regions, outlined], outputs, name="mask_rcnn")


def read(maps: list[keras.KerasTensor]) -> list[keras.KerasTensor]:
    """Of the backbone's maps those of `STRIDES`."""
    return [maps[backbone.STRIDES.index(stride)] for stride in STRIDES]


def build_heads(config: Config) -> keras.Model:
    """What stands on the backbone: two of its maps, the picture and both kinds of regions in."""
    network = config.network
    finer, coarser = (
        keras.Input((None, None, width), name=f"stride{stride}")
        for width, stride in zip(read(list(network.widths)), STRIDES, strict=True)
    )
    picture = keras.Input((None, None, 3), name="picture")
    regions = keras.Input((None, 4), name="regions")
    outlined = keras.Input((None, 4), name="outlined")
    fine, coarse = _pyramid(network, finer, coarser, picture)
    outputs = [
        *_proposing(network, fine, coarse),
        *_boxes(network, fine, coarse, regions),
        _masks(network, fine, coarse, outlined),
    ]
    return keras.Model([finer, coarser, picture, regions, outlined], outputs, name=HEADS)


def _pyramid(
    network: Network,
    finer: keras.KerasTensor,
    coarser: keras.KerasTensor,
    picture: keras.KerasTensor,
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Two maps of equal width; the finer one knows what the coarser one does (Lin et al. 2017)."""
    width = network.hidden
    coarse = convolve(coarser, width, 1, "coarse_reduce")
    fine = convolve(finer, width, 1, "fine_reduce")
    # What a backbone of photos never had to see.
    x = layers.Rescaling(1 / 127.5, -1, name="scale")(picture)
    x = convolve(x, network.details, 3, "details_1", strides=2)
    x = convolve(x, network.details, 3, "details_2")
    x = convolve(x, width, 3, "details_3", strides=2)
    x = convolve(x, width, 3, "details_4")
    fine = layers.Add(name="fine_details")([fine, x])
    x = convolve(x, width, 3, "details_5", strides=2)
    x = convolve(x, width, 3, "details_6")
    coarse = layers.Add(name="coarse_details")([coarse, x])
    coarse = convolve(coarse, width, 3, "coarse")
    grown = layers.UpSampling2D(2, name="grow")(coarse)
    fine = convolve(layers.Add(name="both")([fine, grown]), width, 3, "fine")
    return fine, coarse


def _proposing(
    network: Network, fine: keras.KerasTensor, coarse: keras.KerasTensor
) -> list[keras.KerasTensor]:
    """The region proposal network of each map: five numbers of each anchor at each place."""
    rare = keras.initializers.Constant(-math.log(1 / RARE - 1))
    said: list[list[keras.KerasTensor]] = [[], []]
    for name, map_, sizes in (("fine", fine, network.fine), ("coarse", coarse, network.coarse)):
        x = layers.Conv2D(network.hidden, 3, padding="same", activation="relu", name=f"{name}_rpn")(
            map_
        )
        objectness = layers.Conv2D(
            len(sizes), 1, bias_initializer=rare, name=f"{name}_rpn_objectness"
        )(x)
        changes = layers.Conv2D(len(sizes) * 4, 1, name=f"{name}_rpn_changes")(x)
        said[0].append(layers.Reshape((-1,), name=f"{name}_objectness")(objectness))
        said[1].append(layers.Reshape((-1, 4), name=f"{name}_changes")(changes))
    return [
        layers.Concatenate(axis=1, name=name)(each)
        for name, each in zip(("objectness_of_anchors", "changes_of_anchors"), said, strict=True)
    ]


def _boxes(
    network: Network,
    fine: keras.KerasTensor,
    coarse: keras.KerasTensor,
    regions: keras.KerasTensor,
) -> list[keras.KerasTensor]:
    """The box head: what a region shows, and where exactly."""
    x = RoiAlign(network.pooled, name="box_align")([fine, coarse, regions])
    x = layers.Flatten(name="box_flatten")(x)
    x = layers.Dense(network.units, activation="relu", name="box_1")(x)
    x = layers.Dense(network.units, activation="relu", name="box_2")(x)
    logits = layers.Dense(KINDS, name="class_head")(x)
    changes = layers.Dense(4, name="box_head")(x)
    changes = layers.Reshape((1, 4), name="box_of_kind")(changes)
    return [
        PerPicture(name="classes_of_regions")([logits, regions]),
        PerPicture(name="boxes_of_regions")([changes, regions]),
    ]


def _masks(
    network: Network,
    fine: keras.KerasTensor,
    coarse: keras.KerasTensor,
    outlined: keras.KerasTensor,
) -> keras.KerasTensor:
    """The mask head: which points of a box belong to the thing."""
    x = RoiAlign(network.outlined, name="mask_align")([fine, coarse, outlined])
    for index in range(1, network.depth + 1):
        x = layers.Conv2D(
            network.hidden, 3, padding="same", activation="relu", name=f"mask_{index}"
        )(x)
    x = layers.Conv2DTranspose(network.hidden, 2, strides=2, activation="relu", name="mask_double")(
        x
    )
    x = layers.Conv2D(1, 1, name="mask_logits")(x)
    side = 2 * network.outlined
    x = layers.Reshape((side, side), name="mask")(x)
    return PerPicture(name="masks_of_regions")([x, outlined])
