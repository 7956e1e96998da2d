"""Boxes against hand-computed values, counted pixels and each other."""

from __future__ import annotations

import subprocess
import sys

import keras
import numpy as np
import pytest

from mmdemo.core.nets import boxes
from tests.support.boxes import to_centre

SIDE = 40
every_loss = pytest.mark.parametrize("name", boxes.LOSSES)


def random_boxes(count: int, seed: int = 0) -> np.ndarray:
    """Boxes on a grid of SIDE x SIDE pixels, `(count, 4)`, each of some area."""
    rng = np.random.default_rng(seed)
    low = rng.integers(0, SIDE - 1, (count, 2))
    high = low + 1 + (rng.random((count, 2)) * (SIDE - low - 1)).astype(int)
    return np.concatenate([low, high], axis=1) / SIDE


def painted(box: np.ndarray) -> np.ndarray:
    """Which pixels of the grid a box covers."""
    left, top, right, bottom = (box * SIDE).round().astype(int)
    grid = np.zeros((SIDE, SIDE), bool)
    grid[top:bottom, left:right] = True
    return grid


def loss(name: str, true, predicted) -> np.ndarray:
    function = boxes.LOSSES[name]
    true, predicted = (np.atleast_2d(np.asarray(b, np.float32)) for b in (true, predicted))
    return np.asarray(
        keras.ops.convert_to_numpy(function(true, keras.ops.convert_to_tensor(predicted)))
    )


def test_importing_it_does_not_import_keras():
    code = "import sys, mmdemo.core.nets.boxes; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# === Geometry ===


def test_iou_by_hand():
    a = np.array([0.0, 0.0, 0.5, 0.5])
    assert boxes.iou(a, a) == 1
    assert boxes.iou(a, np.array([0.25, 0.0, 0.75, 0.5])) == pytest.approx(1 / 3)
    assert boxes.iou(a, np.array([0.5, 0.0, 1.0, 0.5])) == 0  # they touch
    assert boxes.iou(a, np.array([0.0, 0.0, 1.0, 1.0])) == pytest.approx(1 / 4)
    assert boxes.iou(a, np.array([0.1, 0.1, 0.2, 0.2])) == pytest.approx(0.01 / 0.25)


def test_iou_is_what_counting_pixels_gives():
    ours, others = random_boxes(200, 1), random_boxes(200, 2)
    for a, b, found in zip(ours, others, boxes.iou(ours, others), strict=True):
        one, other = painted(a), painted(b)
        assert found == pytest.approx((one & other).sum() / (one | other).sum())
        shared = boxes.overlap(a, b)
        assert boxes.area(shared) * SIDE**2 == pytest.approx((one & other).sum(), abs=1e-6)
        assert boxes.visible(a, b) == pytest.approx((one & other).sum() / one.sum())


def test_every_pair_is_compared_by_broadcasting():
    ours, others = random_boxes(3, 1), random_boxes(4, 2)
    table = boxes.iou(ours[:, None], others[None])
    assert table.shape == (3, 4)
    assert table[2, 1] == boxes.iou(ours[2], others[1])


@pytest.mark.parametrize(
    "box",
    [[0.3, 0.3, 0.3, 0.3], [0.3, 0.1, 0.3, 0.9], [0.8, 0.8, 0.2, 0.2]],
    ids=["point", "line", "wrong way round"],
)
def test_a_box_without_an_area_is_nowhere(box):
    box = np.array(box)
    whole = np.array([0.0, 0.0, 1.0, 1.0])
    assert boxes.area(box) == 0
    assert boxes.iou(box, whole) == boxes.iou(whole, box) == boxes.iou(box, box) == 0
    assert boxes.visible(box, whole) == 0


def test_centre_and_corners_are_the_same_box():
    found = random_boxes(50)
    np.testing.assert_allclose(boxes.to_corners(to_centre(found)), found, atol=1e-12)
    assert to_centre(np.array([0.2, 0.1, 0.6, 0.9])) == pytest.approx([0.4, 0.5, 0.4, 0.8])


def test_the_mirrored_box_covers_the_mirrored_pixels():
    for box in random_boxes(50):
        assert (painted(boxes.mirror(box)) == painted(box)[:, ::-1]).all()
        np.testing.assert_allclose(boxes.mirror(boxes.mirror(box)), box, atol=1e-12)


def test_a_box_within_a_window_by_hand():
    window = np.array([0.5, 0.0, 1.0, 0.5])
    found = boxes.within(np.array([[0.25, 0.25, 0.75, 0.75], [0.6, 0.1, 0.7, 0.2]]), window)
    np.testing.assert_allclose(found, [[0, 0.5, 0.5, 1], [0.2, 0.2, 0.4, 0.4]], atol=1e-12)
    assert boxes.visible(np.array([0.25, 0.25, 0.75, 0.75]), window) == pytest.approx(1 / 4)


