"""Presets of the correlational networks: one per task, and the tutorial's own."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Network:
    """The layers.

    Attributes:
        left: shape of the left view.
        right: shape of the right view.
        code: width of the joint code.
        filters: channels of strided convolutions in front of each encoder, for 2-D views.
        encoder: widths of each encoder's hidden layers.
        decoder: widths of each decoder's hidden layers.
        hidden_activation: of these hidden layers.
        code_activation: of the code.
        output_activation: of the reconstructions.
        sum_first: add the encoders' outputs before the code's activation (the paper), not after it
            (the tutorial).
        tied: decode with the transposed weights of the encoder, layer by layer backwards.
        dropout: share of the hidden values dropped in training.
        listener: channels of the strided convolutions of a classifier beside the code, which tells
            from the right view alone whether it is a digit, and which; () for none.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]
    code: int = 50
    filters: tuple[int, ...] = ()
    encoder: tuple[int, ...] = ()
    decoder: tuple[int, ...] = ()
    hidden_activation: str = "relu"
    code_activation: str = "tanh"
    output_activation: str = "sigmoid"
    sum_first: bool = True
    tied: bool = False
    dropout: float = 0.0
    listener: tuple[int, ...] = ()


@dataclass(frozen=True)
class Training:
    """The loss, and how it is lowered.

    Attributes:
        correlation_weight: lambda, on the scale of the reconstruction error.
        decorrelation_weight: of the squared correlations between different dimensions of a code.
        mean_error: mean the squared errors over a view (the tutorial), rather than sum them.
        epochs: passes, or with generated batches `epochs` times `steps` batches.
        steps: batches of an epoch where batches are drawn anew (`digits`).
        batch: samples of a batch; the correlation is that of the batch.
        learning_rate: peak of the schedule.
    """

    correlation_weight: float = 2.0
    decorrelation_weight: float = 0.0
    mean_error: bool = False
    epochs: int = 40
    steps: int = 50
    batch: int = 500
    learning_rate: float = 2e-3


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network and trains it.

    Attributes:
        task: `digits` (picture and speech), `halves` (of a picture) or `names_LANGUAGE` (English
            names and the same in another script).
        grams: lengths of the character n-grams (`names_...`).
    """

    task: str
    network: Network
    training: Training = Training()
    grams: tuple[int, ...] = (1, 2, 3)


HALF = (28, 14)

HALVES = Config(
    task="halves",
    network=Network(HALF, HALF, encoder=(500, 300), decoder=(300,)),
    training=Training(
        correlation_weight=20.0,
        decorrelation_weight=0.1,
        epochs=36,
        batch=250,
        learning_rate=1.5e-3,
    ),
)

PAPER = Config(
    task="halves",
    network=Network(HALF, HALF, code_activation="sigmoid", tied=True),
    training=Training(epochs=50, batch=100, learning_rate=1e-3),
)
"""The paper's own form, measured beside the deep one; it is not served."""

BOOK = Config(
    task="halves",
    network=Network(
        HALF,
        HALF,
        code=10,
        code_activation="relu",
        output_activation="relu",
        sum_first=False,
    ),
    training=Training(
        correlation_weight=0.01, mean_error=True, epochs=12, batch=128, learning_rate=1e-3
    ),
)

DIGITS = Config(
    task="digits",
    network=Network(
        left=(28, 28),
        right=(32, 40),
        code=9,
        filters=(16, 32, 64),
        encoder=(128,),
        decoder=(128,),
        dropout=0.2,
        listener=(16, 32, 64),
    ),
    training=Training(
        correlation_weight=200.0,
        decorrelation_weight=50.0,
        epochs=20,
        steps=50,
        batch=200,
        learning_rate=3e-3,
    ),
)

NAMES = Config(
    task="names_hebrew",
    network=Network((1536,), (3072,), code=224, output_activation="linear", tied=True),
    training=Training(correlation_weight=1.0, decorrelation_weight=0.02, epochs=4),
)
LANGUAGES = ("arabic", "chinese", "hebrew", "russian")
"""Of the names beside the English ones; each has a network of its own."""

PRESETS = {
    "digits/default": DIGITS,
    "halves/default": HALVES,
    "halves/book": BOOK,
    **{f"names_{each}/default": replace(NAMES, task=f"names_{each}") for each in LANGUAGES},
}

TINY = Config(
    task="halves",
    network=Network((4, 3), (5,), code=3, encoder=(6,), decoder=(6,)),
    training=Training(epochs=2),
)
