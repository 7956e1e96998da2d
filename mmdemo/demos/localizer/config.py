"""Presets of the networks that say what a picture shows, and where."""

from __future__ import annotations

from dataclasses import dataclass

from mmdemo.core.demo import ModelId
from mmdemo.core.weights.configuration import replace

CLASSIFIER = ModelId("image_classifier", "", "default")
"""Whose backbone DEFAULT stands on."""


@dataclass(frozen=True)
class Network:
    """What `model.build` makes.

    Attributes:
        network: `book` (the source's) or `backbone` (two heads on the frozen backbone).
        classes: kinds of things.
        filters: of each convolution (`book`).
        stem, widths, depths: of the backbone, as `core.nets.backbone.build` takes them.
        hidden: channels of the heads' own convolutions.
        looks: attention maps of the box head.
        pooled: channels that each of them pools.
        dropout: share of the box head's features dropped in training.
    """

    network: str = "book"
    classes: int = 200
    filters: tuple[int, ...] = (32, 64, 128, 256)
    stem: int = 0
    widths: tuple[int, ...] = ()
    depths: tuple[int, ...] = ()
    hidden: int = 0
    looks: int = 0
    pooled: int = 0
    dropout: float = 0.0


@dataclass(frozen=True)
class Input:
    """The pictures, as they are served and as they are altered in training.

    Attributes:
        side: of the pictures, in pixels.
        cropped: share of the pictures that are cropped in training.
        smallest_crop: part of a picture's area that a crop keeps, at least.
        visible: part of the thing's box that a crop keeps, at least.
        mirror: train on mirror images, and average the answer over the picture and its own.
    """

    side: int = 64
    cropped: float = 0.0
    smallest_crop: float = 1.0
    visible: float = 1.0
    mirror: bool = False


@dataclass(frozen=True)
class Training:
    """How a network learns.

    Attributes:
        alpha: weight of the class loss; the box loss has the rest of 1.
        box_loss: one of `core.nets.boxes.LOSSES`.
        label_smoothing: part of the true class that is spread over all classes.
        epochs: passes.
        batch: pictures of a batch.
        learning_rate: the highest one.
        cosine: let the learning rate fall along half a cosine.
        weight_decay: AdamW's; 0 for Adam.
        held_out: training pictures of each class that choose and calibrate.
    """

    alpha: float = 0.5
    box_loss: str = "mse"
    label_smoothing: float = 0.0
    epochs: int = 6
    batch: int = 128
    learning_rate: float = 1e-3
    cosine: bool = False
    weight_decay: float = 0.0
    held_out: int = 10


@dataclass(frozen=True)
class Effect:
    """What is trained to see the effect of alpha.

    Attributes:
        alphas: weights whose effect is measured; empty for none.
        alpha_pictures: training pictures that this measurement takes.
        alpha_epochs: its passes.
    """

    alphas: tuple[float, ...] = ()
    alpha_pictures: int = 0
    alpha_epochs: int = 0


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network and trains it."""

    network: Network = Network()
    input: Input = Input()
    training: Training = Training()
    effect: Effect = Effect()

    @property
    def asks(self) -> bool:
        """Whether the network takes the class whose box is wanted: as the one on the backbone."""
        return self.network.network == "backbone"


BOOK = Config()
DEFAULT = Config(
    Network(
        network="backbone",
        filters=(),
        stem=32,
        widths=(64, 160, 320, 512),
        depths=(0, 1, 3, 2),
        hidden=128,
        looks=16,
        pooled=32,
        dropout=0.2,
    ),
    Input(side=80, cropped=0.5, smallest_crop=0.35, visible=0.5, mirror=True),
    Training(box_loss="hit", label_smoothing=0.1, epochs=10, cosine=True, weight_decay=1e-2),
    Effect(alphas=(0.0, 0.1, 0.5, 0.9, 1.0), alpha_pictures=10_000, alpha_epochs=3),
)
TINY = replace(
    DEFAULT,
    classes=3,
    stem=4,
    widths=(4, 8),
    depths=(0, 1),
    hidden=8,
    looks=2,
    pooled=4,
    dropout=0.1,
    side=16,
    smallest_crop=0.5,
    epochs=2,
    batch=8,
    learning_rate=1e-2,
    held_out=2,
    alphas=(0.0, 0.5, 1.0),
    alpha_pictures=24,
    alpha_epochs=2,
)
PRESETS = {"default": DEFAULT, "book": BOOK}
