"""Photos of COCO and of Oxford-IIIT Pet, as data of another source than Tiny ImageNet."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.data import elsewhere


@pytest.fixture(autouse=True)
def sets(tmp_path, monkeypatch):
    """A photo with a large dog, one with a small dog, one with a crowd; a cat and a dog alone."""
    monkeypatch.setenv("MMDEMO_DATA", str(tmp_path))
    coco, pets = tmp_path / "coco_sample", tmp_path / "pets_sample"
    for folder in (coco / "images", pets / "images", pets / "annotations" / "trimaps"):
        folder.mkdir(parents=True)
    things = [
        {"image_id": 1, "category_id": 18, "iscrowd": 0, "bbox": [20.0, 10.0, 50.0, 20.0]},
        {"image_id": 1, "category_id": 1, "iscrowd": 0, "bbox": [0.0, 0.0, 100.0, 40.0]},
        {"image_id": 2, "category_id": 18, "iscrowd": 0, "bbox": [0.0, 0.0, 5.0, 5.0]},
        {"image_id": 3, "category_id": 52, "iscrowd": 1, "bbox": [0.0, 0.0, 90.0, 40.0]},
    ]
    images = [
        {"id": number, "file_name": f"{number}.jpg", "width": 100, "height": 40}
        for number in (1, 2, 3)
    ]
    names = [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}, {"id": 52, "name": "banana"}]
    stored = {"images": images, "annotations": things, "categories": names}
    (coco / "instances.json").write_text(json.dumps(stored))
    for number in (1, 2, 3):
        Image.new("RGB", (100, 40)).save(coco / "images" / f"{number}.jpg")
    trimap = np.full((40, 80), elsewhere.BACKGROUND, np.uint8)
    trimap[10:30, 20:60] = 3
    trimap[12:28, 22:58] = 1
    for name in ("Bengal_1", "american_bulldog_1"):
        Image.new("RGB", (80, 40)).save(pets / "images" / f"{name}.jpg")
        Image.fromarray(trimap).save(pets / "annotations" / "trimaps" / f"{name}.png")


def test_the_largest_thing_of_a_shared_kind_is_what_a_photo_shows():
    photos = elsewhere.coco()
    assert [photos.names[label] for label in photos.labels] == ["dog"]
    assert photos.images.shape == (1, 64, 64, 3)
    np.testing.assert_allclose(photos.boxes, [[0.2, 0.25, 0.7, 0.75]])


def test_a_pet_and_its_box():
    photos = elsewhere.pets()
    assert [photos.names[label] for label in photos.labels] == ["cat", "dog"]
    np.testing.assert_allclose(photos.boxes, [[0.25, 0.25, 0.75, 0.75]] * 2)


def test_every_class_of_the_kind_is_right():
    names = ("tabby", "Chihuahua", "golden retriever")
    right = elsewhere.right_classes(elsewhere.pets(), names)
    np.testing.assert_array_equal(right, [[True, False, False], [False, True, True]])
    logits = np.array([[0.0, 5.0, 1.0], [9.0, 2.0, 3.0]])
    np.testing.assert_array_equal(elsewhere.best_right(logits, right), [0, 2])


def test_kinds_are_classes_of_tiny_imagenet(needs_data, monkeypatch):
    monkeypatch.undo()
    needs_data("tiny_imagenet_250")
    from mmdemo.core.data import tiny_imagenet

    known = set(tiny_imagenet.names())
    assert all(set(classes) <= known for classes in elsewhere.KINDS.values())
