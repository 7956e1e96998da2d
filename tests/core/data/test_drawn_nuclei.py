"""Drawn fields hold what they are said to hold."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.data import drawn_nuclei as drawn


@pytest.mark.parametrize("style", drawn.STYLES)
def test_a_drawn_field_holds_what_is_said(style):
    image, labels = drawn.field(style, 25, 4)
    again, _ = drawn.field(style, 25, 4)
    assert image.shape == (256, 256, 3) and (image == again).all()
    assert set(np.unique(labels)) == set(range(labels.max() + 1))
    assert 10 < labels.max() <= 25
    inside, outside = image[labels > 0].mean(), image[labels == 0].mean()
    assert (inside > outside) == (style == "fluorescence")
