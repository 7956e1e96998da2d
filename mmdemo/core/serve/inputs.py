"""What networks were given last: so that a page can show what their layers made of it.

Around an event, `recorded` keeps the first call of each network: what comes after it varies the
question, as where parts of a picture are covered in turn. `Sessions` keeps what is found for the
visitor's session, bounded in bytes and in time.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mmdemo.core.demo import ModelId

ROWS = 8
"""Inputs that are kept of one call, at most: the windows of a sound, say."""
CALL_BYTES = 4 * 1024**2
"""Bytes that are kept of one call; its first input is kept whatever its size."""
ALL_BYTES = 128 * 1024**2
"""Bytes of all sessions; the one that was quiet the longest goes first."""
SECONDS = 58 * 60
"""How long a session's inputs are kept: as long as uploads."""

Inputs = tuple[np.ndarray, ...]
"""An array per input of a network, `(rows, ...)`."""


class Reached(Exception):
    """The network that was looked for is about to be called, with these inputs."""

    def __init__(self, inputs: Inputs) -> None:
        super().__init__("a network is about to be called")
        self.inputs = inputs


@dataclass
class Record:
    """What networks were given during an event.

    Attributes:
        first: inputs of the first call of each.
        until: a network at whose first call the event is left by `Reached`.
    """

    first: dict[ModelId, Inputs] = field(default_factory=dict)
    until: ModelId | None = None


_record: ContextVar[Record | None] = ContextVar("record", default=None)


@contextmanager
def recorded(record: Record) -> Iterator[Record]:
    """Around an event, or a part of it: its networks' inputs go into the record."""
    token = _record.set(record)
    try:
        yield record
    finally:
        _record.reset(token)


def watched(model_id: ModelId, call: Callable[..., Any]) -> Callable[..., Any]:
    """A network's call that says what it was given, where somebody records it."""

    @functools.wraps(call)
    def wrapped(*arrays: np.ndarray) -> Any:
        given(model_id, *arrays)
        return call(*arrays)

    return wrapped


def given(model_id: ModelId, *arrays: np.ndarray) -> None:
    """Say what a network is given: where it is called in parts, and not as a whole.

    Raises:
        Reached: somebody waits for just that.
    """
    record = _record.get()
    if record is not None and model_id not in record.first:
        record.first[model_id] = _part(arrays)
        if record.until == model_id:
            raise Reached(record.first[model_id])


def _part(arrays: Inputs) -> Inputs:
    """The first rows of a call, copied."""
    row = sum(array[:1].nbytes for array in arrays)
    rows = min(ROWS, max(1, CALL_BYTES // max(row, 1)))
    return tuple(np.array(array[:rows]) for array in arrays)


@dataclass(frozen=True)
class Asked:
    """A question of a visitor's and what networks were given for it.

    Attributes:
        handler: that answered it.
        values: that it got.
        first: inputs by network; see `Record`.
        number: goes up with every question of the app.
        since: when it was asked, on the monotonic clock.
    """

    handler: Callable[..., Any]
    values: tuple[Any, ...]
    first: dict[ModelId, Inputs]
    number: int
    since: float

    @property
    def nbytes(self) -> int:
        """Of the inputs, and of texts among the values."""
        arrays = sum(array.nbytes for arrays in self.first.values() for array in arrays)
        return arrays + sum(len(value) for value in self.values if isinstance(value, str))


class Sessions:
    """The last questions of each session, one per handler."""

    def __init__(self, max_bytes: int = ALL_BYTES, seconds: float = SECONDS) -> None:
        self.max_bytes = max_bytes
        self.seconds = seconds
        self._asked: OrderedDict[tuple[str, Callable[..., Any]], Asked] = OrderedDict()
        self._lock = threading.Lock()
        self._count = 0

    def keep(
        self, session: str, handler: Callable[..., Any], values: tuple[Any, ...], record: Record
    ) -> None:
        """Remember a question in place of the last one of this handler."""
        with self._lock:
            self._count += 1
            now = time.monotonic()
            asked = Asked(handler, values, dict(record.first), self._count, now)
            self._asked[session, handler] = asked
            self._asked.move_to_end((session, handler))
            self._sweep()

    def add(self, session: str, asked: Asked, model_id: ModelId, inputs: Inputs) -> None:
        """One more network's inputs of a question, if that is still remembered."""
        with self._lock:
            if self._asked.get((session, asked.handler)) is asked:
                asked.first[model_id] = inputs
                self._sweep()

    def last(self, session: str) -> list[Asked]:
        """The session's questions, the last one first."""
        with self._lock:
            self._sweep()
            return [asked for (own, _), asked in reversed(self._asked.items()) if own == session]

    def forget(self, session: str) -> None:
        """The visitor left."""
        with self._lock:
            for key in [key for key in self._asked if key[0] == session]:
                del self._asked[key]

    def _sweep(self) -> None:
        old = time.monotonic() - self.seconds
        total = sum(asked.nbytes for asked in self._asked.values())
        while self._asked:
            first = next(iter(self._asked.values()))
            if first.since >= old and (total <= self.max_bytes or len(self._asked) == 1):
                return
            total -= first.nbytes
            self._asked.popitem(last=False)


sessions = Sessions()
