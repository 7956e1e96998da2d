"""The three tasks' data: public layout to arrays, official splits, pairs drawn anew each epoch."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmdemo.core.data import datasets
from mmdemo.core.data.handwritten import Images
from mmdemo.core.media.handwriting import SIDE

from . import names, speech

TRAINING_IMAGES = 50_000
TEST_TAKES = range(5)

# === Free Spoken Digit Dataset ===


@dataclass(frozen=True)
class Spoken:
    """Spoken digits: each word's decibels `(frames, bands)`, and who said what, in which take."""

    words: list[np.ndarray]
    digits: np.ndarray
    speakers: np.ndarray
    takes: np.ndarray

    def where(self, mask: np.ndarray) -> Spoken:
        """Those that a mask `(n,)` of booleans names."""
        chosen = [word for word, kept in zip(self.words, mask, strict=True) if kept]
        return Spoken(chosen, self.digits[mask], self.speakers[mask], self.takes[mask])

    def views(self) -> np.ndarray:
        """As the network sees them: `(n, 32, 40)`."""
        return np.stack([speech.view(word) for word in self.words])

    def typical_seconds(self) -> list[float]:
        """How long each of the ten digits is said, on average."""
        seconds = np.array([len(word) for word in self.words]) * speech.HOP / speech.RATE
        return [float(seconds[self.digits == digit].mean()) for digit in range(10)]


def fsdd() -> Spoken:
    """All recordings, cut to their loudest word.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    folder = datasets.path("fsdd") / "recordings"
    words, labels = [], []
    for path in sorted(folder.glob("*.wav")):
        digit, speaker, take = path.stem.split("_")
        decibels = speech.spectrogram(_wav(path))
        first, end = speech.words(decibels)[0]
        words.append(decibels[first:end])
        labels.append((int(digit), speaker, int(take)))
    digits, speakers, takes = zip(*labels, strict=True)
    return Spoken(words, np.array(digits), np.array(speakers), np.array(takes))


def official(spoken: Spoken) -> tuple[Spoken, Spoken]:
    """The set's own training and test takes (0 to 4)."""
    test = np.isin(spoken.takes, TEST_TAKES)
    return spoken.where(~test), spoken.where(test)


def unseen_speakers(spoken: Spoken) -> Iterator[tuple[str, Spoken, Spoken]]:
    """Leave one speaker out: `(speaker, the others' recordings, the speaker's)`."""
    for speaker in np.unique(spoken.speakers):
        left_out = spoken.speakers == speaker
        yield str(speaker), spoken.where(~left_out), spoken.where(left_out)


def _wav(path: Path) -> np.ndarray:
    """Samples of one of the set's files: 16-bit mono at 8 kHz."""
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return samples.astype(np.float32) / 32768


# === Altered copies ===


def altered_word(decibels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A word as another speaker, microphone or room might give it, as a view `(32, 40)`."""
    frames, bands = decibels.shape
    first, last = rng.uniform(-0.04, 0.05) * frames, frames - 1 + rng.uniform(-0.05, 0.04) * frames
    pace = np.linspace(0, 1, speech.FRAMES)
    pace = pace + rng.uniform(-0.08, 0.08) * np.sin(np.pi * pace)  # faster first, or last
    pitch = np.arange(bands) * np.exp(rng.normal(0, 0.06)) + rng.normal(0, 0.7)
    made = speech.sample(decibels, first + pace * (last - first), pitch)
    curve = np.interp(np.arange(bands), np.linspace(0, bands - 1, 5), rng.normal(0, 3, 5))
    made = made + curve[None, :].astype(np.float32)
    made = made - made.max()
    if rng.random() < 0.3:  # a noisy room hides what is quieter
        floor = rng.uniform(-speech.RANGE, -30)
        made = np.maximum(made, floor + rng.normal(0, 2, made.shape))
    start = rng.integers(0, speech.FRAMES)
    made[start : start + rng.integers(0, 4)] = -speech.RANGE
    start = rng.integers(0, bands)
    made[:, start : start + rng.integers(0, 5)] = -speech.RANGE
    return np.clip(made / speech.RANGE + 1, 0, 1).astype(np.float32)


def altered_picture(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A digit turned, slanted, scaled, moved, and drawn with a thinner or broader pen."""
    import cv2

    turn, slant = rng.normal(0, 0.12), rng.normal(0, 0.12)
    scale_x, scale_y = np.exp(rng.normal(0, 0.08, 2))
    matrix = np.array(
        [[np.cos(turn) * scale_x, slant - np.sin(turn)], [np.sin(turn), np.cos(turn) * scale_y]]
    )
    middle = np.full(2, (SIDE - 1) / 2)
    offset = middle - matrix @ middle + rng.normal(0, 0.8, 2)
    made = cv2.warpAffine(
        pixels, np.column_stack([matrix, offset]).astype(np.float32), pixels.shape[::-1]
    )
    pen = rng.random()
    if pen < 0.15:
        made = cv2.dilate(made, np.ones((2, 2), np.uint8))
    elif pen < 0.25:
        made = cv2.erode(made, np.ones((2, 2), np.uint8))
    return np.clip(made, 0, 1)


# === Batches ===

Pairs = Iterator[tuple[tuple[np.ndarray, np.ndarray]]]
"""Batches of both views, and no target."""


def digit_pairs(images: Images, spoken: Spoken, size: int, rng: np.random.Generator) -> Pairs:
    """Endless batches of altered pictures and altered words of the same digits, `size` of each."""
    pictures_of = [np.flatnonzero(images.digits == digit) for digit in range(10)]
    words_of = [np.flatnonzero(spoken.digits == digit) for digit in range(10)]
    while True:
        digits = rng.integers(0, 10, size)
        pictures = [images.pixels[rng.choice(pictures_of[digit])] for digit in digits]
        words = [spoken.words[rng.choice(words_of[digit])] for digit in digits]
        yield (
            (
                np.stack([altered_picture(picture, rng) for picture in pictures]),
                np.stack([altered_word(word, rng) for word in words]),
            ),
        )


def batches(
    count: int,
    make: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    size: int,
    rng: np.random.Generator,
) -> Pairs:
    """Endless shuffled batches of `make(indices)`; a remainder smaller than a batch is left out."""
    while True:
        order = rng.permutation(count)
        for start in range(0, count - size + 1, size):
            yield (make(order[start : start + size]),)


# === Names in two scripts ===


@dataclass(frozen=True)
class Names:
    """Pairs of an English name and the same name in another script."""

    language: str
    english: list[str]
    foreign: list[str]


def xlit(language: str, split: str) -> Names:
    """A list of names: split `train`, `dev` or `test`.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    number = {"train": 64, "dev": 16, "test": 20}[split]
    path = datasets.path("xlit_wikidata") / f"wd_{language}_{number}"
    english, foreign = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        columns = line.split("\t")
        if len(columns) < 2:
            continue
        left, right = names.normalise(columns[0]), names.normalise(columns[1].replace(" ", ""))
        if left and right:
            english.append(left)
            foreign.append(right)
    return Names(language, english, foreign)
