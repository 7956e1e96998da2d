"""What is not a digit, as sounds: other words, names, music, noise, and digits taken apart."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mmdemo.core.data import datasets
from mmdemo.core.data.handwritten import Images
from mmdemo.core.errors import UserError
from mmdemo.core.media import audio

from . import data, outputs, speech, synthesis
from .config import Config

NONE = 10
"""The listener's class after the ten digits: no digit at all."""
HELD_OUT_FOLD = "5"
"""Of ESC-10."""
TIMES, DIGIT_TIMES = 4, 60
"""How often each other word and each digit is spoken for training, by a voice drawn each time."""
SHARES = {
    "people": 0.3,
    "network": 0.05,
    "synthesiser": 0.15,
    "words": 0.32,
    "sounds": 0.1,
    "taken apart": 0.08,
}
"""Of a batch: digits by people, by the network and by the synthesiser; other words, sounds of
instruments and of the world, and digits taken apart."""
COPIES = {
    "people": 12_000,
    "network": 2_000,
    "synthesiser": 8_000,
    "words": 20_000,
    "sounds": 5_000,
    "taken apart": 4_000,
}
"""Altered copies that batches are drawn from."""
OWN = 300
"""The network's own sounds."""
Found = list["np.ndarray | None"]
"""What the page finds in each recording: decibels `(frames, bands)`, or None for no short word."""


class Pool(NamedTuple):
    """Altered words `(n, 32, 40)` in half precision with their classes `(n,)`."""

    views: np.ndarray
    classes: np.ndarray


Pools = Mapping[str, Pool]
"""By the names of `SHARES`."""


def altered(
    kind: str, words: Sequence[np.ndarray], classes: np.ndarray, rng: np.random.Generator
) -> Pool:
    """`COPIES` of some words `(frames, bands)`, with their classes `(n,)`."""
    rows = rng.integers(0, len(words), COPIES[kind])
    views = [data.altered_word(words[row], rng).astype(np.float16) for row in rows]
    return Pool(np.stack(views), classes[rows])


def lesson(seed: int) -> Pools:
    """What every listener is trained on: digits of a synthesiser, and what is no digit.

    Raises:
        DataMissing: the synthesiser or a set is not there.
    """
    words, names, phrases = synthesis.vocabulary("train")
    texts = [*words, *names, *phrases]
    said = digits("train", DIGIT_TIMES)
    others = _words(synthesis.words(synthesis.spoken_by("train", texts, TIMES)))
    sounds = [*_words(notes("train")), *_words(noises(held_out=False))]
    rng = np.random.default_rng(seed)
    return {
        "synthesiser": altered("synthesiser", said.words, said.digits, rng),
        "words": altered("words", others, np.full(len(others), NONE), rng),
        "sounds": altered("sounds", sounds, np.full(len(sounds), NONE), rng),
    }


def lesson_of(people: data.Spoken, own: data.Spoken, rng: np.random.Generator) -> Pools:
    """What the listener of one network is trained on beside `lesson`: its people and itself."""
    apart = [taken_apart(people, rng) for _ in range(COPIES["taken apart"])]
    return {
        "people": altered("people", people.words, people.digits, rng),
        "network": altered("network", own.words, own.digits, rng),
        "taken apart": altered("taken apart", apart, np.full(len(apart), NONE), rng),
    }


def digits(split: str, times: int) -> data.Spoken:
    """Each digit so many times by voices of the synthesiser: `train` or `test`."""
    found = synthesis.words(synthesis.spoken_by(split, synthesis.DIGITS, times))
    return _spoken(found, np.repeat(np.arange(10), times), "synthesiser")


def spoken(split: str) -> Found:
    """Other words, names and phrases, each once by voices of the synthesiser."""
    words, names, phrases = synthesis.vocabulary(split)
    return synthesis.words(synthesis.spoken_by(split, [*words, *names, *phrases], 1))


def notes(split: str) -> Found:
    """Single notes of an orchestra's instruments: `train` or `test`.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    folder = datasets.path("philharmonia")
    with (folder / "notes.csv").open(newline="", encoding="utf-8") as file:
        names = [row["file"] for row in csv.DictReader(file) if row["split"] == split]
    return _recordings(folder / "notes" / name for name in names[::3])


def noises(*, held_out: bool) -> Found:
    """ESC-10's sounds of the world; its fold 5 is held out.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    paths = sorted(datasets.path("esc10").glob("[0-9]*/*"))
    return _recordings(p for p in paths if (p.name[0] == HELD_OUT_FOLD) == held_out)


def animals() -> Found:
    """The clips of Audio Cats and Dogs.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    return _recordings(sorted(datasets.path("cats_dogs_audio").glob("**/*.ogg")))


def taken_apart(spoken: data.Spoken, rng: np.random.Generator) -> np.ndarray:
    """A digit backwards, or the beginning of one and the end of another: decibels
    `(frames, bands)`."""
    first = int(rng.integers(len(spoken.words)))
    word = spoken.words[first]
    if rng.random() < 0.4:
        return word[::-1]
    others = np.flatnonzero(spoken.digits != spoken.digits[first])
    second = spoken.words[rng.choice(others)]
    at, after = rng.uniform(0.35, 0.65, 2)
    return np.concatenate([word[: round(at * len(word))], second[round(after * len(second)) :]])


def own(call: outputs.Call, config: Config, images: Images, people: data.Spoken) -> data.Spoken:
    """A network's own sounds of pictures, as it hears them when they are played: digits, too.

    Args:
        call: the compiled network.
        config: of the network.
        images: the pictures; the first `OWN` are taken.
        people: who tell how long each digit is said.
    """
    seconds, digits = people.typical_seconds(), images.digits[:OWN]
    made = np.clip(outputs.forward(call, config, left=images.pixels[:OWN]).right, 0, 1)
    found: Found = []
    for view, digit in zip(made, digits, strict=True):
        try:
            found.append(speech.find_word(speech.sound(view, seconds[digit])).decibels)
        except UserError:
            found.append(None)
    return _spoken(found, digits, "network")


def batches(
    pools: Pools, size: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Endless batches of altered words `(size, 32, 40)` and classes `(size,)`: `SHARES` of each."""
    while True:
        counts = rng.multinomial(size, list(SHARES.values()))
        drawn = []
        for kind, count in zip(SHARES, counts, strict=True):
            rows = rng.integers(0, len(pools[kind].classes), count)
            drawn.append(Pool(pools[kind].views[rows], pools[kind].classes[rows]))
        views, classes = (np.concatenate(part) for part in zip(*drawn, strict=True))
        yield views.astype(np.float32), classes


def _recordings(paths: Iterable[Path]) -> Found:
    found: Found = []
    for path in paths:
        try:
            found.append(speech.find_word(audio.load(path, speech.RATE).samples).decibels)
        except UserError:
            found.append(None)
    return found


def _spoken(found: Found, digits: np.ndarray, who: str) -> data.Spoken:
    """Those of some digits `(n,)` in which a word was found."""
    kept = np.array([word is not None for word in found])
    count = int(kept.sum())
    return data.Spoken(_words(found), digits[kept], np.full(count, who), np.arange(count))


def _words(found: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    return [word for word in found if word is not None]
