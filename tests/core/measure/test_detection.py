"""Average precision, beside what COCO's own code says of the same boxes."""

from __future__ import annotations

import numpy as np

from mmdemo.core.measure.detection import Found, average_precisions, matched

CLASSES = 3


def scenes(count: int = 12) -> tuple[list[Found], list[Found]]:
    """Boxes that are found, in part beside true ones, in part anywhere; and the true ones."""
    rng = np.random.default_rng(7)
    found, true = [], []
    for _ in range(count):
        low = rng.uniform(0, 200, (9, 2))
        boxes = np.concatenate([low, low + rng.uniform(30, 60, (9, 2))], axis=1).round(2)
        labels = rng.integers(CLASSES, size=9)
        true.append(Found(boxes, labels, np.ones(9)))
        moved = (boxes + rng.normal(0, 4, (9, 4))).round(2)
        twice = (boxes[:4] + rng.normal(0, 6, (4, 4))).round(2)
        stray = rng.uniform(0, 200, (5, 2))
        stray = np.concatenate([stray, stray + rng.uniform(10, 60, (5, 2))], axis=1).round(2)
        all_labels = np.concatenate([labels, labels[:4], rng.integers(CLASSES, size=5)])
        all_boxes = np.concatenate([moved, twice, stray])
        found.append(Found(all_boxes, all_labels, rng.random(18)))
    return found, true


def test_it_is_what_pycocotools_gives():
    """Of the same boxes as JSON; pycocotools 2.0.11, `COCOeval.eval["precision"]`."""
    found, true = scenes()
    ours = average_precisions(found, true, CLASSES)
    np.testing.assert_allclose(ours[:, 0], [0.68868506, 0.66606323, 0.65017430], atol=1e-7)
    np.testing.assert_allclose(ours.mean(axis=1), [0.31573380, 0.31357015, 0.31340717], atol=1e-7)


def test_a_true_box_is_found_once():
    true = np.array([[0.0, 0.0, 10.0, 10.0]])
    found = np.array([[0.0, 0.0, 10.0, 9.0], [0.0, 0.0, 10.0, 10.0]])
    assert matched(found, true, np.array([0.5])).tolist() == [[True, False]]
    assert matched(found[::-1], true, np.array([0.5])).tolist() == [[True, False]]


def test_a_class_without_true_boxes_has_no_precision():
    found, true = scenes(2)
    assert np.isnan(average_precisions(found, true, CLASSES + 1)[CLASSES]).all()
    nothing = [Found(np.zeros((0, 4)), np.zeros(0, int), np.zeros(0))] * 2
    assert (average_precisions(nothing, true, CLASSES) == 0).all()
