"""What the code expects of the weights: sizes and SHA-256 per file, and where the Hub has them.

`mmdemo/hub.json` is committed with the code. Each network has an entry with the files of its
weights folder, and, once somebody pushed them, the Hub repository and the commit that hold them
below a folder named after the preset.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mmdemo.core.demo import ModelId
from mmdemo.core.errors import WeightsError
from mmdemo.core.language import _

PATH = Path(__file__).resolve().parents[2] / "hub.json"
FOLDER_MANIFEST = "manifest.json"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class File:
    """Size in bytes and SHA-256 in hexadecimal."""

    size: int
    sha256: str

    def fits(self, path: Path) -> bool:
        """Whether the file at `path` is this one."""
        return path.is_file() and path.stat().st_size == self.size and sha256(path) == self.sha256


@dataclass(frozen=True)
class Pin:
    """The weights of one network as the code expects them.

    Attributes:
        model_id: of the network.
        files: of the weights folder, its own manifest included.
        repo: `USER/NAME` on the Hub, where they were pushed.
        revision: the commit there.
    """

    model_id: ModelId
    files: Mapping[str, File]
    repo: str | None = None
    revision: str | None = None

    def is_folder(self, folder: Path) -> bool:
        """Whether a folder has these weights, by its own manifest."""
        manifest = self.files.get(FOLDER_MANIFEST)
        return manifest is not None and manifest.fits(folder / FOLDER_MANIFEST)


def find(model_id: ModelId) -> Pin | None:
    """The entry of a network; None where the manifest has none.

    Raises:
        WeightsError: the manifest cannot be read.
    """
    return read().get(model_id)


def read(path: Path | None = None) -> dict[ModelId, Pin]:
    """All entries; none where there is no manifest.

    Raises:
        WeightsError: the manifest cannot be read.
    """
    path = path or PATH
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    return _read(path, changed)


@functools.lru_cache(maxsize=2)
def _read(path: Path, changed: int) -> dict[ModelId, Pin]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        entries = [
            Pin(
                ModelId.parse(f"{demo}/{name}"),
                {file: File(int(f["size"]), str(f["sha256"])) for file, f in e["files"].items()},
                e["repo"],
                e["revision"],
            )
            for demo, networks in stored.items()
            for name, e in networks.items()
        ]
        return {pin.model_id: pin for pin in entries}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            _(
                "The manifest {path} cannot be read. Restore it ({restore}), or write it again: "
                "{write}"
            ).format(
                path=path,
                restore="git checkout -- mmdemo/hub.json",
                write="python -m mmdemo manifest",
            )
        ) from error


def write(pins: Iterable[Pin], path: Path | None = None) -> None:
    """Store all entries in the order of their names."""
    demos: dict[str, dict[str, Any]] = {}
    for pin in sorted(pins, key=lambda pin: pin.model_id):
        demos.setdefault(pin.model_id.demo, {})[pin.model_id.name] = {
            "repo": pin.repo,
            "revision": pin.revision,
            "files": {name: asdict(pin.files[name]) for name in sorted(pin.files)},
        }
    (path or PATH).write_text(json.dumps(demos, indent=1) + "\n", encoding="utf-8")


def describe(model_id: ModelId, folder: Path) -> Pin:
    """The entry of a verified weights folder that is on no Hub yet."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return Pin(
        model_id,
        {p.relative_to(folder).as_posix(): File(p.stat().st_size, sha256(p)) for p in files},
    )


def update(current: Mapping[ModelId, Pin], folders: Iterable[Pin]) -> list[Pin]:
    """Entries of what the folders hold now; those whose files did not change stay pinned."""
    entries = []
    for new in folders:
        old = current.get(new.model_id)
        same = old is not None and old.files == new.files
        entries.append(replace(new, repo=old.repo, revision=old.revision) if same and old else new)
    return entries


def sha256(path: Path) -> str:
    """In hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
