"""The networks: a picture in, classes and boxes out, all on one backbone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
from keras import layers

from mmdemo.core.nets import backbone
from mmdemo.core.nets.backbone import STRIDES, convolve
from mmdemo.core.weights.artifacts import HEADS

from .config import Config, Network
from .pooling import BoxesFromPoints, RoiMaxPooling

RARE = 0.01
"""Probability of a thing at a place, as a network begins: most places have none."""
STAGES = {
    "rcnn": (3, 4),
    "fast_rcnn": (3, 4),
    "faster_rcnn": (3, 4),
    "yolo": (4,),
    "points": (2, 3),  # its heads have a last stage of their own
}
"""Of the backbone, whose maps the heads of each network take."""
OUTPUTS = {
    "rcnn": ("classes", "boxes"),
    "fast_rcnn": ("classes", "boxes"),
    "faster_rcnn": ("classes", "boxes", "objectness", "anchors"),
    "yolo": ("cells",),
    "points": ("classes", "boxes", "centre"),
}
"""Names of each network's outputs."""


def build(config: Config) -> keras.Model:
    """The network that is served.

    Input shape: `(B, height, width, 3)`, RGB from 0 to 255; `(B, crop, crop, 3)` for R-CNN. Fast
    and Faster R-CNN take proposals as a second input, `(B, N, 4)`: left, top, right and bottom in
    parts of the picture's sides, as all boxes here.
    Output, by network:

    - `rcnn`: a logit per class, `(B, C)`, and how a class's box differs from the proposal,
      `(B, C, 4)`.
    - `fast_rcnn`: logits of no thing and of each class, `(B, N, 1 + C)`, and how a class's box
      differs from the proposal, `(B, N, C, 4)`.
    - `faster_rcnn`: the same, and of each anchor the logit of its objectness, `(B, A)`, and how
      the proposal differs from it, `(B, A, 4)`.
    - `yolo`: of each cell, `(B, grid, grid, boxes * 5 + C)`: x and y in the cell, the square roots
      of width and height in parts of the picture's, and the confidence of each box; then the
      classes.
    - `points`: of each place of a map, class logits `(B, P, C)`, a box `(B, P, 4)` and the logit of
      its centre-ness, `(B, P, 1)`.

    Raises:
        ValueError: no such network.
    """
    network, how = config.network, config.input
    if network.network not in STAGES:
        raise ValueError(f"no network is called '{network.network}'")
    side = (how.crop, how.crop) if network.network == "rcnn" else (how.height, how.width)
    picture = keras.Input((*side, 3), name="picture")
    body = backbone.build(network.stem, network.widths, network.depths)
    body.trainable = False
    maps = body(picture, training=False)
    inputs, given = [picture], [maps[stage - 1] for stage in STAGES[network.network]]
    if network.network in ("fast_rcnn", "faster_rcnn"):
        inputs.append(keras.Input((None, 4), name="proposals"))
        given.append(inputs[1])
    outputs = build_heads(config)(given if len(given) > 1 else given[0])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    # Keras calls an output, and its loss, after the layer that gives it.
    names = OUTPUTS[network.network]
    outputs = [layers.Identity(name=n)(o) for n, o in zip(names, outputs, strict=True)]
    return keras.Model(
        inputs if len(inputs) > 1 else picture,
        outputs if len(outputs) > 1 else outputs[0],
        name=network.network,
    )


