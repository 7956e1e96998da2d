"""Presets of the networks that compare two sentences."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Input:
    """How a sentence is read.

    Attributes:
        words: entries of the vocabulary, padding and the unknown word included.
        spare: vectors that words outside the vocabulary share by hashing, so that a rare word
            still equals itself.
        length: words of a sentence that are read.
    """

    words: int = 15_000
    spare: int = 500
    length: int = 64


@dataclass(frozen=True)
class Network:
    """The layers.

    Attributes:
        vector: width of a word's vector.
        units: of the LSTM, per direction.
        aligned: compare the words of both sentences with each other (DEFAULT), rather than only
            the LSTM's last states (the source).
        trainable: whether word vectors change in training.
        projection: width that word vectors are brought to, 0 for none.
        hidden: width of the layers that compare.
        code: width of a sentence's vector for search; 0 where there is none.
        dropout: share of values dropped.
        members: networks whose verdicts are averaged.
        counters: networks beside them that read only how far the words overlap.
        counter: width of these.
    """

    vector: int = 128
    units: int = 32
    aligned: bool = False
    trainable: bool = True
    projection: int = 0
    hidden: int = 0
    code: int = 0
    dropout: float = 0.0
    members: int = 1
    counters: int = 0
    counter: int = 32


@dataclass(frozen=True)
class Training:
    """How it is trained.

    Attributes:
        epochs: passes over the pairs, at most.
        batch: pairs of a batch.
        learning_rate: Adam's.
    """

    epochs: int = 8
    batch: int = 64
    learning_rate: float = 1e-3


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network and trains it. What a part leaves out is the source's."""

    input: Input = Input()
    network: Network = Network()
    training: Training = Training()


BOOK = Config()
DEFAULT = Config(
    network=Network(
        units=64,
        aligned=True,
        trainable=False,
        projection=96,
        hidden=96,
        code=128,
        dropout=0.25,
        members=2,
        counters=3,
    ),
    training=Training(epochs=20),
)
TINY = Config(
    Input(words=40, spare=5),
    Network(
        vector=8,
        units=4,
        aligned=True,
        trainable=False,
        projection=6,
        hidden=6,
        code=6,
        members=2,
        counters=2,
        counter=4,
    ),
    Training(epochs=2, batch=8),
)
PRESETS = {"default": DEFAULT, "book": BOOK}
