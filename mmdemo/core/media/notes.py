"""What is worth saying of an upload that was read all the same."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

logger = logging.getLogger(__name__)

_collected: ContextVar[list[str] | None] = ContextVar("notes", default=None)


def note(text: str) -> None:
    """Tell whoever asked: on the page, in an endpoint's answer, else in the log."""
    notes = _collected.get()
    if notes is None:
        logger.warning(text)
    elif text not in notes:
        notes.append(text)


@contextmanager
def collected() -> Iterator[list[str]]:
    """Around work on an upload: the notes that it makes, each once.

    An inner one keeps its notes for itself.
    """
    notes: list[str] = []
    token = _collected.set(notes)
    try:
        yield notes
    finally:
        _collected.reset(token)
