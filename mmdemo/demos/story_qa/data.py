"""bAbI: stories, questions and answers as arrays; honest splits; the user's own files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mmdemo.core.data import datasets
from mmdemo.core.errors import DataMissing, UserError
from mmdemo.core.media.text import read_text, split_lines
from mmdemo.core.nets.words import Tokenizer, pad

from . import stories
from .config import Config

KINDS = {"1k": "en", "10k": "en-10k"}
"""Folders of the public set by questions to train on, per task."""

MAX_BYTES = 64 * 1024**2
MIN_STORIES = 10
VALIDATION = 0.1
MAX_VALIDATION = 300
END_MARKS = " .?!\t"


@dataclass(frozen=True)
class Question:
    """One question about a story.

    Attributes:
        number: of the story in its file; questions of one story share it.
        story: the sentences told before the question, without their full stops.
        question: without its question mark.
        answer: one class, also where it has several words (`n,e`).
    """

    number: int
    story: tuple[str, ...]
    question: str
    answer: str


@dataclass(frozen=True)
class Task:
    """The questions of one task.

    Attributes:
        name: `qa1` to `qa20`, or the user's own.
        train: to learn from.
        validation: questions of the last stories of the training file, to choose on.
        test: to measure on.
    """

    name: str
    train: list[Question]
    validation: list[Question]
    test: list[Question]

    @property
    def known(self) -> list[Question]:
        """Those of the training file."""
        return [*self.train, *self.validation]

    @cached_property
    def test_unseen(self) -> np.ndarray:
        """Which test questions do not stand in the training file with the same story, bool."""
        known = {(q.story, q.question) for q in self.known}
        return np.array([(q.story, q.question) not in known for q in self.test])


# === Files ===


def official(kind: str) -> list[Task]:
    """The 20 tasks of the public set.

    Args:
        kind: `1k` or `10k` training questions per task. Where the archive lacks a file of `10k`,
            that of `1k` stands in; `substituted` names these.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    root = datasets.path("babi")
    tasks = []
    for name in stories.TASKS:
        parts = {}
        for part in ("train", "test"):
            files = [*root.glob(f"{KINDS[kind]}/{name}_*_{part}.txt")]
            files += root.glob(f"{KINDS['1k']}/{name}_*_{part}.txt")
            if not files:
                raise DataMissing(f"{root} lacks {name}_*_{part}.txt.")
            parts[part] = parse(files[0])
        tasks.append(_task(name, parts["train"], parts["test"]))
    return tasks


def substituted(kind: str) -> list[str]:
    """Tasks whose training file the archive lacks for this kind."""
    root = datasets.path("babi")
    return [name for name in stories.TASKS if not [*root.glob(f"{KINDS[kind]}/{name}_*_train.txt")]]


