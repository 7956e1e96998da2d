"""A generated table as a user would bring it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

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
