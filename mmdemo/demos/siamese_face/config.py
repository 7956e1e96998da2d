"""Everything that decides the networks and their training."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """The layers.

    Attributes:
        network: `book` (two convolutions, dense layers) or `residual` (residual blocks, averaged
            over the picture and its mirror image).
        filters: of the convolutions, first to last.
        dense: units of the dense layers; the last is the embedding.
        conv_dropout, dense_dropout: rates after each pooling and after each dense layer but the
            last (`book`), or before the dense layer (`residual`).
        contrast_window: side of the neighbourhood of local contrast (`residual`, as all below).
        squeezed: channels of which each has a weight for every place in the face.
    """

    network: str
    filters: tuple[int, ...]
    dense: tuple[int, ...]
    conv_dropout: float = 0.0
    dense_dropout: float = 0.0
    contrast_window: int = 0
    squeezed: int = 0


@dataclass(frozen=True)
class Input:
    """The greyscale faces: `height` and `width` in pixels."""

    height: int = 56
    width: int = 46


@dataclass(frozen=True)
class Training:
    """Losses, optimizers and batches.

    Attributes:
        epochs: passes over the pairs (`book`) or over the photos.
        learning_rate: of the optimizer; falls along half a cosine (`residual`).
        weight_decay: of the optimizer.
        batch_size: pairs (`book`) or photos of a batch.
        margin: of the contrastive loss (`book`), or of the cosines.
        scale: of the cosines (`residual`, as all below).
        photos: of a person in an epoch, at most.
        copies: altered copies that are made of each photo, one of which an epoch draws.
        pairs: number of genuine pairs, and of impostor pairs, that `book` is trained and tested on.
    """

    epochs: int
    learning_rate: float
    batch_size: int
    margin: float
    weight_decay: float = 0.0
    scale: float = 0.0
    photos: int = 0
    copies: int = 0
    pairs: int = 10_000


@dataclass(frozen=True)
class Alteration:
    """How photos are altered to train `residual`.

    Attributes:
        tilt: standard deviation of the in-plane rotation, degrees.
        zoom, stretch, shear: standard deviations of log scale, log aspect and shear.
        shift: standard deviation of the shift, as a part of the side.
        gamma, light, side: standard deviations of log gamma, of the logarithm of light that falls
            unevenly, and of that of light from one side.
        noise: mean standard deviation of pixel noise, full scale 1.
        blur, coarse, compressed, cover: chances that a photo is blurred; of a coarser resolution;
            compressed as JPEG; covered in part.
    """

    tilt: float = 5.0
    zoom: float = 0.06
    stretch: float = 0.03
    shear: float = 0.04
    shift: float = 0.04
    gamma: float = 0.3
    light: float = 0.3
    side: float = 0.3
    noise: float = 0.025
    blur: float = 0.3
    coarse: float = 0.25
    compressed: float = 0.25
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
    Training(epochs=13, learning_rate=1e-3, batch_size=128, margin=1.0),
)

DEFAULT = Config(
    Network(
        "residual",
        filters=(48, 64, 128, 256),
        dense=(128,),
        dense_dropout=0.3,
        contrast_window=9,
        squeezed=32,
    ),
    Training(
        epochs=60,
        learning_rate=2e-3,
        batch_size=256,
        margin=0.35,
        weight_decay=0.05,
        scale=24.0,
        photos=8,
        copies=8,
    ),
    Input(height=64, width=52),
)

TINY = Config(
    Network("residual", filters=(4, 8, 8), dense=(8,), contrast_window=5, squeezed=4),
    Training(
        epochs=2,
        learning_rate=5e-3,
        batch_size=16,
        margin=0.2,
        weight_decay=0.01,
        scale=16.0,
        photos=4,
        copies=2,
        pairs=60,
    ),
    Input(height=28, width=23),
)
"""For tests: the parts of DEFAULT, trained in seconds."""

PRESETS = {"default": DEFAULT, "book": BOOK}
