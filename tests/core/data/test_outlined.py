"""One's own pictures with outlines, and what is said of their mistakes; the public ones."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.data import drawn_nuclei as drawn
from mmdemo.core.data import outlined
from mmdemo.core.errors import UserError
from mmdemo.core.media.stretch import Input
from tests.support.outlined import write_own


def test_own_pictures_are_read(tmp_path):
    pictures = outlined.own(write_own(tmp_path / "own"))
    assert len(pictures) == 12 and not pictures.stains
    image, labels = drawn.field("stained", 8, 11, size=64)
    place = pictures.files.index("11.png")
    assert (pictures.images[place] == image).all()
    assert (pictures.labels[place] == labels).all()


def test_numbers_need_not_follow_one_another():
    map_ = np.array([[0, 7, 7], [300, 0, 7]])
    assert outlined.numbered(map_).tolist() == [[0, 1, 1], [2, 0, 1]]
    assert outlined.numbered(np.full((2, 2), 9)).tolist() == [[1, 1], [1, 1]]


def spoil(folder, mistake):
    path = folder / "labels" / "5.png"
    if mistake == "missing":
        path.unlink()
    elif mistake == "size":
        Image.new("L", (64, 63)).save(path)
    elif mistake == "channels":
        Image.new("RGB", (64, 64)).save(path)
    elif mistake == "not a PNG":
        path.write_bytes(b"nothing")
    elif mistake == "picture":
        (folder / "images" / "5.png").write_bytes(b"nothing")
    elif mistake == "nothing drawn":
        for each in (folder / "labels").iterdir():
            Image.new("L", (64, 64)).save(each)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("missing", r"5\.png has no map of labels"),
        ("size", "64 x 63 pixels, and its picture 64 x 64"),
        ("channels", "several channels"),
        ("not a PNG", "cannot be read as a PNG"),
        ("picture", r"5\.png: This file is not a picture"),
        ("nothing drawn", "all their pixels are 0"),
    ],
)
def test_a_mistake_is_named(tmp_path, mistake, said):
    own = write_own(tmp_path / "own")
    spoil(own, mistake)
    with pytest.raises(UserError, match=said):
        outlined.own(own)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (None, "classes.txt is missing"),
        ("ground", "names 1 kinds"),
        ("ground\n\nnucleus", "an empty line, or a name twice"),
        ("ground\nground", "an empty line, or a name twice"),
        ("a\nb", None),
        ("ground\nnucleus\nother", None),
    ],
)
def test_own_kinds_need_their_names(tmp_path, classes, said):
    own = write_own(tmp_path / "own", by_kind=True)
    (own / "classes.txt").unlink()
    if classes is not None:
        (own / "classes.txt").write_text(classes)
    if said is None:
        pictures = outlined.own(own, by_kind=True)
        assert pictures.names == tuple(classes.split())
        assert set(np.unique(pictures.labels[0])) == {0, 1, outlined.VOID}
        Image.new("L", (64, 64), 7).save(own / "labels" / "5.png")
        said = r"5\.png has the value 7"
    with pytest.raises(UserError, match=said):
        outlined.own(own, by_kind=True)


def test_maps_in_which_nobody_knows_anything_are_refused(tmp_path):
    own = write_own(tmp_path / "own", by_kind=True)
    for each in (own / "labels").iterdir():
        Image.new("L", (64, 64), outlined.VOID).save(each)
    with pytest.raises(UserError, match="has a kind: all their pixels are 255"):
        outlined.own(own, by_kind=True)


def test_maps_of_every_mode_and_large_pictures_are_read(tmp_path):
    own = write_own(tmp_path / "own")
    half = np.zeros((64, 64), np.uint8)
    half[:, 32:] = 9
    palette = Image.fromarray(half, "P")
    palette.putpalette([0, 0, 0] * 256)
    palette.save(own / "labels" / "0.png")
    Image.fromarray(half > 0).save(own / "labels" / "1.png")
    wide = np.zeros((20, 5000), np.uint16)
    wide[:, 2500:] = 60_000
    Image.fromarray(wide).save(own / "labels" / "2.png")
    Image.new("RGB", (5000, 20)).save(own / "images" / "2.png")
    pictures = outlined.own(own)
    places = [pictures.files.index(f"{number}.png") for number in range(3)]
    for place in places:
        labels, image = pictures.labels[place], pictures.images[place]
        assert labels.shape == image.shape[:2] and labels.shape[1] <= 2048
        middle = labels.shape[1] // 2
        assert not labels[:, :middle].any() and (labels[:, middle:] == 1).all()


def test_pictures_and_maps_are_bounded_alike():
    image, labels = drawn.field("stained", 40, 1)
    whole = outlined.Pictures([image], [labels], [], ["a"])
    small = whole.bounded(dataclasses.replace(Input(), most=6400))
    assert small.images[0].shape == (80, 80, 3) and small.labels[0].shape == (80, 80)
    assert set(np.unique(small.labels[0])) == set(range(small.labels[0].max() + 1))
    assert whole.bounded(Input()).images[0] is image


def test_too_few_pictures_or_none_are_refused(tmp_path):
    with pytest.raises(UserError, match="needs the folders images"):
        outlined.own(tmp_path)
    with pytest.raises(UserError, match="has 3 pictures; at least 10"):
        outlined.own(write_own(tmp_path / "own", 3))


def test_the_public_set_has_its_parts(needs_data):
    needs_data("dsb2018")
    test = outlined.nuclei("test")
    assert len(test) == 49
    assert sum(int(labels.max()) for labels in test.labels) > 1000
    assert all(
        image.shape[:2] == labels.shape
        for image, labels in zip(test.images, test.labels, strict=True)
    )
    known = set(outlined.nuclei("val").files)
    assert not known & set(test.files)


def test_rare_kinds_are_drawn_more_often():
    blank = [np.zeros((8, 8, 3), np.uint8)] * 10
    kinds = ["fluorescence"] * 8 + ["histology", "brightfield"]
    pictures = outlined.Pictures(blank, [image[..., 0] for image in blank], kinds, [""] * 10)
    chances = pictures.chances()
    assert chances.sum() == pytest.approx(1)
    assert chances[8] == pytest.approx(outlined.OFTEN["histology"])
    assert chances[0] == pytest.approx(outlined.OFTEN["fluorescence"] / 8)
