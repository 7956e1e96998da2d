"""Altered photos whose boxes go along; one's own; figures by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.nets import boxes
from mmdemo.core.train import batches
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.localizer import data, outputs
from mmdemo.demos.localizer.config import BOOK, DEFAULT
from tests.demos.localizer.conftest import generated

SIDE = 64


def drawn(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A white rectangle on black, and its box."""
    low = rng.integers(0, 40, 2)
    high = low + rng.integers(12, 24, 2)
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    image[low[1] : high[1], low[0] : high[0]] = 255
    return image, np.array([*low, *high]) / SIDE


def bounds(image: np.ndarray) -> np.ndarray:
    """The box of what is white in a picture."""
    rows, columns = np.nonzero(image[..., 0] > 127)
    side = image.shape[0]
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / side


@pytest.mark.parametrize("side", [64, 48])
def test_a_drawn_rectangle_stays_in_its_box(side):
    config = replace(DEFAULT, side=side, cropped=1.0).input
    rng = np.random.default_rng(0)
    mirrored = cropped = 0
    for _ in range(300):
        image, box = drawn(rng)
        altered, moved = data.alter(image, box, config, rng)
        assert altered.shape == (side, side, 3)
        assert altered.dtype == moved.dtype == np.float32
        np.testing.assert_allclose(bounds(altered), moved, atol=1.01 / side)
        assert ((moved >= 0) & (moved <= 1)).all()
        cropped += not np.isclose(boxes.area(moved), boxes.area(box), rtol=1e-3)
        mirrored += (moved[0] > 0.5) != (box[0] > 0.5)
    assert cropped > 250
    assert mirrored > 30


def test_a_crop_keeps_as_much_of_the_box_as_is_asked_for():
    rng = np.random.default_rng(1)
    parts, areas = [], []
    for _ in range(300):
        _, box = drawn(rng)
        window = data.crop(box, DEFAULT.input, rng)
        parts.append(float(boxes.visible(box, window)))
        areas.append(float(boxes.area(window)))
    assert min(parts) >= DEFAULT.input.visible
    assert min(parts) < 1  # some are cut
    assert min(areas) >= DEFAULT.input.smallest_crop - 1e-6
    assert min(areas) < 0.5


def test_book_alters_nothing():
    image, box = drawn(np.random.default_rng(2))
    altered, moved = data.alter(image, box, BOOK.input, np.random.default_rng(3))
    np.testing.assert_array_equal(altered, image)
    np.testing.assert_allclose(moved, box)


def test_a_mirror_image_has_the_mirrored_box():
    config = replace(BOOK, mirror=True).input
    image, box = drawn(np.random.default_rng(4))
    seen = set()
    for seed in range(8):
        altered, moved = data.alter(image, box, config, np.random.default_rng(seed))
        turned = not np.array_equal(altered, image)
        assert np.array_equal(altered, image[:, ::-1] if turned else image)
        np.testing.assert_allclose(moved, boxes.mirror(box) if turned else box, atol=1e-6)
        seen.add(turned)
    assert seen == {True, False}


def test_batches_are_determined_by_seed_epoch_and_number():
    photos = generated(21, side=16)
    config = replace(DEFAULT, side=16, classes=3, batch=8)
    first, second = data.Altered(photos, config, seed=0), data.Altered(photos, config, seed=0)
    assert len(first) == 3
    assert [len(first[index][0][0]) for index in range(3)] == [8, 8, 5]
    (images, asked), (classes, found) = first[1]
    np.testing.assert_array_equal(images, second[1][0][0])
    np.testing.assert_array_equal(asked, classes)
    np.testing.assert_array_equal(found, second[1][1][1])
    assert classes.sum(axis=1).tolist() == [1.0] * 8
    batches.Clock(second).on_epoch_begin(1)
    assert not np.array_equal(images, second[1][0][0])


def test_generated_boxes_are_tight():
    photos = generated(30, side=24)
    for image, box in zip(photos.images, photos.boxes, strict=True):
        rows, columns = np.nonzero(image.max(axis=2) > 120)
        wanted = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(box * 24, wanted, atol=1)


# === Figures ===


