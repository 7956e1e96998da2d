"""A generated table as a user would bring it, and little reviews."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mmdemo.demos.author_profile.config import STARS
from mmdemo.demos.author_profile.data import Samples

JOBS = ("cook", "gardener", "teacher")
WORDS = {
    "cook": ("kitchen", "soup", "oven"),
    "gardener": ("roses", "soil", "spade"),
    "teacher": ("class", "chalk", "marks"),
}


def rows(count: int = 120, seed: int = 0) -> list[list[str]]:
    """Diary lines whose words tell the age, the job and the gender."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        job, young, woman = JOBS[number % 3], bool(rng.integers(2)), bool(rng.integers(2))
        words = [*rng.choice(WORDS[job], 3), "party" if young else "grandchildren"]
        words += ["my", "wife" if not woman else "husband", "and", "I"]
        age = rng.integers(20, 30) if young else rng.integers(60, 70)
        made.append([str(number), " ".join(words), str(age), job, "female" if woman else "male"])
    return made


def write(path: Path, lines: list[list[str]], header: str = "id,diary,age,job,gender") -> Path:
    """A CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(lines)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write(tmp_path / "diaries.csv", rows())


def generated(count: int, seed: int = 0) -> Samples:
    """Little reviews in which one word decides the stars."""
    rng = np.random.default_rng(seed)
    verdicts = ("awful", "bad", "weak", "dull", "nice", "good", "great", "superb")
    filler = ("the", "film", "plot", "cast", "score", "camera", "story", "scene", "was", "and")
    places = rng.integers(0, len(STARS), count)
    texts = []
    for place in places:
        words = list(rng.choice(filler, rng.integers(2, 8)))
        words.insert(int(rng.integers(len(words) + 1)), verdicts[place])
        texts.append(" ".join(words))
    stars = np.array([float(STARS[place]) for place in places], np.float32)
    positive = (stars > 5).astype(np.float32)
    return Samples(tuple(texts), (stars, places.astype(np.float32), positive), np.arange(count))
