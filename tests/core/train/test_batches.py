"""core.train.batches: seed and epoch decide every batch."""

import keras
import numpy as np
import pytest

from mmdemo.core.train.batches import ByLength, Clock, Shuffled, warm_up_cosine


def epoch_of(batches):
    return [batches[index].tolist() for index in range(len(batches))]


def test_shuffled_batches_hold_every_sample_once_in_a_new_order_each_epoch():
    batches = Shuffled(10, 4, lambda rows: rows, seed=1)
    first = epoch_of(batches)
    assert [len(rows) for rows in first] == [4, 4, 2]
    assert sorted(row for rows in first for row in rows) == list(range(10))
    assert epoch_of(batches) == first
    batches.on_epoch_end()
    second = epoch_of(batches)
    assert second != first
    again = Shuffled(10, 4, lambda rows: rows, seed=1)
    Clock(again).on_epoch_begin(1)  # a training that was taken up after its first epoch
    assert epoch_of(again) == second
    assert epoch_of(Shuffled(10, 4, lambda rows: rows, seed=2)) != first


@pytest.mark.parametrize("seed", [None, 3])
def test_batches_by_length_hold_every_sequence_once(seed):
    lengths = np.random.default_rng(0).integers(1, 60, 101)
    batches = ByLength(lengths, 10, lambda rows: (rows, lengths[rows]), seed)
    assert len(batches) == 11
    orders = []
    for _ in range(2):
        drawn = [batches[index] for index in range(len(batches))]
        assert sorted(np.concatenate([rows for rows, _ in drawn])) == list(range(101))
        assert drawn[0][1].max() != drawn[1][1].max()  # what Keras learns the shape from
        spread = np.mean([np.ptp(found) for _, found in drawn])
        assert spread < 30 < np.ptp(lengths)
        orders.append([rows.tolist() for rows, _ in drawn])
        batches.on_epoch_end()
    assert (orders[0] == orders[1]) == (seed is None)


def test_few_sequences_are_one_batch():
    batches = ByLength([3, 1], 10, lambda rows: rows, seed=0)
    assert len(batches) == 1
    assert sorted(batches[0]) == [0, 1]


def test_a_training_that_is_taken_up_sees_the_batches_that_it_would_have_seen():
    lengths = np.random.default_rng(0).integers(1, 60, 101)
    whole = ByLength(lengths, 10, lambda rows: rows, seed=3)
    whole.on_epoch_end()
    again = ByLength(lengths, 10, lambda rows: rows, seed=3)
    again[0]
    Clock(again).on_epoch_begin(1)
    assert epoch_of(again) == epoch_of(whole)


def test_the_rate_rises_to_its_peak_and_falls_to_its_floor():
    schedule = warm_up_cosine(0.1, warm_up=10, decay=90, start=0.01, floor=0.02)
    rates = [float(keras.ops.convert_to_numpy(schedule(step))) for step in range(101)]
    assert rates[0] == pytest.approx(0.01)
    assert rates[10] == pytest.approx(0.1) == max(rates)
    assert rates[100] == pytest.approx(0.002) == min(rates)
    assert rates[5] == pytest.approx((rates[0] + rates[10]) / 2)  # along a line
    assert rates[55] == pytest.approx((rates[10] + rates[100]) / 2)  # half a cosine
