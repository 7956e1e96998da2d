"""What is to be learnt and what is made of it: there and back; the figures against a slow loop."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.data import drawn_nuclei as drawn
from mmdemo.core.measure import things, watershed
from mmdemo.demos.segmentation import config, losses, measure, parting, targets
from mmdemo.demos.segmentation.parting import Parting

MAPS = config.MAPS
NOTHING = np.zeros((20, 30), np.int32)


def two_that_touch() -> np.ndarray:
    rows, columns = np.indices((40, 60))
    labels = np.zeros((40, 60), np.int32)
    labels[np.hypot(rows - 20, columns - 20) < 11] = 1
    labels[(np.hypot(rows - 20, columns - 39) < 11) & (labels == 0)] = 2
    return labels


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


def test_small_things_are_left_out_and_the_others_numbered_anew():
    labels = np.array([[1, 1, 0, 2], [1, 0, 0, 0], [0, 3, 3, 3]], np.int32)
    left = watershed.without_small(labels, 3)
    assert left.tolist() == [[1, 1, 0, 0], [1, 0, 0, 0], [0, 2, 2, 2]]
    assert not watershed.without_small(NOTHING, 1).any()


@pytest.mark.parametrize("height", [1, 17])
def test_nothing_and_everything(height):
    said = np.zeros((height, 23, 3), np.float32)
    assert not parting.things(said, MAPS, Parting()).any()
    said[..., 0] = 1  # a thing without a hill
    assert parting.things(said, MAPS, Parting(least=1)).min() == 1


@pytest.mark.parametrize("bright", [True, False])
def test_the_watershed_finds_what_is_brighter_or_darker(bright):
    labels = two_that_touch()
    grey = np.where((labels > 0) == bright, 200, 40).astype(np.uint8)
    found = watershed.classical(np.repeat(grey[..., None], 3, axis=2), apart=5)
    assert things.average_precision(labels, found)[0] == 1
    assert not watershed.classical(np.full((9, 9, 3), 5, np.uint8), apart=5).any()


# === Figures ===


def slow_precision(true: np.ndarray, found: np.ndarray, limit: float) -> float:
    """One pair of masks after the other."""
    masks = [[map_ == k for k in range(1, map_.max() + 1)] for map_ in (true, found)]
    hits = sum(
        (one & other).sum() / (one | other).sum() > limit for one in masks[0] for other in masks[1]
    )
    return hits / (len(masks[0]) + len(masks[1]) - hits)


def test_precision_equals_a_slow_loop():
    rng = np.random.default_rng(0)
    for seed in range(4):
        true = drawn.field("stained", 20, seed, size=96)[1]
        found = watershed.without_small(np.roll(true, rng.integers(-3, 4, 2), (0, 1)), 40)
        ours = things.average_precision(true, found)
        slow = [slow_precision(true, found, limit) for limit in things.LIMITS]
        np.testing.assert_allclose(ours, slow)
    assert (things.average_precision(true, true) == 1).all()


def test_pictures_without_things():
    one = NOTHING + 1
    assert (things.average_precision(NOTHING, NOTHING) == 1).all()
    assert (things.average_precision(NOTHING, one) == 0).all()
    assert things.dice(NOTHING, NOTHING) == 1 and things.dice(NOTHING, one) == 0
    figures = things.figures([NOTHING, one], [one, one])
    assert figures["count_error"] == 0.5 and figures["ap_at_50"] == 0.5


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
