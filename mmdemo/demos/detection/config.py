"""Presets of the networks that find blood cells: four as they were invented, and our own."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from mmdemo.core.demo import ModelId
from mmdemo.core.weights.configuration import replace

CLASSIFIER = ModelId("image_classifier", "", "default")
"""Whose backbone all of them stand on."""


@dataclass(frozen=True)
class Network:
    """What `model.build` makes.

    Attributes:
        network: `rcnn`, `fast_rcnn`, `faster_rcnn`, `yolo` or `points` (anchor-free: our own).
        classes: kinds of things.
        stem, widths, depths: of the backbone, as `core.nets.backbone.build` takes them.
        hidden: channels of the map that the heads read.
        depth: convolutions of each head (`points`).
        units: of the dense layers behind ROI pooling.
        pooled: rows and columns of a pooled region.
        grid: rows and columns of cells (`yolo`).
        boxes: that a cell predicts (`yolo`).
        anchors: heights of the anchors that are as wide as high, in parts of the picture's height
            (`faster_rcnn`).
        ratios: of their heights to their widths, in pixels (`faster_rcnn`).
    """

    network: str = "points"
    classes: int = 3
    stem: int = 32
    widths: tuple[int, ...] = (64, 160, 320, 512)
    depths: tuple[int, ...] = (0, 1, 3, 2)
    hidden: int = 0
    depth: int = 0
    units: int = 0
    pooled: int = 0
    grid: int = 0
    boxes: int = 0
    anchors: tuple[float, ...] = ()
    ratios: tuple[float, ...] = ()


@dataclass(frozen=True)
class Input:
    """The pictures, as they are served and as they are altered in training.

    Attributes:
        height, width: that a whole picture is fitted into, in pixels.
        squash: a picture is stretched to that size; else it is fitted into it, and grey is put
            beside it.
        crop: side that a proposal is warped to (`rcnn`).
        proposals: boxes of selective search that are looked at (`rcnn`, `fast_rcnn`), or of the
            region proposal network (`faster_rcnn`).
        zoom: pictures are scaled by up to this in training, and by down to one over this.
        turn: train on pictures that are turned by a quarter, too.
        colour: how much each channel's contrast and brightness vary in training.
    """

    height: int = 240
    width: int = 320
    squash: bool = False
    crop: int = 0
    proposals: int = 0
    zoom: float = 1.0
    turn: bool = False
    colour: float = 0.0


@dataclass(frozen=True)
class Training:
    """How a network learns.

    Attributes:
        epochs: how often it is stored on the way, and a row of its history is written.
        first_epochs: of the region proposal network alone, before the others.
        steps: batches of an epoch; pictures are few, and an epoch sees each several times.
        batch: pictures of a batch.
        learning_rate: the highest one; it rises along a line and falls along a cosine.
        weight_decay: AdamW's.
        regions: regions of a picture that a step learns from (`fast_rcnn`, `faster_rcnn`), or all
            of them (`rcnn`).
        held_out: pictures of the validation part that choose thresholds; the others are learnt.
    """

    epochs: int = 0
    first_epochs: int = 0
    steps: int = 50
    batch: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    regions: int = 0
    held_out: int = 30


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network and trains it."""

    network: Network = Network()
    input: Input = Input()
    training: Training = Training()

    @property
    def proposed(self) -> bool:
        """Whether selective search says where to look."""
        return self.network.network in ("rcnn", "fast_rcnn")


ALTERED = Input(zoom=1.35, turn=True, colour=0.1)

DEFAULT = Config(
    Network(hidden=128, depth=2),
    ALTERED,
    Training(epochs=40),
)
RCNN = Config(
    Network(network="rcnn"),
    Input(crop=48, proposals=1000),
    Training(regions=300),
)
FAST_RCNN = Config(
    Network(network="fast_rcnn", hidden=64, units=256, pooled=7),
    dataclasses.replace(ALTERED, proposals=1000),
    Training(epochs=32, regions=64),
)
FASTER_RCNN = Config(
    Network(
        network="faster_rcnn",
        hidden=64,
        units=256,
        pooled=7,
        anchors=(0.08, 0.21, 0.4),
        ratios=(0.77, 1.0, 1.3),
    ),
    dataclasses.replace(ALTERED, proposals=100),
    Training(epochs=19, first_epochs=10, regions=64),
)
YOLO = Config(
    Network(network="yolo", hidden=128, grid=7, boxes=2),
    dataclasses.replace(ALTERED, height=448, width=448, squash=True, turn=False, zoom=1.2),
    Training(epochs=24),
)
TINY = replace(
    DEFAULT,
    stem=4,
    widths=(4, 8, 8, 8),
    depths=(0, 0, 1, 1),
    hidden=8,
    depth=1,
    height=48,
    width=64,
    epochs=2,
    steps=3,
    batch=4,
    learning_rate=1e-2,
    held_out=2,
)
PRESETS = {
    "default": DEFAULT,
    "rcnn": RCNN,
    "fast_rcnn": FAST_RCNN,
    "faster_rcnn": FASTER_RCNN,
    "yolo": YOLO,
}
