"""Asking a running app over HTTP, as a page and as a program do."""

from __future__ import annotations

import json
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


def upload(url: str, name: str, content: bytes) -> str:
    """Upload a file; answers its path on the server."""
    mark = uuid.uuid4().hex
    head = f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{mark}--\r\n".encode()
    kind = f"multipart/form-data; boundary={mark}"
    status, text = ask(f"{url}{doors.UPLOAD}", "POST", body, **{"Content-Type": kind})
    assert status == 200, text
    return json.loads(text)[0]
