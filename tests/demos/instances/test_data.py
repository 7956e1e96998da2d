"""What a step learns: boxes, regions and masks that come from one map of labels."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.data import drawn_nuclei
from mmdemo.core.data.outlined import Pictures
from mmdemo.core.nets.boxes import pairwise_iou
from mmdemo.core.nets.regions import decode
from mmdemo.demos.instances import config, data, finding
from mmdemo.demos.instances.config import MASK


@pytest.fixture(scope="module")
def batches():
    made = [drawn_nuclei.field("fluorescence", 30, seed, size=200) for seed in range(3)]
    images, labels = map(list, zip(*made, strict=True))
    return data.Altered(Pictures(images, labels, [], ["a", "b", "c"]), config.DEFAULT, seed=0)


def test_boxes_hold_their_things():
    labels = np.zeros((40, 60), np.int32)
    labels[10:20, 30:45], labels[0:2, 0:2] = 1, 2  # the second is too small
    numbers, boxes = data.things(labels)
    assert numbers.tolist() == [1]
    np.testing.assert_allclose(boxes, [[0.5, 0.25, 0.75, 0.5]])
    numbers, boxes = data.things(np.zeros((9, 9), np.int32))
    assert numbers.shape == (0,) and boxes.shape == (0, 4)


def test_a_mask_is_what_a_region_shows():
    mask = np.zeros((56, 56), bool)
    mask[:28] = True
    whole = data.mask_in(mask, np.float32([0, 0, 1, 1]))
    np.testing.assert_array_equal(whole, np.repeat([1.0, 0.0], MASK // 2)[:, None].repeat(MASK, 1))
    assert (data.mask_in(mask, np.float32([0.2, 0.1, 0.4, 0.3])) == 1).all()


def test_a_batch_is_what_the_network_takes(batches):
    (pixels, regions, outlined), wanted = batches[0]
    objectness, anchored, classes, changes, masks = wanted
    training = config.DEFAULT.training
    side, count = training.crop, training.batch
    assert pixels.shape == (count, side, side, 3)
    anchors = finding.anchors(config.DEFAULT, (side, side))
    assert objectness.shape == (count, len(anchors), 2)
    assert anchored.shape == (count, len(anchors), 5)
    assert regions.shape[1] == training.regions == classes.shape[1] == changes.shape[1]
    assert outlined.shape[1] == training.outlines == masks.shape[1]
    again = batches[0]
    np.testing.assert_array_equal(pixels, again[0][0])
    np.testing.assert_array_equal(masks, again[1][4])
    for place in range(count):
        shows = np.flatnonzero(classes[place, :, 1])
        assert len(shows) >= 5
        # What a region is to become, and what its anchors are, agree on where things are.
        boxes = decode(changes[place, shows, 0, :4], regions[place, shows])
        held = (objectness[place] == (1, 1)).all(axis=1)
        by_anchors = decode(anchored[place, held, :4], anchors[held])
        assert (pairwise_iou(boxes, by_anchors).max(axis=1) > 0.9).mean() > 0.9
        # A good region's mask fills about what an ellipse fills of its box.
        filled = masks[place, : len(shows), ..., 0].mean(axis=(1, 2))
        assert 0.3 < np.median(filled) < 0.95
        np.testing.assert_array_equal(outlined[place, 0], regions[place, shows[0]])


def test_things_have_anchors_that_fit():
    best = [
        pairwise_iou(data.things(labels)[1], finding.anchors(config.DEFAULT, labels.shape)).max(
            axis=1
        )
        for labels in drawn_nuclei.pictures(4).labels
    ]
    assert (np.concatenate(best) >= 0.5).mean() > 0.85


def test_regions_are_drawn_within_the_crop():
    rng = np.random.default_rng(0)
    anchors = finding.anchors(config.DEFAULT, (64, 64))
    true = np.float32([[0.1, 0.1, 0.3, 0.3], [0.3, 0.1, 0.5, 0.3]])
    for known in (true, true[:1], true[:0]):
        drawn = data.drawn(known, anchors, rng)
        assert drawn.min() >= 0 and drawn.max() <= 1
        assert ((drawn[:, 2:] - drawn[:, :2]) > 0).all() and len(drawn) > 20
    both = np.float32([[0.1, 0.1, 0.5, 0.3]])
    assert pairwise_iou(data.drawn(true, anchors, rng), both).max() > 0.99
