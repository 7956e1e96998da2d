"""core.train.head: a head learns, is measured on unseen examples, and says when it cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from mmdemo.core.train import head


def clouds(count=20, classes=3, apart=1.0, seed=0):
    """Features around a place of their own for each class: `(classes * count, 40)`, and labels."""
    rng = np.random.default_rng(seed)
    places = rng.normal(0, apart, (classes, 40)) * 30 + 100
    labels = np.repeat(np.arange(classes), count)
    return (places[labels] + rng.normal(0, 30, (len(labels), 40))).astype(np.float32), labels


def test_it_learns_what_logistic_regression_learns():
    features, labels = clouds(apart=0.5)
    unseen, truth = clouds(200, apart=0.5)
    # The same places, since the seed is: other examples around them.
    losses = [epoch.loss for epoch in head.train(features, labels, 3)]
    assert losses[0] == pytest.approx(np.log(3)) and losses[-1] < 0.2
    trained = head.fitted(features, labels, 3)
    said = trained.probabilities(unseen)
    np.testing.assert_allclose(said.sum(axis=1), 1, rtol=1e-5)
    scaler = StandardScaler().fit(features)
    peer = LogisticRegression(max_iter=2000).fit(scaler.transform(features), labels)
    accuracy = (said.argmax(axis=1) == truth).mean()
    assert accuracy > 0.8
    assert accuracy == pytest.approx(peer.score(scaler.transform(unseen), truth), abs=0.04)


def test_the_same_examples_give_the_same_head():
    features, labels = clouds()
    one, other = (head.fitted(features, labels, 3) for _ in range(2))
    np.testing.assert_array_equal(one.kernel, other.kernel)


def test_a_class_counts_alike_however_many_examples_it_has():
    features, labels = clouds(apart=0.0)  # nothing tells them apart
    kept = (labels != 0) | (np.arange(len(labels)) < 2)
    said = head.fitted(features[kept], labels[kept], 3).probabilities(clouds(200, apart=0.0)[0])
    assert said.mean(axis=0)[0] > 0.1


def test_one_example_of_each_and_the_same_ones_are_learnt_without_a_fault():
    same = np.ones((4, 8), np.float32)
    trained = head.fitted(same, np.array([0, 1, 0, 1]), 2)
    np.testing.assert_allclose(trained.probabilities(same), 0.5, atol=1e-6)
    single = head.fitted(np.eye(3, 8, dtype=np.float32), np.arange(3), 3)
    assert single.probabilities(np.eye(3, 8, dtype=np.float32)).argmax(axis=1).tolist() == [0, 1, 2]


def test_what_is_from_one_source_is_held_out_together():
    labels = np.repeat([0, 1], [12, 10])
    sources = [*np.repeat(range(6), 2), *[9] * 10]  # two pieces of each file; one go of the camera
    parts = head.folds(labels, sources)
    assert set(parts) == set(range(head.FOLDS))
    assert all(len(set(parts[2 * i : 2 * i + 2])) == 1 for i in range(6))
    assert (np.diff(parts[12:]) >= 0).all(), "of one go, neighbours are held out together"
    assert head.folds(np.repeat([0, 1], [12, 4]), range(16)) is None


def test_held_out_examples_are_named_by_heads_that_did_not_see_them():
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(60, 300)).astype(np.float32), np.repeat(range(3), 20)
    parts = head.folds(labels, range(60))
    assert parts is not None
    seen = head.fitted(features, labels, 3).probabilities(features).argmax(axis=1)
    *_parts, said = head.held_out(features, labels, 3, parts)
    assert (seen == labels).mean() > 0.95, "it knows its examples by heart"
    assert (said == labels).mean() < 0.6, "there is nothing to learn in noise"


def test_the_interval_of_a_share():
    low, high = head.interval(36, 36)
    assert (round(low, 3), high) == (0.904, 1.0)  # Wilson 1927, as statsmodels has it
    low, high = head.interval(5, 10)
    assert (round(low, 3), round(high, 3)) == (0.237, 0.763)
