"""Mask R-CNN on a frozen backbone of photos, and convolutions that look closer."""

from __future__ import annotations

from dataclasses import dataclass, field

from mmdemo.core.demo import ModelId
from mmdemo.core.media import stretch
from mmdemo.core.weights.configuration import replace

CLASSIFIER = ModelId("image_classifier", "", "default")
"""Whose backbone the networks stand on."""
STRIDES = (4, 8)
"""Pixels of the picture between neighbours of the two maps."""
MASK = 28
"""Points of a mask, across and down."""


@dataclass(frozen=True)
class Network:
    """What `model.build` makes.

    Attributes:
        stem, widths, depths: of the backbone, as `core.nets.backbone.build` takes them.
        hidden: channels of the two maps that everything is read from.
        details: channels of the first of the layers that look at the picture itself.
        fine, coarse: sides of the square anchors of each map, in pixels.
        pooled: rows and columns of a region, as the box head sees it.
        outlined: the same, as the mask head sees it; the mask has twice as many.
        units: of the box head's dense layers.
        depth: convolutions of the mask head.
    """

    stem: int = 32
    widths: tuple[int, ...] = (64, 160, 320, 512)
    depths: tuple[int, ...] = (0, 1, 3, 2)
    hidden: int = 64
    details: int = 24
    fine: tuple[float, ...] = (7, 10, 15)
    coarse: tuple[float, ...] = (22, 33, 50)
    pooled: int = 7
    outlined: int = MASK // 2
    units: int = 128
    depth: int = 3


@dataclass(frozen=True)
class Input(stretch.Input):
    """The pictures, as they are served.

    Attributes:
        proposals: regions that are looked at in so many pixels as a crop of training has.
    """

    proposals: int = 200


@dataclass(frozen=True)
class Training:
    """How a network learns.

    Attributes:
        epochs: how often it is stored on the way, and a row of its history is written.
        steps: batches of an epoch.
        batch: crops of a batch.
        crop: their side, in pixels.
        zoom: crops are scaled by up to this, and by down to one over this.
        regions: of a crop, whose class and box a step learns; a quarter shows a thing.
        outlines: of these, whose masks it learns.
        learning_rate: the highest one; it rises along a line and falls along a cosine.
        weight_decay: AdamW's.
    """

    epochs: int = 30
    steps: int = 50
    batch: int = 4
    crop: int = 256
    zoom: float = 1.4
    regions: int = 96
    outlines: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network and trains it."""

    network: Network = field(default_factory=Network)
    input: Input = field(default_factory=Input)
    training: Training = field(default_factory=Training)


DEFAULT = Config()
TINY = replace(
    DEFAULT,
    stem=4,
    widths=(4, 8, 8, 8),
    depths=(0, 0, 1, 1),
    hidden=8,
    details=4,
    units=8,
    depth=1,
    epochs=2,
    steps=3,
    batch=2,
    crop=64,
    regions=16,
    outlines=4,
    learning_rate=1e-2,
)
PRESETS = {"nuclei/default": DEFAULT}
