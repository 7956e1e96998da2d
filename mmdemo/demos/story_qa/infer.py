"""Answering questions about a story: typed functions that page, API and tests share."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.media.text import check_text, read_text
from mmdemo.core.nets.words import UNKNOWN, Tokenizer, pad
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts

from . import data, stories
from .config import PRESETS, Config

SLUG = "story_qa"
MAX_CHARACTERS = 20_000
MAX_SENTENCES = 250
MAX_LEFT_OUT = 100
"""Up to this many sentences, each is left out once to see what it did to the answer."""
TOP = 5
STEPS = {"n": "north", "e": "east", "s": "south", "w": "west"}

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_LINE_NUMBER = re.compile(r"^\d+\s+")


@dataclass(frozen=True)
class Candidate:
    """An answer and its probability."""

    answer: str
    probability: float


@dataclass(frozen=True)
class Answer:
    """What a network says.

    Attributes:
        answer: the most likely answer, as the network names it (`garden`, `apple,milk`, `n,e`).
        probability: its probability.
        candidates: the most likely answers, the likeliest first.
        sentences: of the story, as they were read.
        attention: DEFAULT: per hop, how much the question attended to each sentence, from 0 to 1;
            BOOK: nothing.
        influence: per sentence, by how much the answer's probability falls without it; nothing for
            a long story.
        unknown: words that the network does not know, and reads over.
        note: a sentence for the user, such as that a long story was cut, or nothing.
    """

    answer: str
    probability: float
    candidates: tuple[Candidate, ...]
    sentences: tuple[str, ...]
    attention: tuple[tuple[float, ...], ...]
    influence: tuple[float, ...]
    unknown: tuple[str, ...]
    note: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


def answer(story: str, question: str, preset: str = "default") -> Answer:
    """Answer a question about a story.

    Args:
        story: sentences, one per line or ended by full stops, in the order of what happens.
        question: one question.
        preset: `default` or `book`.

    Raises:
        UserError: no such preset, nothing to read, too long, or no word that the network knows.
        WeightsError: the preset's weights are missing or corrupted.
    """
    check_preset(preset)
    told, left_out = sentences(story)
    asked = data.tidy(check_text(question, "a question", MAX_CHARACTERS))
    asked = " ".join(asked.split())
    loaded = runtime.model(SLUG, preset)
    config = _config(preset)
    tokenizer = Tokenizer.load(loaded.folder)
    rows = tokenizer.ids([*told, asked])
    _check_known(rows, preset)
    notes = []
    if left_out:
        which = "One line" if left_out == 1 else f"{left_out} lines"
        notes.append(f"{which} of the story with a question in it: not read as a part of it.")
    cut = sum(len(row) > config.sentence_words for row in rows)
    if cut:
        which = "One sentence is" if cut == 1 else f"{cut} sentences are"
        notes.append(
            f"{which} longer than {config.sentence_words} words: only their first "
            f"{config.sentence_words} are read."
        )
    table = pad(rows, config.sentence_words)
    if config.network == "lstm" and (table[:-1] > 0).sum() > config.story_words:
        notes.append(f"BOOK reads the last {config.story_words} words of a story only.")
    outputs = loaded.call(*_inputs([table[:-1]], table[-1], config))
    probabilities, attention = outputs if isinstance(outputs, tuple) else (outputs, None)
    order = np.argsort(-probabilities[0])[:TOP]
    names = loaded.preprocess["answers"]
    best = int(order[0])
    influence: np.ndarray = np.zeros(0)
    if 1 < len(told) <= MAX_LEFT_OUT:
        influence = float(probabilities[0, best]) - _without_each(loaded, table, config)[:, best]
    return Answer(
        answer=names[best],
        probability=float(probabilities[0, best]),
        candidates=tuple(Candidate(names[i], float(probabilities[0, i])) for i in order),
        sentences=tuple(told),
        attention=() if attention is None else tuple(map(tuple, attention[0].tolist())),
        influence=tuple(influence.tolist()),
        unknown=unknown_words(f"{story}\n{question}", preset),
        note=" ".join(notes),
    )


def sentences(story: str) -> tuple[list[str], int]:
    """The sentences of a story, and how many lines were left out since they ask a question.

    Line numbers, as bAbI has them, are not read.

    Raises:
        UserError: there is none, or there are too many.
    """
    text = check_text(story, "a story", MAX_CHARACTERS)
    found, left_out = [], 0
    for line in text.splitlines():
        line = _LINE_NUMBER.sub("", line.strip())
        if "?" in line:
            left_out += 1
            continue
        parts = (" ".join(data.tidy(part).split()) for part in _SENTENCE_END.split(line))
        found += [part for part in parts if part]
    if not found:
        raise UserError("Write a story first: one sentence a line.")
    if len(found) > MAX_SENTENCES:
        raise UserError(
            f"This story has {len(found)} sentences, where {MAX_SENTENCES} fit. Take a part of it."
        )
    return found, left_out


def tokenizer(preset: str = "default") -> Tokenizer:
    """The words that a preset knows; read without loading the network.

    Raises:
        UserError: no such preset.
        WeightsError: its vocabulary is missing or damaged.
    """
    check_preset(preset)
    return Tokenizer.load(artifacts.locate(SLUG, preset))


def known_words(preset: str = "default") -> list[str]:
    """All words that a preset knows, in alphabetical order."""
    known = tokenizer(preset)
    return sorted(known.word(number) for number in range(2, len(known)))


def marks(text: str, preset: str = "default") -> tuple[tuple[tuple[int, int], ...], np.ndarray]:
    """Where the words of a text stand, and which of them the preset does not know.

    Signs and numbers count as known: nothing is lost with them.
    """
    encoded = tokenizer(preset).encode(text)
    lettered = [any(map(str.isalpha, text[start:end])) for start, end in encoded.spans]
    return encoded.spans, encoded.unknown & np.array(lettered, bool)


def unknown_words(text: str, preset: str = "default") -> tuple[str, ...]:
    """Words of a text that the preset does not know, each once; signs and numbers not counted."""
    spans, unknown = marks(text, preset)
    return tuple(
        dict.fromkeys(
            text[start:end] for (start, end), lacks in zip(spans, unknown, strict=True) if lacks
        )
    )


def fresh(task: str, seed: int | None = None) -> stories.Story:
    """A new story of a task, with its question and its answer.

    Args:
        task: `qa1` to `qa20`.
        seed: of the story; by default another one each time.

    Raises:
        UserError: no such task.
    """
    if task not in stories.TELLERS:
        raise UserError(f"There is no task '{task}'. There are: {', '.join(stories.TELLERS)}.")
    return stories.tell(task, random.Random(seed))


def spoken(name: str) -> str:
    """An answer as one would say it: `n,e` -> `north, then east`."""
    parts = name.split(",")
    if all(part in STEPS for part in parts):
        return ", then ".join(STEPS[part] for part in parts)
    return ", ".join(parts)


def check_preset(preset: str) -> None:
    """Raise a UserError when there is no such preset."""
    if preset not in PRESETS:
        raise UserError(f"There is no network '{preset}'. There are: {', '.join(PRESETS)}.")


def warm() -> None:
    """Load the default network."""
    answer("Mary went to the garden.", "Where is Mary?")


def predict(paths: list[Path], preset: str = "default") -> dict[str, Any]:
    """The command line's answer: every question of text files.

    A file has a sentence or a question a line; a question is asked about the lines before it. In
    bAbI's format lines are numbered, 1 begins a new story, and the right answer may follow a
    question after a tab.

    Raises:
        UserError: a file without a question or story; names it.
    """
    check_preset(preset)
    answers = []
    for path in paths:
        count = len(answers)
        told: list[str] = []
        for line in read_text(path).splitlines():
            if re.match(r"1\s", line):
                told = []
            text, _, right = _LINE_NUMBER.sub("", line.strip()).partition("\t")
            if "?" not in text:
                told.append(text)
                continue
            try:
                found = answer("\n".join(told), text, preset)
            except UserError as error:
                raise UserError(f"{path}: {text.strip()} {error}") from error
            entry = {"file": str(path), "question": text.strip(), "answer": found.answer}
            entry |= {"probability": found.probability, "unknown": list(found.unknown)}
            right = right.split("\t")[0].strip().lower()
            answers.append(entry | ({"right": right == found.answer} if right else {}))
        if len(answers) == count:
            raise UserError(f"{path} holds no question: a line that ends with a question mark.")
    return {"task": "answer", "preset": preset, "answers": answers}


def _config(preset: str) -> Config:
    """The configuration that the stored weights were trained under."""
    return Config(**runtime.model(SLUG, preset).config)


def _inputs(
    told: Sequence[np.ndarray], asked: np.ndarray, config: Config
) -> tuple[np.ndarray, np.ndarray]:
    """Stories `(sentences, words)`, all with one question `(words,)`, as the network's inputs."""
    questions = np.repeat(asked[None], len(told), axis=0)
    if config.network == "hops":
        return data.sentence_grid(told, config), questions
    return pad([data.last_words(rows, config) for rows in told]), questions


def _without_each(loaded: runtime.Loaded, table: np.ndarray, config: Config) -> np.ndarray:
    """Probabilities `(sentences, answers)` when each sentence in turn is left out."""
    told = [np.delete(table[:-1], i, axis=0) for i in range(len(table) - 1)]
    outputs = loaded.call(*_inputs(told, table[-1], config))
    return outputs[0] if isinstance(outputs, tuple) else outputs


def _check_known(rows: Sequence[np.ndarray], preset: str) -> None:
    *story, question = ((row > UNKNOWN).any() for row in rows)
    for known, what in ((any(story), "story"), (question, "question")):
        if not known:
            raise UserError(
                f"The network knows no word of this {what}. It reads the English of its 20 kinds "
                "of story only: see the list of its words."
            )
