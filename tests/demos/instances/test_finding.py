"""From candidates to pixels, with candidates of our own."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.demos.instances import config, finding
from mmdemo.demos.instances.finding import Candidates, Choice


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
