"""What a network says about one text, and which words made it so. No Keras at module level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import UserError, naming
from mmdemo.core.language import N_, _
from mmdemo.core.measure import calibration
from mmdemo.core.media.text import read_text, without_markup
from mmdemo.core.nets.familiar import is_strange
from mmdemo.core.nets.words import Encoded, Tokenizer, without_each
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts

from . import DEMO, data
from .config import BINARY, REGRESSION, Config, Head

SHORT = 20
"""Below this many words, a text says little."""
BATCH = 64
CAUTION = N_(
    "A guess from a few hundred bloggers of 2004, wrong for many individuals. Not to be used to "
    "judge anybody."
)


@dataclass(frozen=True)
class Answer:
    """What one head says.

    Attributes:
        column: what was asked.
        kind: `regression`, `softmax` or `binary`.
        value: of a regression, else None.
        probabilities: of the classes by name; empty for a regression.
        error: how good such answers were on held-out texts: `mae`, `within` (the distance that
            held 8 of 10), `lowest` and `highest` value, or `accuracy` and `majority` (the share of
            the commonest class).
    """

    column: str
    kind: str
    value: float | None
    probabilities: dict[str, float]
    error: dict[str, float]

    @property
    def best(self) -> str | None:
        """The likeliest class; None for a regression."""
        return max(self.probabilities, key=self.probabilities.__getitem__, default=None)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        answer: dict[str, Any] = {"kind": self.kind}
        if self.value is not None:
            answer["value"] = self.value
        else:
            answer |= {"class": self.best, "probabilities": self.probabilities}
        return answer | {"held_out": self.error}


@dataclass(frozen=True)
class Profile:
    """All answers to one text.

    Attributes:
        answers: one per head.
        words: how many words were read.
        unknown: how many of these the vocabulary lacks.
        skipped: how many words at the start were not read, since the text is too long.
        caution: what must be said beside the answers; empty for reviews.
        strange: whether it is unlike all English that set the limit: see `core.nets.familiar`.
    """

    answers: tuple[Answer, ...]
    words: int
    unknown: int
    skipped: int
    caution: str = ""
    strange: bool = False

    @property
    def short(self) -> bool:
        return self.words < SHORT

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "answers": {answer.column: answer.to_dict() for answer in self.answers},
            "words": self.words,
            "unknown": self.unknown,
            "skipped": self.skipped,
            "short": self.short,
            "strange": self.strange,
            **({"caution": self.caution} if self.caution else {}),
        }


@dataclass(frozen=True)
class Explanation:
    """A profile with what each word adds to one head's answer.

    Attributes:
        profile: of the whole text.
        column: whose answer it is.
        words: those that were read, with the text.
        pushes: the answer less the answer without the word, `(words,)`: in the regression's units,
            or as a difference of the likeliest class's probability.
    """

    profile: Profile
    column: str
    words: Encoded
    pushes: np.ndarray


def warm() -> None:
    """Load the page's network."""
    read("Good.", "default")


def heads(preset: str) -> tuple[Head, ...]:
    """What a preset's network answers, read without Keras.

    Raises:
        WeightsError: the weights folder is missing.
    """
    config: Config = artifacts.read_config(DEMO.slug, artifacts.locate(DEMO.model_id(preset)))
    return config.heads


def read(text: str, preset: str = "default") -> Profile:
    """What the network says about a text.

    Raises:
        UserError: it holds no words, is too long, or the preset is unknown.
    """
    reader = _Reader(preset)
    encoded = reader.encode(text)
    return reader.profile(encoded, reader.outputs(reader.row(encoded)[None]))


def explain(text: str, preset: str = "default", column: str | None = None) -> Explanation:
    """A profile with the share of each word, found by taking each out in turn.

    Args:
        text: to be read.
        preset: of the network.
        column: whose answer is explained; the first head's by default.

    Raises:
        UserError: the text holds no words, is too long, or preset or column are unknown.
    """
    reader = _Reader(preset)
    encoded = reader.encode(text)
    columns = [head.column for head in reader.config.heads]
    if column is not None and column not in columns:
        raise UserError(
            _("There is no answer '{column}'. There are: {names}.").format(
                column=column, names=", ".join(columns)
            )
        )
    number = 0 if column is None else columns.index(column)
    row = reader.row(encoded)
    outputs = reader.outputs(row[None])
    likeliest = int(outputs[number][0].argmax())  # the only one, but of a softmax

    def answer(rows: np.ndarray) -> np.ndarray:
        return reader.outputs(rows)[number][:, likeliest]

    places = np.flatnonzero(row)
    return Explanation(
        reader.profile(encoded, outputs),
        columns[number],
        encoded.last(len(places)),
        outputs[number][0, likeliest] - without_each(row, places[:, None], answer, BATCH),
    )


def predict(paths: list[Path], preset: str = "default") -> dict[str, Any]:
    """For the command line: each text file gets its answers.

    Raises:
        UserError: a file cannot be used; names it.
    """
    DEMO.model_id(preset)
    answers = {}
    for path in paths:
        with naming(path):
            answers[str(path)] = read(read_text(path), preset).to_dict()
    return answers


class _Reader:
    """A preset's network with its vocabulary."""

    def __init__(self, preset: str) -> None:
        self.loaded = runtime.model(DEMO.model_id(preset))
        self.tokenizer = Tokenizer.load(self.loaded.folder)
        self.config: Config = self.loaded.config

    def encode(self, text: str | None) -> Encoded:
        return self.tokenizer.read(without_markup(text or ""), N_("a text"))

    def row(self, encoded: Encoded) -> np.ndarray:
        """What the network is given for one text, `(words,)`."""
        return data.prepare([encoded.ids], self.config)[0]

    def outputs(self, batch: np.ndarray) -> list[np.ndarray]:
        """Per head, in its own units: `(texts, 1)` or `(texts, classes)`."""
        outputs = self.loaded.call(batch)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        units = self.loaded.preprocess["units"]
        found = self.loaded.preprocess.get("calibration", {})
        words = np.count_nonzero(batch, axis=1)[:, None]
        return [
            calibration.probability(output, words, found[head.column])
            if head.column in found
            else output * scale + centre
            for head, output, (centre, scale) in zip(self.config.heads, outputs, units, strict=True)
        ]

    def profile(self, encoded: Encoded, outputs: Sequence[np.ndarray]) -> Profile:
        answers = []
        errors = self.loaded.preprocess["errors"]
        for head, output, error in zip(self.config.heads, outputs, errors, strict=True):
            first, *rest = map(float, output[0])
            value = first if head.kind == REGRESSION else None
            shares = [1 - first, first] if head.kind == BINARY else [first, *rest]
            # A regression has no classes.
            named = dict(zip(head.classes, shares, strict=False))
            answers.append(Answer(head.column, head.kind, value, named, error))
        words = min(len(encoded), self.config.input.length)
        skipped = len(encoded) - words
        return Profile(
            tuple(answers),
            words,
            int(encoded.unknown[skipped:].sum()),
            skipped,
            CAUTION if self.config.table == "posts" else "",
            is_strange(self.tokenizer, encoded.text, self.loaded.preprocess.get("familiar")),
        )
