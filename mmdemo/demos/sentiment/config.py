"""Presets of the networks that read a review."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network and trains it.

    Attributes:
        words: entries of the vocabulary, padding and the unknown word included.
        length: words of a text that are read in training; a longer text keeps its last ones.
        fixed: the network takes exactly `length` words, padded before them (the source).
        vector: width of a word's vector.
        counted: start the vectors from what words stand near each other in the training texts.
        widths: windows of the convolutions, in words.
        filters: of each convolution.
        hidden: width of the dense layer, 0 for none.
        vector_dropout: share of the vectors' values (the source) or of whole dimensions dropped.
        dropout: share of the last hidden values dropped.
        word_dropout: share of the words hidden in training.
        members: networks with convolutions whose verdicts are averaged.
        ngrams: lengths of the word sequences that have a weight of their own each; empty for none.
        buckets: weights that sequences of two or more words share by hashing.
        smoothing: added to the counts behind a sequence's log-count ratio.
        min_reviews: sequences in fewer training reviews have no weight.
        strengths: inverse regularisations of the sequences' weights, of which the best is taken.
        epochs: passes for the convolutions.
        batch: texts of a batch.
        learning_rate: Adam's.
    """

    words: int = 10_000
    length: int = 200
    fixed: bool = True
    vector: int = 256
    counted: bool = False
    widths: tuple[int, ...] = (3,)
    filters: int = 256
    hidden: int = 128
    vector_dropout: float = 0.3
    dropout: float = 0.5
    word_dropout: float = 0.0
    members: int = 1
    ngrams: tuple[int, ...] = ()
    buckets: int = 0
    smoothing: float = 1.0
    min_reviews: int = 2
    strengths: tuple[float, ...] = (0.1, 0.3, 1.0)
    epochs: int = 4
    batch: int = 500
    learning_rate: float = 1e-3


BOOK = Config()
DEFAULT = Config(
    words=30_000,
    length=500,
    fixed=False,
    vector=64,
    counted=True,
    widths=(2, 3, 4),
    filters=128,
    hidden=0,
    vector_dropout=0.5,
    dropout=0.5,
    word_dropout=0.2,
    members=2,
    ngrams=(1, 2, 3),
    buckets=1_000_003,
    epochs=10,
    batch=64,
)
TINY = Config(
    words=60,
    length=12,
    fixed=False,
    vector=4,
    counted=True,
    widths=(2, 3),
    filters=3,
    hidden=0,
    word_dropout=0.1,
    ngrams=(1, 2),
    buckets=97,
    epochs=2,
    batch=16,
)
PRESETS = {"default": DEFAULT, "book": BOOK}
