"""Presets of the networks that read one text and answer three questions about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

REGRESSION, SOFTMAX, BINARY = "regression", "softmax", "binary"
KINDS = (REGRESSION, SOFTMAX, BINARY)


class Head(NamedTuple):
    """One answer of a network.

    Attributes:
        column: what is asked, as the table's column is called.
        kind: `regression`, `softmax` or `binary`.
        classes: in the order of the outputs; a binary head's second is its positive one, a
            regression has none.
        weight: of its loss.
    """

    column: str
    kind: str
    classes: tuple[str, ...] = ()
    weight: float = 1.0

    @property
    def key(self) -> str:
        """The column as part of a name."""
        return self.column.replace(" ", "_")


@dataclass(frozen=True)
class Input:
    """What is read of a text.

    Attributes:
        words: entries of the vocabulary, padding and the unknown word included.
        length: words of a text that are read; a longer text keeps its last ones.
    """

    words: int = 5_000
    length: int = 400


@dataclass(frozen=True)
class Network:
    """The layers below the heads.

    Attributes:
        vector: width of a word's vector.
        stack: the source's network: groups of convolutions `(filters, width)` one after the other,
            with max-pooling between the groups; empty for windows side by side.
        pool: width of that pooling.
        widths: windows side by side, in words.
        filters: of each of these.
        pairs: weights that pairs of neighbouring words share by hashing, for each class: they and
            a weight per word, all from a regression, add to the heads of classes; 0 for none.
        hidden: width of the dense layer below the heads.
        vector_dropout: share of whole vector dimensions dropped.
        dropout: share of the values below the heads dropped.
        word_dropout: share of the words hidden in training.
    """

    vector: int = 256
    stack: tuple[tuple[tuple[int, int], ...], ...] = ()
    pool: int = 5
    widths: tuple[int, ...] = ()
    filters: int = 0
    pairs: int = 0
    hidden: int = 128
    vector_dropout: float = 0.0
    dropout: float = 0.0
    word_dropout: float = 0.0


@dataclass(frozen=True)
class Training:
    """The losses, and how they are lowered.

    Attributes:
        standardise: regressions are learnt in standard deviations from the mean, so that their
            loss is of the size of the others.
        regression_loss: `mean_squared_error`, which the source takes, or `mean_absolute_error`,
            which is what is measured.
        optimizer: `rmsprop` or `adam`.
        learning_rate: of the optimizer.
        decay: the learning rate falls to 0 along a cosine, and no epoch is left out.
        batch: texts of a batch.
        epochs: at most; the one with the lowest held-out loss is kept.
        folds: of the cross-validation by author (`posts`).
        strength: inverse regularisation of the words' and pairs' weights.
        least: texts in which a word or pair stands that has a weight.
    """

    standardise: bool = False
    regression_loss: str = "mean_squared_error"
    optimizer: str = "rmsprop"
    learning_rate: float = 1e-3
    decay: bool = False
    batch: int = 128
    epochs: int = 6
    folds: int = 0
    strength: float = 0.1
    least: int = 5


@dataclass(frozen=True)
class Config:
    """Everything that rebuilds a network and trains it.

    Attributes:
        heads: what it answers.
        table: what it reads: `reviews` (IMDB), `posts` (blogs_adult) or `own`.
    """

    heads: tuple[Head, ...]
    table: str = "reviews"
    input: Input = Input()
    network: Network = Network()
    training: Training = Training()

    def __post_init__(self) -> None:
        # JSON has lists of four in place of heads.
        object.__setattr__(self, "heads", tuple(Head(*head) for head in self.heads))


STARS = ("1", "2", "3", "4", "7", "8", "9", "10")
"""The star values that occur in the reviews: 5 and 6 were left out by those who collected them."""
OCCUPATIONS = {
    "technology": ("Technology", "Internet", "Telecommunications", "Engineering"),
    "education and science": ("Education", "Science", "Museums-Libraries"),
    "student": ("Student",),
    "business": (
        "Consulting",
        "Advertising",
        "Banking",
        "BusinessServices",
        "Accounting",
        "RealEstate",
        "Marketing",
        "Manufacturing",
        "HumanResources",
        "Automotive",
        "Architecture",
    ),
    "media and arts": ("Communications-Media", "Arts", "Fashion", "Sports-Recreation"),
    "public service": (
        "Non-Profit",
        "Government",
        "Religion",
        "Military",
        "Law",
        "LawEnforcement-Security",
    ),
}
"""Groups of the occupations that bloggers chose from; most single ones have fewer than ten."""


def review_heads(*weights: float) -> tuple[Head, ...]:
    """What is asked about a review."""
    stars, star_class, sentiment = weights
    return (
        Head("stars", REGRESSION, (), stars),
        Head("star class", SOFTMAX, STARS, star_class),
        Head("sentiment", BINARY, ("negative", "positive"), sentiment),
    )


BOOK_WEIGHTS = {REGRESSION: 0.25, SOFTMAX: 1.0, BINARY: 10.0}
"""The source's loss weights, by the kind of head."""

BOOK = Config(
    heads=review_heads(*BOOK_WEIGHTS.values()),
    network=Network(stack=(((128, 5),), ((256, 5), (256, 5)), ((256, 5), (256, 5)))),
    training=Training(epochs=4),
)

_OURS = Training(standardise=True, regression_loss="mean_absolute_error", optimizer="adam")

DEFAULT = Config(
    heads=review_heads(1.0, 0.5, 1.0),
    input=Input(words=12_000),
    network=Network(
        vector=48,
        widths=(1, 2, 3),
        filters=96,
        pairs=1_000_003,
        vector_dropout=0.3,
        dropout=0.4,
        word_dropout=0.3,
    ),
    training=replace(_OURS, batch=64, learning_rate=1.5e-3, decay=True, epochs=5),
)

POSTS = Config(
    heads=(
        Head("age", REGRESSION),
        Head("occupation", SOFTMAX, tuple(OCCUPATIONS), 0.5),
        Head("gender", BINARY, ("male", "female")),
    ),
    table="posts",
    input=Input(words=3_000, length=500),
    network=Network(
        vector=16,
        widths=(1, 2),
        filters=32,
        pairs=50_021,
        hidden=32,
        vector_dropout=0.3,
        dropout=0.3,
        word_dropout=0.2,
    ),
    training=replace(_OURS, batch=32, learning_rate=2e-3, epochs=12, folds=5),
)

TINY = Config(
    heads=review_heads(1.0, 0.5, 1.0),
    input=Input(words=60, length=24),
    network=Network(
        vector=6,
        widths=(1, 2),
        filters=4,
        pairs=97,
        hidden=6,
        word_dropout=0.1,
    ),
    training=replace(_OURS, batch=16, learning_rate=1e-2, epochs=2),
)

PRESETS = {"stars/default": DEFAULT, "stars/book": BOOK, "posts/default": POSTS}
