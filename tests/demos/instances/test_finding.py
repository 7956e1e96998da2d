"""From candidates to pixels, with candidates of our own."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.measure.regions import measured
from mmdemo.core.serve import backend
from mmdemo.demos.instances import config, finding, infer
from mmdemo.demos.instances.finding import Candidates, Choice
from mmdemo.demos.instances.infer import Walk


def candidates(boxes, scores, masks=None, shape=(40, 60)) -> Candidates:
    boxes = np.float32(boxes).reshape(-1, 4)
    count = len(boxes)
    full = np.full((count, 28, 28), 5, np.float32) if masks is None else masks
    return Candidates(
        boxes,
        np.float32(scores),
        full,
        boxes,
        np.ones(count),
        boxes,
        np.full(count, 4),
        boxes,
        99,
        shape,
    )


LEFT, RIGHT = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0)


def test_pixels_belong_to_the_likeliest():
    across = (0.25, 0.0, 0.75, 1.0)
    found = candidates([LEFT, across], [0.9, 0.8])
    labels, rows = finding.labels(found, Choice(0.5, 0.7))
    assert rows.tolist() == [0, 1]
    assert (labels[:, :30] == 1).all() and (labels[:, 30:45] == 2).all()
    assert not labels[:, 45:].any()


def test_what_another_covers_is_no_thing():
    inner = (0.1, 0.1, 0.4, 0.6)
    labels, rows = finding.labels(candidates([LEFT, inner], [0.9, 0.8]), Choice(0.5, 0.7))
    assert rows.tolist() == [0] and labels.max() == 1


def test_of_two_that_overlap_the_likelier_stays():
    near = (0.02, 0.0, 0.52, 1.0)
    for overlap in (0.5, 0.99):  # at .99 its pixels are taken
        _, rows = finding.labels(candidates([near, LEFT], [0.8, 0.9]), Choice(0.5, overlap))
        assert rows.tolist() == [1]


def test_unlikely_ones_are_left_out():
    labels, rows = finding.labels(candidates([LEFT, RIGHT], [0.9, 0.3]), Choice(0.5, 0.5))
    assert rows.tolist() == [0]
    labels, rows = finding.labels(candidates([], []), Choice())
    assert not labels.any() and len(rows) == 0


def test_a_mask_is_drawn_where_its_points_are():
    y, x = np.mgrid[:28, :28]
    disc = (13.0**2 - (x - 13.5) ** 2 - (y - 13.5) ** 2)[None].astype(np.float32)
    labels, _ = finding.labels(candidates([LEFT], [0.9], disc), Choice())
    rows, columns = np.mgrid[:40, :60] + 0.5
    # An ellipse of the same extent in pixels: 13 of 28 points on each side of the middle.
    true = ((columns - 15) / (30 * 13 / 28)) ** 2 + ((rows - 20) / (40 * 13 / 28)) ** 2 < 1
    shared = (true & (labels == 1)).sum() / (true | (labels == 1)).sum()
    assert shared > 0.95


@pytest.mark.parametrize(
    "box", [(-0.2, -0.1, 0.3, 0.4), (0.9, 0.9, 1.3, 1.2), (1.0, 1.0, 1.2, 1.2)]
)
def test_boxes_may_reach_beyond_the_picture(box):
    labels, rows = finding.labels(candidates([box], [0.9]), Choice())
    assert (labels > 0).any() == (len(rows) > 0) == (min(box[2:]) > 0 and max(box[:2]) < 1)


def test_anchors_of_both_maps_stand_in_order():
    anchors = finding.anchors(config.DEFAULT, (24, 40))
    kinds = len(config.DEFAULT.network.fine), len(config.DEFAULT.network.coarse)
    assert len(anchors) == 6 * 10 * kinds[0] + 3 * 5 * kinds[1]
    sides = (anchors[:, 2:] - anchors[:, :2]) * (40, 24)
    np.testing.assert_allclose(sides[0], config.DEFAULT.network.fine[0], atol=1e-4)
    np.testing.assert_allclose(sides[-1], config.DEFAULT.network.coarse[-1], atol=1e-4)


def test_what_is_found_is_where_the_picture_has_it(monkeypatch):
    """The network sees more at the right and at the bottom; what it says is brought back."""
    shape, padded = (75, 90), (80, 96)
    anchors = finding.anchors(config.DEFAULT, padded)
    chosen = len(anchors) - 3 * 60  # of the coarser map
    objectness = np.where(np.arange(len(anchors)) == chosen, 9.0, -9.0)

    def looking(_fine, _coarse, regions):
        is_it = np.abs(regions - np.clip(anchors[chosen], 0, 1)).max(axis=-1) < 1e-5
        logits = np.stack([np.zeros(is_it.shape), np.where(is_it, 9, -9)], axis=-1)
        return logits, np.zeros((*is_it.shape, 1, 4))

    parts = {
        "proposing": lambda pixels: (
            np.zeros((1, 20, 24, 1)),
            np.zeros((1, 10, 12, 1)),
            objectness[None],
            np.zeros((1, len(anchors), 4)),
        ),
        "looking": looking,
        "outlining": lambda _fine, _coarse, boxes: np.full((1, boxes.shape[1], 28, 28), 5.0),
    }
    monkeypatch.setattr(backend, "compile_part", lambda _, part: parts[part.__name__])
    picture = finding.prepared(np.zeros((*shape, 3), np.uint8), config.DEFAULT)
    assert picture.shape == (1, *padded, 3)
    found = finding.candidates(None, config.DEFAULT, picture, shape)
    wanted = anchors[chosen] * (*padded[::-1], *padded[::-1])
    inside = np.clip(wanted, 0, (*padded[::-1], *padded[::-1]))
    pixels = (*shape[::-1], *shape[::-1])
    assert found.strides.tolist() == [8] and found.tried == len(anchors)
    np.testing.assert_allclose(found.anchors[0] * pixels, wanted, atol=1e-3)
    np.testing.assert_allclose(found.boxes[0] * pixels, inside, atol=1e-3)
    np.testing.assert_allclose(found.proposals[0] * pixels, inside, atol=1e-3)
    labels, _ = finding.labels(found, Choice())
    rows, columns = np.nonzero(labels)
    left, top, right, bottom = np.minimum(inside, pixels)
    assert abs(rows.min() - top) <= 1 and abs(rows.max() + 1 - bottom) <= 1
    assert abs(columns.min() - left) <= 1 and abs(columns.max() + 1 - right) <= 1


def test_a_thing_says_its_boxes_in_pixels():
    walk = Walk(
        (0.1, 0.1, 0.3, 0.4), (0, 0.1, 0.2, 0.3), 0.9, 4, (0, 0, 0.5, 1), 0.8, np.ones((28, 28))
    )
    labels = np.ones((40, 60), np.int32)
    regions = measured(labels, [0.8], ["nucleus"], (120, 80))
    said = infer.Instances(labels, regions, ("nucleus",), 120, 80, (walk,), np.zeros((5, 4)), 99)
    one = said.to_dict()["regions"][0]
    assert one["box"] == {"left": 0, "top": 0, "right": 60, "bottom": 80}
    assert one["anchor"] == {"left": 12, "top": 8, "right": 36, "bottom": 32}
    assert one["proposal"]["right"] == 24 and one["area"] == 9600


def test_what_is_looked_into_lies_in_the_padded_picture():
    found = candidates([LEFT, RIGHT], [0.9, 0.8], shape=(75, 90))
    looked, outlined = infer._likeliest(found, np.tile((96 / 90, 80 / 75), 2))
    np.testing.assert_allclose(looked[0, 1], (45 / 96, 0, 90 / 96, 75 / 80), atol=1e-6)
    assert outlined.shape == (1, 2, 4) and outlined.max() < 1
    nothing = infer._likeliest(candidates([], []), np.ones(4))
    assert [each.shape for each in nothing] == [(1, 0, 4), (1, 0, 4)]
