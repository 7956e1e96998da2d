"""Reading people, honest splits, altered photos."""

import logging

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.data import datasets
from mmdemo.core.errors import UserError
from mmdemo.core.measure.pairs import Pairs
from mmdemo.demos.siamese_face import data, faces, wild
from mmdemo.demos.siamese_face.config import DEFAULT, Alteration

from . import drawing


@pytest.mark.parametrize("count", [8, 10, 40, 41])
def test_folds_hold_everybody_out_once_and_share_nobody(count):
    folds = data.folds(count).values()
    assert len(folds) == 4
    for kept, held in folds:
        assert not set(kept) & set(held)
        assert sorted(kept + held) == list(range(count))
        assert len(held) >= 2
    assert sorted(person for _, held in folds for person in held) == list(range(count))


def test_forty_people_are_cut_as_the_protocol_says():
    assert [(len(kept), held[0], held[-1]) for kept, held in data.folds(40).values()] == [
        (30, 0, 9),
        (30, 10, 19),
        (30, 20, 29),
        (30, 30, 39),
    ]
    people = np.repeat(np.arange(10), 10)
    pairs = Pairs.within(np.zeros((100, 100)), people, groups=people)
    assert (len(pairs.same), int(pairs.same.sum())) == (4950, 450)


def test_of_takes_some_people_and_numbers_them_anew(people):
    part = people.of([7, 2])
    assert part.names == (people.names[7], people.names[2])
    assert part.labels.tolist() == [0] * 5 + [1] * 5
    assert np.array_equal(part.images[:5], people.images[people.labels == 7])
    assert np.array_equal(part.detected[5:], people.of([2]).detected)


def test_joined_people_are_numbered_on(people):
    few, more = people.of([0, 1]), people.of([5])
    joined = data.People.joined(few, more)
    assert joined.names == (*few.names, *more.names)
    assert joined.labels.tolist() == [0] * 5 + [1] * 5 + [2] * 5
    assert np.array_equal(joined.images[10:], more.images)


def test_both_framings_keep_the_people_together(people):
    few = people.of([3, 4])
    twice = few.in_both_framings
    assert twice.labels.tolist() == [0] * 10 + [1] * 10
    assert np.array_equal(twice.images[:5], few.images[:5])
    assert np.array_equal(twice.images[15:], few.detected[5:])


def test_random_pairs_are_what_they_say(people):
    first, second, same = data.random_pairs(people.labels, 200, np.random.default_rng(0))
    assert int(same.sum()) == 200
    assert len(same) == 400
    assert np.array_equal(people.labels[first] == people.labels[second], same)
    assert (first != second).all()


def test_own_folder(own_data, caplog):
    (own_data / "p3" / "broken.png").write_bytes(b"not a picture")
    (own_data / "p3" / "notes.txt").write_text("not a picture either")
    with caplog.at_level(logging.WARNING):
        loaded = data.load(own_data)
    assert "broken.png" in caplog.text
    assert loaded.names[:3] == ("p1", "p2", "p3")
    assert loaded.names[-1] == "p12"
    assert loaded.images.shape == (60, faces.HEIGHT, faces.WIDTH)
    assert np.bincount(loaded.labels).tolist() == [5] * 12


def test_photos_that_are_no_crops_are_searched_for_faces(tmp_path, astronaut, caplog):
    for person in range(8):
        folder = tmp_path / f"p{person}"
        folder.mkdir()
        for photo in range(2):
            picture = astronaut[: 300 + person, 100 : 380 + photo]
            Image.fromarray(picture).save(folder / f"{photo}.jpg")
    blank = Image.fromarray(np.full((300, 300), 128, np.uint8))
    blank.save(tmp_path / "p0" / "blank.png")
    with caplog.at_level(logging.WARNING):
        loaded = data.load(tmp_path)
    assert "1 photos of p0 show no face" in caplog.text
    assert np.bincount(loaded.labels).tolist() == [2] * 8


def test_own_folder_of_too_few_people(own_data):
    for folder in sorted(own_data.iterdir())[:6]:
        for file in folder.iterdir():
            file.unlink()
    with pytest.raises(UserError, match="8 are needed"):
        data.load(own_data)
    with pytest.raises(UserError, match="no folder"):
        data.load(own_data / "nothing")


def test_altering_by_nothing_changes_nothing():
    still = Alteration(
        tilt=0,
        zoom=0,
        stretch=0,
        shear=0,
        shift=0,
        gamma=0,
        light=0,
        side=0,
        noise=0,
        blur=0,
        coarse=0,
        compressed=0,
        cover=0,
    )
    image = data.inputs(drawing.people(1, 1).images, DEFAULT.input)[0, :, :, 0]
    altered = data.alter(image, still, np.random.default_rng(0))
    np.testing.assert_allclose(altered, image, atol=1e-5)


def test_orl(needs_data):
    needs_data("orl_faces")
    loaded = data.load(None)
    assert loaded.names == tuple(f"s{number}" for number in range(1, 41))
    assert loaded.images.shape == (400, 112, 92)
    assert np.bincount(loaded.labels).tolist() == [10] * 40


def test_lfw(needs_data):
    needs_data("lfw_faces")
    whole = wild.Wild.read(datasets.root())
    assert len(whole.photos) == 4414
    assert sum(map(len, whole.photos.values())) == 11_209
    known, held = whole._names("peopleDevTrain.txt"), whole._names("peopleDevTest.txt")
    assert (len(known), len(held)) == (3080, 1334)
    assert not set(known) & set(held)
