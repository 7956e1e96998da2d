"""Whatever is asked, and by however many at once: an answer or a clear word, and nothing breaks.

`make test` asks `SHARE` questions of one seed; `make torture` a thousand of each of three.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support import web
from tests.support.server import ROOT, Server, running
from tests.torture.cases import Case, File, cases

SHARE = 250
AT_ONCE = 4
SLOW = 30.0
"""Seconds from which on an answer counts as a hang."""
TELLS_TOO_MUCH = re.compile(
    rf"Traceback|<class|object at 0x|\bKeyError\b|\bTypeError\b|\bNoneType\b|{ROOT}|site-packages"
)


class Visitor:
    """Asks a running app as a page and as a program do."""

    def __init__(self, server: Server) -> None:
        self.url = server.url
        self._uploaded: dict[File, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def ask(self, path: str, body: Any = None) -> tuple[int, str]:
        """Status and text of an answer; what is sent is JSON, or bytes that say they are."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {} if content is None else {"Content-Type": "application/json"}
        method = "GET" if content is None else "POST"
        return web.ask(f"{self.url}{path}", method, content, timeout=4 * SLOW, **headers)

    def put(self, case: Case) -> tuple[int, str]:
        """The status and text of what a request is told in the end."""
        values = [self._with_uploads(value) for value in case.values]
        if case.event.name is not None:
            status, text = self.ask(f"/gradio_api/call/{case.event.name}", {"data": values})
            if status != 200:
                return status, text
            number = json.loads(text)["event_id"]
            return self.ask(f"/gradio_api/call/{case.event.name}/{number}")
        session = uuid.uuid4().hex[:11]
        question = {"data": values, "fn_index": case.event.number, "session_hash": session}
        status, text = self.ask("/gradio_api/queue/join", question)
        if status != 200:
            return status, text
        return self.ask(f"/gradio_api/queue/data?session_hash={session}")

    def _with_uploads(self, value: Any) -> Any:
        if isinstance(value, File):
            with self._lock:
                if value not in self._uploaded:
                    self._uploaded[value] = self._upload(value)
                return self._uploaded[value]
        if isinstance(value, list):
            return [self._with_uploads(each) for each in value]
        if isinstance(value, dict):
            return {key: self._with_uploads(each) for key, each in value.items()}
        return value

    def _upload(self, file: File) -> dict[str, Any]:
        path = web.upload(self.url, file.name, file.content)
        return {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": file.name}


@pytest.fixture(scope="module")
def tortured(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An app of its own, cut off from the network."""
    folder = tmp_path_factory.mktemp("tortured")
    alone = {"KERAS_HOME": str(folder / "keras"), "https_proxy": "http://127.0.0.1:9"}
    with running(folder, "--preload", "none", **alone) as server:
        yield server


def test_no_request_breaks_anything(tortured: Server, request: pytest.FixtureRequest) -> None:
    count = request.config.getoption("--torture") or SHARE
    seeds = (0, 1, 2) if request.config.getoption("--torture") else (0,)
    visitor = Visitor(tortured)
    config = json.loads(visitor.ask("/config")[1])
    faults: Counter[str] = Counter()
    memory: list[int] = []

    def judge(case: Case) -> None:
        started = time.monotonic()
        try:
            status, text = visitor.put(case)
        except (http.client.HTTPException, OSError) as error:
            status, text = 599, f"the answer broke off: {error!r}"
        said = f"{case.event.name or case.event.number} {str(case.values)[:300]}: {text[-300:]}"
        if time.monotonic() - started > SLOW:
            faults[f"slow: {said}"] += 1
        if status >= 500 and status != 503:
            faults[f"{status}: {said}"] += 1
        if "not your input" in text or '"error": null' in text or '"error":null' in text:
            faults[f"no word: {said}"] += 1
        if found := TELLS_TOO_MUCH.search(text):
            faults[f"tells {found[0]}: {said}"] += 1

    for seed in seeds:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for number, _ in enumerate(pool.map(judge, cases(config, count, seed))):
                if number % 100 == 99:
                    memory.append(_memory(tortured))
    if "Traceback" in tortured.text():
        faults[f"the log has a trace: {tortured.text()[-3000:]}"] += 1
    assert tortured.process.poll() is None, "the app ended"
    print(f"{count * len(seeds)} requests; resident memory after each hundred: {memory} MB")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/gradio_api/call/nope", b'{"data": []}'),
        ("/gradio_api/call/v2/nope", b'{"data": []}'),
        ("/gradio_api/call/%00", b'{"data": []}'),
        ("/gradio_api/run/predict", b'{"data": []}'),
        ("/gradio_api/queue/join", b'{"data": [], "fn_index": 99999, "session_hash": "a"}'),
        ("/gradio_api/queue/join", b'{"data": []}'),
        ("/gradio_api/queue/join", b"[]"),
        ("/gradio_api/queue/join", b"\xff\xfe{"),
        ("/gradio_api/call/sentiment_score", b'{"data": 5}'),
        ("/gradio_api/call/sentiment_score", b""),
        ("/gradio_api/upload", b"x"),
    ],
)
def test_a_caller_s_mistake_is_not_the_server_s(tortured: Server, path: str, body: bytes) -> None:
    status, text = Visitor(tortured).ask(path, body)
    assert 400 <= status < 500, (status, text)
    assert not TELLS_TOO_MUCH.search(text)


def _memory(server: Server) -> int:
    """Resident memory in megabytes; 0 where the system does not say."""
    status = Path(f"/proc/{server.process.pid}/status")
    if not status.is_file():
        return 0
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmRSS"].split()[0]) // 1024
