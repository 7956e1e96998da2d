"""Time the app as a visitor meets it, and each demo's network beside other ways to run it.

One table per demo, for its first preset and the requests of its `examples.requests()`. The server
runs in a process of its own; requests go over Gradio's HTTP call API. The same network is timed, in
the same run, as the bare compiled call on what `examples.inputs()` gives, or on noise, through the
demo's `infer.predict` (decoding included), `model(x)`, `model.predict` and ONNX Runtime, and so are
the peers that `examples.peers()` names.
"""

from __future__ import annotations

import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.data.examples import Request
from mmdemo.core.demo import Demo
from mmdemo.core.errors import UserError
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts

START_SECONDS = 120.0
CLIENTS = (8, 32)


@dataclass(frozen=True)
class Timing:
    """Milliseconds of repeated calls."""

    name: str
    p50: float
    p95: float
    note: str = ""


def run(demos: Sequence[Demo], requests: int) -> None:
    """Print a table per demo.

    Args:
        demos: which.
        requests: calls per measurement.

    Raises:
        UserError: a package of requirements-dev.txt is missing, or the server does not start.
    """
    try:
        import onnxruntime  # noqa: F401
        import psutil
        import tf2onnx  # noqa: F401
    except ModuleNotFoundError as error:
        raise UserError(
            f"bench needs {error.name}: pip install -r requirements-dev.txt -c constraints.txt"
        ) from error
    for demo in demos:
        rows = _network(demo, requests)
        with _server() as (url, first_page, process):
            calls = [_Call(url, asked) for asked in demo.module("examples").requests()]
            started = time.perf_counter()
            calls[0]()
            first_result = 1000 * (time.perf_counter() - started)
            for call in calls:
                rows.append(_measure(f"HTTP {call.endpoint}", call, requests))
            rows += [_concurrent(calls[0], clients, requests) for clients in CLIENTS]
            resident = psutil.Process(process.pid).memory_info().rss / 1e6
        _print(demo, rows, first_page, first_result, resident)


def _network(demo: Demo, requests: int) -> list[Timing]:
    """The network of the demo's first preset, in this process, called in every way."""
    import onnxruntime

    from mmdemo.core.serve import backend

    preset = demo.presets[0]
    loaded = runtime.model(demo.slug, preset)
    network = loaded.network
    given = getattr(demo.module("examples"), "inputs", None)
    inputs = given() if given else [backend.sample(tensor) for tensor in network.inputs]
    x = inputs[0] if len(inputs) == 1 else inputs
    predict = demo.module("infer").predict
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        network.export(path, format="onnx", verbose=False)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    named = {given.name: value for given, value in zip(session.get_inputs(), inputs, strict=True)}
    other, ours = session.run(None, named)[0], loaded.call(*inputs)
    difference = float(np.abs(other - (ours[0] if isinstance(ours, tuple) else ours)).max())
    return [
        _measure("bare compiled call", lambda: loaded.call(*inputs), requests),
        _measure(
            "ONNX Runtime",
            lambda: session.run(None, named),
            requests,
            f"largest difference {difference:.0e}",
        ),
        _measure("model(x)", lambda: _computed(network(x, training=False)), requests),
        _measure("model.predict", lambda: network.predict(x, verbose=0), requests),
        *(
            _measure(
                f"infer {asked.endpoint.removeprefix(f'{demo.slug}_')}",
                functools.partial(predict, list(asked.files), preset),
                requests,
                "reading and preparation included",
            )
            for asked in demo.module("examples").requests()
        ),
        *(_measure(name, call, requests) for name, call in _peers(demo).items()),
    ]


def _peers(demo: Demo) -> dict[str, Callable[[], Any]]:
    """Other people's networks on what the first request gives, where a demo names some."""
    peers = getattr(demo.module("examples"), "peers", None)
    return {} if peers is None else dict(peers())


