"""Visitors take turns."""

from collections import Counter
from types import SimpleNamespace

import pytest

from mmdemo.core.ui import fair_queue


def events(visitors: str) -> list[SimpleNamespace]:
    """A waiting question of each visitor in turn; numbered in the order in which they came."""
    return [
        SimpleNamespace(
            number=number, request=SimpleNamespace(scope={"client": (visitor, 1), "headers": []})
        )
        for number, visitor in enumerate(visitors)
    ]


@pytest.mark.parametrize(
    ("waiting", "running", "order"),
    [
        ("aaaab", {}, [0, 4, 1, 2, 3]),
        ("aabbc", {}, [0, 2, 4, 1, 3]),
        ("aab", {"b": 1}, [0, 1, 2]),
        ("aaab", {"a": 2}, [3, 0, 1, 2]),
        ("", {}, []),
    ],
)
def test_a_first_question_does_not_wait_for_another_s_fortieth(waiting, running, order):
    turns = fair_queue.in_turns(events(waiting), Counter(running))
    assert [event.number for event in turns] == order
