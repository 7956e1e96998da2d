"""In place of a process for each trial: none, or one that imports Keras once for all of them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

from mmdemo.core.serve import trial

ROOT = Path(__file__).resolve().parents[2]


class Checked:
    """A trial that goes no further than the shapes, in this process."""

    def __enter__(self) -> Checked:
        return self

    def __exit__(self, *_: object) -> None: ...

    def of(self, repo: str, path: Path) -> trial.Report:
        with trial.refused(repo):
            return trial.check(repo, path)


class Shared(trial.Trial):
    """A trial in a process that serves others too, with the bounds of one of its own."""

    def __init__(self, process: Process) -> None:
        self._shared = process

    def __exit__(self, *_: object) -> None: ...

    def _ask(self, request: str) -> tuple[int, str]:
        return self._shared.ask(request)


class Process:
    """It has imported Keras, and tries networks out in a fork of itself until one ends the fork."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | trial.ENVIRONMENT,
            cwd=ROOT,
        )

    def ask(self, request: str) -> tuple[int, str]:
        """The code that a process of its own would end with, and what it would answer."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{request}\n")
        self._process.stdin.flush()
        code, answer = json.loads(self._process.stdout.readline())
        return code, answer

    def stop(self) -> None:
        with self._process:
            self._process.kill()


def main() -> None:
    """Answer each line of standard input with a line of standard output: a code and an answer."""
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import mmdemo.core.serve.backend  # noqa: F401  # Keras, but none of its threads: it forks

    while True:
        child = os.fork()
        if child == 0:
            _answer(output)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code == 0:  # there are no more lines
            break
        _write(output, code, "")


def _answer(output: io.TextIOBase) -> None:
    code = 1
    try:
        while line := _read_line():
            answer = io.StringIO()
            trial.respond(line, answer)
            _write(output, 0, answer.getvalue())
        code = 0
    finally:
        os._exit(code)


def _read_line() -> str:
    """Without reading ahead: the next line may be another fork's."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(0, 1)):
        line += byte
    return line.decode()


def _write(output: io.TextIOBase, code: int, answer: str) -> None:
    output.write(json.dumps([code, answer]) + "\n")
    output.flush()


if __name__ == "__main__":
    main()
