"""Pairs of digits by the paper's recipe; altered and drawn digits; what errors are."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.data.handwritten import Images
from mmdemo.core.media import handwriting
from mmdemo.demos.capsules import altering, config, data, drawn, measure, pictures, words

EVERY = Images(
    np.stack([drawn.digit(value, seed) for seed in range(3) for value in range(10)])
    / np.float32(255),
    np.tile(np.arange(10), 3),
)
INK = (EVERY.pixels * 255).round().astype(np.uint8)


REACH = range(-4, 5)
PLACES = {
    pictures.placed(ink, (right, down)).tobytes(): (row, right, down)
    for row, ink in enumerate(INK)
    for right in REACH
    for down in REACH
}
"""Each digit in each place of a large picture, by its bytes."""


def test_a_pair_is_of_two_kinds_within_four_pixels_and_its_ink_is_added():
    batches = altering.Paired(EVERY, config.OVERLAID, seed=1)
    shifts = set()
    for epoch in range(4):
        batches.epoch = epoch
        rows = batches.rows(0)
        seen, digits, apart = batches.pictures(rows, batches.rng(0))
        assert seen.shape == (30, 36, 36) and apart.shape == (30, 2, 36, 36)
        assert (digits[:, 0] != digits[:, 1]).all()
        np.testing.assert_array_equal(seen, np.minimum(apart.astype(int).sum(axis=1), 255))
        for row, names, pair in zip(rows, digits, apart, strict=True):
            placed = [PLACES[each.tobytes()] for each in pair]
            assert placed[0][0] == row
            assert [EVERY.digits[each] for each, *_ in placed] == names.tolist()
            shifts |= {shift for _, *each in placed for shift in each}
    assert shifts == set(REACH)


def test_digits_overlap_much():
    """The paper: boxes of 20 x 20 overlap by four fifths on average, moved by up to four each."""
    rng = np.random.default_rng(0)
    box = np.zeros((28, 28), np.uint8)
    box[4:24, 4:24] = 1
    apart = pictures.apart_of(box[None], np.zeros((500, 2), int), rng)
    assert apart.min(axis=1).sum(axis=(1, 2)).mean() / 400 == pytest.approx(0.74, abs=0.03)


def test_batches_are_those_of_seed_and_epoch_and_their_values_from_zero_to_one():
    one, other = (altering.Alone(EVERY, config.DEFAULT, seed=2) for _ in range(2))
    (seen, names), wanted = one[0]
    (again, _), _ = other[0]
    np.testing.assert_array_equal(seen, again)
    assert seen.shape == (30, 28, 28) and seen.dtype == np.float32 and seen.min() >= 0
    assert seen.max() <= 1 and names.shape == (30, 1, 10)
    np.testing.assert_array_equal(wanted["lengths"], names[:, 0])
    np.testing.assert_array_equal(wanted["redrawn"][:, 0], seen)
    other.epoch = 1
    assert np.abs(other[0][0][0] - seen).max() > 0.1


def test_an_epoch_may_have_fewer_digits_than_there_are():
    assert len(altering.Alone(EVERY, config.TINY, seed=0)) == 4
    fewer = Images(EVERY.pixels[:10], EVERY.digits[:10])
    assert len(altering.Alone(fewer, config.TINY, seed=0)) == 2


def test_the_paper_s_digits_are_moved_and_nothing_else():
    batches = altering.Alone(EVERY, config.BOOK, seed=0)
    seen, _, _ = batches.pictures(np.arange(30), np.random.default_rng(0))
    for ink, moved in zip(INK, seen, strict=True):
        shifts = [(r, d) for r in range(-2, 3) for d in range(-2, 3)]
        assert any(
            (np.pad(ink, 2)[2 - d : 30 - d, 2 - r : 30 - r] == moved).all() for r, d in shifts
        )


def test_drawn_digits_are_in_the_form_of_mnist_and_of_the_page():
    for value in range(10):
        for made in (drawn.digit, drawn.scrambled):
            ink = made(value, 5)
            assert ink.shape == (28, 28) and ink.dtype == np.uint8 and ink.max() == 255
            rows, columns = np.nonzero(ink > 25)
            assert max(np.ptp(rows), np.ptp(columns)) + 1 <= 22
            weights = ink / ink.sum()
            assert abs((weights * np.arange(28)[:, None]).sum() - 13.5) < 0.6
            np.testing.assert_array_equal(ink, made(value, 5))
            handwriting.digit(ink)  # the page takes it
        assert np.abs(drawn.digit(value, 5).astype(int) - drawn.scrambled(value, 5)).mean() > 5
        assert (drawn.digit(value, 5) != drawn.digit(value, 6)).any()


@pytest.mark.parametrize("kind", words.LEVELS)
def test_curves_begin_with_what_is_unchanged_and_go_further_each_time(kind):
    shown = dict(data.curve(kind, EVERY.pixels, seed=0))
    assert tuple(shown) == words.LEVELS[kind][1]
    differences = {level: np.abs(ink - EVERY.pixels).mean() for level, ink in shown.items()}
    start = 1 if kind == "scaled" else 0
    assert differences[start] == pytest.approx(0, abs=1e-6)
    larger = [differences[level] for level in shown if level >= start]
    assert larger == sorted(larger) and larger[-1] > 0.02
    for metric in (f"error_{kind}_{level:g}" for level in shown):
        assert metric in words.METRICS


def test_errors_of_pairs():
    said = np.zeros((3, 10))
    said[0, [3, 5]] = said[1, [1, 2]] = said[2, [7, 8]] = 0.9, 0.8
    digits = np.array([[5, 3], [1, 9], [4, 6]])
    assert measure.pair_errors(said, digits) == {
        "pair_error": pytest.approx(2 / 3), "digit_error": pytest.approx(0.5)
    }  # fmt: skip


def test_baselines_learn():
    nearest = measure.neighbours(EVERY)
    assert measure.error(nearest(EVERY.pixels), EVERY.digits) <= 0.1
    ink, digits = data.pairs(EVERY, 1, seed=0)
    said = measure.linear(EVERY, seed=0)(ink)
    assert measure.pair_errors(said, digits)["pair_error"] < 0.5
