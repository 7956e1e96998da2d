"""core.ui.own_classes: examples within bounds, their file, and how they are forgotten."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mmdemo.core.demo import ModelId
from mmdemo.core.errors import UserError
from mmdemo.core.train import head
from mmdemo.core.ui import class_views
from mmdemo.core.ui.own_classes import MAX_CLASSES, MAX_EXAMPLES, Example, Kept, OwnClasses

NETWORK = ModelId.parse("image_classifier/default")


def examples(count, seed=0):
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        picture = rng.integers(0, 256, (90, 120, 3), dtype=np.uint8)
        made.append(Example.of(picture, rng.normal(size=8).astype(np.float32), picture, number))
    return made


def taught(**counts):
    mine = OwnClasses()
    for seed, (name, count) in enumerate(counts.items()):
        mine, _known = mine.add(name, examples(count, seed))
    return mine


def test_an_example_keeps_a_small_picture_and_not_itself():
    (example,) = examples(1)
    assert example.nbytes < 5000


def test_the_same_pictures_twice_are_known_whatever_the_class():
    mine, known = taught(cup=3).add("glass", examples(4, 0))
    assert known == 3 and [len(v) for v in mine.classes.values()] == [3, 1]
    again, known = mine.add("glass", examples(4, 0))
    assert known == 4 and again is mine


def test_one_name_is_one_class():
    mine, _known = taught(Cup=2).add("  cup ", examples(2, 5))
    assert mine.names == ["Cup"] and len(mine.examples) == 4
    assert [example.source for example in mine.examples] == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["", "   ", "\x00", None])
def test_a_class_has_a_name(name):
    with pytest.raises(UserError, match="Give the class a name first"):
        OwnClasses().called(name)
    with pytest.raises(UserError, match="at most 40 characters"):
        OwnClasses().called("x" * 41)


def test_forty_classes_and_two_thousand_pictures_are_too_many():
    many = taught(**{f"class {i}": 1 for i in range(MAX_CLASSES)})
    with pytest.raises(UserError, match="20 classes already"):
        many.called("one more")
    assert many.called("class 3") == "class 3"
    with pytest.raises(UserError, match=r"at most 500 examples\. There is room for 480"):
        many.room(2000)
    full, _known = OwnClasses().add("all", examples(MAX_EXAMPLES))
    assert full.nbytes < 5_000_000
    with pytest.raises(UserError, match="room for 0"):
        full.add("all", examples(1, 9))


def test_one_class_alone_is_nothing_to_tell_apart():
    for mine in (OwnClasses(), taught(cup=3), taught(cup=3, glass=2).remove("cup")):
        with pytest.raises(UserError, match="at least two classes"):
            mine.arrays()


def test_classes_are_restored_from_its_file(generated):
    mine = taught(cup=3, Glas=2)
    file = generated.file("mine.json", mine.to_json(NETWORK))
    restored = OwnClasses.read(file, NETWORK, lambda: 8)
    assert restored.names == ["cup", "Glas"] and restored.head is None
    for old, new in zip(mine.arrays(), restored.arrays(), strict=True):
        np.testing.assert_array_equal(old, new)
    same, known = restored.add("cup", examples(3, 0))
    assert known == 3 and same is restored, "its pictures are known again"


def hostile(change):
    content = json.loads(taught(cup=2, glass=2).to_json(NETWORK))
    change(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(format="other"), "no file of classes"),
        (lambda c: c.update(classes="cup"), "no file of classes"),
        (lambda c: c.update(sha256="0"), "other weights"),
        (lambda c: c["classes"][1].update(name="cup"), "no file of classes"),
        (lambda c: c["classes"][0].update(name=""), "name"),
        (lambda c: c["classes"][0].update(name=7), "no file of classes"),
        (lambda c: c["classes"][0].update(examples=[]), "no file of classes"),
        (lambda c: c["classes"][0]["examples"][0].update(features="AAAA"), "no file of classes"),
        (
            lambda c: c["classes"][0]["examples"][0].update(features="/" * 43 + "="),
            "no file of classes",
        ),
        (lambda c: c["classes"][0]["examples"][0].update(picture="AAAA"), "no file of classes"),
        (lambda c: c["classes"][0]["examples"][0].update(source=1e300), "no file of classes"),
        (lambda c: c["classes"][0]["examples"][0].update(digest=[1]), "no file of classes"),
        (lambda c: c["classes"].extend([c["classes"][0]] * 600), "no file of classes"),
    ],
)
def test_hostile_files_are_refused(generated, change, said):
    with pytest.raises(UserError, match=said):
        OwnClasses.read(generated.file("mine.json", hostile(change)), NETWORK, lambda: 8)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": "mmdemo-classes-1"}', "[" * 100_000])
def test_other_files_are_refused(generated, text):
    with pytest.raises(UserError):
        OwnClasses.read(generated.file("mine.json", text), NETWORK, lambda: pytest.fail("loaded"))


def test_classes_are_bounded_and_forgotten(monkeypatch):
    kept = Kept(max_bytes=2 * taught(cup=10).nbytes + 1000)
    for visitor in ("a", "b", "c"):
        kept.change(visitor, "demo", lambda _old: taught(cup=10))
    assert not kept.get("a", "demo").classes, "the quietest made room"
    assert kept.get("b", "demo").names == ["cup"] and not kept.get("b", "other").classes
    kept.forget("b")
    assert not kept.get("b", "demo").classes
    now = __import__("time").monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + 3600)
    assert not kept.get("c", "demo").classes


def test_what_is_said_of_a_training_is_honest():
    few = taught(cup=5, glass=1)
    labels = few.arrays()[1]
    said = class_views.report(few, [1.0, 0.5], labels, None, "pictures")
    assert "fewer than 5 pictures: glass" in said and "%" not in said.split("<svg")[0]
    mine = taught(cup=5, glass=5)
    labels = mine.arrays()[1]
    wrong = labels.copy()
    wrong[0] = 1
    said = class_views.report(mine, [1.0, 0.5], labels, wrong, "pictures")
    assert "9 of 10 were named rightly: 90 %" in said and "between 60 and 98 %" in said
    assert "cup, taken for glass" in said and "one go" not in said
    burst = OwnClasses().add(
        "a", [Example(e.features, e.picture, e.digest, 0) for e in examples(9)]
    )[0]
    burst, _known = burst.add("<b>", examples(9, 1))
    assert head.folds(*burst.arrays()[1:]) is not None
    said = class_views.report(burst, [1.0], burst.arrays()[1], burst.arrays()[1], "pictures")
    assert "one go" in said and "named less well" in said
    assert "&lt;b&gt;" in class_views.table(burst, "pictures")
