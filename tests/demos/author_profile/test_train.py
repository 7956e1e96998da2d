"""Training on generated texts and on a user's table; measures against oracles."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mmdemo.core.data import polarity
from mmdemo.core.errors import UserError
from mmdemo.core.serve import runtime
from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.author_profile import DEMO, config, data, infer, measure, train
from mmdemo.demos.author_profile.config import TINY, Head

from .conftest import generated
from .test_data import THREE
from .test_model import SMALL_STACK


def run_of(tmp_path, preset="default", **options):
    model_id = DEMO.model_id(preset)
    return Run(model_id, tmp_path / "weights" / str(model_id), tmp_path / "work", **options)


@pytest.fixture(autouse=True)
def critics(monkeypatch):
    """Critics' lines made in code: the public set may not be here."""
    made = generated(100, 4).texts
    monkeypatch.setattr(polarity, "lines", lambda part: (made, np.arange(len(made)) % 2 == 0))


@pytest.fixture
def tiny(monkeypatch):
    """The page's preset, made small."""
    monkeypatch.setitem(config.PRESETS, "stars/default", TINY)


def test_it_learns_generated_reviews(tmp_path):
    others = generated(200, 2), generated(100, 3)
    work = train.TwoParts(
        run_of(tmp_path, epochs=8), TINY, generated(400), generated(100, 1), "made", 10, others
    )
    network, history = work.network()
    assert not work.folds()
    measured = work.measure(network, {})
    assert history[-1]["held_out_loss_sentiment"] < 0.5 * history[0]["training_loss_sentiment"]
    found = {(r.task, r.method, r.metric): r.value for r in measured.results if not r.foreign}
    there = {(r.task, r.method, r.metric): r.value for r in measured.results if r.foreign}
    assert found["sentiment", "default", "accuracy"] > 0.95
    assert there["sentiment", "default", "accuracy"] > 0.95
    assert set(measured.preprocess["calibration"]) == {"sentiment"}
    assert found["stars", "default", "mae"] < 1.2
    assert found["stars", "mean_or_majority", "mae"] > 2
    assert found["sentiment", "tfidf_linear", "accuracy"] > 0.95
    assert measured.preprocess["errors"][0]["mae"] == pytest.approx(
        found["stars", "default", "mae"], abs=1e-3
    )


def test_own_table_from_the_command_to_the_page(tmp_path, table, tiny, monkeypatch):
    run = run_of(tmp_path, data=table, options={"target": THREE}, epochs=6)
    experiment.train(run)
    stored = artifacts.read_json(run.folder, "config.json")
    assert [head[0] for head in stored["heads"]] == ["age", "job", "gender"]
    results = artifacts.read_results(run.folder)
    assert {r.task for r in results} == {"age", "job", "gender"}
    assert {r.method for r in results} == {"default", "tfidf_linear", "mean_or_majority"}
    assert {r.split for r in results} == {train.OWN}
    again = {(r.task, r.method, r.metric): r.value for r in experiment.evaluate(run)}
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
    assert len(explained.pushes) == len(explained.words)


def test_targets_without_a_table(tmp_path):
    with pytest.raises(UserError, match="--data"):
        experiment.train(run_of(tmp_path, options={"target": THREE}))


def test_a_stack_takes_short_texts_and_equal_weights_are_measured(tmp_path):
    small = replace(SMALL_STACK, words=60, length=269, epochs=1)
    run = run_of(tmp_path, "book")
    work = train.TwoParts(run, small, generated(60), generated(20, 1), "made", 5)
    measured = work.measure(work.network().network, {})
    weighting = measured.preprocess["weighting"]
    assert weighting["given"]["weights"] == [0.25, 1.0, 10.0]
    assert weighting["equal"]["weights"] == [1.0, 1.0, 1.0]
    assert {"book", train.EQUAL} <= {r.method for r in measured.results}


def test_authors_are_never_on_both_sides(tmp_path):
    made = generated(120)
    samples = dataclasses.replace(made, values=made.values[2:], groups=np.repeat(np.arange(30), 4))
    small = replace(TINY, heads=TINY.heads[2:], table="posts", folds=2, epochs=1)
    work = train.ByAuthor(run_of(tmp_path, "posts"), small, samples)
    for parts in work.parts:
        fit, held_out, test = (set(part.groups) for part in parts)
        assert not fit & test
        assert not fit & held_out
        assert not held_out & test
        assert fit | held_out | test == set(range(30))
    network, _ = work.network()
    folds = {name: fit() for name, fit in work.folds().items()}
    assert len(folds) == 2
    measured = work.measure(network, folds)
    by_author = [r for r in measured.results if r.task == small.heads[0].column]
    assert by_author
    assert all(r.ci95 is not None and r.n == 120 for r in by_author)
    assert measured.preprocess["errors"][0].keys() == {"accuracy", "majority"}


def test_joined_folds_stand_in_the_order_of_the_rows(tmp_path):
    samples = dataclasses.replace(generated(40), groups=np.arange(40) % 10)
    small = replace(TINY, table="posts", folds=5)
    work = train.ByAuthor(run_of(tmp_path, "posts"), small, samples)
    parts = [[rows.astype(float)] for rows in work.rows]
    np.testing.assert_array_equal(work._joined(parts)[0], np.arange(40))


def test_metrics_against_hand_counts():
    truth = np.array([1.0, 2.0, 4.0])
    of_numbers = measure.metrics(Head("age", "regression"))
    assert of_numbers["mae"](truth, np.array([1.0, 3.0, 2.0])) == pytest.approx(1.0)
    assert of_numbers["pearson_r"](truth, 2 * truth + 1) == pytest.approx(1.0)
    assert np.isnan(of_numbers["pearson_r"](truth, np.ones(3)))
    shares = np.eye(3)[[0, 0, 1, 2]]
    labels = np.array([0, 1, 1, 2])
    of_classes = measure.metrics(Head("job", "softmax", ("a", "b", "c")))
    assert of_classes["accuracy"](labels, shares) == 0.75
    assert of_classes["balanced_accuracy"](labels, shares) == pytest.approx((1 + 0.5 + 1) / 3)
    # A class that does not occur is not asked for.
    assert of_classes["balanced_accuracy"](labels[:3], shares[[0, 3, 2]]) == pytest.approx(0.75)
    of_either = measure.metrics(Head("gender", "binary", ("a", "b")))
    assert of_either["accuracy"](np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.4, 0.5])) == 0.75
    assert np.isnan(of_either["auc"](np.ones(2), np.array([0.1, 0.2])))


def test_unknown_values_do_not_count():
    truth = (np.array([1.0, np.nan], np.float32),)
    samples = data.Samples(("a", "b"), truth, np.arange(2))
    single = replace(TINY, heads=TINY.heads[:1])
    made = measure.figures(single, "default", samples, [np.array([3.0, 100.0])], "made")
    assert [(r.metric, r.value, r.n) for r in made] == [("mae", 2.0, 1)]


def test_no_skill_is_the_median_and_the_commonest_class():
    samples = generated(200)
    stars, classes, positive = measure.constant(TINY, samples, samples)
    assert (stars == np.median(samples.values[0])).all()
    assert classes.shape == (200, 8)
    assert positive[0] == pytest.approx(samples.values[2].mean())
