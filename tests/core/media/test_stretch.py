"""A picture as networks take it."""

from __future__ import annotations

import dataclasses

import numpy as np

from mmdemo.core.media import stretch


def test_the_grain_of_a_field_with_few_nuclei_is_not_stretched():
    image = np.random.default_rng(0).normal(10, 1, (400, 400, 3)).clip(0, 255).astype(np.uint8)
    image[100:110, 100:110] = 200  # of a thousand pixels less than one
    bright = stretch.stretch(image, stretch.Input())
    assert bright[105, 105].min() == 255 and np.percentile(bright, 95) < 40


def test_a_picture_is_stretched_bounded_and_padded():
    how = stretch.Input()
    dim = np.random.default_rng(0).integers(10, 30, (40, 50, 3), dtype=np.uint8)
    bright = stretch.stretch(dim, how)
    assert bright.dtype == np.float32 and bright.min() == 0 and bright.max() == 255
    assert not stretch.stretch(np.full((9, 9, 3), 7, np.uint8), how).any()
    small = stretch.bounded(
        np.zeros((300, 900, 3), np.uint8), dataclasses.replace(how, most=30_000)
    )
    assert small.shape == (100, 300, 3)
    assert stretch.bounded(dim, how) is dim
    padded = stretch.padded(bright, 16)
    assert padded.shape == (48, 64, 3)
    assert (padded[:40, :50] == bright).all() and (
        padded[40] == bright[39].tolist() + bright[39, :35:-1].tolist()
    ).all()
    assert stretch.padded(np.ones((1, 1, 3)), 16).all()
