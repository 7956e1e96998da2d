"""Colours of regions, and maps of labels on their way to the page."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from mmdemo.core.ui import overlay


def test_no_two_that_touch_have_one_colour():
    rng = np.random.default_rng(0)
    labels = rng.permutation(400).reshape(20, 20).repeat(5, 0).repeat(5, 1) + 1
    colours = overlay.spread(labels, 400)
    for axis in (0, 1):
        here, there = np.delete(labels, -1, axis), np.delete(labels, 0, axis)
        meet = here != there
        assert (colours[here[meet] - 1] != colours[there[meet] - 1]).all()


def test_one_that_touches_more_than_there_are_colours_has_its_own():
    labels = np.full((60, 60), 1)
    labels[4:56:4, 4:56] = 2 + np.arange(13)[:, None]
    colours = overlay.spread(labels, 14)
    assert colours[0] not in colours[1:]


def test_a_map_of_labels_goes_to_the_page_and_back():
    labels = np.arange(3000).reshape(50, 60)
    with Image.open(
        io.BytesIO(base64.b64decode(overlay.packed(labels).partition(",")[2]))
    ) as image:
        red, green, _ = np.moveaxis(np.asarray(image).astype(int), -1, 0)
    assert (red + 256 * green == labels).all()
