"""What the code expects of the weights: sizes and SHA-256 per file, and where the Hub has them.

`mmdemo/hub.json` is committed with the code. Each demo's preset has an entry with the files of its
weights folder, and, once somebody pushed them, the Hub repository and the commit that hold them
below a folder named after the preset.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mmdemo.core.errors import WeightsError

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
    """The weights of one preset as the code expects them.

    Attributes:
        demo: slug.
        preset: name.
        files: of the weights folder, its own manifest included.
        repo: `USER/NAME` on the Hub, where they were pushed.
        revision: the commit there.
    """

    demo: str
    preset: str
    files: Mapping[str, File]
    repo: str | None = None
    revision: str | None = None

    def is_folder(self, folder: Path) -> bool:
        """Whether a folder has these weights, by its own manifest."""
        manifest = self.files.get(FOLDER_MANIFEST)
        return manifest is not None and manifest.fits(folder / FOLDER_MANIFEST)


def find(demo: str, preset: str) -> Pin | None:
    """The entry of a preset; None where the manifest has none.

    Raises:
        WeightsError: the manifest cannot be read.
    """
    return read().get((demo, preset))


def read(path: Path | None = None) -> dict[tuple[str, str], Pin]:
    """All entries by demo and preset; none where there is no manifest.

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
def _read(path: Path, changed: int) -> dict[tuple[str, str], Pin]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {
            (demo, preset): Pin(
                demo,
                preset,
                {name: File(int(f["size"]), str(f["sha256"])) for name, f in e["files"].items()},
                e["repo"],
                e["revision"],
            )
            for demo, presets in stored.items()
            for preset, e in presets.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"The manifest {path} cannot be read. Restore it (git checkout -- mmdemo/hub.json), "
            "or write it again: python -m mmdemo manifest"
        ) from error


def write(pins: Iterable[Pin], path: Path | None = None) -> None:
    """Store all entries, one line per file, so that a change reads well in a diff."""
    demos: dict[str, dict[str, Pin]] = {}
    for pin in sorted(pins, key=lambda pin: (pin.demo, pin.preset)):
        demos.setdefault(pin.demo, {})[pin.preset] = pin
    lines = ["{"]
    for last_demo, (demo, presets) in _last(demos.items()):
        lines.append(f' "{demo}": {{')
        for last_preset, (preset, pin) in _last(presets.items()):
            lines.append(f'  "{preset}": {{')
            lines.append(f'   "repo": {json.dumps(pin.repo)},')
            lines.append(f'   "revision": {json.dumps(pin.revision)},')
            lines.append('   "files": {')
            for last_file, (name, file) in _last(sorted(pin.files.items())):
                entry = json.dumps({"size": file.size, "sha256": file.sha256})
                lines.append(f"    {json.dumps(name)}: {entry}{'' if last_file else ','}")
            lines += ["   }", f"  }}{'' if last_preset else ','}"]
        lines.append(f" }}{'' if last_demo else ','}")
    (path or PATH).write_text("\n".join([*lines, "}", ""]), encoding="utf-8")


def describe(demo: str, preset: str, folder: Path) -> Pin:
    """The entry of a verified weights folder that is on no Hub yet."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return Pin(
        demo,
        preset,
        {p.relative_to(folder).as_posix(): File(p.stat().st_size, sha256(p)) for p in files},
    )


def update(current: Mapping[tuple[str, str], Pin], folders: Iterable[Pin]) -> list[Pin]:
    """Entries of what the folders hold now; those whose files did not change stay pinned."""
    made = []
    for new in folders:
        old = current.get((new.demo, new.preset))
        same = old is not None and old.files == new.files
        made.append(replace(new, repo=old.repo, revision=old.revision) if same and old else new)
    return made


def sha256(path: Path) -> str:
    """In hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _last(items: Iterable[Any]) -> Iterable[tuple[bool, Any]]:
    """Each item, and whether it is the last."""
    listed = list(items)
    return [(index == len(listed) - 1, item) for index, item in enumerate(listed)]
