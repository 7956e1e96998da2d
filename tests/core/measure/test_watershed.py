"""What is found without a network."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.measure import things, watershed
from tests.support.outlined import NOTHING, two_that_touch


def test_small_things_are_left_out_and_the_others_numbered_anew():
    labels = np.array([[1, 1, 0, 2], [1, 0, 0, 0], [0, 3, 3, 3]], np.int32)
    left = watershed.without_small(labels, 3)
    assert left.tolist() == [[1, 1, 0, 0], [1, 0, 0, 0], [0, 2, 2, 2]]
    assert not watershed.without_small(NOTHING, 1).any()


@pytest.mark.parametrize("bright", [True, False])
def test_the_watershed_finds_what_is_brighter_or_darker(bright):
    labels = two_that_touch()
    grey = np.where((labels > 0) == bright, 200, 40).astype(np.uint8)
    found = watershed.classical(np.repeat(grey[..., None], 3, axis=2), apart=5)
    assert things.average_precision(labels, found)[0] == 1
    assert not watershed.classical(np.full((9, 9, 3), 5, np.uint8), apart=5).any()
