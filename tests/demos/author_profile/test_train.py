"""Training on generated texts and on a user's table; measures against oracles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.core.serve import runtime
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts
from mmdemo.demos.author_profile import data, infer, train
from mmdemo.demos.author_profile.config import TINY

from .test_data import THREE
from .test_model import SMALL_STACK


def run_of(tmp_path, **options):
    folder = tmp_path / "weights" / "author_profile" / "default"
    return Run("author_profile", "default", folder, tmp_path / "work", **options)


@pytest.fixture
def tiny(monkeypatch):
    """The page's preset, made small."""
    monkeypatch.setitem(train.PRESETS, "default", TINY)


def test_it_learns_generated_reviews(tmp_path):
    work = train._Single(
        run_of(tmp_path, epochs=8), TINY, data.generated(400), data.generated(100, 1), "made", 10
    )
    network, history, preprocess, folds = work.fit()
    assert not folds
    assert history[-1]["held_out_loss_sentiment"] < 0.5 * history[0]["training_loss_sentiment"]
    found = {(r.task, r.method, r.metric): r.value for r in work.results(network, folds)}
    assert found["sentiment", "default", "accuracy"] > 0.95
    assert found["stars", "default", "mae"] < 1.2
    assert found["stars", "mean_or_majority", "mae"] > 2
    assert found["sentiment", "tfidf_linear", "accuracy"] > 0.95
    assert preprocess["errors"][0]["mae"] == pytest.approx(
        found["stars", "default", "mae"], abs=1e-3
    )


def test_own_table_from_the_command_to_the_page(tmp_path, table, tiny, monkeypatch):
    run = run_of(tmp_path, data=table, targets=THREE, epochs=6)
    train.train(run)
    stored = artifacts.read_json(run.folder, "config.json")
    assert [head[0] for head in stored["heads"]] == ["age", "job", "gender"]
    results = artifacts.read_results(run.folder)
    assert {r.task for r in results} == {"age", "job", "gender"}
    assert {r.method for r in results} == {"default", "tfidf_linear", "mean_or_majority"}
    assert {r.split for r in results} == {train.OWN}
    again = {(r.task, r.method, r.metric): r.value for r in train.evaluate(run)}
    for result in results:
        key = (result.task, result.method, result.metric)
        assert again[key] == pytest.approx(result.value, abs=1e-5)

    monkeypatch.setenv("MMDEMO_WEIGHTS", str(tmp_path / "weights"))
    runtime.cache.clear()
    try:
        profile = infer.read("soup in the kitchen, my husband and I", "default")
        explained = infer.explain("soup in the kitchen, my husband and I", "default", "job")
    finally:
        runtime.cache.clear()
    assert [answer.column for answer in profile.answers] == ["age", "job", "gender"]
    assert 10 < profile.answers[0].value < 90
    assert set(profile.answers[1].probabilities) == {"cook", "gardener", "teacher"}
    assert len(explained.pushes) == len(explained.spans)


def test_targets_without_a_table(tmp_path):
    with pytest.raises(UserError, match="--data"):
        train.train(run_of(tmp_path, targets=THREE))


def test_a_stack_takes_short_texts_and_equal_weights_are_measured(tmp_path):
    config = replace(SMALL_STACK, words=60, length=269, epochs=1)
    run = replace(run_of(tmp_path), preset="book")
    work = train._Single(run, config, data.generated(60), data.generated(20, 1), "made", 5)
    _, _, preprocess, _ = work.fit()
    weighting = preprocess["weighting"]
    assert weighting["given"]["weights"] == [0.25, 1.0, 10.0]
    assert weighting["equal"]["weights"] == [1.0, 1.0, 1.0]
    assert {r.method for r in work.carried} == {train.EQUAL}


def test_authors_are_never_on_both_sides(tmp_path):
    made = data.generated(120)
    samples = replace(made, groups=np.repeat(np.arange(30), 4))
    config = replace(TINY, heads=TINY.heads[2:], table="posts", folds=2, epochs=1)
    samples = replace(samples, values=samples.values[2:])
    work = train._ByAuthor(run_of(tmp_path), config, samples)
    for number in range(2):
        fit, held_out, test = (set(part.groups) for part in work._parts(number))
        assert not fit & test
        assert not fit & held_out
        assert not held_out & test
        assert fit | held_out | test == set(range(30))
    network, _, preprocess, folds = work.fit()
    assert len(folds) == 2
    results = work.results(network, folds)
    assert all(r.ci95 is not None and r.n == 120 for r in results)
    assert preprocess["errors"][0].keys() == {"accuracy", "majority"}


def test_joined_folds_stand_in_the_order_of_the_rows(tmp_path):
    samples = replace(data.generated(40), groups=np.arange(40) % 10)
    work = train._ByAuthor(run_of(tmp_path), replace(TINY, table="posts", folds=5), samples)
    parts = [[rows.astype(float)] for rows in work.folds]
    np.testing.assert_array_equal(work._joined(parts)[0], np.arange(40))


def test_measures_against_hand_counts():
    truth = np.array([1.0, 2.0, 4.0])
    assert train._mae(truth, np.array([1.0, 3.0, 2.0])) == pytest.approx(1.0)
    assert train._pearson(truth, 2 * truth + 1) == pytest.approx(1.0)
    assert np.isnan(train._pearson(truth, np.ones(3)))
    shares = np.eye(3)[[0, 0, 1, 2]]
    labels = np.array([0, 1, 1, 2])
    assert train._right(labels, shares) == 0.75
    assert train._balanced(labels, shares) == pytest.approx((1 + 0.5 + 1) / 3)


def test_unknown_values_do_not_count():
    truth = (np.array([1.0, np.nan], np.float32),)
    samples = data.Samples(("a", "b"), truth, np.arange(2))
    config = replace(TINY, heads=TINY.heads[:1])
    made = train.figures(config, "default", samples, [np.array([3.0, 100.0])], "made")
    assert [(r.metric, r.value, r.n) for r in made] == [("mae", 2.0, 1)]


def test_no_skill_is_the_median_and_the_commonest_class():
    samples = data.generated(200)
    stars, classes, positive = train.constant(TINY, samples, samples)
    assert (stars == np.median(samples.values[0])).all()
    assert classes.shape == (200, 8)
    assert positive[0] == pytest.approx(samples.values[2].mean())
