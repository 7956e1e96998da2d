"""Parts of labelled photos."""

from __future__ import annotations

import numpy as np

from mmdemo.core.data.photos import Photos, random_window


def test_crops_stay_within_the_picture_and_above_the_smallest():
    rng = np.random.default_rng(0)
    for _ in range(500):
        left, top, right, bottom = random_window(0.35, rng) * (30, 20, 30, 20)
        assert 0 <= left < right <= 30 + 1e-9 and 0 <= top < bottom <= 20 + 1e-9
        assert (right - left) * (bottom - top) >= 0.35 * 600 - 1e-6
    assert random_window(1.0, rng).tolist() == [0, 0, 1, 1]


def test_taken_photos_keep_their_labels_and_boxes():
    images = np.arange(5 * 2 * 2 * 3, dtype=np.uint8).reshape(5, 2, 2, 3)
    boxes = np.linspace(0, 1, 20, dtype=np.float32).reshape(5, 4)
    photos = Photos(images, np.array([0, 1, 0, 1, 1]), ("cup", "spoon"), boxes)
    rows = np.array([4, 0])
    some = photos.take(rows)
    assert len(photos) == 5 and len(some) == 2
    assert some.labels.tolist() == [1, 0] and some.names == photos.names
    np.testing.assert_array_equal(some.images, images[rows])
    np.testing.assert_array_equal(some.boxes, boxes[rows])
    assert Photos(images, photos.labels, photos.names).take(rows).boxes is None
