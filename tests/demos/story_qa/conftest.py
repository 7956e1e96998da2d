"""Generated stories as files in bAbI's format."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from mmdemo.demos.story_qa import data, stories


def write(path: Path, task: str, count: int, seed: int) -> None:
    """A file of `count` stories with one question each."""
    rng = random.Random(seed)
    lines = []
    for _ in range(count):
        told = stories.tell(task, rng)
        lines += [f"{number} {sentence}" for number, sentence in enumerate(told.story, start=1)]
        lines.append(f"{len(told.story) + 1} {told.question}\t{told.answer}\t1")
    path.write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture
def own_data(tmp_path: Path) -> Path:
    """A folder as `train --data` takes it: two tasks, one with a test file of its own."""
    root = tmp_path / "stories"
    root.mkdir()
    write(root / "where_train.txt", "qa1", 40, 0)
    write(root / "where_test.txt", "qa1", 10, 1)
    write(root / "both_train.txt", "qa12", 40, 2)
    return root


@pytest.fixture
def told_tasks(tmp_path: Path) -> Callable[[int], list[data.Task]]:
    """The 20 tasks with so many stories each, of which a fifth are held out."""

    def tasks(per_task: int) -> list[data.Task]:
        folder = tmp_path / "told"
        folder.mkdir()
        for seed, task in enumerate(stories.TASKS):
            write(folder / f"{task}_train.txt", task, per_task, seed)
        return data.own(folder)

    return tasks
