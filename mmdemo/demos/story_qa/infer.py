"""Answering questions about a story: typed functions that page, API and tests share."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import UserError, naming
from mmdemo.core.language import N_, _
from mmdemo.core.language import sentences as joined
from mmdemo.core.media.text import check_text, read_text, split_lines
from mmdemo.core.nets.words import UNKNOWN, Tokenizer, pad
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts

from . import DEMO, data, stories
from .config import Config
from .wording import Wording, known_wording

MAX_CHARACTERS = 20_000
MAX_SENTENCES = 250
MAX_LEFT_OUT = 100
"""Up to this many sentences, each is left out once to see what it did to the answer."""
TOP = 5
NOT_SAID = N_("it does not say")
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
        own: DEFAULT: words of the story's own, by the known words that the network read for them.
        refused: DEFAULT: why the story does not answer the question, in a sentence; `answer` is
            `NOT_SAID` then, of probability 0, without candidates; or nothing.
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
    own: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""

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
    loaded = runtime.model(DEMO.model_id(preset))
    config: Config = loaded.config
    told, left_out = sentences(story)
    asked = data.tidy(check_text(question, N_("a question"), MAX_CHARACTERS))
    vocabulary = Tokenizer.load(loaded.folder)
    rewords = config.network != "lstm"
    wording = Wording(tuple(told), asked, {}, "")
    if rewords:
        wording = known_wording(told, asked, vocabulary)
    rows = vocabulary.ids([*wording.told, wording.asked])
    _check_known(rows)
    renamed = {word for phrase in wording.own.values() for word in phrase.lower().split()}
    unknown = unknown_words(f"{story}\n{question}", preset)
    refused = Answer(
        answer=NOT_SAID,
        probability=0.0,
        candidates=(),
        sentences=tuple(told),
        attention=(),
        influence=(),
        unknown=tuple(word for word in unknown if word.lower() not in renamed),
        note=joined(*_notes(rows, left_out, config)),
        own=wording.own,
        refused=wording.refusal,
    )
    if wording.refusal:
        return refused

    table = pad(rows, config.input.sentence_words)
    probabilities, attention = _run(loaded, [table[:-1]], table[-1])
    order = np.argsort(-probabilities[0])[:TOP]
    names = loaded.preprocess["answers"]
    if rewords and wording.says_nothing_of(names[order[0]]):
        return replace(refused, refused=_("The story does not say."))
    candidates = tuple(
        Candidate(wording.own_words(names[i]), float(probabilities[0, i])) for i in order
    )
    influence: np.ndarray = np.zeros(0)
    if 1 < len(told) <= MAX_LEFT_OUT:
        without = [np.delete(table[:-1], i, axis=0) for i in range(len(told))]
        influence = candidates[0].probability - _run(loaded, without, table[-1])[0][:, order[0]]
    return replace(
        refused,
        answer=candidates[0].answer,
        probability=candidates[0].probability,
        candidates=candidates,
        attention=() if attention is None else tuple(map(tuple, attention[0].tolist())),
        influence=tuple(influence.tolist()),
    )


def _notes(rows: Sequence[np.ndarray], left_out: int, config: Config) -> Iterator[str]:
    """What of a story, and of the question after it, is not read."""
    if left_out:
        said = _("One line of the story with a question in it: not read as a part of it.")
        if left_out > 1:
            said = _("{count} lines of the story with a question in it: not read as a part of it.")
        yield said.format(count=left_out)
    most = config.input.sentence_words
    cut = sum(len(row) > most for row in rows)
    if cut:
        said = _("One sentence is longer than {most} words: only their first {most} are read.")
        if cut > 1:
            said = _(
                "{count} sentences are longer than {most} words: only their first {most} are read."
            )
        yield said.format(count=cut, most=most)
    words = sum(min(len(row), most) for row in rows[:-1])
    if config.network == "lstm" and words > config.input.story_words:
        yield _("BOOK reads the last {words} words of a story only.").format(
            words=config.input.story_words
        )


def sentences(story: str) -> tuple[list[str], int]:
    """The sentences of a story, and how many lines were left out since they ask a question.

    Line numbers, as bAbI has them, are not read.

    Raises:
        UserError: there is none, or there are too many.
    """
    text = check_text(story, N_("a story"), MAX_CHARACTERS)
    told, left_out = [], 0
    for line in split_lines(text):
        line = _LINE_NUMBER.sub("", line.strip())
        if "?" in line:
            left_out += 1
            continue
        parts = (" ".join(data.tidy(part).split()) for part in _SENTENCE_END.split(line))
        told += [part for part in parts if part]
    if not told:
        raise UserError(_("Write a story first: one sentence a line."))
    if len(told) > MAX_SENTENCES:
        raise UserError(
            _("This story has {count} sentences, where {limit} fit. Take a part of it.").format(
                count=len(told), limit=MAX_SENTENCES
            )
        )
    return told, left_out


def tokenizer(preset: str = "default") -> Tokenizer:
    """The words that a preset knows; read without loading the network.

    Raises:
        UserError: no such preset.
        WeightsError: its vocabulary is missing or damaged.
    """
    return Tokenizer.load(artifacts.locate(DEMO.model_id(preset)))


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
    unknown = tokenizer(preset).encode(text).unknown_words
    return tuple(word for word in unknown if any(map(str.isalpha, word)))


def fresh(task: str, seed: int | None = None) -> stories.Story:
    """A new story of a task, with its question and its answer.

    Args:
        task: `qa1` to `qa20`.
        seed: of the story; by default another one each time.

    Raises:
        UserError: no such task.
    """
    if task not in stories.TASKS:
        raise UserError(
            _("There is no task '{task}'. There are: {names}.").format(
                task=task, names=", ".join(stories.TASKS)
            )
        )
    return stories.tell(task, random.Random(seed))


def spoken(name: str) -> str:
    """An answer as one would say it: `n,e` -> `north, then east`."""
    parts = name.split(",")
    if all(part in STEPS for part in parts):
        return ", then ".join(STEPS[part] for part in parts)
    return ", ".join(parts)


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
    answers = []
    for path in paths:
        with naming(path):
            asked = list(_questions(path))
        if not asked:
            raise UserError(
                _("{path} holds no question: a line that ends with a question mark.").format(
                    path=path
                )
            )
        for story, question, right in asked:
            try:
                said = answer(story, question, preset)
            except UserError as error:
                raise UserError(
                    _("{path}: {question} {error}").format(
                        path=path, question=question, error=error
                    )
                ) from error
            entry = {"file": str(path), "question": question, "answer": said.answer}
            entry |= {"probability": said.probability, "unknown": list(said.unknown)}
            answers.append(entry | ({"right": right == said.answer} if right else {}))
    return {"task": "answer", "preset": preset, "answers": answers}


def _questions(path: Path) -> Iterator[tuple[str, str, str]]:
    """The questions of a file: the story before each, itself, and the right answer if it stands
    there."""
    told: list[str] = []
    for line in split_lines(read_text(path)):
        if re.match(r"1\s", line):
            told = []
        text, _, right = _LINE_NUMBER.sub("", line.strip()).partition("\t")
        for part in _SENTENCE_END.split(text):
            if "?" in part:
                yield "\n".join(told), part.strip(), right.split("\t")[0].strip().lower()
            else:
                told.append(part)


def _run(
    loaded: runtime.Loaded, told: Sequence[np.ndarray], asked: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """Probabilities of the answers `(B, answers)`, and the attention where the network has one.

    Args:
        loaded: the network.
        told: stories, `(sentences, words)` each.
        asked: one question about all of them, `(words,)`.
    """
    asked = np.repeat(asked[None], len(told), axis=0)
    outputs = loaded.call(*data.inputs(told, asked, loaded.config))
    return outputs if isinstance(outputs, tuple) else (outputs, None)


def _check_known(rows: Sequence[np.ndarray]) -> None:
    *story, question = ((row > UNKNOWN).any() for row in rows)
    said = (
        _("The network knows no word of this story. {advice}"),
        _("The network knows no word of this question. {advice}"),
    )
    for known, text in zip((any(story), question), said, strict=True):
        if not known:
            advice = _(
                "It reads the English of its 20 kinds of story only: see the list of its words."
            )
            raise UserError(text.format(advice=advice))
