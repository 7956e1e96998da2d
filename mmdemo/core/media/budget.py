"""A bound on what is decoded at once, whoever asks and by whatever way."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from mmdemo.core.errors import MediaError
from mmdemo.core.language import _

M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3
"""Of glibc's `malloc.h`."""
LARGE = 4_000_000
"""From this size on, memory is given back to the system after decoding."""


class Budget:
    """So much may be in memory at once; who comes when there is no room waits for it.

    Args:
        total: in any unit, such as pixels.
        patience: seconds to wait at most.
    """

    def __init__(self, total: int, patience: float) -> None:
        self.total = total
        self.patience = patience
        self._free = total
        self._changed = threading.Condition()

    @contextmanager
    def take(self, size: int) -> Iterator[None]:
        """Room for something of that size until the block ends.

        Raises:
            MediaError: there was none in time.
        """
        size = min(size, self.total)
        with self._changed:
            if not self._changed.wait_for(lambda: self._free >= size, self.patience):
                raise MediaError(
                    _(
                        "Many large files are being read at this moment. Please try again in a "
                        "minute, or with a smaller file."
                    )
                )
            self._free -= size
        try:
            yield
        finally:
            with self._changed:
                self._free += size
                self._changed.notify_all()


def keep_little() -> None:
    """Have the C library keep little of what was freed, from now on: call it before any thread.

    Otherwise each of many threads gets an arena of its own, whose gaps only that thread fills, and
    memory creeps up for hours.
    """
    if sys.platform == "linux" and (tune := getattr(ctypes.CDLL(None), "mallopt", None)):
        tune(M_ARENA_MAX, 2)
        tune(M_MMAP_THRESHOLD, 1 << 20)  # larger blocks go back to the system when they are freed


def give_back(size: int) -> None:
    """Return freed memory to the system after something large."""
    if size >= LARGE:
        trim()


def trim() -> None:
    """Return freed memory to the system: C libraries keep it otherwise."""
    if sys.platform == "linux" and (free := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        free(0)  # glibc alone has it
