"""What a visitor has enrolled: names, embeddings and a small picture of each example.

A gallery lives in the visitor's session and in the file that they download, nowhere else.
"""

from __future__ import annotations

import base64
import io
import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.language import _
from mmdemo.core.media.image import open_image

FORMAT = "mmdemo-gallery-1"
MAX_ENTRIES = 200
MAX_NAME = 60
MAX_FILE_BYTES = 16 * 1024**2
MAX_PICTURE_SIDE = 128
"""Larger pictures are scaled down as they are added: a full gallery then fits its file."""
MAX_PICTURE_PIXELS = 1_000_000


@dataclass(frozen=True)
class Entry:
    """One enrolled example.

    Attributes:
        name: who or what it shows; several entries may share a name.
        embeddings: one vector per preset, so that the preset can be changed later.
        picture: uint8, (h, w) or (h, w, 3), for the table.
    """

    name: str
    embeddings: dict[str, np.ndarray]
    picture: np.ndarray


@dataclass(frozen=True)
class Gallery:
    """An immutable list of entries of one demo."""

    demo: str
    entries: tuple[Entry, ...] = ()

    @property
    def names(self) -> list[str]:
        """Distinct names, in the order of their enrolment."""
        return list(dict.fromkeys(entry.name for entry in self.entries))

    def add(self, entry: Entry) -> Gallery:
        """With one entry more: its name tidied, its picture scaled down.

        Raises:
            UserError: no name, a name that is too long, or a full gallery.
        """
        name = " ".join(entry.name.split())
        name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cs"))
        if not name:
            raise UserError(_("Give the example a name first."))
        if len(name) > MAX_NAME:
            raise UserError(_("A name has at most {count} characters.").format(count=MAX_NAME))
        if len(self.entries) >= MAX_ENTRIES:
            raise UserError(
                _("A gallery holds at most {count} examples. Remove some first.").format(
                    count=MAX_ENTRIES
                )
            )
        cleaned = Entry(name, entry.embeddings, _thumbnail(entry.picture))
        return Gallery(self.demo, (*self.entries, cleaned))

    def remove(self, name: str) -> Gallery:
        """Without the entries of that name."""
        return Gallery(self.demo, tuple(e for e in self.entries if e.name != name))

    def matrix(self, preset: str) -> np.ndarray:
        """Embeddings of all entries under one preset, shape (entries, dimensions)."""
        return np.stack([entry.embeddings[preset] for entry in self.entries])

    # === File ===

    def to_json(self) -> str:
        """The file that a visitor downloads."""
        entries = [
            {
                "name": entry.name,
                "embeddings": {
                    preset: [round(float(v), 7) for v in vector]
                    for preset, vector in entry.embeddings.items()
                },
                "picture": base64.b64encode(_png(entry.picture)).decode(),
            }
            for entry in self.entries
        ]
        return json.dumps({"format": FORMAT, "demo": self.demo, "entries": entries})

    @classmethod
    def read(cls, path: Path, demo: str, dimensions: dict[str, int]) -> Gallery:
        """Read a gallery file that may be broken or hostile.

        Args:
            path: the file.
            demo: slug that it must belong to.
            dimensions: length of an embedding, per preset.

        Raises:
            UserError: what is wrong with the file.
        """
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UserError(
                _("This gallery file is larger than {size} MB: it is not ours.").format(
                    size=MAX_FILE_BYTES // 1024**2
                )
            )
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, or absurd numbers
            raise UserError(
                _("This is not a gallery file. Choose one that this page's download button made.")
            ) from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise UserError(
                _("This is not a gallery file of this app, or of another version of it.")
            )
        if content.get("demo") != demo:
            raise UserError(
                _("This gallery belongs to the demo '{other}', not to '{demo}'.").format(
                    other=str(content.get("demo"))[:40], demo=demo
                )
            )
        rows = content.get("entries")
        if not isinstance(rows, list) or len(rows) > MAX_ENTRIES:
            raise UserError(
                _("A gallery file holds a list of at most {count} examples.").format(
                    count=MAX_ENTRIES
                )
            )
        gallery = cls(demo)
        for index, row in enumerate(rows):
            gallery = gallery.add(_entry(row, index, dimensions))
        return gallery


def _entry(row: Any, index: int, dimensions: dict[str, int]) -> Entry:
    where = _("Example {number} of this gallery file").format(number=index + 1)
    if not isinstance(row, dict) or not isinstance(row.get("name"), str):
        raise UserError(_("{where} has no name.").format(where=where))
    stored = row.get("embeddings")
    if not isinstance(stored, dict):
        raise UserError(_("{where} has no embedding.").format(where=where))
    embeddings = {}
    for preset, length in dimensions.items():
        vector = stored.get(preset)
        if (
            not isinstance(vector, list)
            or len(vector) != length
            or not all(_is_number(v) for v in vector)
        ):
            raise UserError(
                _("{where} does not have {length} numbers for {preset}.").format(
                    where=where, length=length, preset=preset.upper()
                )
            )
        embeddings[preset] = np.array(vector, np.float32)
    try:
        encoded = base64.b64decode(row.get("picture", ""), validate=True)
        picture = open_image(encoded, MAX_PICTURE_SIDE, MAX_PICTURE_PIXELS)
    except (ValueError, TypeError, MediaError) as error:
        raise UserError(
            _("{where} has a picture that cannot be read.").format(where=where)
        ) from error
    return Entry(row["name"], embeddings, picture)


def _is_number(value: object) -> bool:
    """Neither NaN nor infinite: no comparison with NaN holds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6


def project(vectors: np.ndarray) -> np.ndarray:
    """Principal components of embeddings in two dimensions, for a map.

    Args:
        vectors: shape (n, dimensions), n >= 1.

    Returns:
        Shape (n, 2); columns that the vectors do not span are zero.
    """
    centred = vectors - vectors.mean(axis=0)
    left, scale, _ = np.linalg.svd(centred, full_matrices=False)
    flat = np.zeros((len(vectors), 2))
    kept = min(2, len(scale))
    flat[:, :kept] = left[:, :kept] * scale[:kept]
    return flat


def _thumbnail(picture: np.ndarray) -> np.ndarray:
    image = Image.fromarray(picture)
    image.thumbnail((MAX_PICTURE_SIDE, MAX_PICTURE_SIDE), Image.Resampling.BOX)
    return np.array(image)


def _png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()
