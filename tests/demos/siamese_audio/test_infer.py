"""With the weights that are shipped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.data import datasets
from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.media.audio import Clip
from mmdemo.demos.siamese_audio import examples, foreign, infer, speech

from .conftest import RATE, tone

PRESETS = pytest.mark.parametrize("preset", ["default", "book"])

# The five largest numbers of the embedding of tone(440, 2.0, seed=7), by their index. They change
# when the shipped weights are trained again, and never otherwise.
GOLDEN = {
    "default": {253: 0.21072, 501: 0.18136, 503: 0.19824, 506: 0.17154, 509: 0.18165},
    "book": {15: 5.068392, 35: 5.489179, 39: 6.102679, 45: 8.154608, 46: 6.425438},
}


def clip(frequency: float = 440, seconds: float = 2.0, seed: int = 7, gain: float = 1.0) -> Clip:
    return Clip(gain * tone(frequency, seconds, seed), RATE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    import soundfile

    root = tmp_path_factory.mktemp("sounds")
    for name, frequency in (("low", 200), ("high", 2400)):
        soundfile.write(root / f"{name}.wav", tone(frequency, 1.5), RATE)
    soundfile.write(root / "silent.wav", np.zeros(RATE), RATE)
    return root


@PRESETS
def test_golden_embedding(preset):
    found = infer.embed(clip(), preset)
    indices = list(GOLDEN[preset])
    assert np.sort(np.argsort(found)[-5:]).tolist() == indices
    np.testing.assert_allclose(found[indices], list(GOLDEN[preset].values()), rtol=2e-3)


@pytest.mark.parametrize("gain", [0.01, 0.1])
def test_gain_does_not_move_the_embedding(gain):
    assert np.linalg.norm(infer.embed(clip(gain=gain)) - infer.embed(clip())) < 1e-3


@pytest.mark.parametrize("seconds", [0.02, 0.1, 3.0, 60.0])
def test_any_length_is_embedded(seconds):
    found = infer.embed(clip(seconds=seconds))
    assert found.shape == (3 * 256,)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-4)


@PRESETS
def test_other_sample_rates_give_nearly_the_same(preset):
    low = infer.embed(clip(), preset)
    high = infer.embed(Clip(tone(440, 2.0, 7, rate=48_000), 48_000), preset)
    other = infer.embed(clip(frequency=3000), preset)
    assert np.linalg.norm(low - high) < np.linalg.norm(low - other)


@PRESETS
def test_a_sound_is_the_same_as_itself(preset):
    found = infer.verify(clip(), clip(), preset)
    assert found.distance == pytest.approx(0, abs=1e-5)
    assert found.same
    assert found.probability > 0.5
    assert 0 <= found.far <= 1
    assert 0 <= found.frr <= 1
    assert infer.compare(clip(), clip(), preset) == {
        **found.to_dict(),
        "note": infer.BOTH_STRANGE,  # they are tones
    }
    mel = infer.mel(clip())
    assert mel.shape == (64, 101)
    assert mel.max() == pytest.approx(0, abs=1e-4)
    assert mel.min() >= -80


def test_the_threshold_decides():
    one, two = clip(200), clip(2400)
    apart = infer.verify(one, two).distance
    assert infer.verify(one, two, threshold=apart + 0.01).same
    found = infer.verify(one, two, threshold=apart - 0.01)
    assert not found.same
    strict, lax = (infer.verify(one, two, threshold=t) for t in (0.0, 10.0))
    assert strict.far <= found.far <= lax.far == 1
    assert strict.frr >= found.frr >= lax.frr == 0


@PRESETS
def test_identify_names_the_nearest(preset):
    names = ["low", "high", "low"]
    matrix = np.stack([infer.embed(clip(pitch), preset) for pitch in (200, 2400, 230)])
    matches = infer.identify(infer.embed(clip(2400), preset), matrix, names, preset)
    assert [match.name for match in matches] == ["high", "low"]
    assert matches[0].distance == pytest.approx(0, abs=1e-4)
    assert matches[0].probability > matches[1].probability


def test_identify_says_what_is_missing():
    vector = infer.embed(clip())
    with pytest.raises(UserError, match="Nothing is enrolled"):
        infer.identify(vector, np.zeros((0, 256)), [])
    with pytest.raises(UserError, match="another network"):
        infer.identify(vector, np.zeros((1, 7)), ["a"])
    with pytest.raises(UserError, match="No preset is called 'best'"):
        infer.identify(vector, vector[None], ["a"], "best")


def test_embeddings_have_the_stored_dimensions():
    found = infer.embed_all(clip())
    assert {preset: len(vector) for preset, vector in found.items()} == infer.dimensions()


@pytest.mark.parametrize("seconds", [0.1, 2.0, 30.0])
def test_picture_is_small(seconds):
    picture = infer.picture(clip(seconds=seconds))
    assert picture.dtype == np.uint8
    assert picture.shape[0] == 64
    assert 1 <= picture.shape[1] <= 128
    assert picture.max() == 255


@PRESETS
def test_silence_is_refused(preset):
    with pytest.raises(UserError, match="silent"):
        infer.embed(Clip(np.zeros(RATE, np.float32), RATE), preset)


def test_speech_is_no_matter_for_it(needs_data):
    needs_data("fsdd")
    spoken = infer.load(datasets.path("fsdd") / "recordings" / "7_theo_0.wav")
    assert "not a voice recogniser" in infer.note(spoken, clip())
    assert "not a voice recogniser" in infer.note(clip(), spoken)


def test_speech_is_told_by_the_side_of_a_plane():
    rng = np.random.default_rng(0)
    spoken = np.repeat([True, False], [20, 60])
    vectors = rng.normal(size=(80, 5)) + 4 * spoken[:, None] * np.eye(5)[0]
    stored = speech.fit(vectors, spoken)
    found = speech.probability(vectors, stored)
    assert found[spoken].min() > found[~spoken].max()
    assert ((found > 0.5) == spoken).all()


def test_long_recordings_are_cut_and_said_so():
    note = infer.cut(clip(seconds=61), clip())
    assert note == "The first sound is longer than 60 seconds: only its beginning was used."
    assert infer.mel(clip(seconds=61)).shape[1] <= 60 * 50 + 1


def test_predict_compares_two_files(folder: Path):
    answer = infer.predict([folder / "low.wav", folder / "low.wav"])
    assert answer["same"] is True
    assert answer["distance"] == pytest.approx(0, abs=1e-5)


def test_predict_names_files_by_a_folder(folder: Path, tmp_path: Path):
    import shutil

    enrolled = tmp_path / "enrolled"
    (enrolled / "beep").mkdir(parents=True)
    shutil.copy(folder / "low.wav", enrolled / "hum.wav")
    shutil.copy(folder / "high.wav", enrolled / "beep" / "1.wav")
    answers = infer.predict([enrolled, folder / "high.wav", folder / "low.wav"])["answers"]
    assert [answer["name"] for answer in answers] == ["beep", "hum"]


def test_predict_says_what_it_wants(folder: Path):
    with pytest.raises(UserError, match="Give two recordings"):
        infer.predict([folder / "low.wav"])
    with pytest.raises(UserError, match=r"silent\.wav: This recording is silent"):
        infer.predict([folder / "silent.wav", folder / "low.wav"])
    (folder / "text.wav").write_text("no sound")
    with pytest.raises(MediaError, match=r"text\.wav: "):
        infer.predict([folder / "text.wav", folder / "low.wav"])


def test_import_is_light():
    code = (
        "import sys, mmdemo.demos.siamese_audio.infer;"
        "print([m for m in ('tensorflow', 'keras', 'gradio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_it_never_learnt_is_told_before_the_verdict():
    known, other = (
        infer.load(path) for path in (examples.pairs()[0].first, examples.pairs()[1].first)
    )
    assert infer.strange(known, other) == ""
    assert infer.strange(known) == ""
    rng = np.random.default_rng(5)
    for make in foreign.STEADY.values():
        steady = Clip(make(rng), foreign.RATE)
        assert infer.strange(steady, known) == infer.FIRST_STRANGE
        assert infer.strange(known, steady) == infer.SECOND_STRANGE
        assert infer.strange(steady, steady) == infer.BOTH_STRANGE
        assert infer.strange(steady) == infer.ALONE_STRANGE  # as it is enrolled or named


def test_none_of_the_examples_is_strange():
    for pair in examples.pairs():
        assert infer.strange(infer.load(pair.first), infer.load(pair.second)) == ""
