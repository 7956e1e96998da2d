"""What the page, the API and the command line call, on the shipped weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.data import examples as shipped
from mmdemo.core.data import foreign
from mmdemo.core.errors import UserError
from mmdemo.core.media.image import open_image
from mmdemo.core.serve import runtime
from mmdemo.demos.image_classifier import DEMO, config, examples, infer, measure

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
every_preset = pytest.mark.parametrize("preset", config.PRESETS)


@pytest.fixture(scope="module")
def coffee():
    return open_image(shipped.scikit_image("coffee.png"))


@every_preset
def test_golden_outputs(preset):
    for name, file in examples.photos().items():
        answer = infer.classify(open_image(Path(file)), preset)
        expected = GOLDEN[preset][name]
        assert list(answer.labels) == list(expected)
        assert answer.probabilities == pytest.approx(list(expected.values()), abs=2e-3)


def test_a_cup_of_coffee_is_one(coffee):
    answer = infer.classify(coffee)
    assert answer.labels[0] == "espresso"
    assert list(answer.probabilities) == sorted(answer.probabilities, reverse=True)
    assert sum(answer.probabilities) <= 1 + 1e-6
    assert json.loads(json.dumps(answer.to_dict()))["labels"] == list(answer.labels)


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 6000), (3, 2), (64, 64), (100, 37), (4000, 6000)], ids=str
)
@pytest.mark.parametrize("view", infer.VIEWS)
def test_pictures_of_any_size(size, view):
    views = infer.views_of(np.full((*size, 3), 90, np.uint8), 64, view)
    assert len(views) == (5 if view == "five" else 1)
    for picture in views:
        height, width = picture.shape[:2]
        assert min(height, width) == 64 and max(height, width) <= 64 * infer.LONGEST
        assert picture.dtype == np.uint8
    assert len(infer.classify(np.full((*size, 3), 90, np.uint8), view=view).labels) == 5


def test_the_whole_picture_keeps_its_proportions(coffee):
    (view,) = infer.views_of(coffee, 64, "whole")
    height, width = coffee.shape[:2]
    assert view.shape[1] / view.shape[0] == pytest.approx(width / height, rel=0.02)
    (square,) = infer.views_of(coffee, 64, "middle")
    left = (view.shape[1] - 64) // 2
    np.testing.assert_array_equal(square, view[:, left : left + 64])


def test_a_photo_of_the_public_set_is_seen_as_it_was_measured(coffee):
    small = np.ascontiguousarray(coffee[100:164, 200:264])
    (seen,) = infer.classify(small).views
    np.testing.assert_array_equal(measure.scaled(small[None], 80)[0], seen)


def test_five_squares_cover_the_corners():
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[:10, :10] = picture[-10:, -10:] = 255
    middle, *corners = infer.views_of(picture, 64, "five")
    assert [bool(corner.max() > 200) for corner in corners] == [True, False, False, True]
    assert middle.max() < 50


def test_what_decided(coffee):
    answer = infer.classify(coffee)
    label = answer.classes[0]
    height, width = answer.views[0].shape[:2]
    for layer in infer.map_layers():
        found = infer.grad_cam(answer.views[0], label, layer=layer)
        assert found.ndim == 2 and (found >= 0).all() and found.max() > 0
        assert found.shape[1] / found.shape[0] == pytest.approx(width / height, rel=0.2)
    lost = infer.occlusion(answer.views[0], label)
    assert lost.shape == (8, 8)
    assert lost.max() <= answer.probabilities[0] + 1e-6


def test_grad_cam_of_the_last_map_is_the_class_s_own_weights(coffee):
    """Behind the last map there is only an average and a dense layer: nothing to differentiate."""
    answer = infer.classify(coffee)
    label, view = answer.classes[0], answer.views[0]
    network = runtime.model(DEMO.model_id()).network
    stages = network.get_layer("backbone")(view[None].astype(np.float32), training=False)
    last = np.asarray(stages[-1])[0]
    weights = np.asarray(network.get_layer("logits").kernel)[:, label]
    expected = np.maximum(last @ weights, 0) / (last.shape[0] * last.shape[1])
    found = infer.grad_cam(view, label, layer=infer.map_layers()[-1])
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)


def test_bad_questions_are_answered_plainly(coffee):
    view = infer.views_of(coffee, 64, "middle")[0]
    for call, message in (
        (lambda: infer.classify(coffee, "best"), "best"),
        (lambda: infer.classify(coffee, view="left"), "No view is called 'left'"),
        (lambda: infer.grad_cam(view, 200), "numbered 0 to 199"),
        (lambda: infer.occlusion(view, -1), "numbered 0 to 199"),
        (lambda: infer.grad_cam(view, 0, layer="pool"), "No layer is called 'pool'"),
    ):
        with pytest.raises(UserError, match=message):
            call()


def test_the_command_line_names_a_bad_file(generated, tmp_path):
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    good.write_bytes(generated.encode(generated.pixels()))
    bad.write_bytes(b"%PDF-1.7 a document")
    assert len(infer.predict([good])[str(good)]["labels"]) == 5
    with pytest.raises(UserError, match=r"bad\.png: This file is not a picture"):
        infer.predict([good, bad])


@pytest.mark.parametrize("kind", foreign.MADE)
def test_what_shows_nothing_known_is_told(kind):
    """Where it got a sure answer above all."""
    answers = [infer.classify(picture) for picture in foreign.made(kind, 10, seed=2)]
    assert sum(answer.strange for answer in answers) >= 9
    assert not any(a.probabilities[0] >= 0.5 for a in answers if not a.strange)


@pytest.mark.parametrize("name", ["astronaut.png", "camera.png", "page.png", "horse.png"])
def test_people_pages_and_drawings_are_told(name):
    answer = infer.classify(open_image(shipped.scikit_image(name)))
    assert answer.to_dict()["strange"]


@every_preset
def test_photos_of_known_things_are_not_told(preset):
    for name in ("coffee.png", "chelsea.png", "rocket.jpg"):
        assert not infer.classify(open_image(shipped.scikit_image(name)), preset).strange
