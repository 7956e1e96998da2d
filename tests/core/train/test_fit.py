"""core.train.fit: an interrupted run ends as an uninterrupted one does."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from mmdemo.core.demo import ModelId
from mmdemo.core.train import fit as fitting
from mmdemo.core.train.fit import Run, fit


@dataclass(frozen=True)
class Config:
    units: int = 2
    rates: tuple[float, ...] = (0.1,)


DEFAULT, BOOK = ModelId("siamese_face", "", "default"), ModelId("siamese_face", "", "book")
X = np.linspace(-1, 1, 16, dtype="float32").reshape(8, 2)
Y = (X @ np.array([[1.0], [2.0]]) + 0.5).astype("float32")


def network():
    """Always the same start; momentum, so that the optimiser's state matters."""
    keras.utils.set_random_seed(1)
    made = keras.Sequential([keras.Input((2,)), layers.Dense(3), layers.Dense(1)])
    made.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse", jit_compile=False)
    return made


def run_fit(stage, epochs=5, made=None, **options):
    made = made or network()
    options = {"batch_size": 8, **options}
    return made, fit(made, X, y=Y, stage=stage, epochs=epochs, seed=0, **options)


class Interrupt(keras.callbacks.Callback):
    """Pulls the plug at the end of an epoch's training, or in the middle of one."""

    def __init__(self, epoch, where):
        super().__init__()
        self.at = epoch
        self.where = where
        self.now = -1

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.now, self.where) == (self.at, "batch"):
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        if (epoch, self.where) == (self.at, "epoch"):
            raise KeyboardInterrupt

    def on_train_end(self, logs=None):
        if self.where == "end":
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    made, rows = run_fit(tmp_path_factory.mktemp("whole") / "net")
    return [np.array(w) for w in made.get_weights()], rows


def test_history(uninterrupted):
    _, rows = uninterrupted
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3, 4]
    assert rows[-1]["loss"] < rows[0]["loss"]


@pytest.mark.parametrize(("epoch", "where"), [(2, "batch"), (2, "epoch"), (4, "epoch"), (4, "end")])
def test_an_interrupted_fit_ends_as_an_uninterrupted_one(tmp_path, uninterrupted, epoch, where):
    stage = tmp_path / "net"
    with pytest.raises(KeyboardInterrupt):
        run_fit(stage, callbacks=[Interrupt(epoch, where)])
    assert not (stage / "finished.weights.h5").exists()
    resumed, rows = run_fit(stage)
    weights, expected = uninterrupted
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["loss"] for row in rows] == pytest.approx([row["loss"] for row in expected])
    for new, old in zip(resumed.get_weights(), weights, strict=True):
        assert new == pytest.approx(old, abs=1e-6)


def test_a_kill_between_the_row_and_the_checkpoint_leaves_one_row_per_epoch(tmp_path):
    stage = tmp_path / "net"
    with pytest.raises(KeyboardInterrupt):
        run_fit(stage, callbacks=[Interrupt(2, "epoch")])
    with (stage / "history.csv").open("a") as file:
        file.write("3,99.0\n")
    _, rows = run_fit(stage)
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3, 4]
    assert rows[3]["loss"] < 99


def test_an_epoch_without_a_metric_leaves_its_cell_empty(tmp_path):
    file = fitting.HistoryFile(tmp_path / "history.csv")
    file.on_epoch_end(0, {"loss": 2.0, "val_loss": 3.0})
    file.on_epoch_end(1, {"loss": 1.0})
    file.on_epoch_end(2, {"val_loss": 2.0, "loss": 0.5, "late": 1.0})
    assert fitting._read(tmp_path / "history.csv") == [
        {"epoch": 0, "loss": 2.0, "val_loss": 3.0},
        {"epoch": 1, "loss": 1.0},
        {"epoch": 2, "loss": 0.5, "val_loss": 2.0},
    ]


def test_what_is_finished_is_not_trained_again(tmp_path, monkeypatch):
    stage = tmp_path / "net"
    first, rows = run_fit(stage)
    assert sorted(p.name for p in stage.iterdir()) == [
        "finished.weights.h5",
        "hardware.txt",
        "history.csv",
    ]
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained again"))
    second, again = run_fit(stage)
    assert again == rows
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        assert np.array_equal(a, b)


