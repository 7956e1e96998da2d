"""Everything that decides the networks and their training."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """The layers.

    Attributes:
        network: `book` (two convolutions, dense layers) or `committee` (convolutional branches and
            a linear one, averaged over the picture and its mirror image).
        filters: of the convolutions, first to last.
        dense: units of the dense layers; the last is the embedding of `book`, and of one branch of
            `committee`.
        conv_dropout, dense_dropout: rates after each pooling and after each dense layer but the
            last (`book`), or before the dense layer (`committee`).
        contrast_window: side of the neighbourhood of local contrast (`committee`, as all below).
        branches: number of convolutional branches.
        linear_units: length of the linear branch's embedding.
        linear_components: principal components that the linear branch keeps.
        linear_weight: length of the linear branch's embedding beside the others' 1.
    """

    network: str
    filters: tuple[int, ...]
    dense: tuple[int, ...]
    conv_dropout: float = 0.0
    dense_dropout: float = 0.0
    contrast_window: int = 0
    branches: int = 0
    linear_units: int = 0
    linear_components: int = 0
    linear_weight: float = 0.0


@dataclass(frozen=True)
class Input:
    """The greyscale faces: `height` and `width` in pixels."""

    height: int = 56
    width: int = 46


@dataclass(frozen=True)
class Training:
    """Losses, optimizers and batches.

    Attributes:
        epochs: passes over the pairs (`book`), or `steps` batches each.
        learning_rate: of the optimizer; falls along half a cosine (`committee`).
        weight_decay: of the optimizer.
        pairs: number of genuine pairs, and of impostor pairs, that `book` is trained and tested on.
        batch_size: pairs of a batch (`book`).
        margin: of the contrastive loss (`book`).
        temperature: of the supervised contrastive loss (`committee`, as all below).
        steps: batches per epoch.
        people, photos: a batch holds `photos` altered photos of each of `people` people.
    """

    epochs: int
    learning_rate: float
    weight_decay: float = 0.0
    pairs: int = 10_000
    batch_size: int = 128
    margin: float = 1.0
    temperature: float = 0.1
    steps: int = 0
    people: int = 0
    photos: int = 0


@dataclass(frozen=True)
class Alteration:
    """How photos are altered to train `committee`.

    Attributes:
        tilt: standard deviation of the in-plane rotation, degrees.
        zoom, stretch, shear: standard deviations of log scale, log aspect and shear.
        shift: standard deviation of the shift, as a part of the side.
        gamma, light, noise: standard deviations of log gamma, of a linear shade across the
            picture, and of pixel noise (full scale 1).
        blur, cover: chance that a photo is blurred; that a part of it is covered.
    """

    tilt: float = 5.0
    zoom: float = 0.05
    stretch: float = 0.03
    shear: float = 0.04
    shift: float = 0.04
    gamma: float = 0.25
    light: float = 0.2
    noise: float = 0.02
    blur: float = 0.3
    cover: float = 0.3


@dataclass(frozen=True)
class Config:
    """One preset, by what its parts configure."""

    network: Network
    training: Training
    input: Input = Input()
    alteration: Alteration = Alteration()


BOOK = Config(
    Network("book", filters=(6, 12), dense=(128, 50), conv_dropout=0.25, dense_dropout=0.1),
    Training(epochs=13, learning_rate=1e-3),
)

DEFAULT = Config(
    Network(
        "committee",
        filters=(16, 32, 64),
        dense=(128,),
        dense_dropout=0.2,
        contrast_window=9,
        branches=3,
        linear_units=29,
        linear_components=100,
        linear_weight=0.5,
    ),
    Training(epochs=30, learning_rate=2e-3, weight_decay=1e-3, steps=40, people=24, photos=4),
)

TINY = Config(
    Network(
        "committee",
        filters=(4, 8),
        dense=(8,),
        contrast_window=5,
        branches=2,
        linear_units=4,
        linear_components=6,
        linear_weight=0.5,
    ),
    Training(
        epochs=2, learning_rate=5e-3, weight_decay=1e-3, pairs=60, steps=3, people=4, photos=3
    ),
    Input(height=28, width=23),
)
"""For tests: the parts of DEFAULT, trained in seconds."""

PRESETS = {"default": DEFAULT, "book": BOOK}
