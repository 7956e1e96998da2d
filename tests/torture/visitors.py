"""Visitors of a running app, and what counts as a fault of what they are told."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.support import web
from tests.support.server import ROOT
from tests.torture.cases import Case, File, cases, events

SLOW = 30.0
"""Seconds without a word from which on an answer counts as a hang: while it waits, a page is told
its place whenever another has been answered, and long work shows what it has so far."""
TELLS_TOO_MUCH = re.compile(
    rf"Traceback|<class|object at 0x|\bKeyError\b|\bTypeError\b|\bNoneType\b|{ROOT}|site-packages"
)
COME_BACK = re.compile(
    "Too many others|questions waiting|try again in a minute|queue is full|no room|is full just now"
)
"""Of a refusal that is for now."""
EVERY_NETWORK = """
from mmdemo import catalog
from mmdemo.core.media import budget
from mmdemo.core.serve import runtime
budget.keep_little()
for demo in catalog.DEMOS:
    for model_id in demo.model_ids:
        runtime.model(model_id)
"""
"""Loads all before the app begins: neither memory is measured nor a hang looked for while networks
come in, four at once and TensorFlow with them on one busy core."""
LAST_WORD = re.compile(r"event: (complete|error)\b|process_completed|queue_full")


@dataclass(frozen=True)
class Answer:
    """What became of a question.

    Attributes:
        seconds: until the last word.
        is_put_off: whether the visitor was told to come back.
        faults: none, one or several, by what was said.
    """

    seconds: float
    is_put_off: bool
    faults: Counter[str]


class Visitor:
    """Asks a running app as a page and as a program do.

    Args:
        url: of the app.
        address: from which the visitor comes, as a proxy on this computer would say.
    """

    def __init__(self, url: str, address: str = "") -> None:
        self.url = url
        self.headers = {"X-Forwarded-For": address} if address else {}
        self._uploaded: dict[File, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def ask(self, path: str, body: Any = None) -> tuple[int, str]:
        """Status and text of an answer; what is sent is JSON, or bytes that say they are."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {} if content is None else {"Content-Type": "application/json"}
        method = "GET" if content is None else "POST"
        return web.ask(
            f"{self.url}{path}", method, content, timeout=4 * SLOW, **headers, **self.headers
        )

    def put(self, case: Case) -> tuple[int, str]:
        """The status and text of what a request is told in the end."""
        status, text = self.begin(case)
        return (status, text) if status != 200 else self.ask(text)

    def begin(self, case: Case) -> tuple[int, str]:
        """Ask; answers where the answer is to be had, or the status and text of a refusal."""
        values = [self._with_uploads(value) for value in case.values]
        if case.event.name is not None:
            path = f"/gradio_api/call/{case.event.name}"
            status, text = self.ask(path, {"data": values})
            return (status, f"{path}/{json.loads(text)['event_id']}" if status == 200 else text)
        session = uuid.uuid4().hex[:11]
        question = {"data": values, "fn_index": case.event.number, "session_hash": session}
        status, text = self.ask("/gradio_api/queue/join", question)
        return (status, f"/gradio_api/queue/data?session_hash={session}" if status == 200 else text)

    def judged(self, case: Case) -> Answer:
        """Ask, and look at what one is told."""
        started = time.monotonic()
        silence = 0.0
        try:
            status, text = self.begin(case)
            begun = time.monotonic() - started
            if status == 200:
                status, text, silence = web.listen(
                    f"{self.url}{text}", timeout=4 * SLOW, **self.headers
                )
            silence = max(silence, begun)
        except (http.client.HTTPException, OSError) as error:
            status, text = 599, f"the answer broke off: {error!r}"
        seconds = time.monotonic() - started
        said = f"{case.event.name or case.event.number} {str(case.values)[:300]}: {text[-300:]}"
        faults: Counter[str] = Counter()
        if silence > SLOW:
            faults[f"not a word for {silence:.0f} s: {said}"] += 1
        if status >= 500 and status not in (503, 507):
            faults[f"{status}: {said}"] += 1
        if status == 200 and not LAST_WORD.search(text):
            faults[f"lost: {said}"] += 1
        if "not your input" in text or '"error": null' in text or '"error":null' in text:
            faults[f"no word: {said}"] += 1
        if found := TELLS_TOO_MUCH.search(text):
            faults[f"tells {found[0]}: {said}"] += 1
        return Answer(seconds, bool(COME_BACK.search(text)), faults)

    def leave(self, case: Case) -> None:
        """Ask, and close the page before the answer is there."""
        status, place = self.begin(case)
        if status == 200:
            link = self._link()
            link.request("GET", place, headers=self.headers)
            link.getresponse().read(1)
            link.close()

    def break_off(self, file: File) -> None:
        """Begin an upload that never comes to its end."""
        link = self._link()
        link.putrequest("POST", "/gradio_api/upload")
        link.putheader("Content-Type", "multipart/form-data; boundary=b")
        link.putheader("Content-Length", str(len(file.content) + 10_000))
        for name, value in self.headers.items():
            link.putheader(name, value)
        link.endheaders()
        about = f'Content-Disposition: form-data; name="files"; filename="{file.name}"'
        link.send(f"--b\r\n{about}\r\n\r\n".encode() + file.content)
        link.close()

    def forget(self) -> None:
        """Upload every file anew from now on: what was uploaded does not stay."""
        self._uploaded.clear()

    def upload(self, file: File) -> None:
        """Have a file on the server before it is asked about."""
        self._with_uploads(file)

    def has(self, case: Case) -> bool:
        """Whether all files of a question are on the server."""
        return all(file in self._uploaded for value in case.values for file in _files(value))

    def _link(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=4 * SLOW)

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


def use_everything(url: str, config: dict[str, Any]) -> None:
    """Ask every event once: what the first question of a kind loads stays in memory."""
    visitor = Visitor(url)
    for case in cases(config, len(events(config)), seed=0, odd=0):
        visitor.put(case)


def _files(value: Any) -> list[File]:
    if isinstance(value, File):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [file for part in parts for file in _files(part)]
