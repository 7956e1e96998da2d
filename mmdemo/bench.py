"""Time the app as a visitor meets it, and each demo's network beside other ways to run it.

One table per demo, for its first preset, if it has a network, and the requests of its
`examples.requests()`. The server runs in a process of its own; requests go over Gradio's HTTP call
API. The same network is timed, in the same run, as the bare compiled call on what
`examples.inputs()` gives, or on noise, through the demo's `infer.predict` (decoding included),
`model(x)`, `model.predict` and ONNX Runtime, and so are the peers that `examples.peers()` names.
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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.core.data.examples import Request
from mmdemo.core.demo import Demo
from mmdemo.core.errors import UserError
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts

if TYPE_CHECKING:
    import httpx

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
        import httpx  # noqa: F401
        import onnxruntime  # noqa: F401
        import psutil
        import tf2onnx  # noqa: F401
    except ModuleNotFoundError as error:
        raise UserError(
            f"bench needs {error.name}: pip install -r requirements-dev.txt -c constraints.txt"
        ) from error
    for demo in demos:
        rows = [*(_network(demo, requests) if demo.tasks else []), *_others(demo, requests)]
        with _server() as (client, first_page, process):
            calls = [_Call(client, asked) for asked in demo.module("examples").requests()]
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

    model_id = demo.model_ids[0]
    loaded = runtime.model(model_id)
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
                functools.partial(predict, list(asked.files), model_id.name),
                requests,
                "reading and preparation included",
            )
            for asked in demo.module("examples").requests()
        ),
    ]


def _others(demo: Demo, requests: int) -> list[Timing]:
    """Other people's ways to what the first request asks, where a demo names some."""
    peers = getattr(demo.module("examples"), "peers", dict)
    return [_measure(name, call, requests) for name, call in peers().items()]


def _computed(outputs: Any) -> Any:
    """Wait for a result on whatever device it is made."""
    several = outputs if isinstance(outputs, list) else [outputs]
    return [np.asarray(output) for output in several]


class _Call:
    """One request over HTTP; its files are uploaded once."""

    def __init__(self, client: httpx.Client, asked: Request) -> None:
        self.client = client
        self.endpoint = asked.endpoint
        self.arguments = {
            name: _upload(client, value) if isinstance(value, Path) else value
            for name, value in asked.arguments.items()
        }

    def __call__(self) -> Any:
        calls = "/gradio_api/call"
        posted = self.client.post(f"{calls}/v2/{self.endpoint}", json=self.arguments)
        event = posted.raise_for_status().json()["event_id"]
        stream = self.client.get(f"{calls}/{self.endpoint}/{event}").raise_for_status()
        return _answer(stream.text)


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


def _upload(client: httpx.Client, path: Path) -> dict[str, Any]:
    """Send a file as a browser does; the answer is what an endpoint takes for it."""
    sent = client.post("/gradio_api/upload", files={"files": (path.name, path.read_bytes())})
    stored = sent.raise_for_status().json()[0]
    return {"path": stored, "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}


@contextmanager
def _server() -> Iterator[tuple[httpx.Client, float, subprocess.Popen[bytes]]]:
    """The app in a process of its own: its client, milliseconds to the first page, process."""
    import httpx

    port = _free_port()
    # The app is on this machine: no proxy of the environment lies between.
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{port}", timeout=START_SECONDS, trust_env=False
    )
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
                client.get("/", timeout=5).raise_for_status()
                break
            except httpx.HTTPError:
                if process.poll() is not None or time.perf_counter() - started > START_SECONDS:
                    raise UserError("The app did not start: try python app.py") from None
                time.sleep(0.02)
        yield client, 1000 * (time.perf_counter() - started), process
    finally:
        client.close()
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
    named = demo.label(demo.model_ids[0]) if demo.tasks else "no network"
    lines = [
        "",
        f"{demo.slug} ({named})",
        f"  first page {first_page:,.0f} ms, first result {first_result:,.0f} ms later "
        f"(TensorFlow is loaded), resident {resident:,.0f} MB",
        f"  {'':<34}{'p50 ms':>9}{'p95 ms':>9}{'/ bare':>9}",
    ]
    lines += [
        f"  {row.name:<34}{row.p50:>9.2f}{row.p95:>9.2f}{row.p50 / bare:>9.2f}  {row.note}"
        for row in rows
    ]
    sys.stdout.write("\n".join(lines) + "\n")