@pytest.mark.parametrize(
    ("box", "size", "wanted"),
    [
        ([0.25, 0.5, 0.75, 1.0], (8, 4), (2, 2, 6, 4)),
        ([0.0, 0.0, 1.0, 1.0], (1, 1), (0, 0, 1, 1)),
        ([0.4, 0.4, 0.4, 0.4], (100, 1), (40, 0, 41, 1)),
        ([1.0, 1.0, 1.0, 1.0], (7, 9), (6, 8, 7, 9)),
        ([-0.1, 0.2, 1.3, 0.9], (10, 10), (0, 2, 10, 9)),
    ],
)
def test_whole_pixels(box, size, wanted):
    found = boxes.to_pixels(np.array(box), *size)
    assert found == wanted
    assert all(type(edge) is int for edge in found)


# === Losses ===


def test_losses_by_hand():
    a, b = [0.0, 0.0, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0]
    # They touch in a corner: no intersection, a union of 1/2 in a hull of 1.
    assert loss("giou", a, b) == pytest.approx([1 + 0.5], abs=1e-5)
    # Far apart in one direction: union 0.02, hull 0.1.
    c, d = [0.0, 0.0, 0.1, 0.1], [0.9, 0.0, 1.0, 0.1]
    assert loss("giou", c, d) == pytest.approx([1 + 0.8], abs=1e-5)
    # One inside the other: the hull is the union, and what is left is 1 - IoU.
    assert loss("giou", [0, 0, 1, 1], a) == pytest.approx([0.75], abs=1e-5)
    assert loss("mse", a, b) == pytest.approx([(0.5**2 + 0.5**2) / 4])
    assert loss("mse", a, [0.0, 0.0, 1.0, 0.5]) == pytest.approx([(0.25**2 + 0.5**2) / 4])
    # An IoU of one half is half a hit; of the edges one is wrong by one half.
    found = loss("hit", [0, 0, 1, 1], [0, 0, 1, 0.5])
    assert found == pytest.approx([0.5 + (10 * 0.5 / 4 + 0.5) / 5], abs=1e-5)
    found = loss("hit", [0, 0, 1, 1], [0, 0, 1, 0.7])
    assert found == pytest.approx([1 / (1 + np.exp(2)) + (10 * 0.3 / 4 + 0.3) / 5], abs=1e-5)
    assert loss("l1+giou", a, b) == pytest.approx([10 * 0.5 + 1.5], abs=1e-4)


def test_giou_against_counted_pixels():
    ours, others = random_boxes(100, 3), random_boxes(100, 4)
    found = loss("giou", ours, others)
    for a, b, value in zip(ours, others, found, strict=True):
        one, other = painted(a), painted(b)
        hull = painted(np.array([*np.minimum(a, b)[:2], *np.maximum(a, b)[2:]])).sum()
        union = (one | other).sum()
        iou = (one & other).sum() / union
        assert value == pytest.approx(1 - iou + (hull - union) / hull, abs=1e-4)


@every_loss
def test_no_loss_for_the_true_box_and_some_for_any_other(name):
    true = random_boxes(50, 5)
    exact = loss(name, true, true)
    others = boxes.mirror(true)[::-1]
    differ = ~np.isclose(true, others).all(axis=1)
    assert exact.shape == (50,)
    assert differ.sum() >= 48
    assert (exact < loss(name, true, others))[differ].all()
    np.testing.assert_allclose(exact, 1 / (1 + np.exp(5)) if name == "hit" else 0, atol=1e-4)


EDGE_CASES = [
    ([0.2, 0.2, 0.6, 0.6], [0.2, 0.2, 0.6, 0.6]),
    ([0.3, 0.3, 0.3, 0.3], [0.3, 0.3, 0.3, 0.3]),
    ([0.0, 0.0, 1.0, 1.0], [0.5, 0.5, 0.5, 0.5]),
    ([0.1, 0.1, 0.2, 0.2], [0.9, 0.9, 0.8, 0.8]),
]


@every_loss
def test_gradients_are_finite_and_agree_with_differences(name):
    from mmdemo.core.serve.backend import gradient

    for true, predicted in EDGE_CASES:
        wanted = np.array([true], np.float32)
        _, slope = gradient(
            lambda box, wanted=wanted: keras.ops.sum(boxes.LOSSES[name](wanted, box)),
            np.array([predicted], np.float32),
        )
        assert np.isfinite(slope).all()
    true, predicted = random_boxes(20, 6), random_boxes(20, 7) + 0.003
    _, slope = gradient(
        lambda box: keras.ops.sum(boxes.LOSSES[name](true.astype(np.float32), box)),
        predicted.astype(np.float32),
    )
    step = 1e-3
    for edge in range(4):
        up, down = predicted.copy(), predicted.copy()
        up[:, edge] += step
        down[:, edge] -= step
        differences = (loss(name, true, up) - loss(name, true, down)) / (2 * step)
        np.testing.assert_allclose(slope[:, edge], differences, rtol=0.05, atol=0.02)


def test_apart_giou_pulls_together_where_iou_is_flat():
    from mmdemo.core.serve.backend import gradient

    true = np.array([[0.0, 0.0, 0.2, 0.2]], np.float32)
    _, slope = gradient(
        lambda box: keras.ops.sum(boxes.giou_loss(true, box)),
        np.array([[0.7, 0.7, 0.9, 0.9]], np.float32),
    )
    assert slope[0, 0] > 0  # the near edges are to come nearer
    assert slope[0, 1] > 0
