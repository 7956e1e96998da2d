"""Time the app as a visitor meets it, and each demo's network beside other ways to run it.

One table per demo. The server runs in a process of its own; requests go over Gradio's HTTP call
API. The same network is timed, in the same run, as the bare compiled call, through the demo's
`infer.predict` (decoding included), `model(x)`, `model.predict` and ONNX Runtime.
"""

from __future__ import annotations

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

from mmdemo.core import artifacts, runtime
from mmdemo.core.demo import Demo
from mmdemo.core.errors import UserError

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
            request = _Request(url, demo)
            started = time.perf_counter()
            request()
            first_result = 1000 * (time.perf_counter() - started)
            rows.append(_measure("whole HTTP request", request, requests))
            rows += [_concurrent(request, clients, requests) for clients in CLIENTS]
            resident = psutil.Process(process.pid).memory_info().rss / 1e6
        _print(demo, rows, first_page, first_result, resident)


def _network(demo: Demo, requests: int) -> list[Timing]:
    """The demo's DEFAULT network, in this process, called in every way."""
    import onnxruntime

    loaded = runtime.model(demo.slug, "default")
    shape = (1, *(side or 1 for side in loaded.input_shape))
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    files = demo.module("examples").request()
    predict = demo.module("infer").predict
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        loaded.network.export(path, format="onnx", verbose=False)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    difference = float(np.abs(session.run(None, {name: x})[0] - loaded.call(x)).max())
    return [
        _measure("bare compiled call", lambda: loaded.call(x), requests),
        _measure(
            "ONNX Runtime",
            lambda: session.run(None, {name: x}),
            requests,
            f"largest difference {difference:.0e}",
        ),
        _measure("model(x)", lambda: np.asarray(loaded.network(x, training=False)), requests),
        _measure("model.predict", lambda: loaded.network.predict(x, verbose=0), requests),
        _measure(
            "infer, two files",
            lambda: predict(list(files), "default"),
            requests,
            "decoding, preparation, two embeddings",
        ),
    ]


class _Request:
    """One call of a demo's verify endpoint with files that are uploaded once."""

    def __init__(self, url: str, demo: Demo) -> None:
        files = demo.module("examples").request()
        self.address = f"{url}/gradio_api/call/v2/{demo.slug}_verify"
        names = _parameters(url, f"/{demo.slug}_verify")
        uploaded = dict(zip(names, (_upload(url, path) for path in files), strict=False))
        self.body = json.dumps(uploaded).encode()

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


def _parameters(url: str, endpoint: str) -> list[str]:
    with urllib.request.urlopen(f"{url}/gradio_api/info", timeout=30) as response:
        named = json.load(response)["named_endpoints"]
    return [parameter["parameter_name"] for parameter in named[endpoint]["parameters"]]


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
        f"{demo.slug} (DEFAULT)",
        f"  first page {first_page:,.0f} ms, first result {first_result:,.0f} ms later "
        f"(TensorFlow is loaded), resident {resident:,.0f} MB",
        f"  {'':<22}{'p50 ms':>9}{'p95 ms':>9}{'/ bare':>9}",
    ]
    lines += [
        f"  {row.name:<22}{row.p50:>9.2f}{row.p95:>9.2f}{row.p50 / bare:>9.2f}  {row.note}"
        for row in rows
    ]
    sys.stdout.write("\n".join(lines) + "\n")