def test_a_callback_may_change_the_weights_at_the_end(tmp_path):
    class Zero(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            self.model.set_weights([0 * w for w in self.model.get_weights()])

    run_fit(tmp_path / "net", 1, callbacks=[Zero()])
    again, _ = run_fit(tmp_path / "net", 1)
    assert not any(w.any() for w in again.get_weights())


# === Run ===


@pytest.fixture
def run(tmp_path):
    return Run(
        DEFAULT,
        folder=tmp_path / "weights" / "siamese_face" / "default",
        work=tmp_path / "work",
    )


def test_a_stage_is_kept_apart_from_every_other_setting(run):
    stages = {
        run.stage("fold0", Config()),
        run.stage("fold1", Config()),
        run.stage("fold0", Config(units=3)),
        run.stage("fold0", Config(rates=(0.1, 0.2))),
        replace(run, seed=1).stage("fold0", Config()),
        replace(run, epochs=3).stage("fold0", Config()),
        replace(run, data=Path("/photos")).stage("fold0", Config()),
        replace(run, options={"target": ("age:regression",)}).stage("fold0", Config()),
        run.stage("fold0", Config(), "checksum of what it starts from"),
        replace(run, model_id=BOOK).stage("fold0", Config()),
    }
    assert len(stages) == 10
    assert run.stage("fold0", Config()) == replace(run, started=0.0).stage("fold0", Config())
    assert all(run.work in stage.parents for stage in stages)


def test_forget_deletes_the_preset_s_checkpoints_and_no_others(run):
    book = replace(run, model_id=BOOK)
    for each in (run, book):
        each.stage("final", Config()).mkdir(parents=True)
    run.forget()
    assert not run.stage("final", Config()).exists()
    assert book.stage("final", Config()).exists()
    run.forget()


def test_provenance(run):
    facts = fitting.provenance(replace(run, seed=3, epochs=2))
    assert json.loads(json.dumps(facts)) == facts
    assert facts["command"] == (
        "python -m mmdemo train siamese_face --preset default --seed 3 --epochs 2"
    )
    assert facts["versions"]["keras"] == keras.__version__
    assert facts["wall_time_seconds"] >= 0
    assert facts["data"] is None
    revision = facts["git_revision"]
    assert revision is None or len(revision) == 40


def test_wall_time_counts_the_epochs_of_earlier_calls(run):
    """An interrupted run, taken up an hour later: its first epochs count, the pause does not."""
    stage = run.stage("final", Config())
    run_fit(stage)
    spent = sum(row["seconds"] for row in fitting._rows(stage / "history.csv"))
    assert spent > 0
    later = replace(run, started=run.started + 3600, stages=[])
    assert fitting.provenance(later)["wall_time_seconds"] < 0  # nothing taken up, and no time yet
    again = later.stage("final", Config())
    assert again == stage
    found = fitting.provenance(later)["wall_time_seconds"] + 3600
    assert found == pytest.approx(spent + fitting.time.time() - run.started, abs=0.2)


def test_provenance_names_own_data_even_when_it_is_the_current_folder(run, tmp_path, monkeypatch):
    (tmp_path / "family").mkdir()
    monkeypatch.chdir(tmp_path / "family")
    facts = fitting.provenance(replace(run, data=Path(".")))
    assert facts["data"] == "family"
    assert "--data family" in facts["command"]


def test_provenance_repeats_the_task_and_the_demo_s_own_options(run, tmp_path):
    named = replace(
        run,
        model_id=ModelId("author_profile", "posts", "default"),
        data=tmp_path,
        options={"target": ("age:regression", "gender:binary")},
    )
    assert fitting.provenance(named)["command"] == (
        f"python -m mmdemo train author_profile/posts --preset default --data {tmp_path.name} "
        "--target age:regression --target gender:binary"
    )


def test_work_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MMDEMO_WORK", str(tmp_path))
    assert fitting.default_work() == tmp_path
    monkeypatch.delenv("MMDEMO_WORK")
    assert fitting.default_work().parts[-3:] == (".cache", "mmdemo", "work")