def build_heads(config: Config) -> keras.Model:
    """What stands on the backbone: its maps, and proposals where those are taken, in."""
    network, how = config.network, config.input
    maps = [
        keras.Input(
            (
                # R-CNN's pools take maps of any size; the others' shapes are fixed.
                *(-(-side // STRIDES[stage - 1]) for side in (how.height, how.width)),
                network.widths[stage - 1],
            )
            if network.network != "rcnn"
            else (None, None, network.widths[stage - 1]),
            name=f"stage{stage}",
        )
        for stage in STAGES[network.network]
    ]
    if network.network == "rcnn":
        return keras.Model(maps, _rcnn(network, maps), name=HEADS)
    if network.network == "yolo":
        return keras.Model(maps[0], _yolo(network, maps[0]), name=HEADS)
    if network.network == "points":
        return keras.Model(maps, _points(network, *maps), name=HEADS)
    proposals = keras.Input((None, 4), name="proposals")
    shared = both(maps[0], maps[1], network.hidden)
    outputs = _regions(network, shared, proposals)
    if network.network == "faster_rcnn":
        outputs += _proposing(network, shared)
    return keras.Model([*maps, proposals], outputs, name=HEADS)


def both(fine: keras.KerasTensor, coarse: keras.KerasTensor, hidden: int) -> keras.KerasTensor:
    """One map of two, with the places of the finer one: `(B, h, w, hidden)`."""
    fine = convolve(fine, hidden, 1, "fine_reduce")
    coarse = convolve(coarse, hidden, 1, "coarse_reduce")
    coarse = layers.UpSampling2D(2, name="coarse_grow")(coarse)
    return convolve(layers.Add(name="both")([fine, coarse]), hidden, 3, "shared")


# === R-CNN (Girshick et al. 2014) ===


def _rcnn(network: Network, maps: Sequence[keras.KerasTensor]) -> list[keras.KerasTensor]:
    """Means of the last two maps; a linear SVM per class, and a ridge regression of its box."""
    pooled = [layers.GlobalAveragePooling2D(name=f"{map_.name}_pool")(map_) for map_ in maps]
    features = layers.Concatenate(name="features")(pooled)
    classes = layers.Dense(network.classes, name="svm")(features)
    changes = layers.Dense(network.classes * 4, name="ridge")(features)
    return [classes, layers.Reshape((network.classes, 4), name="changes")(changes)]


# === Fast R-CNN (Girshick 2015) ===


def _regions(
    network: Network, shared: keras.KerasTensor, proposals: keras.KerasTensor
) -> list[keras.KerasTensor]:
    """ROI max pooling, a dense layer, two heads."""
    pooled = RoiMaxPooling(network.pooled, name="roi_pool")([shared, proposals])
    per_region = layers.Reshape((-1, network.pooled**2 * network.hidden), name="flatten")(pooled)
    x = layers.Dense(network.units, activation="relu", name="dense")(per_region)
    logits = layers.Dense(1 + network.classes, name="class_head")(x)
    changes = layers.Dense(network.classes * 4, name="box_head")(x)
    return [logits, layers.Reshape((-1, network.classes, 4), name="changes")(changes)]


# === Faster R-CNN (Ren et al. 2015) ===


def _proposing(network: Network, shared: keras.KerasTensor) -> list[keras.KerasTensor]:
    """The region proposal network: two numbers' worth of each anchor at each place."""
    kinds = len(network.anchors) * len(network.ratios)
    x = layers.Conv2D(2 * network.hidden, 3, padding="same", activation="relu", name="rpn")(shared)
    rare = keras.initializers.Constant(-math.log(1 / RARE - 1))
    objectness = layers.Conv2D(kinds, 1, bias_initializer=rare, name="rpn_objectness")(x)
    changes = layers.Conv2D(kinds * 4, 1, name="rpn_changes")(x)
    return [
        layers.Reshape((-1,), name="objectness_of_anchors")(objectness),
        layers.Reshape((-1, 4), name="changes_of_anchors")(changes),
    ]


# === YOLO (Redmon et al. 2016) ===


def _yolo(network: Network, map_: keras.KerasTensor) -> keras.KerasTensor:
    """Convolutions down to the grid, and a vector for each of its cells."""
    x = convolve(map_, network.hidden, 1, "reduce")
    number = 0
    while x.shape[1] > network.grid:
        number += 1
        x = convolve(x, 2 * network.hidden, 3, f"halve_{number}", strides=2)
    x = layers.Dropout(0.3, name="dropout")(x)
    quiet = keras.initializers.RandomNormal(stddev=0.01)  # sides are squared
    return layers.Conv2D(
        network.boxes * 5 + network.classes, 1, kernel_initializer=quiet, name="vectors"
    )(x)


# === Our own: anchor-free (after Tian et al. 2019, "FCOS") ===


def _points(
    network: Network, finer: keras.KerasTensor, fine: keras.KerasTensor
) -> list[keras.KerasTensor]:
    """A last stage of its own, three maps in one, and two heads on each of its places."""
    # Named as the backbone's own, whose weights it starts from.
    coarse = backbone.stage(fine, 4, network.widths[-1], network.depths[-1])
    shared = both(fine, coarse, network.hidden)
    details = convolve(finer, network.hidden, 3, "details", strides=2)
    shared = layers.Add(name="with_details")([shared, details])
    towers = []
    for head in ("class", "box"):
        x = shared
        for index in range(1, network.depth + 1):
            x = convolve(x, network.hidden, 3, f"{head}_{index}")
        towers.append(x)
    rare = keras.initializers.Constant(-math.log(1 / RARE - 1))
    logits = layers.Conv2D(network.classes, 1, bias_initializer=rare, name="class_logits")
    distances = layers.Conv2D(4, 1, bias_initializer="ones", name="distances")(towers[1])
    centre = layers.Conv2D(1, 1, name="centre_logit")(towers[1])
    return [
        layers.Reshape((-1, network.classes), name="class_of_place")(logits(towers[0])),
        BoxesFromPoints(name="box_of_place")(distances),
        layers.Reshape((-1, 1), name="centre_of_place")(centre),
    ]
