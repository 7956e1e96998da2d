"""Tiny ImageNet as it is read."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.data import tiny_imagenet
from mmdemo.core.nets import boxes


def test_tiny_imagenet_as_it_lies_on_disk(needs_data):
    folder = needs_data(tiny_imagenet.NAME)
    names = tiny_imagenet.names()
    assert len(names) == 200 and "goldfish" in names
    held_out = tiny_imagenet.validation()
    assert len(held_out) == 10_000 and (np.bincount(held_out.labels) == 50).all()
    name, wnid, *box = (folder / "val" / "val_annotations.txt").read_text().split("\n")[0].split()
    assert tiny_imagenet._wnids()[held_out.labels[0]] == wnid
    left, top, right, bottom = held_out.boxes[0] * 64
    assert [left, top, right - 1, bottom - 1] == pytest.approx([float(edge) for edge in box])
    assert (held_out.boxes[:, 2:] > held_out.boxes[:, :2]).all()
    with Image.open(folder / "val" / "images" / name) as image:
        np.testing.assert_array_equal(held_out.images[0], np.asarray(image.convert("RGB")))


def test_the_public_boxes_lie_in_their_photos(needs_data):
    needs_data(tiny_imagenet.NAME)
    photos = tiny_imagenet.validation()
    assert len(photos) == 10_000
    assert ((photos.boxes >= 0) & (photos.boxes <= 1)).all()
    assert (boxes.area(photos.boxes) > 0).all()
