"""What networks were given last: so that a page can show what their layers made of it.

Around an event, `recorded` keeps the first calls of each network: what comes after them varies the
question, as where parts of a picture are covered in turn. `Sessions` keeps what is found for the
visitor's session, bounded in bytes and in time.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from mmdemo.core.demo import ModelId

ROWS = 8
"""Inputs of a network that are kept of a question, at most: the windows of a sound, say."""
CALLS = 3
"""Calls of a network that they are from, at most: one for each of two names, say."""
CALL_BYTES = 4 * 1024**2
"""Bytes that are kept of one call; its first input is kept whatever its size."""
ALL_BYTES = 128 * 1024**2
"""Bytes of all sessions; the one that was quiet the longest goes first."""
SECONDS = 58 * 60
"""How long a session's inputs are kept: as long as uploads."""

Inputs = tuple[np.ndarray, ...]
"""An array per input of a network, `(1, ...)`."""


class Reached(Exception):
    """The network that was looked for has been called as often as is kept."""


@dataclass
class Record:
    """What networks were given during an event.

    Attributes:
        given: what each was given, one input after the other.
        until: a network of which no more is wanted than is kept: then the event is left by
            `Reached`.
        calls: of each.
    """

    given: dict[ModelId, list[Inputs]] = field(default_factory=dict)
    until: ModelId | None = None
    calls: Counter[ModelId] = field(default_factory=Counter)

    def note(self, model_id: ModelId, arrays: Sequence[np.ndarray]) -> None:
        """A network is called.

        Raises:
            Reached: see `until`.
        """
        given = self.given.setdefault(model_id, [])
        if self.calls[model_id] < CALLS and len(given) < ROWS:
            self.calls[model_id] += 1
            given += _part(arrays, ROWS - len(given))
        enough = self.calls[model_id] == CALLS or len(given) == ROWS
        if self.until == model_id and enough:
            raise Reached


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
    if record is not None:
        record.note(model_id, arrays)


def _part(arrays: Sequence[np.ndarray], most: int) -> list[Inputs]:
    """The first rows of a call, copied."""
    row = sum(array[:1].nbytes for array in arrays)
    rows = min(most, max(1, CALL_BYTES // max(row, 1)), *(len(array) for array in arrays))
    return [tuple(np.array(array[at : at + 1]) for array in arrays) for at in range(rows)]


@dataclass(frozen=True)
class Asked:
    """A question of a visitor's and what networks were given for it.

    Attributes:
        handler: that answered it.
        values: that it got.
        given: inputs by network; see `Record`.
        number: goes up with every question of the app.
        since: when it was asked, on the monotonic clock.
        vain: networks to which the question is known not to lead.
    """

    handler: Callable[..., Any]
    values: tuple[Any, ...]
    given: dict[ModelId, list[Inputs]]
    number: int
    since: float
    vain: set[ModelId] = field(default_factory=set)

    @property
    def nbytes(self) -> int:
        """Of the inputs, and of what is among the values."""
        return _size(list(self.given.values())) + _size(self.values)


def _size(value: Any) -> int:
    """Bytes of arrays, texts and files in a value, with a few for all else."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, str):
        return len(value.encode(errors="replace"))
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, dict):
        return sum(_size(key) + _size(each) for key, each in value.items())
    if isinstance(value, list | tuple):
        return sum(map(_size, value))
    return 64


class Timed(Protocol):
    """What is kept for a visitor: since when, on the monotonic clock, and how large it is."""

    @property
    def since(self) -> float: ...

    @property
    def nbytes(self) -> int: ...


def sweep(kept: OrderedDict[Any, Any], max_bytes: int, seconds: float) -> None:
    """Let go what is too old, and the oldest of what is too much; the last one stays.

    Args:
        kept: `Timed`, the oldest first.
        max_bytes, seconds: bounds.
    """
    old = time.monotonic() - seconds
    total = sum(each.nbytes for each in kept.values())
    while kept:
        first: Timed = next(iter(kept.values()))
        if first.since >= old and (total <= max_bytes or len(kept) == 1):
            return
        total -= first.nbytes
        kept.popitem(last=False)


class Sessions:
    """The last questions of each session, one per handler."""

    def __init__(self, max_bytes: int = ALL_BYTES, seconds: float = SECONDS) -> None:
        self.max_bytes = max_bytes
        self.seconds = seconds
        self._asked: OrderedDict[tuple[str, Callable[..., Any]], Asked] = OrderedDict()
        self._lock = threading.Lock()
        self._count = 0
        self._under_way: Counter[str] = Counter()
        self._left: set[str] = set()

    @contextmanager
    def event(self, session: str | None) -> Iterator[None]:
        """Around an event of a session: where the visitor leaves meanwhile, nothing is kept."""
        if session is None:
            yield
            return
        with self._lock:
            self._under_way[session] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[session] -= 1
                if not self._under_way[session]:
                    del self._under_way[session]
                    self._left.discard(session)

    def keep(
        self, session: str, handler: Callable[..., Any], values: tuple[Any, ...], record: Record
    ) -> None:
        """Remember a question in place of the last one of this handler."""
        with self._lock:
            if session in self._left:
                return
            self._count += 1
            now = time.monotonic()
            asked = Asked(handler, values, dict(record.given), self._count, now)
            self._asked[session, handler] = asked
            self._asked.move_to_end((session, handler))
            self._sweep()

    def add(self, session: str, asked: Asked, model_id: ModelId, inputs: list[Inputs]) -> None:
        """One more network's inputs of a question, if that is still remembered."""
        with self._lock:
            if self._asked.get((session, asked.handler)) is asked:
                asked.given[model_id] = inputs
                self._sweep()

    def last(self, session: str) -> list[Asked]:
        """The session's questions, the last one first."""
        with self._lock:
            self._sweep()
            return [asked for (own, _), asked in reversed(self._asked.items()) if own == session]

    def forget(self, session: str) -> list[Inputs]:
        """The visitor left; what networks were given, for others who keep something of it."""
        with self._lock:
            if session in self._under_way:
                self._left.add(session)
            keys = [key for key in self._asked if key[0] == session]
            gone = [self._asked.pop(key) for key in keys]
        return [inputs for asked in gone for given in asked.given.values() for inputs in given]

    def _sweep(self) -> None:
        sweep(self._asked, self.max_bytes, self.seconds)


sessions = Sessions()
