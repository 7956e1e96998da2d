"""Many visitors for a while: answers to all, nothing left, memory flat.

`make test` has a few of them for some seconds; `make torture` 32 for ten minutes.
"""

from __future__ import annotations

import json
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import pytest

from mmdemo import catalog
from tests.support.server import Server, running
from tests.torture.cases import cases, good_files
from tests.torture.visitors import EVERY_NETWORK, SLOW, Visitor, use_everything

PROGRAM = """
import sys
from mmdemo import cli
from mmdemo.core.serve import scratch
scratch.KEEP, scratch.STALLED, scratch.EVERY = float(sys.argv.pop(1)), 15.0, 0.5
raise SystemExit(cli.serve(["--port", *sys.argv[1:]]))
"""
GROWTH = 1.15
"""Of memory, at most, after the first two hundred answers."""


@dataclass
class Watch:
    """What all visitors met with.

    Attributes:
        seconds: of each answer.
        memory: resident megabytes after each answer.
        left: questions whose visitor did not wait for the answer.
        put_off: answers that were "come back later".
    """

    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    left: int = 0
    put_off: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        ranked = sorted(self.seconds)
        return (
            f"{len(ranked)} answers, {self.left} left in the middle, {self.put_off} put off, "
            f"{len(self.faults)} faults; seconds: median {statistics.median(ranked):.2f}, 95 of "
            f"100 {ranked[int(0.95 * len(ranked))]:.2f}, longest {ranked[-1]:.2f}; memory: "
            f"{self.memory[min(199, len(self.memory) - 1)]} MB after the first two hundred, "
            f"then after every five hundred {self.memory[500::500]}, {self.memory[-1]} at the end"
        )


@pytest.fixture
def size(request: pytest.FixtureRequest) -> tuple[int, float, float]:
    """Visitors, seconds, and the seconds that uploads stay."""
    return (32, 600.0, 60.0) if request.config.getoption("--torture") else (6, 12.0, 6.0)


@pytest.fixture
def soaked(tmp_path: Path, size: tuple[int, float, float]) -> Iterator[Server]:
    (tmp_path / "tmp").mkdir()
    alone = {
        "TMPDIR": str(tmp_path / "tmp"),
        "KERAS_HOME": str(tmp_path / "keras"),
        "https_proxy": "http://127.0.0.1:9",
        "MMDEMO_PRELOAD": "none",
    }
    program = ("-c", EVERY_NETWORK + PROGRAM, str(size[2]))
    with running(tmp_path, program=program, **alone) as server:
        yield server


def test_many_visitors_for_a_while(
    soaked: Server, tmp_path: Path, size: tuple[int, float, float]
) -> None:
    count, seconds, keep = size
    first = Visitor(soaked.url)
    config = json.loads(first.ask("/config")[1])
    if seconds > 60:
        use_everything(soaked.url, config)
    before = files(tmp_path)
    watch, lock = Watch(), threading.Lock()
    end = time.monotonic() + seconds

    def visit(number: int) -> None:
        rng = random.Random(number)
        visitor = Visitor(soaked.url, f"10.0.{number // 250}.{number % 250}")
        asked = cases(config, 10_000, number, odd=0.1 if number % 2 else 0)
        rng.shuffle(asked)
        for case in asked:
            if time.monotonic() > end:
                return
            try:
                whim = rng.random()
                if whim < 0.05:
                    visitor.break_off(rng.choice(good_files()))
                elif whim < 0.1:
                    visitor.leave(case)
                    with lock:
                        watch.left += 1
                elif whim < 0.2:
                    page = rng.choice(["/config", *(f"/{demo.slug}" for demo in catalog.DEMOS)])
                    assert visitor.ask(page)[0] == 200, page
                else:
                    visitor.forget()
                    answer = visitor.judged(case)
                    with lock:
                        watch.seconds.append(answer.seconds)
                        watch.memory.append(soaked.memory())
                        watch.put_off += answer.is_put_off
                        watch.faults.update(answer.faults)
            except (AssertionError, HTTPException, OSError, ValueError) as error:
                with lock:
                    watch.faults[f"{type(error).__name__}: {error}"[:500]] += 1

    visits = [threading.Thread(target=visit, args=(number,)) for number in range(count)]
    for thread in visits:
        thread.start()
    for thread in visits:
        thread.join(seconds + 4 * SLOW)
        assert not thread.is_alive(), "a visitor waits without end"
    assert soaked.process.poll() is None, "the app ended"
    if "Traceback" in soaked.text():
        watch.faults[f"the log has a trace: {soaked.text()[-3000:]}"] += 1
    print(f"{count} visitors, {seconds:.0f} s: {watch}")
    assert not watch.faults, "\n".join(watch.faults)
    until = time.monotonic() + keep + SLOW
    while (extra := files(tmp_path) - before) and time.monotonic() < until:
        time.sleep(0.5)
    assert not extra, "files are left"
    if len(watch.memory) > 1000:
        late = statistics.median(watch.memory[-100:])
        assert late <= GROWTH * statistics.median(watch.memory[150:250])


def files(folder: Path) -> set[Path]:
    """What lies in the app's folder for temporary files, but for the code that TensorFlow makes."""
    found = {path for path in (folder / "tmp").rglob("*") if path.is_file()}
    return {path for path in found if not path.name.startswith("__autograph_generated_file")}
