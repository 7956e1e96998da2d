"""Figures of shared codes against simple oracles."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.demos.corrnet import figures
from mmdemo.demos.corrnet.figures import Cca, Whitening

RNG = np.random.default_rng(0)


def related(count: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Two views of 5 dimensions that share two."""
    shared = RNG.normal(size=(count, 2))
    left = np.concatenate([shared, RNG.normal(size=(count, 3))], axis=1) @ RNG.normal(size=(5, 5))
    right = np.concatenate([shared, RNG.normal(size=(count, 3))], axis=1) @ RNG.normal(size=(5, 5))
    return left, right


def test_sum_correlation_of_identical_codes_is_the_number_of_dimensions():
    code = RNG.normal(size=(50, 4))
    assert figures.sum_correlation(code, code) == pytest.approx(4)


def test_whitening_finds_what_is_shared():
    left, right = related()
    found = Whitening.fit(left, right, ridge=1e-6)
    assert found.correlations[:2] == pytest.approx([1, 1], abs=0.01)
    assert found.correlations[2] < 0.2
    assert np.cov(found.left(left).T) == pytest.approx(np.eye(5), abs=0.05)
    assert figures.sum_correlation(
        found.left(left)[:, :2], found.right(right)[:, :2]
    ) == pytest.approx(2, abs=0.02)


def test_repeated_dimensions_do_not_count_twice_after_whitening():
    left, right = related()
    once = Whitening.fit(left, right).correlations.sum()
    twice = Whitening.fit(np.tile(left, 2), np.tile(right, 2)).correlations.sum()
    assert twice == pytest.approx(once, abs=0.1)  # the ridge moves it a little
    assert figures.sum_correlation(np.tile(left, 2), np.tile(left, 2)) == pytest.approx(10)


@pytest.mark.parametrize("form", ["dense", "sparse"])
def test_cca_finds_what_is_shared(form):
    from scipy.sparse import csr_matrix

    left, right = related()
    if form == "sparse":
        left, right = csr_matrix(left), csr_matrix(right)
    found = Cca.fit(left, right, 5, 2)
    assert found.correlations == pytest.approx([1, 1], abs=0.01)
    assert figures.sum_correlation(found.left(left), found.right(right)) == pytest.approx(
        2, abs=0.02
    )


def test_cca_is_fitted_within_as_many_components_as_wanted():
    fits = list(Cca.fits(*related(), (2, 4), 2))
    assert [fit.components for fit in fits] == [2, 4]
    assert fits[1].correlations.sum() > fits[0].correlations.sum()


def test_retrieval_of_a_known_order():
    scores = np.array([[0.9, 0.8, 0.1], [0.2, 0.9, 0.1]])
    relevant = np.array([[True, False, True], [True, False, False]])
    found = figures.retrieval(scores, relevant)
    assert found["r1"].tolist() == [1, 0]
    assert found["r10"].tolist() == [1, 1]
    assert found["ap"] == pytest.approx([(1 + 2 / 3) / 2, 1 / 2])


def test_ranks_count_ties_against_the_answer():
    items = np.eye(3)
    queries = np.array([[1.0, 0, 0], [0, 1.0, 1.0]])
    assert figures.ranks(queries, items, np.array([0, 1])).tolist() == [1, 2]
