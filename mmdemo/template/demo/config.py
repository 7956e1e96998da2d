"""Presets of the networks that name a shape."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Input:
    """What the network is given.

    Attributes:
        side: of a drawing, in pixels.
        kinds: of shapes, in the order of the network's answers.
    """

    side: int = 24
    kinds: tuple[str, ...] = ("circle", "square", "triangle")


@dataclass(frozen=True)
class Network:
    """The layers.

    Attributes:
        filters: of each convolution; none for a network that weighs the pixels alone (the source).
    """

    filters: tuple[int, ...] = ()


@dataclass(frozen=True)
class Training:
    """How the network is trained.

    Attributes:
        drawings: that are generated to train on.
        epochs: passes over them.
        batch: drawings of a batch.
        learning_rate: Adam's.
    """

    drawings: int = 3000
    epochs: int = 10
    batch: int = 32
    learning_rate: float = 3e-3


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network and trains it. What a part leaves out is the source's."""

    input: Input = Input()
    network: Network = Network()
    training: Training = Training()


BOOK = Config()
DEFAULT = Config(network=Network(filters=(8, 16, 32)))
TINY = Config(Input(side=12), Network(filters=(2,)), Training(drawings=60, epochs=1, batch=16))
PRESETS = {"default": DEFAULT, "book": BOOK}
