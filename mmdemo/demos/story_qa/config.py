"""Presets of the networks that answer questions about a story."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Input:
    """How stories and questions are read.

    Attributes:
        vocabulary: words, with the padding and the unknown word.
        answers: classes; an answer of several words is one class.
        sentence_words: words of a sentence or question that are read (`hops`).
        story_sentences: a story's last sentences that training reads (`hops`).
        story_words: a story's last words that are read (`lstm`).
    """

    vocabulary: int = 147
    answers: int = 60
    sentence_words: int = 12
    story_sentences: int = 70
    story_words: int = 200


@dataclass(frozen=True)
class Hops:
    """The network of attention over sentences.

    Attributes:
        hops: how often the one block is applied.
        heads_back: attention heads that look for the nearest matching sentence before.
        heads_ahead: heads that look for the nearest matching sentence after.
        heads_anywhere: heads with a softmax over all sentences.
        head_dim: width of a head.
        feed_forward: width of the block's dense layer.
        dropout: share of values dropped after each sub-layer.
    """

    hops: int = 5
    heads_back: int = 4
    heads_ahead: int = 2
    heads_anywhere: int = 2
    head_dim: int = 16
    feed_forward: int = 128
    dropout: float = 0.05


@dataclass(frozen=True)
class Lstm:
    """The source's pair of LSTMs.

    Attributes:
        question_dim: width of a word's vector in the question.
        story_units: of the story's LSTM.
        question_units: of the question's LSTM.
    """

    question_dim: int = 32
    story_units: int = 32
    question_units: int = 16


@dataclass(frozen=True)
class Training:
    """How it is trained, in steps that draw from all tasks.

    Attributes:
        optimizer: `adamw` with a cosine schedule, or `rmsprop`.
        learning_rate: the schedule's peak, or that of rmsprop.
        weight_decay: of AdamW.
        batch: questions of a batch.
        epochs: of `steps` batches each.
        epochs_1k: the same for 1,000 training questions per task.
        dropout_1k: `dropout` for these.
        steps: batches of an epoch.
        focus: a task is drawn in proportion to (its error on the validation part) ** focus + 0.1.
    """

    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    batch: int = 64
    epochs: int = 60
    epochs_1k: int = 20
    dropout_1k: float = 0.15
    steps: int = 500
    focus: float = 0.5


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network, its input and its training.

    Attributes:
        network: `hops` (attention over sentences) or `lstm` (over the words of the whole story).
        dim: width of a sentence's vector (`hops`); of a word's vector in the story (`lstm`).
        input, hops, lstm, training: see there; of `hops` and `lstm` the network reads its own.
    """

    network: str
    dim: int = 64
    input: Input = Input()
    hops: Hops = Hops()
    lstm: Lstm = Lstm()
    training: Training = Training()


DEFAULT = Config("hops")
BOOK = Config(
    "lstm",
    training=Training(
        optimizer="rmsprop",
        focus=0.0,
        batch=128,
        steps=250,
        epochs=20,
        epochs_1k=15,
    ),
)
TINY = Config(
    "hops",
    dim=16,
    input=Input(vocabulary=40, answers=12, sentence_words=8, story_sentences=12),
    hops=Hops(
        hops=2,
        heads_back=1,
        heads_ahead=1,
        heads_anywhere=1,
        head_dim=8,
        feed_forward=32,
    ),
    training=Training(batch=16, epochs=2, steps=5),
)
PRESETS = {"default": DEFAULT, "book": BOOK}
