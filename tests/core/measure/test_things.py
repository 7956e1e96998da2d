"""Figures of outlines against a slow loop."""

from __future__ import annotations

import numpy as np

from mmdemo.core.data import drawn_nuclei as drawn
from mmdemo.core.measure import things, watershed
from tests.support.outlined import NOTHING


def slow_precision(true: np.ndarray, found: np.ndarray, limit: float) -> float:
    """One pair of masks after the other."""
    masks = [[map_ == k for k in range(1, map_.max() + 1)] for map_ in (true, found)]
    hits = sum(
        (one & other).sum() / (one | other).sum() > limit for one in masks[0] for other in masks[1]
    )
    return hits / (len(masks[0]) + len(masks[1]) - hits)


def test_precision_equals_a_slow_loop():
    rng = np.random.default_rng(0)
    for seed in range(4):
        true = drawn.field("stained", 20, seed, size=96)[1]
        found = watershed.without_small(np.roll(true, rng.integers(-3, 4, 2), (0, 1)), 40)
        ours = things.average_precision(true, found)
        slow = [slow_precision(true, found, limit) for limit in things.LIMITS]
        np.testing.assert_allclose(ours, slow)
    assert (things.average_precision(true, true) == 1).all()


def test_pictures_without_things():
    one = NOTHING + 1
    assert (things.average_precision(NOTHING, NOTHING) == 1).all()
    assert (things.average_precision(NOTHING, one) == 0).all()
    assert things.dice(NOTHING, NOTHING) == 1 and things.dice(NOTHING, one) == 0
    figures = things.figures([NOTHING, one], [one, one])
    assert figures["count_error"] == 0.5 and figures["ap_at_50"] == 0.5
