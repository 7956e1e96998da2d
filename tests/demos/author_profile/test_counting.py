"""What words and pairs say beside the network: oracles, and how both are added."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from mmdemo.core.nets.ngrams import features
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.author_profile import counting
from mmdemo.demos.author_profile.config import TINY, Head
from mmdemo.demos.author_profile.model import add_counted, build, counts, tables

CLASSES = ("a", "b", "c")
HEADS = (
    Head("age", "regression"),
    Head("job", "softmax", CLASSES),
    Head("gender", "binary", ("f", "m")),
)
CONFIG = replace(TINY, heads=HEADS, least=1, strength=10.0)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return build(CONFIG)


@pytest.fixture(scope="module")
def texts() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Word 10 + k marks class k, word 20 the second of two; all else is chance."""
    rng = np.random.default_rng(0)
    jobs, genders = rng.integers(0, 3, 300), rng.integers(0, 2, 300)
    rows = [
        np.array([*rng.integers(30, 60, 6), 10 + job, *([20] if gender else [])])
        for job, gender in zip(jobs, genders, strict=True)
    ]
    age = np.full(300, np.nan)
    return rows, [age, jobs.astype(float), genders.astype(float)]


def test_the_words_that_decide_weigh_most(network, texts):
    rows, values = texts
    job, gender = counting.regress(features(rows, tables(network)), values, CONFIG)
    assert job.weights.shape == (60 + 97, 3)
    for place in range(3):
        assert job.weights[:60, place].argmax() == 10 + place
    assert gender.weights[:60, 0].argmax() == 20


def test_a_class_that_nobody_has_is_unlikely(network, texts):
    rows, (age, jobs, genders) = texts
    values = [age, np.where(jobs == 2, 1, jobs), genders]
    job, _ = counting.regress(features(rows, tables(network)), values, CONFIG)
    assert not job.weights[:, 2].any()
    assert job.intercepts[2] < -5


def test_who_knows_better_gets_the_larger_share(network, texts):
    rows, values = texts
    found = features(rows, tables(network))
    counted = counting.regress(found, values, CONFIG)
    rng = np.random.default_rng(1)
    clueless = [np.zeros(300), rng.dirichlet(np.ones(3), 300), rng.uniform(size=300)]
    for reading, counting_s in counting.weigh(found, values, clueless, counted, HEADS):
        assert reading < counting_s
    knowing = [np.zeros(300), np.eye(3)[values[1].astype(int)] * 0.98 + 0.006, values[2]]
    of_chance = [
        counting.Counted(rng.normal(size=part.weights.shape), part.intercepts) for part in counted
    ]
    for reading, counting_s in counting.weigh(found, values, knowing, of_chance, HEADS):
        assert reading > counting_s
    unknown = [np.full(300, np.nan)] * 3
    assert counting.weigh(found, unknown, knowing, counted, HEADS) == [counting.EQUAL] * 2


def test_the_network_adds_both_with_their_shares(texts):
    keras.utils.set_random_seed(1)
    network = build(CONFIG)
    rows, values = texts
    words = np.stack([row[:7] for row in rows[:5]]).astype("int32")
    read = [np.asarray(output) for output in network(words)]
    found = features(list(words), tables(network))
    counted = counting.regress(features(rows, tables(network)), values, CONFIG)
    add_counted(network, CONFIG, counted, [(0.5, 2.0), (1.0, 0.3)])
    both = [np.asarray(output) for output in network(words)]
    np.testing.assert_allclose(both[0], read[0], atol=1e-6)
    logits = 0.5 * np.log(read[1]) + 2.0 * (found @ counted[0].weights + counted[0].intercepts)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(both[1], expected, atol=0.02)  # weights are rounded
    logits = np.log(read[2] / (1 - read[2])) + 0.3 * (
        found @ counted[1].weights + counted[1].intercepts
    )
    np.testing.assert_allclose(both[2], 1 / (1 + np.exp(-logits)), atol=0.01)


def test_numbers_alone_count_nothing():
    only_numbers = replace(CONFIG, heads=HEADS[:1])
    assert counts(CONFIG)
    assert not counts(only_numbers)
    assert "words_and_pairs" not in [layer.name for layer in build(only_numbers).layers]
