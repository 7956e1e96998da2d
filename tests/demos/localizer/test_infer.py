"""What the page, the API and the command line call, on small networks trained here."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFont

from mmdemo.core import language
from mmdemo.core.errors import UserError, WeightsError
from mmdemo.core.media import font as fonts
from mmdemo.core.media.image import open_image
from mmdemo.core.nets import boxes
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts
from mmdemo.demos.localizer import DEMO, config, data, examples, infer, outputs, scene
from tests.demos.localizer.conftest import SHAPES, generated

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
every_preset = pytest.mark.parametrize("preset", config.PRESETS)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def shipped(monkeypatch):
    """The shipped weights, whatever other tests of this process have trained."""
    monkeypatch.delenv("MMDEMO_WEIGHTS", raising=False)
    runtime.cache.clear()
    yield
    runtime.cache.clear()


@every_preset
def test_golden_outputs_of_the_shipped_weights(shipped, preset):
    for name, file in examples.photos().items():
        found = infer.locate(open_image(file), preset)
        expected = GOLDEN[preset][name]
        assert found.label == expected["label"]
        assert found.probability == pytest.approx(expected["probability"], abs=2e-3)
        np.testing.assert_allclose(found.box, expected["box"], atol=2)


@every_preset
def test_a_photo_gets_a_name_and_a_box(trained, preset):
    found = infer.locate(noise(120, 200), preset)
    assert sorted(found.labels) == sorted(SHAPES)
    assert found.probabilities == tuple(sorted(found.probabilities, reverse=True))
    assert sum(found.probabilities) == pytest.approx(1)
    assert (found.width, found.height) == (200, 120)
    assert found.seen.shape == (16, 16, 3)
    said = json.loads(json.dumps(found.to_dict()))
    assert said["label"] == found.labels[0] == said["candidates"][0]["label"]
    assert said["box"] == dict(zip(data.EDGES, found.box, strict=True))


@every_preset
@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (2000, 2), (5, 5), (64, 64)])
def test_any_size(trained, preset, size):
    found = infer.locate(noise(*size), preset)
    left, top, right, bottom = found.box
    assert 0 <= left < right <= size[1]
    assert 0 <= top < bottom <= size[0]
    assert scene.overlay(noise(*size), found).startswith("<figure")


def test_the_box_stretches_with_the_photo(trained):
    square = np.kron(generated(1, side=16).images[0], np.ones((8, 8, 1), np.uint8))
    wide = np.repeat(square, 3, axis=1)
    first, second = infer.locate(square), infer.locate(wide)
    np.testing.assert_array_equal(first.seen, second.seen)
    np.testing.assert_allclose(np.array(first.box) * (3, 1, 3, 1), second.box, atol=3)


def test_the_mirror_image_has_the_mirrored_answer(trained):
    """DEFAULT averages over both, so that neither side is preferred."""
    photo = np.kron(generated(1, side=16).images[0], np.ones((8, 8, 1), np.uint8))
    here, there = infer.locate(photo), infer.locate(photo[:, ::-1])
    assert here.probabilities == pytest.approx(there.probabilities, abs=1e-5)
    left, top, right, bottom = there.box
    np.testing.assert_allclose(here.box, (128 - right, top, 128 - left, bottom), atol=1)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ],
    ids=["grey", "with alpha", "empty", "floating"],
)
def test_what_is_no_rgb_picture_is_refused(trained, image):
    with pytest.raises(UserError, match="RGB"):
        infer.locate(image)


@every_preset
def test_the_box_of_a_label_that_is_asked_for(trained, preset):
    photo = noise(40, 50)
    free = infer.locate(photo, preset)
    assert free.label == free.labels[0]
    for label, probability in zip(free.labels, free.probabilities, strict=True):
        asked = infer.locate(photo, preset, label)
        assert (asked.label, asked.labels) == (label, free.labels)
        assert asked.probability == pytest.approx(probability, abs=1e-6)
    assert infer.locate(photo, preset, free.label).box == free.box
    with pytest.raises(UserError, match=r"No kind of thing is called 'unicorn'\. There are: disc"):
        infer.locate(photo, preset, "unicorn")


FINE = (100_000, 100_000)
"""Pixels in which boxes of small networks that hardly differ do."""


def test_default_has_a_box_of_each_label(trained):
    photo = noise(40, 50)
    loaded = runtime.model(DEMO.model_id())
    names = infer.names()
    free = infer.locate(photo, size=FINE)
    asked = {label: infer.locate(photo, label=label, size=FINE).box for label in names}
    for index, label in enumerate(names):
        wanted = outputs.forward(
            loaded.call,
            outputs.squash(photo, loaded.preprocess["side"])[None],
            mirror=True,
            classes=len(names),
            labels=np.array([index]),
        )
        assert asked[label] == boxes.to_pixels(wanted.boxes[0], *FINE)
    assert asked[free.label] == free.box
    assert len(set(asked.values())) == len(names)


def test_book_has_one_box_for_all_labels(trained):
    free = infer.locate(noise(40, 50), "book", size=FINE)
    for label in SHAPES:
        assert infer.locate(noise(40, 50), "book", label, FINE).box == free.box


def test_what_the_page_asks_of_a_preset(trained):
    assert (infer.asks("default"), infer.asks("book")) == (True, False)
    assert infer.names("default") == infer.names("book") == sorted(SHAPES)
    with pytest.raises(UserError, match="venus"):
        infer.names("venus")


# === Sizes of the photo ===


@every_preset
def test_the_box_is_in_pixels_of_the_size_that_is_given(trained, preset):
    photo = noise(60, 80)
    own, large = infer.locate(photo, preset), infer.locate(photo, preset, size=(4000, 3000))
    assert (own.width, own.height, large.width, large.height) == (80, 60, 4000, 3000)
    np.testing.assert_allclose(np.array(large.box) / 50, own.box, atol=0.51)
    assert large.probabilities == own.probabilities


def large_photo() -> np.ndarray:
    """A drawing of 4000 x 3000 pixels, more than are looked at."""
    shape = generated(1, side=16).images[0]
    return np.asarray(Image.fromarray(shape).resize((4000, 3000), Image.Resampling.NEAREST))


def test_a_large_photo_is_answered_in_its_own_pixels(trained, tmp_path):
    Image.fromarray(large_photo()).save(tmp_path / "a.jpg", quality=90)
    answer = infer.predict([tmp_path / "a.jpg"])[str(tmp_path / "a.jpg")]
    assert (answer["width"], answer["height"]) == (4000, 3000)
    whole = infer.locate(large_photo())
    np.testing.assert_allclose(list(answer["box"].values()), whole.box, atol=40)


def test_a_photo_that_a_phone_turned(trained, tmp_path):
    """EXIF orientation 6: stored on its side, shown after a quarter turn clockwise."""
    upright = large_photo()[:, :2000]  # 2000 wide, 3000 high
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(upright)).save(tmp_path / "turned.png", exif=exif)
    Image.fromarray(upright).save(tmp_path / "upright.png")
    turned, same = infer.predict([tmp_path / "turned.png", tmp_path / "upright.png"]).values()
    assert turned == same
    assert (turned["width"], turned["height"]) == (2000, 3000)


# === Weights ===


def test_unknown_preset():
    with pytest.raises(UserError, match="venus"):
        infer.locate(noise(4, 4), "venus")


def test_missing_weights_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("MMDEMO_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(artifacts, "EMBEDDED", tmp_path / "none")
    with pytest.raises(WeightsError, match="train localizer --preset default"):
        artifacts.load(DEMO.model_id())
    assert infer.effect_of_alpha() is None


def test_the_effect_of_alpha(trained):
    effect = infer.effect_of_alpha()
    assert [row["alpha"] for row in effect["rows"]] == list(config.TINY.effect.alphas)
    assert effect["epochs"] == trained["default"].epochs


# === Command line ===


def test_command_line(trained, tmp_path):
    photo = tmp_path / "a.png"
    Image.fromarray(noise(30, 40)).save(photo)
    answers = infer.predict([photo], "book")
    assert answers[str(photo)] == infer.locate(noise(30, 40), "book").to_dict()
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7 ...")
    with pytest.raises(UserError, match=r"b\.pdf: This file is not a picture"):
        infer.predict([tmp_path / "b.pdf"])


def test_a_video_by_mistake(trained, generated):
    with pytest.raises(UserError, match=r"clip\.mp4: This file is not a picture"):
        infer.predict([generated.video()])


# === Drawing ===


def location(box: tuple[int, int, int, int], width: int, height: int) -> infer.Location:
    seen = np.zeros((64, 64, 3), np.uint8)
    labels, chances = ("<b>cat</b>", "dog"), (0.7, 0.2)
    return infer.Location(labels, chances, labels[0], chances[0], box, width, height, seen)


def test_the_box_is_drawn_where_it_is(tmp_path):
    found = location((40, 60, 200, 180), 300, 240)
    scene.save(np.full((240, 300, 3), 90, np.uint8), found, tmp_path / "a.png")
    drawn = np.asarray(Image.open(tmp_path / "a.png").convert("RGB")).astype(int)
    blue = drawn[..., 2] - drawn[..., 0] > 80
    rows, columns = np.nonzero(blue[70:])  # below the label
    assert (columns.min(), columns.max() + 1) == (40, 200)
    assert rows.max() + 71 == 180
    assert (drawn[100:140, 80:160] == 90).all()


def test_the_box_is_drawn_on_a_scaled_copy(tmp_path):
    """What was found in a photo of 3000 x 2400 pixels, and a copy of a tenth of its sides."""
    found = location((400, 600, 2000, 1800), 3000, 2400)
    copy = np.full((240, 300, 3), 90, np.uint8)
    scene.save(copy, found, tmp_path / "large.png")
    scene.save(copy, location((40, 60, 200, 180), 300, 240), tmp_path / "small.png")
    large, small = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in ("large", "small"))
    np.testing.assert_array_equal(large, small)
    text = scene.overlay(copy, found)
    assert 'viewBox="0 0 480.0 384.0"' in text
    assert 'x="64.0" y="96.0" width="256.0" height="192.0"' in text


def test_the_saved_picture_speaks_the_page_s_language(tmp_path, monkeypatch):
    found = dataclasses.replace(location((40, 60, 200, 180), 300, 240), strange=True)
    photo = np.full((240, 300, 3), 90, np.uint8)

    def drawn(code: str, name: str) -> bytes:
        with language.speaking(code):
            scene.save(photo, found, tmp_path / name)
        return (tmp_path / name).read_bytes()

    english = drawn("en", "en.png")
    asked = []

    def lent(text: str, size: float) -> Any:  # a system's font, of whatever look
        asked.append(text)
        return ImageFont.load_default(size)

    monkeypatch.setattr(scene, "font", lent)
    assert drawn("zh", "zh.png") != english
    assert max(asked[0]) >= chr(fonts.CHINESE)
    monkeypatch.setattr(scene, "font", fonts.font)
    monkeypatch.setattr(fonts, "FILES", ())
    assert drawn("zh", "without.png") == english  # whose letters every system has


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (2000, 30), (600, 900)])
def test_drawing_works_on_any_size(tmp_path, size):
    height, width = size
    found = location((0, 0, width, height), width, height)
    scene.save(np.zeros((height, width, 3), np.uint8), found, tmp_path / "a.jpg")
    assert open_image(tmp_path / "a.jpg").shape == (height, width, 3)


def test_the_overlay_scales_and_escapes():
    text = scene.overlay(np.zeros((240, 300, 3), np.uint8), location((30, 60, 150, 180), 300, 240))
    assert 'viewBox="0 0 480.0 384.0"' in text
    assert 'x="48.0" y="96.0" width="192.0" height="192.0"' in text
    assert "<b>cat" not in text
    assert re.search(r"&lt;b&gt;cat&lt;/b&gt; 70 %", text)


def test_examples_come_from_scikit_image(monkeypatch, tmp_path):
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
    photos = examples.photos()
    assert len(photos) == len(examples.PHOTOS)
    assert all(open_image(path).shape[2] == 3 for path in photos.values())
    (asked,) = examples.requests()
    assert asked.endpoint == "localizer_locate"
    assert asked.files[0].is_file()


def test_what_shows_nothing_known_is_told(shipped):
    found = infer.locate(noise(240, 320))
    assert found.to_dict()["strange"]
    assert found.label not in scene.caption(found)
    assert not infer.locate(open_image(examples.photos()["A cup of coffee"])).strange