def _computed(outputs: Any) -> Any:
    """Wait for a result on whatever device it is made."""
    several = outputs if isinstance(outputs, list) else [outputs]
    return [np.asarray(output) for output in several]


class _Call:
    """One request over HTTP; its files are uploaded once."""

    def __init__(self, url: str, asked: Request) -> None:
        self.endpoint = asked.endpoint
        self.address = f"{url}/gradio_api/call/v2/{asked.endpoint}"
        arguments = {
            name: _upload(url, value) if isinstance(value, Path) else value
            for name, value in asked.arguments.items()
        }
        self.body = json.dumps(arguments).encode()

    def __call__(self) -> Any:
        headers = {"Content-Type": "application/json"}
        posted = urllib.request.Request(self.address, self.body, headers)
        with urllib.request.urlopen(posted, timeout=START_SECONDS) as response:
            event = json.load(response)["event_id"]
        address = self.address.replace("/call/v2/", "/call/")
        with urllib.request.urlopen(f"{address}/{event}", timeout=START_SECONDS) as response:
            return _answer(response.read().decode())


def _answer(stream: str) -> Any:
    """The result in a stream of server-sent events."""
    event = ""
    for line in stream.splitlines():
        if line.startswith("event:"):
            event = line.removeprefix("event:").strip()
        elif line.startswith("data:") and event == "complete":
            return json.loads(line.removeprefix("data:"))
        elif line.startswith("data:") and event == "error":
            raise UserError(f"The app answered with an error: {line.removeprefix('data:')}")
    raise UserError("The app did not answer.")


def _upload(url: str, path: Path) -> dict[str, Any]:
    """Send a file as a browser does; the answer is what an endpoint takes for it."""
    boundary = uuid.uuid4().hex
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; '
        f'filename="{path.name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    ).encode()
    body += path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(f"{url}/gradio_api/upload", body, headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        stored = json.load(response)[0]
    return {"path": stored, "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}


@contextmanager
def _server() -> Iterator[tuple[str, float, subprocess.Popen[bytes]]]:
    """The app in a process of its own: address, milliseconds to the first page, process."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port), "--preload", "none"],
        cwd=artifacts.EMBEDDED.parent,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                urllib.request.urlopen(url, timeout=5).read()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if process.poll() is not None or time.perf_counter() - started > START_SECONDS:
                    raise UserError("The app did not start: try python app.py") from None
                time.sleep(0.02)
        yield url, 1000 * (time.perf_counter() - started), process
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _measure(name: str, call: Callable[[], Any], count: int, note: str = "") -> Timing:
    for _ in range(3):
        call()
    return _timing(name, [_clock(call) for _ in range(count)], note)


def _concurrent(call: Callable[[], Any], clients: int, count: int) -> Timing:
    """Latency that each of several clients sees while all of them ask at once."""
    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        times = list(pool.map(lambda _: _clock(call), range(max(count, 2 * clients))))
    rate = len(times) / (time.perf_counter() - started)
    return _timing(f"HTTP, {clients} clients", times, f"{rate:.0f} requests/s")


def _clock(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - started)


def _timing(name: str, times: Sequence[float], note: str) -> Timing:
    return Timing(name, statistics.median(times), float(np.percentile(times, 95)), note)


def _print(
    demo: Demo, rows: Sequence[Timing], first_page: float, first_result: float, resident: float
) -> None:
    bare = rows[0].p50
    lines = [
        "",
        f"{demo.slug} ({demo.label(demo.presets[0])})",
        f"  first page {first_page:,.0f} ms, first result {first_result:,.0f} ms later "
        f"(TensorFlow is loaded), resident {resident:,.0f} MB",
        f"  {'':<34}{'p50 ms':>9}{'p95 ms':>9}{'/ bare':>9}",
    ]
    lines += [
        f"  {row.name:<34}{row.p50:>9.2f}{row.p95:>9.2f}{row.p50 / bare:>9.2f}  {row.note}"
        for row in rows
    ]
    sys.stdout.write("\n".join(lines) + "\n")
