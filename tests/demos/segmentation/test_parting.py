"""What is to be learnt and what is made of it: there and back; the figures against a slow loop."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.data import drawn_nuclei as drawn
from mmdemo.core.measure import things
from mmdemo.demos.segmentation import config, losses, measure, parting, targets
from mmdemo.demos.segmentation.parting import Parting
from tests.support.outlined import NOTHING, two_that_touch

MAPS = config.MAPS


def test_maps_of_labels():
    labels = two_that_touch()
    inside, border, distance = np.moveaxis(targets.of_labels(labels, MAPS), -1, 0)
    assert ((inside > 0) == (labels > 0)).all()
    rows, columns = np.nonzero(border)
    assert abs(columns.mean() - 29.5) < 1.5 and rows.min() > 10 and rows.max() < 30
    for number in (1, 2):
        assert distance[labels == number].max() == 1
    assert not distance[labels == 0].any()
    assert not targets.of_labels(NOTHING, MAPS).any()
    assert targets.of_labels(NOTHING + 1, MAPS)[..., 2].all()


def test_a_map_of_labels_is_found_again():
    for style, seed in (("fluorescence", 1), ("stained", 2)):
        labels = drawn.field(style, 50, seed)[1]
        found = parting.things(targets.of_labels(labels, MAPS), MAPS, Parting(least=1))
        assert things.average_precision(labels, found)[0] > 0.95


def test_things_that_touch_are_parted_by_their_distance_alone():
    labels = two_that_touch()
    said = targets.of_labels(labels, MAPS)
    assert parting.things(said, MAPS, Parting()).max() == 2
    assert parting.things(said[..., :1], MAPS[:1], Parting()).max() == 1


def test_a_hill_comes_apart_where_its_parts_are_large():
    rows, columns = np.indices((40, 60))
    said = np.zeros((40, 60, 3), np.float32)
    said[5:35, 5:55, 0] = 1
    for column in (18, 42):
        said[..., 2] = np.maximum(said[..., 2], 1 - np.hypot(rows - 20, columns - column) / 25)
    said[..., 2] = np.maximum(said[..., 2], 0.45) * said[..., 0]  # a bridge between them
    said[20, 52, 2] = 1  # one pixel's whim
    found = {
        part: parting.things(said, MAPS, Parting(top=0.35, part=part)).max()
        for part in (0, 20, 2000)
    }
    assert found == {0: 1, 20: 2, 2000: 1}


@pytest.mark.parametrize("height", [1, 17])
def test_nothing_and_everything(height):
    said = np.zeros((height, 23, 3), np.float32)
    assert not parting.things(said, MAPS, Parting()).any()
    said[..., 0] = 1  # a thing without a hill
    assert parting.things(said, MAPS, Parting(least=1)).min() == 1


# === Figures ===


def test_overlap_of_kinds_equals_a_slow_loop():
    rng = np.random.default_rng(1)
    true = [rng.integers(0, 4, (9, 11)) for _ in range(3)]
    found = [
        np.where(rng.random((9, 11)) < 0.6, each, rng.integers(0, 3, (9, 11))) for each in true
    ]
    true[0][:2] = 255  # nothing is asked there
    figures = measure.overlap_of_kinds(true, found, ("a", "b", "c", "d", "never"))
    here, there = np.concatenate(true).ravel(), np.concatenate(found).ravel()
    here, there = here[here < 255], there[here < 255]
    for kind, name in enumerate("abcd"):
        both = ((here == kind) & (there == kind)).sum()
        either = ((here == kind) | (there == kind)).sum()
        assert figures[f"iou_{name}"] == pytest.approx(both / either)
    assert "iou_never" not in figures
    assert figures["mean_iou"] == pytest.approx(np.mean([figures[f"iou_{n}"] for n in "abcd"]))
    assert figures["pixel_accuracy"] == pytest.approx((here == there).mean())


def test_kinds_abroad_are_judged_where_others_are_something_else():
    true = [np.array([[0, 0, 2, 2], [255, 2, 1, 1]])]  # 2: none of a and b
    found = [np.array([[0, 1, 1, 0], [0, 0, 1, 1]])]
    figures = measure.overlap_of_some(true, found, ("a", "b"), ("a", "b"))
    assert figures["iou_a"] == pytest.approx(1 / 4) and figures["iou_b"] == pytest.approx(2 / 4)


def test_rare_kinds_count_more():
    labels = [np.array([[0] * 90 + [1] * 9 + [2] + [255] * 50])]
    weights = losses.rarity(labels, 4)
    assert (np.diff(weights) > 0).all() and weights.mean() == pytest.approx(1)


def test_nothing_is_learnt_of_what_nobody_knows():
    loss = losses.of_kinds(np.array([1.0, 2.0]))
    said = np.full((1, 2, 2, 2), 0.5, np.float32)
    wanted = np.array([[[0, 1], [255, 255]]])[..., None]
    other = said.copy()
    other[0, 1] = (0.9, 0.1)
    one, two = (np.asarray(loss(wanted, each)).item() for each in (said, other))
    assert one == pytest.approx(two) == pytest.approx(3 * np.log(2) / 4)