def test_figures_by_hand():
    true = np.array([[0, 0, 1, 1.0], [0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5], [0, 0, 0.2, 0.2]])
    found = np.array([[0, 0, 1, 0.5], [0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1], [0, 0, 0.2, 0.2]])
    logits = np.eye(3)[[0, 1, 2, 0]]
    figures = outputs.judge(outputs.Outputs(logits, found), np.array([0, 1, 2, 1]), true)
    assert figures == {
        "top1": 0.75,
        "mean_iou": 0.625,
        "localization_accuracy_given_class": 0.75,  # an IoU of one half counts
        "top1_localization_accuracy": 0.5,
    }


def test_the_mirror_image_is_averaged_and_mirrored_back():
    def call(images):
        """Follows the brighter half, and says which it is."""
        right = images[:, :, images.shape[2] // 2 :].mean(axis=(1, 2, 3)) > 100
        found = np.where(right[:, None], [0.6, 0.0, 1.0, 0.4], [0.1, 0.0, 0.5, 0.4])
        return np.stack([right, ~right], axis=1).astype(float), found

    image = np.zeros((1, 8, 8, 3), np.uint8)
    image[:, :, 4:] = 255
    alone = outputs.forward(call, image, mirror=False)
    both = outputs.forward(call, image, mirror=True)
    np.testing.assert_allclose(alone.boxes, [[0.6, 0, 1, 0.4]])
    np.testing.assert_allclose(both.boxes, [[0.55, 0, 0.95, 0.4]])
    np.testing.assert_allclose(both.logits, [[0.5, 0.5]])


def test_whose_box_is_wanted():
    def call(images, wanted):
        """Likes class 1; the box tells which class was asked for."""
        place = np.where(wanted.max(axis=1) > 0, wanted.argmax(axis=1), 1) / 10 + 0.2
        found = np.stack([place, place, place + 0.1, place + 0.1], axis=1)
        return np.tile([0.0, 1.0, 0.0], (len(images), 1)), found

    images = np.zeros((2, 4, 4, 3), np.uint8)
    free = outputs.forward(call, images, mirror=False, classes=3)
    asked = outputs.forward(call, images, mirror=False, classes=3, labels=np.array([2, 0]))
    np.testing.assert_allclose(free.boxes[:, 0], [0.3, 0.3])
    np.testing.assert_allclose(asked.boxes[:, 0], [0.4, 0.2])


def two_faced(calls):
    """Calls a picture 1 and its mirror image, for which 1 is likely too, 2; notes each call.

    The box of a class lies the lower, the higher its number.
    """

    def call(images, wanted):
        calls.append(len(images))
        bright = images[:, :, images.shape[2] // 2 :].mean(axis=(1, 2, 3)) > 100
        logits = np.where(bright[:, None], [0.0, 1.0, 0.0], [0.0, 0.5, 0.6])
        about = np.where(wanted.max(axis=1) > 0, wanted.argmax(axis=1), logits.argmax(axis=1))
        left = np.where(bright, 0.5, 0.3)
        return logits, np.stack([left, about / 10, left + 0.2, about / 10 + 0.1], axis=1)

    return call


@pytest.mark.parametrize(("labels", "top", "runs"), [(None, 0.1, 2), ([0], 0.0, 1), ([2], 0.2, 1)])
def test_both_views_are_asked_for_one_class_where_they_disagree(labels, top, runs):
    image = np.zeros((1, 8, 8, 3), np.uint8)
    image[:, :, 4:] = 255
    calls = []
    found = outputs.forward(
        two_faced(calls),
        image,
        mirror=True,
        classes=3,
        labels=None if labels is None else np.array(labels),
    )
    np.testing.assert_allclose(found.logits, [[0, 0.75, 0.3]])
    np.testing.assert_allclose(found.boxes, [[0.5, top, 0.7, top + 0.1]])
    assert calls == [2] * runs


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (700, 20), (64, 64)])
def test_any_photo_becomes_a_square(size):
    seen = outputs.squash(np.full((*size, 3), 200, np.uint8), 64)
    assert seen.shape == (64, 64, 3)
    assert (seen == 200).all()
