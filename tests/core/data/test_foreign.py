"""core.data.foreign: pictures that show nothing that a classifier knows."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.data import datasets, foreign


@pytest.mark.parametrize("kind", foreign.MADE)
def test_made_pictures_differ_from_one_another_and_by_seed(kind):
    pictures = foreign.made(kind, 12, seed=0)
    assert pictures.shape == (12, foreign.SIDE, foreign.SIDE, 3)
    assert pictures.dtype == np.uint8
    assert len(np.unique(pictures.reshape(12, -1), axis=0)) == 12
    np.testing.assert_array_equal(pictures, foreign.made(kind, 12, seed=0))
    assert (pictures != foreign.made(kind, 12, seed=1)).any()


@pytest.mark.skipif(not datasets.is_present("lfw_faces"), reason="needs lfw_faces")
def test_nobody_is_learnt_from_and_measured_on():
    folder = datasets.path("lfw_faces")
    learnt, tested = (
        {line.split()[0] for line in (folder / name).read_text().splitlines()[1:]}
        for name in ("peopleDevTrain.txt", "peopleDevTest.txt")
    )
    assert not learnt & tested
    assert len(foreign.portraits("test", 5)) == 5
    assert foreign.portraits("development", 5).shape == (5, foreign.SIDE, foreign.SIDE, 3)
