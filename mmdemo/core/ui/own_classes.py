"""What a visitor teaches: classes with examples, and the head that was trained on them.

They live in the visitor's session and in the files that they download, nowhere else. Of an
example its features are kept and a small picture, not the example itself.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmdemo.core.demo import ModelId
from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.language import _
from mmdemo.core.media.image import open_image
from mmdemo.core.serve.inputs import sweep
from mmdemo.core.train.head import Head
from mmdemo.core.weights import artifacts

FORMAT = "mmdemo-classes-1"
MAX_CLASSES = 20
MAX_EXAMPLES = 500
"""Of all classes together: five megabytes at most."""
MAX_NAME = 40
MAX_FILE_BYTES = 16 * 1024**2
THUMBNAIL = 72
"""Pixels of a small picture's longer side."""
ALL_BYTES = 128 * 1024**2
"""Of all visitors; those that were quiet the longest go first."""
SECONDS = 58 * 60
"""How long they are kept after the last change: as long as uploads."""


@dataclass(frozen=True)
class Example:
    """One picture or sound of a class.

    Attributes:
        features: float32 `(d,)`, what the network makes of it.
        picture: a small JPEG.
        digest: the same for the same example.
        source: number of the file or the press of the camera that it is from.
    """

    features: np.ndarray
    picture: bytes
    digest: str
    source: int

    @classmethod
    def of(
        cls, array: np.ndarray, features: np.ndarray, picture: np.ndarray, source: int
    ) -> Example:
        """Of what the network was given, with what it made of it and a picture, uint8."""
        image = Image.fromarray(picture).convert("RGB")
        image.thumbnail((THUMBNAIL, THUMBNAIL))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=80)
        digest = hashlib.sha256(array.tobytes()).hexdigest()[:24]
        return cls(features, buffer.getvalue(), digest, source)

    @property
    def nbytes(self) -> int:
        return self.features.nbytes + len(self.picture) + 200


@dataclass(frozen=True)
class OwnClasses:
    """Immutable: what changes it gives another one, without a head.

    Attributes:
        classes: examples by name, in the order in which they were added.
        head: trained on all of them; None where it is not, or no longer.
        sources: how many files and presses of the camera there were.
        captured: when the last picture of the camera was added, on the monotonic clock.
    """

    classes: Mapping[str, tuple[Example, ...]] = field(default_factory=dict)
    head: Head | None = None
    sources: int = 0
    captured: float = -math.inf

    @property
    def names(self) -> list[str]:
        return list(self.classes)

    @property
    def examples(self) -> list[Example]:
        return [example for examples in self.classes.values() for example in examples]

    @property
    def nbytes(self) -> int:
        return sum(example.nbytes for example in self.examples)

    def called(self, name: str) -> str:
        """A name, tidied: that of the class which has it already, whatever its capitals.

        Raises:
            UserError: it is empty or too long, or there are classes enough.
        """
        name = " ".join((name or "").split())
        name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cs"))
        if not name:
            raise UserError(_("Give the class a name first."))
        if len(name) > MAX_NAME:
            raise UserError(_("A name has at most {count} characters.").format(count=MAX_NAME))
        for known in self.classes:
            if known.casefold() == name.casefold():
                return known
        if len(self.classes) >= MAX_CLASSES:
            raise UserError(
                _("There are {count} classes already, and there is no room for more.").format(
                    count=MAX_CLASSES
                )
            )
        return name

    def room(self, count: int) -> None:
        """Whether there is room for so many examples more.

        Raises:
            UserError: there is not.
        """
        left = MAX_EXAMPLES - len(self.examples)
        if count > left:
            raise UserError(
                _(
                    "All classes together hold at most {most} examples. There is room for {left}, "
                    "and these are {count}."
                ).format(most=MAX_EXAMPLES, left=left, count=count)
            )

    def add(self, name: str, examples: Sequence[Example]) -> tuple[OwnClasses, int]:
        """With more examples of a class, and how many of them were left out as known already.

        Raises:
            UserError: see `called` and `room`.
        """
        name = self.called(name)
        known = {example.digest for example in self.examples}
        new = []
        for example in examples:
            if example.digest not in known:
                known.add(example.digest)
                new.append(replace(example, source=self.sources + example.source))
        self.room(len(new))
        if not new:
            return self, len(examples)
        classes = {**self.classes, name: (*self.classes.get(name, ()), *new)}
        sources = 1 + max(example.source for example in new)
        return OwnClasses(classes, None, sources, self.captured), len(examples) - len(new)

    def remove(self, name: str) -> OwnClasses:
        """Without a class."""
        rest = {known: examples for known, examples in self.classes.items() if known != name}
        return OwnClasses(rest, None, self.sources, self.captured)

    def arrays(self) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """Features `(n, d)`, labels `(n,)` and sources, class by class.

        Raises:
            UserError: there is nothing to tell apart yet.
        """
        if len(self.classes) < 2:
            raise UserError(_("Add examples of at least two classes first."))
        labels = np.repeat(np.arange(len(self.classes)), [len(v) for v in self.classes.values()])
        examples = self.examples
        return np.stack([e.features for e in examples]), labels, [e.source for e in examples]

    # === File ===

    def to_json(self, model_id: ModelId) -> str:
        """The file that a visitor downloads; the head is trained from it again."""
        classes = [
            {
                "name": name,
                "examples": [
                    {
                        "features": base64.b64encode(e.features.astype("<f4").tobytes()).decode(),
                        "picture": base64.b64encode(e.picture).decode(),
                        "digest": e.digest,
                        "source": e.source,
                    }
                    for e in examples
                ],
            }
            for name, examples in self.classes.items()
        ]
        return json.dumps({"format": FORMAT, **_network(model_id), "classes": classes})

    @classmethod
    def read(cls, path: Path, model_id: ModelId, length: Callable[[], int]) -> OwnClasses:
        """Read a file of classes that may be broken or hostile.

        Args:
            path: the file.
            model_id: network that it must be for.
            length: of its features; asked only where the file is for that network.

        Raises:
            UserError: what is wrong with the file.
        """
        strange = UserError(
            _("This is no file of classes. Choose one that this page's save button made.")
        )
        if path.stat().st_size > MAX_FILE_BYTES:
            raise strange
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise strange from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise strange
        if {key: content.get(key) for key in ("network", "sha256")} != _network(model_id):
            raise UserError(
                _(
                    "These classes were taught to another network, or to other weights of it. "
                    "Their examples must be added again."
                )
            )
        mine, dimensions = cls(), length()
        try:
            for row in content["classes"]:
                if row["name"] in mine.classes or not row["examples"]:
                    raise strange
                examples = [_example(one, dimensions) for one in row["examples"]]
                sources = mine.sources
                mine, _known = replace(mine, sources=0).add(row["name"], examples)
                mine = replace(mine, sources=max(sources, mine.sources))
        except (KeyError, TypeError, ValueError, AttributeError, MediaError) as error:
            raise strange from error
        return mine


