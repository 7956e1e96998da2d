"""A Hugging Face Hub on loopback, as far as its own client uses one to push, pull and deploy.

Repositories with commits, branches and large-file storage live in memory. Faults can be planned:
an error before success, a connection that is cut, a file that arrives changed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WRITER, READER = "hf_writer", "hf_reader"
LARGE = (".h5",)
"""Endings that go to large-file storage, as the Hub decides for binary files."""


@dataclass
class Blob:
    """A file of a commit."""

    content: bytes
    large: bool

    @property
    def oid(self) -> str:
        """As git names it: SHA-256 in large-file storage, else git's own SHA-1."""
        if self.large:
            return hashlib.sha256(self.content).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(self.content) + self.content).hexdigest()


@dataclass
class Repository:
    """Commits by id, branches to commits."""

    private: bool = False
    hardware: str = "cpu-basic"
    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)

    def commit(self, branch: str, files: dict[str, Blob]) -> str:
        text = json.dumps([len(self.commits), branch, sorted(b.oid for b in files.values())])
        oid = hashlib.sha1(text.encode()).hexdigest()
        self.commits[oid] = files
        self.branches[branch] = oid
        return oid

    def resolve(self, revision: str) -> str | None:
        """The commit of a branch, or of its own id."""
        return self.branches.get(revision, revision if revision in self.commits else None)


@dataclass
class Fault:
    """Answers that go wrong, `times` times."""

    method: str
    path: str
    times: int
    status: int = 0
    cut_after: int = -1
    spoil: bool = False


@dataclass
class Request:
    """What the server was asked."""

    method: str
    path: str
    received: int
    range: str | None
    sent: int = 0


