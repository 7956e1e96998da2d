"""core.ui.teach: what is added, trained, stopped and asked, without a page around it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mmdemo.catalog import find
from mmdemo.core.errors import UserError
from mmdemo.core.media.image import open_image
from mmdemo.core.ui import class_views, teach
from mmdemo.core.ui.own_classes import OwnClasses
from mmdemo.core.ui.teach import Teacher


class Coloured(Teacher):
    """Knows pictures by their mean colour."""

    def embed(self, examples):
        return np.stack([one.mean(axis=(0, 1)) for one in examples]).astype(np.float32)


@pytest.fixture
def teacher():
    made = Coloured(
        demo=find("image_classifier"),
        example="picture",
        examples="pictures",
        read=lambda file: [open_image(file)],
        picture=lambda array: array,
        make_input=None,
        files=["image"],
        usage="",
        camera=True,
    )
    made.change(lambda _old: OwnClasses())
    yield made
    made.change(lambda _old: OwnClasses())


@pytest.fixture
def files(tmp_path):
    """Six pictures each that are mostly red, green or blue."""
    rng = np.random.default_rng(0)
    made = {}
    for channel, name in enumerate(("red", "green", "blue")):
        made[name] = [tmp_path / f"{name}{number}.png" for number in range(6)]
        for file in made[name]:
            picture = rng.integers(0, 90, (30, 40, 3), dtype=np.uint8)
            picture[..., channel] += 150
            Image.fromarray(picture).save(file)
    return made


def trained(teacher, files):
    for name, each in files.items():
        teach._add(teacher, name, each)
    *_progress, last = teach._training(teacher, teacher.get())
    return last


def test_classes_are_added_trained_and_asked(teacher, files):
    assert "18 of 18 were named rightly" in trained(teacher, files)
    said = teach._named(teacher, files["blue"][0])
    assert said.index("blue") < said.index("red")


def test_a_file_that_cannot_be_read_does_not_stop_the_others(teacher, files, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(files["red"][0].read_bytes()[:60])
    mine, told = teach._add(teacher, "red", [broken, *files["red"]])
    assert len(mine.examples) == 6
    assert "6 added" in told and "broken.png: This picture is damaged" in told
    with pytest.raises(UserError, match="damaged"):
        teach._add(teacher, "red", [broken])


def test_what_is_too_much_or_nothing_is_refused_before_it_is_read(teacher, tmp_path):
    missing = [tmp_path / f"{number}.png" for number in range(2000)]
    with pytest.raises(UserError, match="at most 100 files at once: these are 2000"):
        teach._add(teacher, "red", missing)
    with pytest.raises(UserError, match="Choose pictures first"):
        teach._add(teacher, "red", [])
    with pytest.raises(UserError, match="name first"):
        teach._add(teacher, " ", missing[:1])


def test_a_stopped_training_leaves_what_was(teacher, files):
    trained(teacher, files)
    before = teacher.get().head
    training = teach._training(teacher, teacher.get())
    next(training)
    training.close()
    assert teacher.get().head is before
    teach._add(teacher, "red", files["green"][:1])  # which is green's already
    assert teacher.get().head is before
    teacher.change(lambda mine: mine.remove("red"))
    with pytest.raises(UserError, match="Train on your classes first"):
        teach._named(teacher, files["blue"][0])


def test_classes_that_change_meanwhile_are_not_given_the_wrong_head(teacher, files):
    trained(teacher, files)
    training = teach._training(teacher, teacher.get())
    next(training)
    teacher.change(lambda mine: mine.remove("red"))
    with pytest.raises(UserError, match="changed while it was trained"):
        list(training)
    assert teacher.get().head is None


def test_the_camera_adds_a_picture_at_a_time_and_one_go_is_one_source(teacher, files, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(teach.time, "monotonic", lambda: now)
    for later, file in ((0.0, 0), (0.1, 1), (1.0, 2), (10.0, 3)):
        now = 1000.0 + later
        said = teach._capture(teacher, files["red"][file].read_bytes(), "red")
    assert said == class_views.count(teacher.get(), "red") and "3 examples" in said
    assert [example.source for example in teacher.get().examples] == [0, 0, 1]
