"""Boxes as networks say them: there and back, from anchors to proposals."""

from __future__ import annotations

import numpy as np

from mmdemo.core.measure.detection import Found
from mmdemo.core.nets import boxes, regions


def test_changes_are_said_and_read():
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 0.5, (2, 50, 2))
    true, near = np.concatenate([low, low + rng.uniform(0.05, 0.5, (2, 50, 2))], axis=2)
    np.testing.assert_allclose(regions.decode(regions.encode(true, near), near), true, atol=1e-5)


def test_anchors_stand_around_the_places_of_a_map():
    sizes = np.array([[0.5, 0.25], [0.1, 0.2]])
    found = regions.anchors(2, 3, sizes).reshape(2, 3, 2, 4)
    middles = (found[..., :2] + found[..., 2:]) / 2
    np.testing.assert_allclose(middles[..., 0, :], regions.places(2, 3).reshape(2, 3, 2), atol=1e-6)
    np.testing.assert_allclose(
        found[..., 2:] - found[..., :2], np.broadcast_to(sizes, (2, 3, 2, 2)), atol=1e-6
    )


def test_proposals_say_which_anchor_they_come_from():
    anchors = regions.anchors(4, 4, np.array([[0.2, 0.2]]))
    objectness = np.full(16, -5.0)
    objectness[[3, 7, 8]] = 1, 3, 2
    changes = np.zeros((16, 4), np.float32)
    changes[8, 0] = 10  # a whole side to the right
    found = regions.proposed(objectness, changes, anchors, candidates=3, count=9)
    assert found.labels.tolist() == [7, 8, 3]
    np.testing.assert_allclose(found.scores, regions.sigmoid(np.array([3.0, 2.0, 1.0])))
    np.testing.assert_allclose(found.boxes[0], anchors[7], atol=1e-6)
    np.testing.assert_allclose(found.boxes[1], anchors[8] + [0.2, 0, 0.2, 0], atol=1e-6)
    # Of two that say the same, the likelier stays.
    changes[3] = regions.encode(anchors[7], anchors[3])
    found = regions.proposed(objectness, changes, anchors, candidates=3, count=9)
    assert found.labels.tolist() == [7, 8]
    assert regions.proposed(objectness, changes, anchors, candidates=3, count=1).labels == [7]


def test_suppression_is_that_of_a_loop():
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 0.6, (80, 2))
    edges = np.concatenate([low, low + rng.uniform(0.1, 0.4, (80, 2))], axis=1).astype(np.float32)
    found = Found(edges, rng.integers(2, size=80), rng.permutation(80) / 80)
    kept: list[int] = []
    for row in np.argsort(-found.scores):
        rivals = [other for other in kept if found.labels[other] == found.labels[row]]
        shared = boxes.iou(edges[row], edges[rivals]) if rivals else np.zeros(1)
        if found.scores[row] >= 0.1 and (shared <= 0.4).all():
            kept.append(int(row))
    ours = regions.suppress(found, 0.4, 0.1)
    np.testing.assert_array_equal(ours.boxes, edges[kept])
    none = regions.suppress(Found(edges[:0], found.labels[:0], found.scores[:0]), 0.4)
    assert len(none.boxes) == 0
