"""What is no digit: how it is told, how it is measured, and what the stored figures say."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.errors import DataMissing, UserError
from mmdemo.core.media.audio import Clip
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts
from mmdemo.demos.corrnet import DEMO, data, digits, infer, nondigits, outputs, refusal, synthesis
from mmdemo.demos.corrnet.refusal import Heard, Limits

from .conftest import word
from .test_train import lesson, spoken

STORED = Path(__file__).parent / "heard.npz"
"""Words as the network hears them, by the test's voices of espeak-ng, in bytes `(n, 32, 40)`:
`others` and `digits`; written by `synthesis.samples` and `speech.view`."""


def figure(metric: str, method: str, foreign: bool) -> float:
    (value,) = (
        result.value
        for result in artifacts.read_results(artifacts.locate(DEMO.model_id("digits")))
        if (result.metric, result.method, result.foreign) == (metric, method, foreign)
    )
    return value


# === The trained network ===


def test_other_words_are_refused_and_digits_are_not():
    loaded = runtime.model(digits.DIGITS)
    refused = {}
    with np.load(STORED) as stored:
        for kind in ("others", "digits"):
            views = stored[kind].astype(np.float32) / 255
            heard = outputs.forward(loaded.call, loaded.config, right=views).heard
            refused[kind] = float((heard[:, -1] > loaded.preprocess["listener"]["none"]).mean())
    assert refused["others"] >= 0.85
    assert refused["digits"] <= 0.1


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="the synthesiser espeak-ng is not here")
def test_words_of_the_synthesiser_are_refused():
    texts = ["banana", "Elizabeth", "umbrella", "history", "good morning"]
    refused = 0
    for text in texts:
        sound = synthesis.samples(synthesis.Utterance(text, "en-us+f4", 150, 50))
        try:
            infer.see(Clip(sound, 8000))
        except UserError as error:
            refused += "does not sound like a digit" in str(error)
    assert refused >= 4


@pytest.mark.parametrize("foreign", [False, True])
def test_stored_figures_keep_what_was_asked(foreign):
    """Nearly 90 of 100 other words refused, at most 5 of 100 true digits."""
    assert figure("words_refused", "default", foreign) >= 0.85
    assert figure("digits_refused", "default", foreign) <= 0.05
    for metric in ("words_refused", "music_refused", "noises_refused", "animals_refused"):
        assert figure(metric, "default", foreign) > figure(metric, "reader_alone", foreign)


def test_more_of_the_wrong_ones_are_warned_of():
    assert figure("wrong_warned", "default", True) > 0.43
    assert figure("wrong_warned", "default", True) > figure("wrong_warned", "reader_alone", True)


# === Saying so ===


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch):
    """`listening(none, agreed)`: the listener's limits, set so that a generated word meets them."""

    def set_limits(none: float, agreed: float) -> None:
        loaded = runtime.model(digits.DIGITS)
        limits = {"none": none, "agreed": agreed}
        monkeypatch.setitem(loaded.preprocess, "listener", limits)

    return set_limits


def test_what_is_no_digit_is_refused_in_plain_words(listening):
    listening(none=-1.0, agreed=0.0)
    with pytest.raises(UserError, match="does not sound like a digit"):
        infer.see(Clip(word(), 8000))


def test_a_doubtful_digit_gets_a_caution(listening):
    listening(none=1.0, agreed=1.1)
    assert "grain of salt" in infer.see(Clip(word(), 8000)).note
    listening(none=1.0, agreed=-1.0)
    assert infer.see(Clip(word(), 8000)).note == ""


# === Training material ===


def test_training_and_test_share_no_word_and_no_voice():
    texts = {}
    for split in ("train", "test"):
        words, names, phrases = synthesis.vocabulary(split)
        texts[split] = {part for text in [*words, *names, *phrases] for part in text.split()}
        assert not texts[split] & set(synthesis.DIGITS)
    assert not texts["train"] & texts["test"]
    assert sum(map(len, synthesis.vocabulary("test"))) == 100
    assert not set(synthesis.VOICES["train"]) & set(synthesis.VOICES["test"])


def test_missing_synthesiser_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataMissing, match="apt-get install espeak-ng"):
        synthesis.samples(synthesis.Utterance("one", "en-gb", 150, 50))


def test_batches_hold_digits_and_none(monkeypatch):
    monkeypatch.setattr(nondigits, "COPIES", dict.fromkeys(nondigits.SHARES, 40))
    rng = np.random.default_rng(0)
    pools = {**lesson(0), **nondigits.lesson_of(spoken(), spoken(), rng)}
    views, classes = next(nondigits.batches(pools, 400, rng))
    assert views.shape == (400, 32, 40)
    assert set(classes) == {*range(10), nondigits.NONE}
    assert 0.4 < (classes == nondigits.NONE).mean() < 0.6
    assert sum(nondigits.SHARES.values()) == pytest.approx(1)


def test_a_digit_taken_apart_is_no_digit_of_the_set():
    people = spoken()
    rng = np.random.default_rng(0)
    for _ in range(20):
        made = nondigits.taken_apart(people, rng)
        assert made.shape[1] == people.words[0].shape[1]
        assert not any(np.array_equal(made, each) for each in people.words)


# === Measuring ===


def heard(none: list[float], agreed: list[float], named: list[int]) -> Heard:
    return Heard(np.array(named), np.array(agreed), np.array(none), np.array(agreed))


def test_limits_refuse_and_doubt_the_shares_that_are_asked():
    rng = np.random.default_rng(0)
    some = heard(rng.random(1000), rng.random(1000), [0] * 1000)
    limits = Limits.of([some])
    refused = limits.refused(some)
    assert refused["default"].mean() == pytest.approx(refusal.REFUSED, abs=0.002)
    assert refused["reader_alone"].mean() == pytest.approx(refusal.REFUSED, abs=0.002)


def test_cautions_count_wrong_and_right_ones():
    limits = Limits(none=0.5, agreed=0.3, share=0.1, share_doubted=0.3)
    said = data.Spoken([], np.array([1, 2, 3, 4]), np.array(["a"] * 4), np.arange(4))
    made = heard([0.9, 0.0, 0.0, 0.0], [0.9, 0.2, 0.9, 0.2], [0, 0, 3, 4])
    values = {
        (r.method, r.metric): r.value for r in refusal.cautions("some", [made], [said], [limits])
    }
    assert values["default", "named_wrongly"] == 0.5
    assert values["default", "wrong_warned"] == 1.0
    assert values["default", "right_warned"] == 0.5
    assert values["reader_alone", "wrong_warned"] == 0.5