def _network(model_id: ModelId) -> dict[str, str]:
    """Whose features those of classes are."""
    sha256 = str(artifacts.checksum(artifacts.locate(model_id)))
    return {"network": str(model_id), "sha256": sha256}


def _example(row: Any, dimensions: int) -> Example:
    """An example of a file; raises what reading it raises."""
    features = np.frombuffer(base64.b64decode(row["features"], validate=True), "<f4")
    if features.shape != (dimensions,) or not (np.abs(features) < 1e6).all():
        raise ValueError("other features than these")
    picture = open_image(base64.b64decode(row["picture"], validate=True), THUMBNAIL, 100_000)
    digest, source = row["digest"], row["source"]
    if not isinstance(digest, str) or len(digest) != 24 or not 0 <= int(source) <= MAX_EXAMPLES:
        raise ValueError("no digest or source")
    made = Example.of(features, features.astype(np.float32), picture, int(source))
    return replace(made, digest=digest)


@dataclass(frozen=True)
class _Taught:
    """One session's classes, and when they were changed last, on the monotonic clock."""

    mine: OwnClasses = OwnClasses()
    since: float = 0.0

    @property
    def nbytes(self) -> int:
        return self.mine.nbytes


class Kept:
    """The classes of each session, bounded in bytes and in time."""

    def __init__(self, max_bytes: int = ALL_BYTES, seconds: float = SECONDS) -> None:
        self.max_bytes = max_bytes
        self.seconds = seconds
        self._all: OrderedDict[tuple[str, str], _Taught] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, session: str | None, slug: str) -> OwnClasses:
        """A session's classes for a demo; none where there are none, or none any more."""
        with self._lock:
            self._sweep()
            return self._all.get((session or "", slug), _Taught()).mine

    def change(
        self, session: str | None, slug: str, change: Callable[[OwnClasses], OwnClasses]
    ) -> OwnClasses:
        """Put in place of a session's classes what a function makes of it, in one step."""
        with self._lock:
            key = (session or "", slug)
            mine = change(self._all.get(key, _Taught()).mine)
            self._all[key] = _Taught(mine, time.monotonic())
            self._all.move_to_end(key)
            self._sweep()
            return mine

    def forget(self, session: str) -> None:
        """The visitor left."""
        with self._lock:
            for key in [key for key in self._all if key[0] == session]:
                del self._all[key]

    def _sweep(self) -> None:
        sweep(self._all, self.max_bytes, self.seconds)


kept = Kept()
