"""Training runs on generated data, and its protocols."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.data import handwritten
from mmdemo.core.data.handwritten import Images
from mmdemo.core.errors import DataMissing
from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.corrnet import (
    DEMO,
    abroad,
    config,
    data,
    measure,
    nondigits,
    refusal,
    speech,
    train,
)
from mmdemo.demos.corrnet.config import BOOK, DIGITS, HALVES, NAMES, PAPER

from .conftest import word


def images(count: int) -> Images:
    """A bright bar whose column tells the digit."""
    digits = np.arange(count) % 10
    pixels = np.random.default_rng(0).random((count, 28, 28)).astype("f4") * 0.2
    for picture, digit in zip(pixels, digits, strict=True):
        picture[4:24, 4 + 2 * digit : 6 + 2 * digit] = 1
    return Images(pixels, digits)


def spoken() -> data.Spoken:
    """Ten words of two speakers, six takes each, told apart by their pitch."""
    who = [(d, s, t) for d in range(10) for s in ("ada", "bob") for t in (0, 1, 2, 5, 6, 7)]
    words = [speech.find_word(word(0.3, 150 + 60 * d, seed=t)).decibels for d, _, t in who]
    digits, speakers, takes = (np.array(column) for column in zip(*who, strict=True))
    return data.Spoken(words, digits, speakers, takes)


def names_list(language: str, split: str) -> data.Names:
    letters = dict(zip("abcdefghij", "абцдефгхиј", strict=True))
    rng = np.random.default_rng(["train", "dev", "test"].index(split))
    english = ["".join(rng.choice(list(letters), 5)) for _ in range(60)]
    return data.Names(language, english, ["".join(letters[c] for c in n) for n in english])


def hums(count: int) -> list[np.ndarray]:
    """What is no digit: words far above the digits' pitch."""
    return [speech.find_word(word(0.2, 1200 + 40 * i, seed=i)).decibels for i in range(count)]


def lesson(seed: int) -> nondigits.Pools:
    rng = np.random.default_rng(seed)
    none = np.full(3, nondigits.NONE)
    return {
        "synthesiser": nondigits.altered("synthesiser", spoken().words, spoken().digits, rng),
        "words": nondigits.altered("words", hums(3), none, rng),
        "sounds": nondigits.altered("sounds", hums(3), none, rng),
    }


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Everything small: sets, networks, CCA."""
    monkeypatch.setattr(handwritten, "mnist", lambda split, limit=None: images(400))
    monkeypatch.setattr(data, "fsdd", spoken)
    monkeypatch.setattr(data, "xlit", names_list)
    monkeypatch.setattr(data, "TRAINING_IMAGES", 300)
    cca = {"halves": (20,), "digits": 20, "names": (20, 30)}
    monkeypatch.setattr(measure, "CCA_COMPONENTS", cca)
    monkeypatch.setattr(measure, "HALVES_CODE", 5)
    monkeypatch.setattr(measure, "HELD_OUT", 150)
    monkeypatch.setattr(nondigits, "COPIES", dict.fromkeys(nondigits.SHARES, 60))
    monkeypatch.setattr(nondigits, "lesson", lesson)
    strangers = refusal.Strangers({"words": [*hums(3), None], "music": hums(2)}, spoken())
    monkeypatch.setattr(refusal.Strangers, "read", lambda: strangers)
    monkeypatch.setattr(nondigits, "OWN", 20)
    monkeypatch.setattr(abroad, "talker", spoken)
    monkeypatch.setattr(handwritten, "pens", lambda: images(50))
    monkeypatch.setattr(train, "PAPER", replace(PAPER, code=5, epochs=1, batch=50))
    presets = {
        "halves/default": replace(HALVES, code=5, encoder=(8,), decoder=(8,), epochs=1, batch=50),
        "halves/book": replace(BOOK, epochs=1, batch=50),
        "digits/default": replace(
            DIGITS,
            **{"filters": (2,), "encoder": (8,), "decoder": (8,), "listener": (2,)},
            **{"epochs": 1, "steps": 2, "batch": 20},
        ),
        "names_hebrew/default": replace(NAMES, left=(64,), right=(64,), code=8, epochs=1, batch=20),
    }
    for name, preset in presets.items():
        monkeypatch.setitem(config.PRESETS, name, preset)

    def make(name: str) -> Run:
        return Run(DEMO.model_id(name), tmp_path / "weights" / name, tmp_path / "work")

    return make


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", ["halves/default", "halves/book", "digits/default", "names_hebrew/default"]
)
def test_train_writes_weights_that_evaluate_alike(small, name):
    run = small(name)
    experiment.train(run)
    artifacts.verify(run.folder)
    results = artifacts.read_results(run.folder)
    assert any(result.method in ("default", "book") for result in results)
    again = experiment.evaluate(run)
    assert [r.metric for r in again] == [r.metric for r in results]
    assert [r.value for r in again] == pytest.approx([r.value for r in results], abs=1e-4)


def test_speakers_and_takes_are_kept_apart():
    everything = spoken()
    known, test = data.official(everything)
    assert set(known.takes) & set(test.takes) == set()
    assert len(known.words) + len(test.words) == len(everything.words)
    for speaker, others, left_out in data.unseen_speakers(everything):
        assert set(left_out.speakers) == {speaker}
        assert speaker not in others.speakers


def test_pairs_show_and_say_one_digit():
    ((pictures, words),) = next(
        data.digit_pairs(images(100), spoken(), 200, np.random.default_rng(0))
    )
    assert pictures.shape == (200, 28, 28)
    assert words.shape == (200, 32, 40)
    assert 0 <= pictures.min() <= pictures.max() <= 1
    assert 0 <= words.min() <= words.max() <= 1


def test_damaged_set_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("MMDEMO_DATA", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    for part in ("train-images-idx3", "train-labels-idx1", "t10k-labels-idx1"):
        (tmp_path / "mnist" / f"{part}-ubyte.gz").write_bytes(b"not gzip")
    with pytest.raises(DataMissing, match="train-images"):
        handwritten.mnist("train")
