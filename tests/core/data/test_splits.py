"""Rows to train on and rows held out."""

from __future__ import annotations

import numpy as np

from mmdemo.core.data.splits import hold_out


def test_held_out_photos_are_so_many_of_each_class():
    labels = np.repeat(np.arange(4), 10)
    kept, held = hold_out(labels, 3, seed=0)
    assert np.bincount(labels[held]).tolist() == [3] * 4
    assert sorted([*kept, *held]) == list(range(40))


def test_a_share_holds_out_some_of_each_class():
    labels = np.array([0] * 20 + [1] * 5 + [2] * 10)
    kept, held = hold_out(labels, 0.2, seed=0)
    assert np.bincount(labels[held]).tolist() == [4, 1, 2]
    assert sorted([*kept, *held]) == list(range(35))
