"""Presets: FiLM on one shape and on six objects, the chapter's network, a relation network."""

from __future__ import annotations

from dataclasses import dataclass

from mmdemo.core.weights.configuration import replace

from .questions import ANSWERS, LENGTH, WORDS
from .scenes import SIDES


@dataclass(frozen=True)
class Network:
    """What `model.build` makes.

    Attributes:
        network: `film`, `vgg` (the chapter's) or `relation`.
        side: of the picture, in pixels.
        words: that it knows, without the padding.
        length: words of a question that are read.
        answers: among which it chooses.
        filters: of the convolutions before questions come in, each of stride 2; of `vgg` those of
            its three groups.
        word, question: numbers of a word and of a whole question.
        spread: of a word's numbers at the start, to either side of zero. With Keras' own, the
            default here, all questions look alike for long.
        blocks: of FiLM.
        seeks: whether the later blocks are told how far each place is from a point that the first
            one chooses.
        hidden: width of the layers behind.
    """

    network: str = "film"
    side: int = SIDES["shapes"]
    words: int = len(WORDS["shapes"])
    length: int = LENGTH
    answers: int = len(ANSWERS["shapes"])
    filters: tuple[int, ...] = (24, 32, 48)
    word: int = 32
    spread: float = 0.05
    question: int = 96
    blocks: int = 4
    seeks: bool = False
    hidden: int = 128


@dataclass(frozen=True)
class Training:
    """How a network learns.

    Attributes:
        task: `shapes` or `relations`.
        epochs: how often it is stored on the way, and a row of its history is written.
        pictures: of an epoch.
        batch: pictures of a batch.
        asked: questions of each picture in a batch.
        learning_rate: the highest one; it rises along a line and falls along a cosine.
        plain: epochs at the start whose questions need no other objects than the named one.
    """

    task: str = "shapes"
    epochs: int = 14
    pictures: int = 4000
    batch: int = 32
    asked: int = 8
    learning_rate: float = 2e-3
    plain: int = 0


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network and trains it."""

    network: Network = Network()
    training: Training = Training()


DEFAULT = Config()
BOOK = replace(
    Config(),
    network="vgg",
    filters=(64, 128, 256),
    word=256,
    question=256,
    blocks=0,
    hidden=0,
    epochs=4,
    batch=16,
    learning_rate=5e-4,
)
PRINTED = replace(BOOK, side=224, words=9_999, length=100, answers=1_000)
"""The chapter's network as printed; the number 0, which pads, is its ten thousandth word."""
RELATIONS = replace(
    Config(),
    side=SIDES["relations"],
    words=len(WORDS["relations"]),
    answers=len(ANSWERS["relations"]),
    filters=(24, 32, 32),
    spread=1.0,
    seeks=True,
    task="relations",
    epochs=30,
    plain=5,
    pictures=4000,
    batch=16,
    asked=12,
)
RELATION = replace(
    RELATIONS,
    network="relation",
    filters=(24, 24, 24, 24),
    blocks=0,
    seeks=False,
    hidden=64,
    epochs=18,
    plain=6,
)
TINY = replace(
    Config(),
    filters=(4, 6, 8),
    word=4,
    question=8,
    blocks=2,
    hidden=8,
    epochs=1,
    pictures=8,
    batch=4,
    asked=3,
)
PRESETS = {
    "shapes/default": DEFAULT,
    "shapes/book": BOOK,
    "relations/default": RELATIONS,
    "relations/relation": RELATION,
}
