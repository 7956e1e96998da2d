"""What demos that compare by one example answer alike, with numbers for samples."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.core.measure import decisions
from mmdemo.core.serve import one_shot, runtime
from mmdemo.demos.siamese_face import DEMO

LOW = np.linspace(0.0, 1.0, 20)
STORED = decisions.calibrate(np.concatenate([LOW, LOW + 0.7]), np.arange(40) < 20)


def read(path: Path) -> float:
    try:
        return float(path.read_text())
    except ValueError as error:
        raise UserError("That is no number.") from error


class Numbers(one_shot.OneShot[float]):
    def compare(self, one: float, other: float, preset: str) -> dict[str, Any]:
        return self.verify(one, other, preset).to_dict()


@pytest.fixture
def networks(monkeypatch) -> Numbers:
    """A number's embedding is itself; one preset adds a hundred."""

    def model(model_id):
        return SimpleNamespace(preprocess=STORED, more=100 * (model_id.preset == "book"))

    monkeypatch.setattr(runtime, "model", model)
    return Numbers(
        DEMO,
        lambda network, samples: np.array([[s + network.more] for s in samples], np.float32),
        read,
        "Give two numbers.",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, value in (("one", "1"), ("near", "1.1"), ("far", "9"), ("word", "seven")):
        (tmp_path / f"{name}.txt").write_text(value)
    (tmp_path / "known" / "nine").mkdir(parents=True)
    (tmp_path / "known" / "one.txt").write_text("1")
    (tmp_path / "known" / ".hidden").write_text("no number")
    (tmp_path / "known" / "nine" / "a.txt").write_text("9.2")
    return tmp_path


def test_embeddings_by_preset(networks):
    assert networks.embed(3.0, "book").tolist() == [103.0]
    assert {k: v.tolist() for k, v in networks.embed_all(3.0).items()} == {
        "default": [3.0],
        "book": [103.0],
    }
    with pytest.raises(UserError, match="No preset is called 'best'"):
        networks.embed(3.0, "best")


def test_a_mean_embedding_is_as_long_as_what_it_is_of(networks):
    networks = Numbers(
        DEMO,
        lambda network, samples: np.array([[np.cos(s), np.sin(s)] for s in samples], np.float32),
        read,
        "Give two numbers.",
    )
    means = networks.embed_mean([0.1, 0.5, 0.9])
    assert list(means) == ["default", "book"]
    assert means["default"] == pytest.approx([np.cos(0.5), np.sin(0.5)])


def test_verify_decides_at_the_threshold(networks):
    decision = networks.verify(1.0, 1.1)
    assert decision.same
    assert decision.threshold == STORED["threshold"]
    assert not networks.verify(1.0, 1.1, threshold=0.01).same


def test_two_files_are_compared(networks, folder):
    files = [folder / "one.txt", folder / "near.txt"]
    answer = networks.predict(files, "default", networks.compare)
    assert (answer["task"], answer["same"], answer["files"]) == (
        "verify",
        True,
        list(map(str, files)),
    )


def test_files_are_named_by_a_folder(networks, folder):
    files = [folder / "near.txt", folder / "far.txt"]
    answer = networks.predict([folder / "known", *files], "default", networks.compare)
    assert [each["name"] for each in answer["answers"]] == ["one", "nine"]
    strange = networks.predict([folder / "known", folder / "one.txt"], "book", networks.compare)
    assert [c["name"] for c in strange["answers"][0]["candidates"]] == ["one", "nine"]


def test_what_cannot_be_answered_is_said(networks, folder):
    with pytest.raises(UserError, match="Give two numbers"):
        networks.predict([folder / "one.txt"], "default", networks.compare)
    with pytest.raises(UserError, match=r"word\.txt: That is no number"):
        networks.predict([folder / "one.txt", folder / "word.txt"], "default", networks.compare)
    (folder / "empty").mkdir()
    with pytest.raises(UserError, match="holds no examples"):
        networks.predict([folder / "empty", folder / "one.txt"], "default", networks.compare)
    with pytest.raises(UserError, match="Nothing is enrolled"):
        networks.identify(np.zeros(1), np.zeros((0, 1)), [])
