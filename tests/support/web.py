"""Asking a running app over HTTP, as a page and as a program do."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
import uuid

from mmdemo.core.serve import doors


def ask(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    *,
    timeout: float = 60,
    **headers: str,
) -> tuple[int, str]:
    """Status and text of an answer, refusals included."""
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")


def listen(url: str, *, timeout: float, **headers: str) -> tuple[int, str, float]:
    """Status and text of an answer that comes in parts, and the longest silence before one, in
    seconds; a sign of life that says nothing is silence, too.

    Raises:
        TimeoutError: there was none for `timeout` seconds.
    """
    request = urllib.request.Request(url, headers=headers)
    last, silence, lines, alive = time.monotonic(), 0.0, [], False
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            for line in answer:
                lines.append(line)
                now = time.monotonic()
                if now - last > timeout:
                    raise TimeoutError(f"not a word for {now - last:.0f} s")
                # An endpoint's sign of life has a name and, in the next line, nothing as its data.
                if b"heartbeat" in line or (alive and line.startswith(b"data:")):
                    alive = line.startswith(b"event:")
                elif line.strip():
                    silence, last = max(silence, now - last), now
            return answer.status, b"".join(lines).decode(errors="replace"), silence
    except urllib.error.HTTPError as error:
        with error:
            text = error.read().decode(errors="replace")
            return error.code, text, time.monotonic() - last


def upload(url: str, name: str, content: bytes) -> str:
    """Upload a file; answers its path on the server."""
    mark = uuid.uuid4().hex
    head = f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{mark}--\r\n".encode()
    kind = f"multipart/form-data; boundary={mark}"
    status, text = ask(f"{url}{doors.UPLOAD}", "POST", body, **{"Content-Type": kind})
    assert status == 200, text
    return json.loads(text)[0]
