"""The trained networks as the page uses them, with golden outputs."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.core.media.audio import Clip
from mmdemo.core.media.image import open_image
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts
from mmdemo.demos.corrnet import DEMO, examples, infer, outputs, scrawls, speech, tab

from .conftest import write_png, write_wav

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
every_network = pytest.mark.parametrize("model_id", DEMO.model_ids, ids=lambda m: m.name)


@every_network
def test_weights_are_whole_and_small(model_id):
    folder = artifacts.locate(model_id)
    artifacts.verify(folder)
    assert all(path.stat().st_size < 10e6 for path in folder.rglob("*"))


@every_network
def test_golden_outputs(model_id):
    loaded = runtime.model(model_id)
    config = loaded.config
    shape = config.network.left
    left = np.linspace(0, 1, int(np.prod(shape)), dtype="f4").reshape(1, *shape)
    made = outputs.forward(loaded.call, config, left=left)
    some = [*made.code[0, :5].tolist(), *made.right.ravel()[100:105].tolist()]
    assert some == pytest.approx(GOLDEN[model_id.name], abs=1e-4)


@pytest.mark.parametrize(("name", "digit"), [("three", 3), ("five", 5), ("seven", 7), ("two", 2)])
def test_drawn_digit_is_heard_and_seen_again(drawn, name, digit):
    found = infer.hear(drawn[name])
    assert found.digit == digit
    assert sum(found.probabilities) == pytest.approx(1)
    again = infer.see(Clip(found.sound(), speech.RATE))
    assert again.digit == digit
    assert again.picture.shape == (28, 28)


def test_recording_of_any_rate_gain_and_silence(drawn, tmp_path):
    import soxr

    samples = infer.hear(drawn["seven"]).sound()
    loud = soxr.resample(samples, speech.RATE, 44_100)
    silence = np.zeros(44_100, "f4")
    path = write_wav(tmp_path / "a.wav", np.concatenate([silence, 0.02 * loud, silence]), 44_100)
    assert infer.see(infer.load_sound(path)).digit == 7


def test_long_recording_says_that_it_was_cut(drawn, tmp_path):
    seven = infer.hear(drawn["seven"]).sound()
    path = write_wav(tmp_path / "long.wav", np.concatenate([seven, np.zeros(8000 * 40, "f4")]))
    assert "first 30 seconds" in infer.see(infer.load_sound(path)).note


def test_music_is_refused(tmp_path):
    chord = sum(np.sin(np.arange(80_000) * f) for f in (0.2, 0.25, 0.3))
    path = write_wav(tmp_path / "music.wav", (0.2 * chord).astype("f4"))
    with pytest.raises(UserError, match="no short word"):
        infer.see(infer.load_sound(path))


@pytest.mark.parametrize("hidden", infer.SIDES)
def test_shown_half_is_kept_and_hidden_half_is_made(drawn, hidden):
    found = infer.complete_half(drawn["three"], hidden)
    shown = np.s_[:, :14] if hidden == "right" else np.s_[:, 14:]
    made = np.s_[:, 14:] if hidden == "right" else np.s_[:, :14]
    for picture in found.completed.values():
        np.testing.assert_array_equal(picture[shown], found.picture[shown])
    assert found.completed["halves"][made].max() > 0.5
    assert not found.strange
    json.dumps(found.to_dict())


def test_half_a_letter_is_said_to_be_no_digit():
    letter = scrawls.printed(np.random.default_rng(0), "W")
    assert infer.complete_half(letter, "right").strange


def test_unknown_side_is_refused(drawn):
    with pytest.raises(UserError, match="left"):
        infer.complete_half(drawn["three"], "top")


def test_half_with_nothing_to_see_is_refused():
    image = np.full((28, 28), 0, np.uint8)
    image[4:24, 2:5] = 255
    wide = np.full((280, 280), 255, np.uint8)
    wide[40:240, 130:150] = 0  # a 1 lies in both halves
    infer.complete_half(wide, "left")


def test_map_needs_no_network():
    stored = infer.joint_map()
    assert len(stored["pictures"]) == len(stored["picture_digits"])
    assert set(stored["word_digits"]) == set(range(10))


@pytest.mark.parametrize("pair", examples.PAIRS[:4])
def test_same_names(pair):
    assert infer.same_name(*pair).same
    assert infer.same_name(*reversed(pair)).same


def test_different_names():
    assert not infer.same_name("Peter", "Тамара").same


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("Anna", "Maria", "must be in English"),
        ("Анна", "Мария", "must be in English"),
        ("", "Мария", "Type a name"),
        ("Anna", "Мarия", "mixes"),
    ],
)
def test_bad_pairs_of_names(first, second, message):
    with pytest.raises(UserError, match=message):
        infer.same_name(first, second)


@pytest.mark.parametrize("language", ["arabic", "chinese", "hebrew", "russian"])
def test_names_are_found_in_the_other_script(language):
    english, foreign = examples.candidates("english"), examples.candidates(language)
    assert len(english) == len(foreign)
    first = sum(
        infer.rank_names(name, foreign)[0].name == answer
        for name, answer in zip(english[::4], foreign[::4], strict=True)
    )
    assert first >= 6  # of 10
    assert infer.rank_names(foreign[0], english)[0].name == english[0]


def test_candidates_that_do_not_fit():
    with pytest.raises(UserError, match="None of the candidates"):
        infer.rank_names("Anna", ["Maria", "", "42"])


def test_predict_takes_each_kind_of_file(drawn, tmp_path):
    picture = write_png(tmp_path / "a.png", drawn["five"])
    assert infer.predict([picture], "digits")[str(picture)]["digit"] == 5
    assert set(infer.predict([picture], "book")[str(picture)]) == {"hidden_left", "hidden_right"}
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("Vladimir\tВладимир\n", encoding="utf-8")
    assert infer.predict([pairs], "names_russian")[str(pairs)][0]["same"]
    pairs.write_text("Vladimir Владимир\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"pairs\.txt: Line 1"):
        infer.predict([pairs], "names_russian")
    with pytest.raises(UserError, match="No preset is called"):
        infer.predict([picture], "best")


def test_folder_is_completed(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "seven.png").write_bytes(examples.drawings()[2].read_bytes())
    with pytest.raises(UserError, match="add --complete"):
        infer.predict([folder], "digits")
    (report,) = infer.predict([folder], "digits", complete=True).values()
    assert report["made"] == ["seven.wav"]
    made = tmp_path / "mine-completed" / "seven.wav"
    assert infer.see(infer.load_sound(made)).digit == 7
    assert open_image(folder / "seven.png").shape == (280, 280, 3)


def test_page_needs_no_keras():
    code = (
        "import sys; import mmdemo.demos.corrnet.tab; "
        "print([m for m in ('keras', 'tensorflow', 'librosa', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_what_is_drawn_and_is_no_digit_is_told(drawn):
    assert not any(infer.hear(picture).strange for picture in drawn.values())
    for make in (scrawls.letter, scrawls.scribble, scrawls.shape):
        rng = np.random.default_rng(5)
        told = []
        while len(told) < 12:
            try:
                told.append(infer.hear(make(rng)).to_dict()["strange"])
            except UserError:  # several things
                continue
        assert np.mean(told) > 0.6


def test_a_weak_digit_is_no_verdict(drawn):
    found = infer.hear(drawn["five"])
    weak = dataclasses.replace(found, probability=0.35)
    assert "<h3>Perhaps 5</h3>" in tab._digit(weak, made_sound=True)
    assert "mm-yes" not in tab._digit(weak, made_sound=True)
    strange = tab._digit(dataclasses.replace(found, strange=True), made_sound=True)
    assert strange.index("does not look like any digit") < strange.index("<details>")
    assert "%" not in strange.split("<svg")[0].split("<img")[0].split("style=")[0]
