"""The bound on what is decoded at once."""

import threading

import numpy as np
import pytest

from mmdemo.core.errors import MediaError
from mmdemo.core.media import image
from mmdemo.core.media.budget import Budget


def test_who_comes_when_there_is_no_room_waits_for_it():
    budget = Budget(10, patience=20)
    order = []
    inside, leave = threading.Event(), threading.Event()

    def first():
        with budget.take(7):
            inside.set()
            leave.wait(20)
            order.append("first")

    def second():
        inside.wait(20)
        with budget.take(7):
            order.append("second")

    threads = [threading.Thread(target=work) for work in (second, first)]
    for thread in threads:
        thread.start()
    inside.wait(20)
    with budget.take(3):  # what fits beside it does not wait
        pass
    leave.set()
    for thread in threads:
        thread.join(20)
    assert order == ["first", "second"]


def test_who_waits_too_long_is_told_to_come_back():
    budget = Budget(10, patience=0.05)
    with budget.take(10), pytest.raises(MediaError, match="try again"), budget.take(1):
        pass
    with budget.take(99):  # what is larger than all takes all
        pass


def test_room_is_given_back_after_a_damaged_picture(generated, monkeypatch):
    monkeypatch.setattr(image, "IN_FLIGHT", Budget(48 * 64, patience=0.05))
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    whole = generated.encode(noise)
    for _ in range(2):
        with pytest.raises(MediaError, match="damaged"):
            image.open_image(whole[: len(whole) // 2])
        assert image.open_image(whole).shape == (48, 64, 3)
