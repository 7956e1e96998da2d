"""Presets of the networks that say what a picture shows."""

from __future__ import annotations

from dataclasses import dataclass

from mmdemo.core.weights.configuration import replace


@dataclass(frozen=True)
class Network:
    """What `model.build` makes.

    Attributes:
        network: `book` (stacked blocks of the source) or `inception_residual`.
        classes: kinds of things.
        stem: filters of the first convolution; 0 for none (the source).
        widths: channels of each stage; of each branch of a block in the source.
        depths: residual blocks of each stage; empty for none (the source).
    """

    network: str = "book"
    classes: int = 200
    stem: int = 0
    widths: tuple[int, ...] = (16, 32, 64, 128)
    depths: tuple[int, ...] = ()


@dataclass(frozen=True)
class Input:
    """The pictures, as they are served and as they are altered in training.

    Attributes:
        side: shorter side of a picture as it is served and measured, in pixels.
        sides: of the pictures that are trained on, growing from the first to the last.
        smallest_crop: part of a picture's area that a crop keeps, at least; 1 for no crops.
        mix: share of the batches in which pictures are blended or cut into one another.
    """

    side: int = 64
    sides: tuple[int, ...] = (64,)
    smallest_crop: float = 1.0
    mix: float = 0.0


@dataclass(frozen=True)
class Training:
    """How a network learns.

    Attributes:
        label_smoothing: part of the truth that is spread over all classes.
        epochs: passes.
        batch: pictures of a batch.
        learning_rate: the highest one.
        weight_decay: per step, in parts of the learning rate.
        averaging: momentum of the averaged weights that are served; 0 for none.
        last_epochs: further passes at the side that is served, on crops that keep nearly all.
        held_out: training pictures of each class that calibrate the probabilities.
    """

    label_smoothing: float = 0.0
    epochs: int = 5
    batch: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    averaging: float = 0.0
    last_epochs: int = 0
    held_out: int = 10


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network and trains it."""

    network: Network = Network()
    input: Input = Input()
    training: Training = Training()


BOOK = Config()
DEFAULT = Config(
    Network("inception_residual", stem=32, widths=(64, 160, 320, 512), depths=(0, 1, 3, 2)),
    Input(side=80, sides=(32, 40, 48, 56, 64), smallest_crop=0.35, mix=0.5),
    Training(
        label_smoothing=0.1,
        epochs=30,
        learning_rate=0.1,
        weight_decay=5e-3,
        averaging=0.999,
        last_epochs=4,
    ),
)
TINY = replace(
    DEFAULT,
    classes=3,
    stem=8,
    widths=(8, 16),
    depths=(0, 1),
    side=16,
    sides=(8, 16),
    smallest_crop=0.5,
    epochs=2,
    batch=8,
    learning_rate=0.05,
    averaging=0.9,
    last_epochs=1,
    held_out=2,
)
PRESETS = {"default": DEFAULT, "book": BOOK}
