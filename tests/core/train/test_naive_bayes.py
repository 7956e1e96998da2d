"""Naive Bayes' ratios and the regression on them, against hand counts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mmdemo.core.train import naive_bayes


@pytest.fixture
def texts() -> tuple[csr_matrix, np.ndarray]:
    """Feature 0 in positive texts, 1 in negative ones, 2 in all, 3 in one text."""
    rows = [[1, 0, 1, 0], [1, 0, 1, 1], [0, 1, 1, 0], [0, 1, 1, 0]]
    return csr_matrix(np.array(rows, np.float32)), np.array([1, 1, 0, 0])


def test_ratios_by_hand(texts):
    features, labels = texts
    found = naive_bayes.ratios(features, labels, np.ones(4), smoothing=1, least=2)
    positive, negative = np.array([3, 1, 3, 2]) / 9, np.array([1, 3, 3, 1]) / 8
    expected = np.log(positive / negative)
    expected[3] = 0  # in one text only
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_text_counts_as_often_as_it_weighs(texts):
    features, labels = texts
    twice = naive_bayes.ratios(features, labels, np.array([2, 1, 1, 1]), 1, 1)
    doubled = csr_matrix(np.vstack([features.toarray(), features.toarray()[:1]]))
    again = naive_bayes.ratios(doubled, np.append(labels, 1), np.ones(5), 1, 1)
    np.testing.assert_allclose(twice, again, atol=1e-6)


def test_what_decides_gets_the_weight_and_shares_it_with_its_like(texts):
    features, labels = texts
    ratio = naive_bayes.ratios(features, labels, np.ones(4), 1, 1)
    weights, intercept = naive_bayes.fit(features, labels, np.ones(4), ratio, 10.0)
    assert intercept == 0
    assert weights[0] > 0 > weights[1]
    assert ((features @ weights > 0) == labels).all()
    # Word 3 never comes, but resembles word 0.
    alone = csr_matrix(features.toarray() * [1, 1, 1, 0])
    ratio = naive_bayes.ratios(alone, labels, np.ones(4), 1, 1)
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
    without, _ = naive_bayes.fit(alone, labels, np.ones(4), ratio, 10.0)
    shared, _ = naive_bayes.fit(alone, labels, np.ones(4), ratio, 10.0, vectors=vectors)
    assert without[3] == 0 < shared[3]


def test_an_intercept_says_what_is_more_frequent(texts):
    features, _ = texts
    labels = np.array([1, 1, 1, 0])
    ratio = naive_bayes.ratios(features, labels, np.ones(4), 1, 1)
    _, intercept = naive_bayes.fit(features, labels, np.ones(4), ratio, 1.0, intercept=True)
    assert intercept > 0
