"""Crops, mirror images and blends; one's own pictures."""

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.data.photos import Photos
from mmdemo.core.errors import UserError
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.image_classifier import data
from mmdemo.demos.image_classifier.config import DEFAULT, TINY


@pytest.fixture
def pictures():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 16, 16, 3)).astype(np.uint8)
    return Photos(images, np.arange(40) % 3, ("a", "b", "c"))


def test_batches_are_what_seed_epoch_and_number_say(pictures):
    first, second = (data.Altered(pictures, TINY, seed=1) for _ in range(2))
    second.epoch = first.epoch = 1
    for index in range(len(first)):
        for ours, theirs in zip(first[index], second[index], strict=True):
            np.testing.assert_array_equal(ours, theirs)
    second.epoch = 0
    assert not np.array_equal(first[0][1], second[0][1])


def test_sides_grow_from_the_first_to_the_last(pictures):
    config = replace(DEFAULT, classes=3, batch=8, epochs=9, sides=(8, 12, 16))
    batches = data.Altered(pictures, config, seed=0)
    assert [batches[index][0].shape[1] for index in (0, 1)] == [8, 12]  # so that Keras sees two
    mean = []
    for epoch in range(9):
        batches.epoch = epoch
        mean.append(np.mean([batches[index][0].shape[1] for index in range(len(batches))]))
    assert mean[-1] == 16 and mean[0] < 12 and np.argmax(mean) > 4


def test_truths_of_blends_still_sum_to_one(pictures):
    batches = data.Altered(pictures, replace(TINY, mix=1.0), seed=0)
    blended = 0
    for index in range(len(batches)):
        images, truth = batches[index]
        assert images.dtype == truth.dtype == np.float32
        assert images.min() >= 0 and images.max() <= 255
        np.testing.assert_allclose(truth.sum(axis=1), 1, atol=1e-6)
        blended += (truth.max(axis=1) < 1).any()
    assert blended


def test_cutmix_gives_each_picture_its_share_by_area():
    images = np.stack([np.full((10, 10, 3), value, np.float32) for value in (0, 255)])
    truth = np.eye(2, dtype=np.float32)
    for seed in range(20):
        mixed, shares = data.cutmix(images, truth, np.random.default_rng(seed))
        for row in range(2):
            own = (mixed[row] == images[row]).mean()
            assert own == pytest.approx(shares[row, row], abs=1e-6)


def test_the_source_s_training_leaves_pictures_alone(pictures):
    config = replace(TINY, smallest_crop=1.0, mix=0.0, sides=(16,))
    images, truth = data.Altered(pictures, config, seed=0)[0]
    known = {image.tobytes() for image in pictures.images}
    assert all(image.astype(np.uint8).tobytes() in known for image in images)
    assert set(np.unique(truth)) == {0.0, 1.0}


def test_square_keeps_the_middle():
    image = np.zeros((10, 30, 3), np.uint8)
    image[:, 10:20] = 255
    assert (data.fit(image, (10, 10)) == 255).all()
    assert data.fit(np.zeros((1, 1, 3), np.uint8), (16, 16)).shape == (16, 16, 3)


def _folder(root, counts):
    for name, count in counts.items():
        (root / name).mkdir()
        for number in range(count):
            Image.new("RGB", (20, 12), (number, 0, 0)).save(root / name / f"{number}.png")
    return root


def test_own_pictures(tmp_path):
    pictures = data.own(_folder(tmp_path, {"cup": 20, "spoon": 22}), 16)
    assert pictures.names == ("cup", "spoon")
    assert pictures.images.shape == (42, 16, 16, 3)
    assert np.bincount(pictures.labels).tolist() == [20, 22]


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"cup": 20, "spoon": 3}, "'spoon' has 3 pictures; a class needs at least 20"),
        ({"cup": 20}, "a folder for each of two classes"),
        ({}, "a folder for each of two classes"),
    ],
)
def test_too_little_is_said(tmp_path, counts, message):
    with pytest.raises(UserError, match=message):
        data.own(_folder(tmp_path, counts), 16)


def test_a_file_that_is_no_picture_is_named(tmp_path):
    _folder(tmp_path, {"cup": 20, "spoon": 20})
    (tmp_path / "cup" / "notes.txt").write_text("two sugars")
    with pytest.raises(UserError, match=r"notes\.txt: This file is not a picture"):
        data.own(tmp_path, 16)
    with pytest.raises(UserError, match="There is no folder"):
        data.own(tmp_path / "missing", 16)
