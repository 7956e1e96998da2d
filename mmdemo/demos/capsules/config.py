"""Presets: the paper's capsules, efficient ones, convolutions alone; two digits in one picture."""

from __future__ import annotations

from dataclasses import dataclass

from mmdemo.core.weights.configuration import replace

DIGITS = 10
PARTS, WHOLES, DECODER = "parts", "digits", "decoder"
"""Layers of a network that are asked for one by one."""


@dataclass(frozen=True)
class Network:
    """What `model.build` makes.

    Attributes:
        network: `capsnet` (dynamic routing), `efficient` (one round of attention) or `cnn`.
        side: of the picture, in pixels.
        filters, windows, strides: of the convolutions, one after another.
        normalised: whether batch normalisation follows each of them.
        window, stride: of the convolution that makes the parts.
        kinds: of parts at each place.
        part: numbers of a part.
        pose: numbers of a digit's capsule.
        rounds: of dynamic routing.
        decoder: widths of the layers that draw a digit from its pose; none where nothing does.
        shown: digits in a picture.
    """

    network: str = "efficient"
    side: int = 28
    filters: tuple[int, ...] = (32, 64, 64, 128)
    windows: tuple[int, ...] = (5, 3, 3, 3)
    strides: tuple[int, ...] = (1, 1, 1, 2)
    normalised: bool = True
    window: int = 9
    stride: int = 1
    kinds: int = 16
    part: int = 8
    pose: int = 16
    rounds: int = 1
    decoder: tuple[int, ...] = (256, 512)
    shown: int = 1


@dataclass(frozen=True)
class Training:
    """How a network learns.

    Attributes:
        epochs: how often it is stored on the way, and a row of its history is written.
        digits: of an epoch, out of the 60,000, in an order of its own; or as many pairs.
        batch: pictures of a batch.
        learning_rate: the highest one; it rises along a line and falls along a cosine.
        drawing_weight: of the mean squared error of a drawing, beside the margin loss.
        shift: pixels by which a digit is moved at most, across and down.
        turn: degrees by which it is turned at most.
        scale: it is enlarged by up to this, and made smaller by up to one over this.
        slant: it is slanted at most, in columns a row.
    """

    epochs: int = 10
    digits: int = 60_000
    batch: int = 64
    learning_rate: float = 2e-3
    drawing_weight: float = 0.392
    shift: int = 2
    turn: float = 0.0
    scale: float = 1.0
    slant: float = 0.0


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network and trains it."""

    network: Network = Network()
    training: Training = Training()


DEFAULT = replace(Config(), turn=15.0, scale=1.15, slant=0.15)
BOOK = replace(
    Config(),
    network="capsnet",
    filters=(256,),
    windows=(9,),
    strides=(1,),
    normalised=False,
    stride=2,
    kinds=32,
    rounds=3,
    decoder=(512, 1024),
    epochs=80,
    digits=15_000,
    batch=50,
    learning_rate=1e-3,
)
CNN = replace(DEFAULT, network="cnn", decoder=(), drawing_weight=0.0)
OVERLAID = replace(
    Config(),
    side=36,
    strides=(1, 2, 1, 1),
    window=7,
    stride=2,
    shown=2,
    shift=4,
    epochs=6,
)
TINY = replace(
    Config(),
    filters=(4, 8),
    windows=(5, 3),
    strides=(2, 1),
    window=3,
    stride=3,
    kinds=2,
    part=4,
    pose=4,
    decoder=(8,),
    epochs=1,
    digits=40,
    batch=8,
)
PRESETS = {
    "digits/default": DEFAULT,
    "digits/book": BOOK,
    "digits/cnn": CNN,
    "overlaid/default": OVERLAID,
}
