from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.story_qa import DEMO, config, data, infer, measure, train
from mmdemo.demos.story_qa.config import BOOK, TINY
from mmdemo.demos.story_qa.model import build

# Keras copies arrays in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TINY_BOOK = replace(BOOK, epochs=2, steps=5, batch=16)


@pytest.mark.parametrize(("preset", "tiny"), [("default", TINY), ("book", TINY_BOOK)])
def test_own_data_end_to_end(tmp_path: Path, own_data: Path, monkeypatch, preset, tiny):
    """Trained on one's own files, measured, stored, measured alike, and used by the page."""
    monkeypatch.setitem(config.PRESETS, preset, tiny)
    model_id = DEMO.model_id(preset)
    folder = tmp_path / "weights" / str(model_id)
    run = Run(model_id, folder, tmp_path / "work", data=own_data)
    experiment.train(run)
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
    again = experiment.evaluate(run)
    assert [r.value for r in again] == pytest.approx([r.value for r in results], abs=1e-4)

    from mmdemo.core.serve import runtime

    monkeypatch.setenv("MMDEMO_WEIGHTS", str(tmp_path / "weights"))
    runtime.cache.clear()
    try:
        found = infer.answer("Mary went to the garden.", "Where is Mary?", preset)
    finally:
        runtime.cache.clear()
    assert found.answer in stored["answers"]


def test_loss_falls_on_a_handful_of_questions(told_tasks):
    tasks = [t for t in told_tasks(10) if t.name in ("qa1", "qa6")]
    tokenizer, answers = data.vocabulary(tasks)
    tiny = replace(TINY, vocabulary=len(tokenizer), answers=len(answers), dropout=0.0)
    questions = [q for t in tasks for q in t.train]
    examples = data.examples(questions, tokenizer, answers, tiny)
    inputs = examples.batch(np.arange(len(examples)), tiny)
    keras.utils.set_random_seed(0)
    network = build(tiny)
    trainee = keras.Model(network.inputs, network.outputs[0])
    trainee.compile(
        keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        jit_compile=False,
    )
    losses = [float(trainee.train_on_batch(inputs, examples.answers)) for _ in range(80)]
    assert losses[-1] < 0.1 * losses[0]


def test_batches_cover_the_epoch_and_follow_the_weights(told_tasks):
    tasks = told_tasks(20)[:3]
    tokenizer, answers = data.vocabulary(tasks)
    tiny = replace(TINY, steps=6)
    packed = data.examples([q for t in tasks for q in t.train], tokenizer, answers, tiny)
    sizes = [len(t.train) for t in tasks]
    batches = train.Batches(packed, sizes, tiny, seed=0)
    assert len(batches) == 6
    shapes = [batches[i][0][0].shape for i in range(6)]
    assert all(shape[0] == tiny.training.batch for shape in shapes)
    assert shapes[0][1] == min(s[1] for s in shapes)
    assert shapes[1][1] == max(s[1] for s in shapes)
    first = [batches[i][1].tolist() for i in range(6)]
    batches.draw(np.ones(3))
    assert [batches[i][1].tolist() for i in range(6)] == first
    batches.epoch = 1
    batches.draw(np.array([0.0, 1.0, 0.0]))
    second = range(sizes[0], sizes[0] + sizes[1])
    assert all(row in second for group in batches.groups for row in group)


def test_baselines(told_tasks):
    task = next(t for t in told_tasks(60) if t.name == "qa6")
    assert 0.3 < measure.most_frequent(task).mean() <= 1
    assert measure.bag_of_words(task).shape == (12,)


def test_published_means_are_those_of_their_tasks():
    assert np.mean(measure.WESTON_LSTM) == pytest.approx(49.2)
    assert np.mean(measure.KERAS_BABI_RNN) == pytest.approx(57.8)
