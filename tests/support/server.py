"""Starts the real app in a process of its own, as a visitor would."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradio_client import Client

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Server:
    """A running app."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def text(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace")

    def memory(self) -> int:
        """Resident memory in megabytes; 0 where the system does not say."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.is_file():
            return 0
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmRSS"].split()[0]) // 1024


def connect(url: str, **options: Any) -> Client:
    """Gradio's client, which by itself gives up after five seconds: a busy machine is slow."""
    return Client(url, verbose=False, httpx_kwargs={"timeout": 120}, **options)


@contextmanager
def running(
    folder: Path,
    *arguments: str,
    program: tuple[str, ...] = ("app.py", "--port"),
    **environment: str,
) -> Iterator[Server]:
    """The app on a free port, its log in `folder`, until the block ends.

    Args:
        folder: for the log.
        arguments: of the app, after the port.
        program: what Python runs; the port follows.
        environment: in place of this process's.
    """
    port = free_port()
    log = folder / f"app-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *program, str(port), *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}", log, process)
    try:
        _wait(server)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.process.poll() is not None:
            raise RuntimeError(f"the app stopped at once:\n{server.text()}")
        try:
            with urllib.request.urlopen(server.url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"the app did not answer in {seconds} s:\n{server.text()}")
