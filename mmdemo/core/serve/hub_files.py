"""A stranger's files, read within bounds and without Keras."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.media.text import split_lines
from mmdemo.core.serve import applications

MAX_BYTES = 500 * 10**6
"""Of a repository's files that are fetched, of what they unpack to, and of a network's weights."""
MAX_TEXT = 4 * 10**6
"""Bytes of each file that is read as text; Keras' own networks are described in up to 1 MB."""
MAX_CLASSES = 100_000
"""Of a network, and labels of a repository; all of ImageNet has 21,841."""

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
"""What `model.save("hf://...")` leaves, and what a `.keras` file holds."""
LABELS = ("labels.json", "labels.txt")


# === The model ===


def read_config(repo: str, path: Path) -> dict[str, Any]:
    """The description of a network.

    Args:
        repo: what sentences call it.
        path: a `.keras` file, or the `config.json` of the folder layout.

    Raises:
        UserError: it is too long, or the `.keras` file unpacks to too much.
        Exception: of any kind, where a file is damaged.
    """
    if path.suffix != ".keras":
        return json.loads(_text(path))
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > MAX_BYTES:
            raise UserError(
                _(
                    "The model in {repo} unpacks to more than {limit} MB. Choose a smaller one."
                ).format(repo=repo, limit=MAX_BYTES // 10**6)
            )
        known = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        if any(member.compress_type not in known for member in members):
            # zipfile unpacks other kinds without a bound: 4 KB of bzip2 may give gigabytes
            raise UserError(
                _(
                    "The model in {repo} is compressed in an unusual way. Choose one that was "
                    "saved by Keras."
                ).format(repo=repo)
            )
        _check_text(CONFIG, archive.getinfo(CONFIG).file_size)
        return json.loads(archive.read(CONFIG))


def check_weights(repo: str, path: Path) -> None:
    """Refuse arrays that unpack to too much: HDF5 keeps a huge one of zeros in next to nothing.

    Args:
        repo: what sentences call it.
        path: a `.keras` file, or the `config.json` of the folder layout.

    Raises:
        UserError: they do.
        Exception: of any kind, where a file is damaged.
    """
    import h5py

    file: Any = path.parent / WEIGHTS
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            file = io.BytesIO(archive.read(WEIGHTS))
    sizes = []

    def note(_: str, stored: Any) -> None:
        if isinstance(stored, h5py.Dataset):
            sizes.append(stored.nbytes)

    with h5py.File(file) as weights:
        weights.visititems(note)
    if sum(sizes) > MAX_BYTES:
        raise UserError(
            _(
                "The weights in {repo} unpack to more than {limit} MB. Choose a smaller model."
            ).format(repo=repo, limit=MAX_BYTES // 10**6)
        )


def _text(path: Path) -> str:
    _check_text(path.name, path.stat().st_size)
    return path.read_text(encoding="utf-8")


def _check_text(name: str, size: int) -> None:
    if size > MAX_TEXT:
        raise UserError(
            _(
                "The file {name} of this model has {size:.1f} MB; at most {limit:.1f} "
                "MB are read here. Choose another model."
            ).format(name=name, size=size / 1e6, limit=MAX_TEXT / 1e6)
        )


# === Labels ===


def read_labels(folder: Path) -> list[str] | None:
    """A repository's own labels, in the order of the outputs; None where it has none.

    Raises:
        UserError: a file that may hold them is damaged or too long.
    """
    for name in (*LABELS, CONFIG):
        path = folder / name
        if not path.is_file():
            continue
        try:
            text = _text(path)
            labels = split_lines(text) if path.suffix == ".txt" else _ordered(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise UserError(
                _("The file {name} of this model cannot be read: {error}").format(
                    name=name, error=error
                )
            ) from error
        if labels and len(labels) > MAX_CLASSES:
            raise UserError(
                _(
                    "The file {name} of this model has {count:,} labels; at most "
                    "{limit:,} are possible here."
                ).format(name=name, count=len(labels), limit=MAX_CLASSES)
            )
        if labels:
            return labels
    return None


def _ordered(stored: Any) -> list[str] | None:
    """Labels of a list, or of an object by the number of the output."""
    if isinstance(stored, dict):
        numbered = stored.get("id2label", stored)
        if not isinstance(numbered, dict) or not all(str(key).isdecimal() for key in numbered):
            return None
        stored = [label for _, label in sorted(numbered.items(), key=lambda item: int(item[0]))]
    return [str(label) for label in stored] if isinstance(stored, list) else None


def name_classes(labels: list[str] | None, classes: int) -> list[str]:
    """The labels where there are as many as classes, ImageNet's for 1000 classes, else numbers."""
    if labels is not None and len(labels) == classes:
        return labels
    if classes == 1000 and (imagenet := applications.labels()) is not None:
        return imagenet
    return [f"class {number}" for number in range(classes)]
