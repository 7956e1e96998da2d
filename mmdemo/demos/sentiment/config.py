"""Presets of the networks that read a review."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Input:
    """How a text is read.

    Attributes:
        words: entries of the vocabulary, padding and the unknown word included.
        length: words of a text that are read; a longer text keeps its last ones.
        fixed: the network takes exactly `length` words, padded before them (the source).
    """

    words: int = 10_000
    length: int = 200
    fixed: bool = True


@dataclass(frozen=True)
class Network:
    """The convolutions.

    Attributes:
        vector: width of a word's vector.
        widths: windows of the convolutions, in words.
        filters: of each convolution.
        hidden: width of the dense layer, 0 for none.
        vector_dropout: share of the vectors' values (the source) or of whole dimensions dropped.
        dropout: share of the last hidden values dropped.
        word_dropout: share of the words hidden in training.
        members: networks with convolutions whose verdicts are averaged.
    """

    vector: int = 256
    widths: tuple[int, ...] = (3,)
    filters: int = 256
    hidden: int = 128
    vector_dropout: float = 0.3
    dropout: float = 0.5
    word_dropout: float = 0.0
    members: int = 1


@dataclass(frozen=True)
class Ngrams:
    """The weights of word sequences beside the convolutions.

    Attributes:
        ngrams: lengths of the word sequences that have a weight of their own each; empty for none.
        buckets: weights that sequences of two or more words share by hashing.
        smoothing: added to the counts behind a sequence's log-count ratio.
        min_reviews: sequences in fewer training reviews have no weight.
        strengths: inverse regularisations of the sequences' weights, of which the best is taken.
    """

    ngrams: tuple[int, ...] = ()
    buckets: int = 0
    smoothing: float = 1.0
    min_reviews: int = 2
    strengths: tuple[float, ...] = (0.1, 0.3, 1.0)


@dataclass(frozen=True)
class Phrases:
    """The same weights once more, learnt from pieces of reviews too, for what is short.

    Attributes:
        phrases: lengths of the word sequences; empty for none.
        phrase_buckets: weights that sequences of two or more words share by hashing.
        phrase_strengths: inverse regularisations, of which the best is taken.
        alike: width of word vectors along which words that are alike share a weight.
    """

    phrases: tuple[int, ...] = ()
    phrase_buckets: int = 0
    phrase_strengths: tuple[float, ...] = (0.05,)
    alike: int = 128


@dataclass(frozen=True)
class Training:
    """What the network is trained on, and how its convolutions are.

    Attributes:
        pieces: weight of a piece of a review beside the whole one's 1; 0 for whole ones alone.
        counted: start the vectors from what words stand near each other in the training texts.
        epochs: passes, at most.
        batch: texts of a batch.
        learning_rate: Adam's.
    """

    pieces: float = 0.0
    counted: bool = False
    epochs: int = 4
    batch: int = 500
    learning_rate: float = 1e-3


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network and trains it. What a part leaves out is the source's."""

    input: Input = Input()
    network: Network = Network()
    ngrams: Ngrams = Ngrams()
    phrases: Phrases = Phrases()
    training: Training = Training()


BOOK = Config()
DEFAULT = Config(
    Input(words=30_000, length=500, fixed=False),
    Network(
        vector=64,
        widths=(2, 3, 4),
        filters=128,
        hidden=0,
        vector_dropout=0.5,
        word_dropout=0.2,
    ),
    Ngrams(ngrams=(1, 2, 3), buckets=1_000_003),
    Phrases(phrases=(1, 2, 3), phrase_buckets=1_000_003),
    Training(pieces=0.5, counted=True, epochs=2, batch=128),
)
TINY = Config(
    Input(words=60, length=12, fixed=False),
    Network(vector=4, widths=(2, 3), filters=3, hidden=0, word_dropout=0.1),
    Ngrams(ngrams=(1, 2), buckets=97),
    Phrases(phrases=(1, 2), phrase_buckets=97, alike=4),
    Training(pieces=0.5, counted=True, epochs=2, batch=16),
)
PRESETS = {"default": DEFAULT, "book": BOOK}