def own(folder: Path) -> list[Task]:
    """The user's own tasks: `NAME_train.txt`, and `NAME_test.txt` or else a fifth of the stories.

    Raises:
        UserError: no such files, or one that is not in the format of bAbI; names file and line.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder. Give one with files NAME_train.txt.")
    tasks = []
    for path in sorted(folder.glob("*_train.txt")):
        name = path.name.removesuffix("_train.txt")
        train = parse(path)
        last = train[-1].number
        if last + 1 < MIN_STORIES:
            raise UserError(
                f"{path.name} holds {last + 1} stories; {MIN_STORIES} are the least to learn from. "
                "A story begins at each line numbered 1."
            )
        test_path = path.with_name(f"{name}_test.txt")
        if test_path.is_file():
            test = parse(test_path)
        else:
            held_out = last + 1 - max(1, (last + 1) // 5)
            test = [q for q in train if q.number >= held_out]
            train = [q for q in train if q.number < held_out]
        tasks.append(_task(name, train, test))
    if not tasks:
        raise UserError(f"{folder} holds no file that is called NAME_train.txt.")
    return tasks


def parse(path: Path) -> list[Question]:
    """Questions of a file in the format of bAbI.

    Each line is `NUMBER SENTENCE`, or `NUMBER QUESTION<tab>ANSWER`, after which further columns
    (bAbI's supporting facts) are not read. Number 1 begins a new story.

    Raises:
        MediaError: not a text file.
        UserError: a line in another format; names file and line.
    """
    questions: list[Question] = []
    story: list[str] = []
    number = -1
    for count, line in enumerate(split_lines(read_text(path, MAX_BYTES)), start=1):
        if not line.strip():
            continue
        first, _, rest = line.lstrip().partition(" ")
        place = f"{path.name}, line {count}"
        if not first.isdecimal() or not rest.strip():
            raise UserError(
                f"{place}: expected a number, a blank and a sentence, got {line.strip()[:60]!r}."
            )
        if int(first) == 1:
            story, number = [], number + 1
        elif number < 0:
            raise UserError(f"{place}: the first sentence of a story has number 1.")
        if "\t" not in rest:
            story.append(tidy(rest))
            continue
        question, answer, *_ = rest.split("\t")
        if not question.strip() or not answer.strip():
            raise UserError(f"{place}: a question, a tab and its answer are expected.")
        questions.append(Question(number, tuple(story), tidy(question), answer.strip().lower()))
    if not questions:
        raise UserError(f"{path.name} holds no question: QUESTION<tab>ANSWER.")
    return questions


def tidy(sentence: str) -> str:
    """A sentence without the mark at its end."""
    return sentence.strip(END_MARKS)


def _task(name: str, questions: list[Question], test: list[Question]) -> Task:
    """Hold out the last stories of the training file: a tenth, or as many as ask 300 questions."""
    last = questions[-1].number + 1
    count = min(VALIDATION * len(questions), MAX_VALIDATION)
    first = last - max(1, round(last * count / len(questions)))
    train = [q for q in questions if q.number < first]
    return Task(name, train, [q for q in questions if q.number >= first], test)


# === Arrays ===


def vocabulary(tasks: Iterable[Task]) -> tuple[Tokenizer, list[str]]:
    """Words of the stories and questions, and the answers, of the training files."""
    sentences: set[str] = set()
    answers: set[str] = set()
    for task in tasks:
        for question in task.known:
            sentences.update(question.story)
            sentences.add(question.question)
            answers.add(question.answer)
    return Tokenizer.train(sorted(sentences), size=100_000), sorted(answers)


@dataclass(frozen=True)
class Examples:
    """Questions as a network reads them, packed.

    Attributes:
        table: word ids of each different sentence, `(sentences, words)` int32, zeros after them.
        stories: rows of `table` per question.
        questions: row of `table` per question, `(n,)`.
        answers: class per question, `(n,)` int32; -1 where training never had that answer.
    """

    table: np.ndarray
    stories: list[np.ndarray]
    questions: np.ndarray
    answers: np.ndarray

    def __len__(self) -> int:
        return len(self.questions)

    @cached_property
    def lengths(self) -> np.ndarray:
        """Sentences per story, `(n,)`."""
        return np.array([len(rows) for rows in self.stories])

    def batch(
        self, chosen: Sequence[int] | np.ndarray, config: Config, limit: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Story and question of some examples as the network's two inputs.

        Args:
            chosen: indices.
            config: says which network.
            limit: last sentences of a story to read; by default all.
        """
        told = [self.table[self.stories[i]] for i in chosen]
        return inputs(told, self.table[self.questions[chosen]], config, limit)


def inputs(
    told: Sequence[np.ndarray], asked: np.ndarray, config: Config, limit: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Stories and questions as the network's two inputs.

    Args:
        told: stories, `(sentences, words)` each.
        asked: a question about each, `(B, words)`.
        config: says which network.
        limit: last sentences of a story to read; by default all.
    """
    if config.network == "lstm":
        most = config.input.story_words
        return pad([words[words > 0][-most:] for words in told]), asked
    told = [sentences[-limit:] if limit else sentences for sentences in told]
    longest = max([1, *map(len, told)])
    grid = np.zeros((len(told), longest, config.input.sentence_words), np.int32)
    for target, sentences in zip(grid, told, strict=True):
        target[: len(sentences)] = sentences
    return grid, asked


def examples(
    questions: Sequence[Question], tokenizer: Tokenizer, answers: Sequence[str], config: Config
) -> Examples:
    """Pack questions; of a sentence only the first `config.input.sentence_words` words are read."""
    numbers: dict[str, int] = {}
    told, asked = [], []
    for question in questions:
        rows = [numbers.setdefault(s, len(numbers)) for s in (*question.story, question.question)]
        told.append(np.array(rows[:-1], np.int64))
        asked.append(rows[-1])
    classes = {answer: number for number, answer in enumerate(answers)}
    return Examples(
        pad(tokenizer.ids(list(numbers)), config.input.sentence_words),
        told,
        np.array(asked, np.int64),
        np.array([classes.get(q.answer, -1) for q in questions], np.int32),
    )
