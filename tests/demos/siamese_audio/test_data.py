from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.data import datasets
from mmdemo.core.errors import UserError
from mmdemo.demos.siamese_audio import augmentation, data
from mmdemo.demos.siamese_audio.config import TINY

needs_sets = pytest.mark.skipif(
    not (datasets.is_present("esc10") and datasets.is_present("cats_dogs_audio")),
    reason="esc10 and cats_dogs_audio are not in $MMDEMO_DATA",
)


@needs_sets
def test_sets_are_complete():
    esc10, animals = data.esc10(), data.cats_dogs()
    assert len(esc10) == 400
    assert len({r.kind for r in esc10}) == 10
    assert sum(r.kind == data.CAT for r in animals) == 164
    assert sum(r.kind == data.DOG for r in animals) == 112
    assert data.DUPLICATE not in {r.name for r in animals}


@needs_sets
def test_no_recording_is_on_both_sides():
    splits = [data.dog_or_not(), *data.unseen_kinds(), *data.official_folds()]
    assert len(splits) == 8
    for split in splits:
        assert not {r.source for r in split.train} & {r.source for r in split.test}
        assert not {r.path for r in split.train} & {r.path for r in split.test}


@needs_sets
def test_unseen_kinds_are_unseen():
    halves = data.unseen_kinds()
    for split in halves:
        assert not {r.kind for r in split.train} & {r.kind for r in split.test}
        assert len({r.kind for r in split.test}) == 5
        assert len(split.test) == 200
    assert not {r.kind for r in halves[0].test} & {r.kind for r in halves[1].test}


@needs_sets
def test_folds_are_the_official_ones():
    folds = data.official_folds()
    assert sum(len(split.test) for split in folds) == 400
    for split in folds:
        assert len(split.test) == 80
        assert len(split.train) >= 318  # two clips share a recording across folds


def test_own_data_holds_out_of_every_kind(own_data: Path):
    split = data.own(own_data, seed=0)
    assert len(split.train) == 12
    assert len(split.test) == 6
    assert (
        {r.kind for r in split.train} == {r.kind for r in split.test} == {"low", "middle", "high"}
    )
    assert not {r.path for r in split.train} & {r.path for r in split.test}


def test_own_data_says_what_is_missing(own_data: Path, tmp_path: Path):
    with pytest.raises(UserError, match="no folder"):
        data.own(tmp_path / "nowhere", seed=0)
    with pytest.raises(UserError, match="two or more sub-folders"):
        data.own(own_data / "low", seed=0)
    for file in sorted((own_data / "low").iterdir())[:3]:
        file.unlink()
    with pytest.raises(UserError, match="5 or more"):
        data.own(own_data, seed=0)


def test_animals_of_the_other_source(needs_data):
    needs_data("animal_sounds")
    animals = data.animals()
    assert Counter(r.kind for r in animals) == {"cow": 75, "lion": 45, "sheep": 40, "frog": 35}
    sources = {r.name: r.source for r in animals}
    assert sources["cow_63"] == sources["cow_42"] == sources["cow_08"] != sources["cow_09"]


def test_notes_of_the_orchestra(needs_data):
    needs_data("philharmonia")
    notes = data.notes()
    assert len({r.kind for r in notes}) == 14
    assert len({r.path for r in notes}) == len(notes) == 326
    assert all(r.path.is_file() for r in notes)


def test_pairs_are_of_different_recordings():
    recordings = [
        data.Recording(f"{kind}{n}", kind, f"{kind}{n // 2}", 0, Path(f"{kind}{n}"))
        for kind in ("dog", "cat", "cow")
        for n in range(6)
    ]
    rng = np.random.default_rng(0)
    left, right, same = data.pairs(recordings, 50, rng, anchor=None)
    assert same.sum() == 50
    for one, two, alike in zip(left, right, same, strict=True):
        assert recordings[one].source != recordings[two].source
        assert (recordings[one].kind == recordings[two].kind) == bool(alike)
    left, _, _ = data.pairs(recordings, 50, rng, anchor="dog")
    assert {recordings[one].kind for one in left} == {"dog"}


def test_generated_sounds_depend_on_the_seed_alone():
    first, labels = data.generated(TINY, seed=3)
    again, _ = data.generated(TINY, seed=3)
    assert labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
        assert one.shape[1] == TINY.input.bands
        assert one.max() == 0


def test_batches_are_windows_with_soft_labels():
    pictures, labels = data.generated(TINY, seed=0)
    weights = augmentation.class_weights(labels)
    batches = augmentation.AugmentedWindows(pictures, labels, weights, TINY, seed=0)
    for index in range(5):
        x, y = batches[index]
        assert x.shape == (TINY.training.batch, TINY.input.frames, TINY.input.bands, 1)
        assert y.shape == (TINY.training.batch, 4)
        assert np.isfinite(x).all()
        assert -1 <= x.min() <= x.max() <= 1 + 1e-6
        np.testing.assert_allclose(y.sum(axis=1), 1, atol=1e-5)


def test_addition_is_of_power():
    equal = np.zeros((4, 3), np.float32)
    np.testing.assert_allclose(augmentation.added(equal, equal, 0.0), 0, atol=1e-5)
    loud, quiet = np.array([[0.0, -20.0]]), np.array([[-90.0, 0.0]])
    np.testing.assert_allclose(augmentation.added(loud, quiet, 10.0), [[0.0, -9.586]], atol=0.01)
