"""core.measure.unlike: what is foreign is told by a linear reading of logits."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.measure import unlike

CLASSES = 6


def logits(rng: np.random.Generator, count: int, raised: int | None = None) -> np.ndarray:
    """Of a network that is as sure of foreign inputs as of others; they raise two classes more."""
    drawn = rng.normal(size=(count, CLASSES))
    drawn[np.arange(count), rng.integers(CLASSES, size=count)] += 6
    if raised is not None:
        drawn[:, [raised, raised + 1]] += 5
    return drawn


@pytest.fixture(scope="module")
def stored():
    rng = np.random.default_rng(0)
    groups = [(logits(rng, 500, raised), share) for raised, share in ((0, 0.01), (3, 0.03))]
    return unlike.fit(logits(rng, 1000), logits(rng, 2000), groups)


def test_each_group_is_told_and_few_known_inputs_are(stored):
    rng = np.random.default_rng(1)
    known = unlike.score(logits(rng, 2000), stored)
    for raised in (0, 3):
        foreign = unlike.score(logits(rng, 500, raised), stored)
        figures = unlike.figures(known, foreign)
        assert figures["unlike_auc"] > 0.95
        assert figures["foreign_told"] > 0.7
        assert 0.01 < figures["known_told"] < 0.06  # 1 and 3 % were asked for


def test_who_is_told_gets_no_sure_answer():
    known, foreign = np.array([-2.0, -1.0, 0.5, -3.0]), np.array([1.0, -0.5, 2.0, 3.0])
    figures = unlike.sure(known, foreign, np.array([0.9, 0.8, 0.2, 0.5]))
    assert figures == pytest.approx(
        {
            "unlike_auc": 15 / 16,
            "foreign_told": 0.75,
            "known_told": 0.25,
            "foreign_sure_before": 0.75,
            "foreign_sure": 0.25,
        }
    )


def test_nothing_is_strange_where_nothing_is_stored(stored):
    foreign = logits(np.random.default_rng(2), 1, 0)[0]
    assert unlike.is_strange(foreign, {"unlike": stored})
    assert not unlike.is_strange(foreign, {})
