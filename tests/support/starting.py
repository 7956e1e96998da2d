"""Starts the app with two of its pages in a process of its own, and ends it in every way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.server import ROOT, free_port

# The app with two of its pages: what is tested is the start and the end, not the demos.
SMALL = """
import os, signal, time
from pathlib import Path
from types import SimpleNamespace
from mmdemo import catalog, cli
from mmdemo.core.serve import scratch
from mmdemo.core.weights import artifacts
catalog.DEMOS = tuple(demo for demo in catalog.DEMOS if demo.slug in ("sentiment", "siamese_audio"))
if "AN_HOUR" in os.environ:
    scratch.KEEP, scratch.EVERY = float(os.environ["AN_HOUR"]), 0.1
if "EMBEDDED" in os.environ:
    artifacts.EMBEDDED = Path(os.environ["EMBEDDED"])
if "SECONDS" in os.environ:  # that a question takes; no network is loaded for it
    from mmdemo.demos.sentiment import infer
    def score(*given):
        time.sleep(float(os.environ["SECONDS"]))
        return SimpleNamespace(to_dict=lambda: {"positive": True})
    infer.score = score
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a job in the background ignores
raise SystemExit(cli.serve())
"""


class App:
    """A process that starts the app with a folder for temporary files of its own."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.port = free_port()
        self.temporary = Path(environment.setdefault("TMPDIR", str(folder / "tmp")))
        self.temporary.mkdir(exist_ok=True)
        self.log = folder / f"{self.port}.log"
        environment.setdefault("MMDEMO_PRELOAD", "none")
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SMALL, "--port", str(self.port), *arguments],
                cwd=ROOT,
                env=os.environ | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def address(self) -> str:
        """Where it says that it is, once it does."""
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            if "mmdemo is at " in self.text:
                assert "Traceback" not in self.text
                return self.text.split("mmdemo is at ")[1].split()[0].rstrip("/")
            time.sleep(0.05)
        raise AssertionError(f"it did not start: {self.text}")

    def folders(self) -> list[Path]:
        return sorted(self.temporary.glob("mmdemo-app-*"))

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """`start(*arguments, **environment)`: an `App`, killed when the test ends."""
    apps: list[App] = []

    def begin(*arguments: str, **environment: str) -> App:
        apps.append(App(tmp_path, *arguments, **environment))
        return apps[-1]

    yield begin
    for app in apps:
        app.process.kill()
        app.process.wait()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 40 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
