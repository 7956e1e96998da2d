"""One's own data and what is said of its mistakes; altered pictures; what is to be learnt."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.core.nets import boxes, region_targets, regions
from mmdemo.demos.detection import altered, codes, config, data, drawn, frame, outputs, targets
from tests.demos.detection.conftest import write_own

HOW = config.TINY.input


def test_own_pictures_are_read(tmp_path):
    pictures = data.own(write_own(tmp_path / "own"), HOW)
    assert pictures.names == ("disc", "square")
    assert pictures.images.shape == (20, 48, 64, 3)
    image, edges, labels = pictures.images[3], pictures.boxes[3], pictures.labels[3]
    assert labels.tolist() == [0, 1, 0, 1]
    left, top, right, bottom = boxes.to_pixels(edges[-1], 64, 48)  # drawn last, so uncovered
    assert (image[top:bottom, left:right] == (60, 90, 150)).all()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<xmin>", "<xmin>-", "leaves the picture"),
        ("</xmax>", "00</xmax>", "leaves the picture"),
        ("<xmax>", "<xmax>0.0", "has no area"),
        ("<ymin>", "<ymin>a", "are not four numbers"),
        ("<ymin>", "<ymin>nan", "are not four numbers"),
        ("<name>disc", "<name>", "has no name"),
        ("<filename>5", "<filename>fifty", "is not in"),
        ("</annotation>", "", "is not XML"),
        ("<annotation>", '<!DOCTYPE a [<!ENTITY b "c">]><annotation>', "declares entities"),
        ("<name>disc", "<name>rare", "There are 2 boxes of 'rare'"),
    ],
)
def test_a_mistake_is_named(tmp_path, old, new, said):
    own = write_own(tmp_path / "own")
    if said == "is not in":
        (own / "JPEGImages" / "5.png").unlink()
    path = own / "Annotations" / "5.xml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(UserError, match=said):
        data.own(own, HOW)


def test_too_few_pictures_or_none_are_refused(tmp_path):
    with pytest.raises(UserError, match="PASCAL VOC"):
        data.own(tmp_path, HOW)
    with pytest.raises(UserError, match="3 XML files"):
        data.own(write_own(tmp_path / "own", 3), HOW)
    (tmp_path / "own" / "JPEGImages" / "1.png").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"1\.png"):
        write_own(tmp_path / "other")
        (tmp_path / "other" / "JPEGImages" / "1.png").write_bytes(b"nothing")
        data.own(tmp_path / "other", HOW)


def test_the_public_set_has_its_official_parts(needs_data):
    needs_data("bccd")
    test = data.blood("test", HOW)
    assert len(test) == 72
    assert test.names == ("red blood cell", "white blood cell", "platelet")
    assert np.bincount(np.concatenate(test.labels)).tolist() == [805, 71, 69]


def test_boxes_go_where_their_things_go():
    """A white square on black is still what its box surrounds."""
    image = np.zeros((48, 64, 3), np.uint8)
    image[10:22, 30:50] = 255
    edges = np.array([[30 / 64, 10 / 48, 50 / 64, 22 / 48]])
    how = dataclasses.replace(config.ALTERED, colour=0.0)
    rng = np.random.default_rng(0)
    seen = 0
    for _ in range(40):
        moved_image, matrix = altered.alter(image, how, rng)
        moved, kept = altered.move(edges, matrix, image.shape[:2])
        if not kept[0]:
            continue
        seen += 1
        rows, columns = np.nonzero(moved_image[..., 0] > 224)  # brighter than the grey beside
        found = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]])
        assert boxes.pairwise_iou(found / (64, 48, 64, 48), moved)[0, 0] > 0.75
    assert seen > 20


def test_a_picture_in_a_frame_and_back():
    picture = np.full((30, 90, 3), 9, np.uint8)
    framed = frame.fit(picture, 48, 64)
    assert framed.image.shape == (48, 64, 3)
    assert (framed.image[:13] == frame.GREY).all() and (framed.image[14:34] == 9).all()
    edges = np.float32([[0.2, 0.1, 0.7, 0.9]])
    np.testing.assert_allclose(framed.back(framed.into(edges)), edges, atol=1e-6)
    assert (frame.fit(picture, 48, 64, squash=True).image == 9).all()


# === What is to be learnt ===


@pytest.fixture
def truth() -> tuple[np.ndarray, np.ndarray]:
    """The boxes and labels of a drawn picture."""
    pictures = drawn.pictures(1, config.DEFAULT.input)
    return pictures.boxes[0], pictures.labels[0]


def test_points_know_every_thing(truth):
    edges, labels = truth
    _, made = targets.Points(config.DEFAULT)([edges], [labels], [], np.random.default_rng(0))
    classes, wanted, centre = (part[0] for part in made)
    holds = wanted[:, 4] > 0
    assert (boxes.pairwise_iou(edges, wanted[holds, :4]).max(axis=1) > 0.99).all()
    assert (classes.sum(axis=1) == holds).all()
    logits = np.where(classes > 0, 9.0, -9.0)
    found = outputs.of_points(logits, wanted[:, :4], np.where(centre[:, :1] > 0, 9.0, -9.0))
    shown = regions.suppress(found, 0.9, 0.5)
    assert (boxes.pairwise_iou(edges, shown.boxes).max(axis=1) > 0.99).all()


def test_a_cell_says_where_its_thing_is():
    edges = np.float32([[0.1, 0.2, 0.3, 0.5], [0.6, 0.6, 0.9, 0.8]])
    labels = np.array([2, 0])
    _, made = targets.Cells(config.YOLO)([edges], [labels], [], np.random.default_rng(0))
    said = np.zeros((7, 7, 13), np.float32)
    said[..., :2], said[..., 2:4] = made[0, ..., :2], np.sqrt(made[0, ..., 2:4])
    said[..., 4], said[..., 10:] = made[0, ..., 4], made[0, ..., 5:]
    found = outputs.of_cells(said, 2)
    assert sorted(found.labels.tolist()) == [0, 2]
    np.testing.assert_allclose(found.boxes[np.argsort(-found.labels)], edges, atol=1e-6)


def test_regions_show_a_thing_or_nothing(truth):
    edges, labels = truth
    rng = np.random.default_rng(0)
    far = np.tile(np.float32([[0, 0, 0.01, 0.01]]), (100, 1))
    make = targets.regions(config.FAST_RCNN)
    (where,), (classes, changes) = make([edges], [labels], [far], rng)
    assert where.shape == (1, 64, 4) and (classes.sum(axis=2) == 1).all()
    shows = np.flatnonzero(classes[0, :, 0] == 0)
    assert 0 < len(shows) <= 16
    for row in shows:
        label = int(classes[0, row, 1:].argmax())
        assert changes[0, row, label, 4] == 1
        back = regions.decode(changes[0, row, label, :4], where[0, row])
        assert boxes.pairwise_iou(back[None], edges[labels == label]).max() > 0.99


def test_each_thing_has_an_anchor(truth):
    edges, labels = truth
    make = targets.proposing(config.FASTER_RCNN)
    _, (objectness, changes) = make([edges], [labels], [], np.random.default_rng(0))
    shows = (objectness[0] == (1, 1)).all(axis=1)
    back = regions.decode(changes[0, shows, :4], codes.anchors(config.FASTER_RCNN)[shows])
    assert (boxes.pairwise_iou(edges, back).max(axis=1) > 0.95).mean() > 0.9
    assert objectness[0, :, 1].sum() == region_targets.ANCHORS


def test_an_empty_picture_teaches_that_nothing_is_there():
    rng = np.random.default_rng(0)
    none = (np.zeros((0, 4), np.float32), np.zeros(0, int), np.zeros((0, 4), np.float32))
    for kind, preset in (("points", "default"), ("yolo", "yolo"), ("faster_rcnn", "faster_rcnn")):
        make = targets.OF[kind](config.PRESETS[preset])
        _, made = make(*([each] for each in none), rng)
        assert all(
            np.isfinite(part).all() for part in (made if isinstance(made, tuple) else [made])
        )


def test_the_anchors_are_sized_as_the_training_boxes(needs_data):
    needs_data("bccd")
    known = data.blood("train", config.FASTER_RCNN.input)
    anchors = codes.anchors(config.FASTER_RCNN)
    best = [boxes.pairwise_iou(edges, anchors).max(axis=1) for edges in known.boxes]
    assert (np.concatenate(best) >= 0.5).mean() > 0.95
