"""A clock that tests set."""

from __future__ import annotations

import pytest


class Clock:
    """In place of `time.monotonic`."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()
