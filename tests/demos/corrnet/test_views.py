"""From uploads to views: drawings, words, names."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.core.media import handwriting
from mmdemo.demos.corrnet import names, speech

from .conftest import word

# === Drawings ===


def test_drawing_has_the_form_of_mnist(drawn):
    for image in drawn.values():
        found = handwriting.digit(image)
        assert found.shape == (28, 28)
        rows = np.flatnonzero(found.max(axis=1) > 0.1)
        assert 17 <= rows[-1] - rows[0] + 1 <= 22
        y, x = np.indices(found.shape)
        assert (found * y).sum() / found.sum() == pytest.approx(13.5, abs=0.6)
        assert (found * x).sum() / found.sum() == pytest.approx(13.5, abs=0.6)


def test_paper_may_be_dark_shaded_or_large(drawn):
    image = drawn["three"]
    plain = handwriting.digit(image)
    shade = np.linspace(0.6, 1.0, image.shape[1])[None, :, None]
    for other in (255 - image, np.uint8(image * shade), np.kron(image, np.ones((3, 3, 1), "u1"))):
        assert np.abs(handwriting.digit(other) - plain).mean() < 0.04


@pytest.mark.parametrize("level", [0, 128, 255])
def test_blank_picture_is_refused(level):
    with pytest.raises(UserError, match="nothing drawn"):
        handwriting.digit(np.full((200, 200, 3), level, np.uint8))


def test_several_digits_are_refused(drawn):
    with pytest.raises(UserError, match="several"):
        handwriting.digit(np.concatenate([drawn["three"], drawn["five"]], axis=1))


# === Words ===


def test_silence_gain_and_noise_do_not_move_the_word():
    samples = word()
    plain = speech.view(speech.find_word(samples).decibels)
    quiet = np.concatenate([np.zeros(8000), 0.01 * samples, np.zeros(4000)]).astype("f4")
    noise = np.random.default_rng(1).normal(0, 1e-5, len(quiet)).astype("f4")
    found = speech.view(speech.find_word(quiet + noise).decibels)
    assert np.abs(found - plain).mean() < 0.05


def test_loudest_of_several_words_is_taken():
    low, high = word(pitch=200), word(pitch=500)
    gap = np.zeros(4000, np.float32)
    found = speech.find_word(np.concatenate([0.5 * low, gap, high]))
    assert found.others == 1
    assert np.abs(speech.view(found.decibels) - speech.view(speech.spectrogram(high))).mean() < 0.06


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(0, "f4"), "empty"),
        (np.zeros(8000, "f4"), "silent"),
        (np.full(8000, np.nan, "f4"), "damaged"),
        (np.sin(np.arange(80_000) * 0.3).astype("f4"), "no short word"),
        (np.random.default_rng(0).normal(0, 0.1, 80_000).astype("f4"), "no short word"),
    ],
)
def test_what_is_no_word_is_refused(samples, message):
    with pytest.raises(UserError, match=message):
        speech.find_word(samples)


def test_playback_says_what_was_shown():
    picture = speech.view(speech.find_word(word()).decibels)
    samples = speech.sound(picture, 0.4)
    assert samples.dtype == np.float32
    assert 0.35 < len(samples) / speech.RATE < 0.5
    again = speech.view(speech.find_word(samples).decibels)
    assert np.corrcoef(again.ravel(), picture.ravel())[0, 1] > 0.85


def test_playback_is_bounded():
    assert len(speech.sound(np.ones((32, 40), "f4"), 1e9)) < 2 * speech.RATE


# === Names ===


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("Kämpfe", "english"),
        ("O'Neill", "english"),
        ("هشام", "arabic"),
        ("大卫", "chinese"),
        ("דוד", "hebrew"),
        ("Владимир", "russian"),
    ],
)
def test_script_tells_the_language(name, language):
    assert names.language(name) == language


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Type a name"),
        ("  ", "Type a name"),
        ("Ада Lovelace", "One word"),
        ("Владimir", "mixes scripts"),
        ("Ελένη", "has not learnt"),
        ("R2D2", "has not learnt"),
        ("🙂", "has not learnt"),
        ("a" * 41, "at most"),
    ],
)
def test_what_is_no_name_is_refused(name, message):
    with pytest.raises(UserError, match=message):
        names.language(name)


def test_names_are_read_alike():
    assert names.normalise(" JOSÉ-María ") == "josemaria"
    assert names.normalise("Майкл") == "майкл"  # the breve belongs to the letter


def test_grams_have_length_one_and_depend_on_the_ends():
    first, second = names.grams(["anna", "nnaa"], 512, (1, 2, 3)).toarray()
    assert np.linalg.norm(first) == pytest.approx(1)
    assert not np.allclose(first, second)
