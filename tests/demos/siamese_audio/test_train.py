from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.siamese_audio import DEMO, augmentation, data, measure
from mmdemo.demos.siamese_audio.config import BOOK, PRESETS, TINY, Config
from mmdemo.demos.siamese_audio.data import Recording
from mmdemo.demos.siamese_audio.model import build, build_classifier

# Keras copies arrays in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TINY_BOOK = replace(BOOK, frames=40, units=(8, 8, 8), pairs=16, epochs=2, batch=8)


@pytest.fixture
def tiny_run(tmp_path: Path, own_data: Path, monkeypatch: pytest.MonkeyPatch):
    def make(preset: str, config: Config) -> Run:
        monkeypatch.setitem(PRESETS, preset, config)
        monkeypatch.setattr(measure, "DRAWS", 20)
        return Run(
            DEMO.model_id(preset),
            folder=tmp_path / "weights" / preset,
            work=tmp_path / "work",
            data=own_data,
        )

    return make


@pytest.mark.parametrize(("preset", "config"), [("default", TINY), ("book", TINY_BOOK)])
def test_train_writes_weights_that_evaluate_alike(tiny_run, preset, config):
    run = tiny_run(preset, config)
    experiment.train(run)

    artifacts.verify(run.folder)
    results = artifacts.read_results(run.folder)
    methods = {(result.task, result.method) for result in results}
    for method in (preset, "mfcc_cosine", "mfcc_cosine_standardised"):
        assert ("same_kind", method) in methods
        assert ("classification", method) in methods
    assert ("classification", "mfcc_svm") in methods

    stored = json.loads((run.folder / "preprocess.json").read_text())
    assert 0 < stored["threshold"] < np.inf
    assert stored["calibration"]["slope"] > 0
    assert len(stored["curve"]["far"]) <= 200
    assert (run.folder / "folds").is_dir() == (preset == "default")

    again = experiment.evaluate(run)
    assert [r.metric for r in again] == [r.metric for r in results]
    assert [r.value for r in again] == pytest.approx([r.value for r in results], abs=1e-4)


def test_left_out_kinds_are_judged_by_the_others():
    """Three kinds lie apart, the fourth is heard as the third: all its impostors there pass."""
    places = {"a": 0.0, "b": 10.0, "c": 20.0, "d": 20.3}
    recordings = [
        Recording(f"{kind}{n}", kind, f"{kind}{n}", 0, Path(f"{kind}{n}"))
        for kind in places
        for n in range(7)
    ]
    notes = [dataclasses.replace(r, path=Path(f"note {r.name}")) for r in recordings]
    rng = np.random.default_rng(0)
    vectors = {
        r.path: np.array([places[r.kind], 0.0]) + rng.normal(0, 0.4, 2)
        for r in (*recordings, *notes)
    }
    statistics = {path: np.array([1.0, *vector]) for path, vector in vectors.items()}
    results, (distances, same) = measure.abroad("default", recordings, notes, vectors, statistics)
    assert all(result.foreign for result in results)
    assert {result.method for result in results} == {"default", "mfcc_cosine"}
    assert len(distances) == 2 * measure.DRAWN == 2 * same.sum()
    found = {r.metric: r.value for r in results if r.method == "default"}
    assert 0.5 < found["one_shot_4way"] < 0.9
    # Of the impostors that concern it, a third are of the kind beside: for two of four kinds.
    assert found["false_accepts"] == pytest.approx((0 + 0 + 1 / 3 + 1 / 3) / 4, abs=0.05)
    assert found["false_accepts_said"] < 0.2
    mean = found["false_accepts"] / found["false_accepts_said"]
    assert found["false_accepts_times"] > mean  # the worst kind is worse than the mean


def test_loss_falls_on_a_handful_of_sounds():
    still = replace(TINY, mix=0.0, noise=0.0, label_smoothing=0.0, mask_frames=0, mask_bands=0)
    pictures, labels = data.generated(still, seed=0)
    weights = augmentation.class_weights(labels)
    keras.utils.set_random_seed(0)
    model = build_classifier(build(still), still.generated.generated_kinds, still.network)
    model.compile(
        keras.optimizers.Adam(0.01),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    batches = augmentation.AugmentedWindows(pictures, labels, weights, still, seed=0)
    losses = [float(model.train_on_batch(*batches[index])) for index in range(120)]
    assert np.mean(losses[-10:]) < 0.3 * np.mean(losses[:3])


def test_clips_of_one_recording_are_not_compared():
    listed = (("a", "x", "1"), ("b", "x", "1"), ("c", "x", "2"), ("d", "y", "3"))
    recordings = tuple(Recording(n, kind, source, 0, Path(n)) for n, kind, source in listed)
    split = data.Split("any", (), recordings)
    tested = measure.Tested.of(split, np.arange(4.0)[:, None])
    pairs = tested.pairs()
    assert sorted(zip(pairs.distances.tolist(), pairs.same.tolist(), strict=True)) == [
        (1.0, False), (1.0, True), (2.0, False), (2.0, True), (3.0, False)
    ]  # fmt: skip
    pairs = tested.pairs(anchor="y")
    assert not pairs.same.any()
    assert len(pairs.distances) == 3