class Hub:
    """The state of a server: fill it, plan faults, look at what was asked."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.storage: dict[str, bytes] = {}
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.lock = threading.Lock()
        self.url = ""

    def fail(self, method: str, path: str, **fault: Any) -> None:
        """Plan a fault for requests whose path matches a regular expression."""
        self.faults.append(Fault(method, path, **{"times": 1} | fault))

    def fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.method == method and re.search(fault.path, path):
                    fault.times -= 1
                    return fault
        return None

    def asked(self, method: str, path: str) -> list[Request]:
        """Requests whose path matches."""
        return [r for r in self.requests if r.method == method and re.search(path, r.path)]


@contextmanager
def running() -> Iterator[Hub]:
    """A Hub on a free port of this machine."""
    hub = Hub()
    handler = type("BoundHandler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Refused(Exception):
    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        super().__init__(status)
        self.status, self.code, self.message = status, code, message


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer("GET")

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        parts = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(parts.path)
        self.query = urllib.parse.parse_qs(parts.query)
        self.body = self._read()
        self.asked = Request(method, path, len(self.body), self.headers.get("Range"))
        self.hub.requests.append(self.asked)
        self.planned = self.hub.fault(method, path)
        if self.planned is not None and self.planned.status:
            self._send(self.planned.status, b"planned")
            return
        try:
            _ = self.token  # a wrong one is refused whatever is asked
            for verb, pattern, act in _ROUTES:
                found = re.fullmatch(pattern, path)
                if verb == ("GET" if method == "HEAD" else method) and found:
                    act(self, *found.groups())
                    return
            raise _Refused(404)
        except _Refused as refused:
            headers = {"X-Error-Code": refused.code, "X-Error-Message": refused.message}
            body = json.dumps({"error": refused.message or "refused"}).encode()
            self._send(refused.status, body, {k: v for k, v in headers.items() if v})

    def _read(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            cut = -1 if self.planned is None else self.planned.cut_after
            if 0 <= cut < len(body):
                body = body[:cut]
                self.close_connection = True
            self.wfile.write(body)
            self.asked.sent = len(body)

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    # === Who asks, and for what ===

    @property
    def token(self) -> str | None:
        given = self.headers.get("Authorization", "").removeprefix("Bearer ") or None
        if given not in (None, WRITER, READER):
            raise _Refused(401, message="Invalid credentials in Authorization header")
        return given

    def writer(self) -> None:
        if self.token is None:
            raise _Refused(401, message="Invalid username or password.")
        if self.token != WRITER:
            raise _Refused(403, message="You don't have the rights to do this")

    def repository(self, kind: str, name: str) -> Repository:
        found = self.hub.repositories.get(f"{kind}/{name}")
        if found is None or (found.private and self.token is None):
            status = 401 if self.token is None else 404
            raise _Refused(status, "RepoNotFound", "Repository not found")
        return found

    def commit_of(self, repository: Repository, revision: str) -> str:
        oid = repository.resolve(revision)
        if oid is None:
            raise _Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return oid

    # === Routes ===

    def whoami(self) -> None:
        if self.token is None:
            raise _Refused(401, message="Invalid username or password.")
        self._json({"type": "user", "name": "ada", "auth": {"accessToken": {"role": "write"}}})

    def validate_yaml(self) -> None:
        content = json.loads(self.body)["content"]
        errors = [] if content.startswith("---\n") else [{"message": "no metadata"}]
        self._json({"errors": errors, "warnings": []})

    def create(self) -> None:
        asked = json.loads(self.body)
        kind = asked.get("type") or "model"
        name = f"{asked.get('organization') or 'ada'}/{asked['name']}"
        self.writer()
        prefix = "" if kind == "model" else f"{kind}s/"
        if f"{kind}/{name}" in self.hub.repositories:
            body = json.dumps({"url": f"{self.hub.url}/{prefix}{name}", "error": "exists"})
            self._send(409, body.encode())
            return
        made = Repository(
            private=bool(asked.get("private")) or asked.get("visibility") == "private",
            hardware=asked.get("hardware") or "cpu-basic",
        )
        made.commit("main", {".gitattributes": Blob(b"*.h5 filter=lfs\n", large=False)})
        self.hub.repositories[f"{kind}/{name}"] = made
        self._json({"url": f"{self.hub.url}/{prefix}{name}"})

    def info(self, kind: str, name: str, revision: str | None = None) -> None:
        repository = self.repository(kind, name)
        oid = self.commit_of(repository, revision or "main")
        files = [{"rfilename": path} for path in repository.commits[oid]]
        self._json(
            {
                "id": name,
                "sha": oid,
                "private": repository.private,
                "siblings": files,
                "tags": [],
                "downloads": 0,
                "likes": 0,
            }
        )

    def tree(self, kind: str, name: str, revision: str) -> None:
        repository = self.repository(kind, name)
        commit = repository.commits[self.commit_of(repository, revision)]
        rows = []
        for path, blob in commit.items():
            row: dict[str, Any] = {
                "type": "file",
                "path": path,
                "size": len(blob.content),
                "oid": blob.oid,
            }
            if blob.large:
                row["lfs"] = {"oid": blob.oid, "size": len(blob.content), "pointerSize": 130}
            rows.append(row)
        self._json(rows)

    def branch(self, kind: str, name: str, branch: str) -> None:
        self.writer()
        repository = self.repository(kind, name)
        if branch in repository.branches:
            raise _Refused(409, message="Reference already exists")
        repository.branches[branch] = repository.branches["main"]
        self._json({})

    def preupload(self, kind: str, name: str, revision: str) -> None:
        self.writer()
        repository = self.repository(kind, name)
        commit = repository.commits[self.commit_of(repository, revision)]
        modes = [
            {
                "path": asked["path"],
                "uploadMode": "lfs" if asked["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
                "oid": commit[asked["path"]].oid if asked["path"] in commit else None,
            }
            for asked in json.loads(self.body)["files"]
        ]
        self._json({"files": modes})

    def batch(self, _prefix: str | None, name: str) -> None:
        self.writer()
        objects = []
        for asked in json.loads(self.body)["objects"]:
            oid, size = asked["oid"], asked["size"]
            entry = {"oid": oid, "size": size}
            if oid not in self.hub.storage:
                entry["actions"] = {
                    "upload": {"href": f"{self.hub.url}/lfs/{oid}"},
                    "verify": {"href": f"{self.hub.url}/lfs/{oid}/verify"},
                }
            objects.append(entry)
        self._json({"transfer": "basic", "objects": objects})

    def store(self, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            raise _Refused(400, message="the content is not what its name says")
        self.hub.storage[oid] = self.body
        self._send(200, b"")

    def stored(self, oid: str) -> None:
        self._json({} if oid in self.hub.storage else {"error": "absent"})

    def commit(self, kind: str, name: str, revision: str) -> None:
        self.writer()
        repository = self.repository(kind, name)
        files = dict(repository.commits[self.commit_of(repository, revision)])
        for line in self.body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = Blob(base64.b64decode(value["content"]), large=False)
            elif entry["key"] == "lfsFile":
                files[value["path"]] = Blob(self.hub.storage[value["oid"]], large=True)
            elif entry["key"] == "deletedFile":
                del files[value["path"]]
        oid = repository.commit(revision, files)
        url = f"{self.hub.url}/{name}/commit/{oid}"
        self._json({"commitUrl": url, "commitOid": oid, "success": True})

    def resolve(self, prefix: str | None, name: str, revision: str, path: str) -> None:
        repository = self.repository("space" if prefix else "model", name)
        oid = self.commit_of(repository, revision)
        blob = repository.commits[oid].get(path)
        headers = {"X-Repo-Commit": oid, "Accept-Ranges": "bytes"}
        if blob is None:
            raise _Refused(404, "EntryNotFound", "Entry not found")
        if blob.large and self.command == "HEAD":
            headers |= {
                "X-Linked-Size": str(len(blob.content)),
                "X-Linked-Etag": f'"{blob.oid}"',
                # On another host, as the Hub's own is: the client sends no token there.
                "Location": f"{self.hub.url.replace('127.0.0.1', 'localhost')}/cdn/{blob.oid}",
            }
            self._send(302, b"", headers)
            return
        self._content(blob.content, headers | {"ETag": f'"{blob.oid}"'})

    def cdn(self, oid: str) -> None:
        if "Authorization" in self.headers:
            raise _Refused(400, message="a token was sent to another host")
        self._content(self.hub.storage[oid], {"ETag": f'"{oid}"', "Accept-Ranges": "bytes"})

    def _content(self, content: bytes, headers: dict[str, str]) -> None:
        if self.planned is not None and self.planned.spoil:
            content = bytes([content[0] ^ 1]) + content[1:]
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and int(asked[1]):
            start = int(asked[1])
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self._send(206, content[start:], headers)
            return
        self._send(200, content, headers)

    def runtime(self, name: str) -> None:
        hardware = self.repository("space", name).hardware
        asked = {"current": None, "requested": hardware}
        self._json({"stage": "BUILDING", "hardware": asked, "storage": None, "gcTimeout": 172800})

    def hardware(self, name: str) -> None:
        self.writer()
        self.repository("space", name).hardware = json.loads(self.body)["flavor"]
        self.runtime(name)


_NAME = r"([\w.-]+/[\w.-]+)"
_API = rf"/api/(model|space)s/{_NAME}"
_ROUTES = (
    ("GET", r"/api/whoami-v2", _Handler.whoami),
    ("POST", r"/api/validate-yaml", _Handler.validate_yaml),
    ("POST", r"/api/repos/create", _Handler.create),
    ("GET", rf"/api/spaces/{_NAME}/runtime", _Handler.runtime),
    ("POST", rf"/api/spaces/{_NAME}/hardware", _Handler.hardware),
    ("GET", rf"{_API}/tree/(.+)", _Handler.tree),
    ("GET", rf"{_API}/revision/(.+)", _Handler.info),
    ("GET", _API, _Handler.info),
    ("POST", rf"{_API}/branch/(.+)", _Handler.branch),
    ("POST", rf"{_API}/preupload/(.+)", _Handler.preupload),
    ("POST", rf"{_API}/commit/(.+)", _Handler.commit),
    ("POST", rf"/(spaces/)?{_NAME}\.git/info/lfs/objects/batch", _Handler.batch),
    ("PUT", r"/lfs/(\w+)", _Handler.store),
    ("POST", r"/lfs/(\w+)/verify", _Handler.stored),
    ("GET", r"/cdn/(\w+)", _Handler.cdn),
    ("GET", rf"/(spaces/)?{_NAME}/resolve/([^/]+)/(.+)", _Handler.resolve),
)
