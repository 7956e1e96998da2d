from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts
from mmdemo.demos.story_qa import data, infer, train
from mmdemo.demos.story_qa.config import BOOK, TINY, Config
from mmdemo.demos.story_qa.model import build

# Keras copies arrays in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TINY_BOOK = dataclasses.replace(BOOK, epochs=2, steps=5, batch=16)


@pytest.mark.parametrize(("preset", "config"), [("default", TINY), ("book", TINY_BOOK)])
def test_own_data_end_to_end(tmp_path: Path, own_data: Path, monkeypatch, preset, config: Config):
    """Trained on one's own files, measured, stored, measured alike, and used by the page."""
    monkeypatch.setitem(train.PRESETS, preset, config)
    folder = tmp_path / "weights" / "story_qa" / preset
    run = Run("story_qa", preset, folder, tmp_path / "work", data=own_data)
    train.train(run)
    artifacts.verify(folder)
    results = artifacts.read_results(folder)
    assert {r.method for r in results} == {
        preset,
        "most_frequent_answer",
        "logistic_regression_on_words",
    }
    assert {r.task for r in results} == {"all_tasks", "both", "where"}
    assert {r.n for r in results} == {18, 8, 10}
    stored = json.loads((folder / "preprocess.json").read_text())
    assert set(stored["answers"]) <= set(("bathroom", "bedroom", "garden", "hallway", "kitchen",
                                          "office"))  # fmt: skip
    again = train.evaluate(run)
    assert [r.value for r in again] == pytest.approx([r.value for r in results], abs=1e-4)

    from mmdemo.core.serve import runtime

    monkeypatch.setenv("MMDEMO_WEIGHTS", str(tmp_path / "weights"))
    runtime.cache.clear()
    try:
        found = infer.answer("Mary went to the garden.", "Where is Mary?", preset)
    finally:
        runtime.cache.clear()
    assert found.answer in stored["answers"]


def test_loss_falls_on_a_handful_of_questions():
    tasks = [t for t in data.generated(8) if t.name in ("qa1", "qa6")]
    tokenizer, answers = data.vocabulary(tasks)
    config = dataclasses.replace(TINY, vocabulary=len(tokenizer), answers=len(answers), dropout=0.0)
    questions = [q for t in tasks for q in t.train]
    examples = data.examples(questions, tokenizer, answers, config)
    inputs = examples.batch(np.arange(len(examples)), config)
    keras.utils.set_random_seed(0)
    network = build(config)
    trainee = keras.Model(network.inputs, network.outputs[0])
    trainee.compile(
        keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        jit_compile=False,
    )
    losses = [float(trainee.train_on_batch(inputs, examples.answers)) for _ in range(80)]
    assert losses[-1] < 0.1 * losses[0]


def test_batches_cover_the_epoch_and_follow_the_weights():
    tasks = data.generated(20)[:3]
    tokenizer, answers = data.vocabulary(tasks)
    config = dataclasses.replace(TINY, steps=6)
    packed = [data.examples(t.train, tokenizer, answers, config) for t in tasks]
    batches = train.Batches(packed, config, seed=0)
    assert len(batches) == 6
    sizes = [batches[i][0][0].shape for i in range(6)]
    assert all(shape[0] == config.batch for shape in sizes)
    assert sizes[0][1] == min(s[1] for s in sizes)
    assert sizes[1][1] == max(s[1] for s in sizes)
    first = [batches[i][1].tolist() for i in range(6)]
    batches.draw(0, np.ones(3))
    assert [batches[i][1].tolist() for i in range(6)] == first
    batches.draw(1, np.array([0.0, 1.0, 0.0]))
    assert all((group[:, 0] == 1).all() for group in batches.groups)


def test_baselines():
    task = next(t for t in data.generated(60) if t.name == "qa6")
    assert 0.3 < train._most_frequent(task).mean() <= 1
    assert train._bag_of_words(task).shape == (12,)


def test_published_means_are_those_of_their_tasks():
    assert np.mean(train.WESTON_LSTM) == pytest.approx(49.2)
    assert np.mean(train.KERAS_BABI_RNN) == pytest.approx(57.8)
