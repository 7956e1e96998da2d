"""core.train.experiment: written as it was measured, and measured alike again."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import ClassVar

import keras
import numpy as np
import pytest

from mmdemo.core.errors import WeightsError
from mmdemo.core.measure.report import Result
from mmdemo.core.serve import runtime
from mmdemo.core.train import experiment
from mmdemo.core.train.batches import Shuffled
from mmdemo.core.train.experiment import Experiment, Measured, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts
from tests.support.toy import DEFAULT, TOY, ToyConfig, build_toy

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 6, 5, 1)).astype("float32")
Y = RNG.normal(size=(24, 3)).astype("float32")


class ToyExperiment(Experiment[ToyConfig]):
    demo = TOY
    fold_trainings: ClassVar[list[str]] = []

    def network(self) -> Trained:
        return self._fit("served", X)

    def folds(self):
        return {name: lambda name=name: self._fold(name) for name in ("fold_1", "fold_2")}

    def _fold(self, name: str) -> keras.Model:
        self.fold_trainings.append(name)
        return self._fit(name, X[12:] if name == "fold_1" else X[:12]).network

    def _fit(self, name: str, x: np.ndarray) -> Trained:
        keras.utils.set_random_seed(self.run.seed)
        model = build_toy(self.config)
        model.compile("adam", "mse", jit_compile=False)
        batches = Shuffled(len(x), 6, lambda rows: (x[rows], Y[rows]), self.run.seed)
        return Trained(model, self.fit(model, batches, name, epochs=2))

    def measure(self, network, folds) -> Measured:
        def error(model: keras.Model, rows: slice) -> float:
            return float(np.square(model.predict_on_batch(X[rows]) - Y[rows]).mean())

        of_folds = error(folds["fold_1"], slice(12)) + error(folds["fold_2"], slice(12, 24))
        figures = {"mae": error(network, slice(24)), "ece": of_folds}
        results = [Result("toy", "default", m, v, "held out", 24) for m, v in figures.items()]
        return Measured(results, {"mean": float(X.mean())})

    def files(self):
        return {"words.txt": "a b c"}


@pytest.fixture
def run(toy, tmp_path, monkeypatch) -> Run:
    """A run of the toy demo, whose `train` module is this test's."""
    training = SimpleNamespace(experiment=ToyExperiment)
    monkeypatch.setitem(sys.modules, "mmdemo.demos.toy.train", training)
    monkeypatch.setattr(sys.modules["mmdemo.demos.toy.config"], "PRESETS", {"default": ToyConfig()},
                        raising=False)  # fmt: skip
    monkeypatch.setattr(ToyExperiment, "fold_trainings", [])
    return Run(DEFAULT, folder=toy.folder, work=tmp_path / "work")


@pytest.mark.parametrize("stores_folds", [True, False])
def test_measured_again_the_figures_are_the_same(run, stores_folds, monkeypatch):
    """Without a checkpoint, too: as stored, in half precision."""
    monkeypatch.setattr(ToyExperiment, "stores_folds", stores_folds)
    experiment.train(run)
    artifacts.verify(run.folder)
    assert sorted(p.name for p in run.folder.glob("folds/*")) == (
        ["fold_1.weights.h5", "fold_2.weights.h5"] if stores_folds else []
    )
    assert (run.folder / "words.txt").read_text() == "a b c"
    assert len(artifacts.read_history(run.folder)) == 2
    stored = artifacts.read_results(run.folder)
    run.forget()
    ToyExperiment.fold_trainings.clear()
    again = experiment.evaluate(run)
    assert ToyExperiment.fold_trainings == ([] if stores_folds else ["fold_1", "fold_2"])
    for old, new in zip(stored, again, strict=True):
        assert (old.metric, old.value) == (new.metric, pytest.approx(new.value, abs=1e-5))


def test_what_is_served_is_what_was_measured(run):
    experiment.train(run)
    network, stored = runtime.build(DEFAULT)
    assert stored.config == ToyConfig()
    assert stored.preprocess == {"mean": pytest.approx(float(X.mean()))}
    value = float(np.square(network.predict_on_batch(X) - Y).mean())
    assert artifacts.read_results(run.folder)[0].value == pytest.approx(value, abs=1e-5)
    for weight in network.weights:
        values = np.asarray(weight)
        assert np.array_equal(values, values.astype(np.float16).astype(np.float32))


def test_the_run_s_number_of_epochs_has_precedence(run):
    from dataclasses import replace

    experiment.train(replace(run, epochs=1))
    assert len(artifacts.read_history(run.folder)) == 1


def test_there_is_nothing_to_measure_without_weights(run):
    with pytest.raises(WeightsError, match="is missing"):
        experiment.evaluate(run)
