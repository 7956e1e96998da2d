"""Photos of other sources than Tiny ImageNet, of kinds of things that it knows too."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

from mmdemo.core.data import datasets
from mmdemo.core.data.photos import Photos, cut
from mmdemo.core.data.tiny_imagenet import SIDE

LEAST = 0.05
"""Part of a photo that its thing's box covers, at least."""
WHOLE = np.array([0.0, 0.0, 1.0, 1.0])
BACKGROUND = 2
"""In a trimap of Oxford-IIIT Pet."""

KINDS: dict[str, tuple[str, ...]] = {
    "backpack": ("backpack",),
    "banana": ("banana",),
    "bear": ("brown bear",),
    "bus": ("school bus", "trolleybus"),
    "car": ("beach wagon", "convertible", "limousine", "sports car"),
    "cat": ("tabby", "Persian cat", "Egyptian cat"),
    "dining table": ("dining table",),
    "dog": (
        *("Chihuahua", "Yorkshire terrier", "golden retriever", "Labrador retriever"),
        *("German shepherd", "standard poodle"),
    ),
    "elephant": ("African elephant",),
    "keyboard": ("computer keyboard",),
    "orange": ("orange",),
    "pizza": ("pizza",),
    "refrigerator": ("refrigerator",),
    "remote": ("remote control",),
    "teddy bear": ("teddy",),
    "train": ("bullet train", "freight car"),
    "umbrella": ("umbrella",),
}
"""Classes of Tiny ImageNet by the kind of COCO that they belong to, where it has any."""


def coco() -> Photos:
    """Everyday photos of COCO 2017 in which a thing of `KINDS` covers at least `LEAST`.

    The largest such thing is what a photo shows, with its box; others stand around it.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    folder = datasets.path("coco_sample")
    stored = json.loads((folder / "instances.json").read_text(encoding="utf-8"))
    names = {entry["id"]: entry["name"] for entry in stored["categories"]}
    things = defaultdict(list)
    for entry in stored["annotations"]:
        if names[entry["category_id"]] in KINDS and not entry["iscrowd"]:
            left, top, width, height = entry["bbox"]
            box = np.array([left, top, left + width, top + height])
            things[entry["image_id"]].append((width * height, names[entry["category_id"]], box))
    photos = []
    for image in stored["images"]:
        sides = image["width"], image["height"]
        area, kind, box = max(
            things[image["id"]], key=lambda thing: thing[0], default=(0, "", WHOLE)
        )
        if area >= LEAST * sides[0] * sides[1]:
            photos.append((folder / "images" / image["file_name"], kind, box / (*sides, *sides)))
    return _photos(photos)


def pets() -> Photos:
    """Cats and dogs of Oxford-IIIT Pet, with the box of all that is not background.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    folder = datasets.path("pets_sample")
    photos = []
    for path in sorted((folder / "images").glob("*.jpg")):
        with Image.open(folder / "annotations" / "trimaps" / f"{path.stem}.png") as trimap:
            pet = np.asarray(trimap) != BACKGROUND
        across, down = np.flatnonzero(pet.any(axis=0)), np.flatnonzero(pet.any(axis=1))
        height, width = pet.shape
        edges = [across[0] / width, down[0] / height, (across[-1] + 1) / width]
        # The set writes the breeds of cats with a capital letter.
        kind = "cat" if path.name[0].isupper() else "dog"
        photos.append((path, kind, np.array([*edges, (down[-1] + 1) / height])))
    return _photos(photos)


SOURCES = {
    "COCO 2017, photos with a large thing of a kind that Tiny ImageNet has": coco,
    "Oxford-IIIT Pet, cats and dogs": pets,
}
"""By the description of their protocol."""


def right_classes(photos: Photos, names: tuple[str, ...]) -> np.ndarray:
    """Which of the classes, called `names`, are right for each photo: `(n, classes)`."""
    right = np.array([[name in KINDS[kind] for name in names] for kind in photos.names])
    return right[photos.labels]


def best_right(logits: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The likeliest of the right classes, `(n,)`: what counts as the true one.

    Args:
        logits: `(n, classes)`.
        right: from `right_classes`.
    """
    return np.where(right, logits, -np.inf).argmax(axis=1)


def _photos(photos: list[tuple[Path, str, np.ndarray]]) -> Photos:
    """Squashed to squares of the side that Tiny ImageNet's have."""
    kinds = tuple(KINDS)
    images = []
    for path, _, _ in photos:
        with Image.open(path) as image:
            images.append(cut(np.asarray(image.convert("RGB")), WHOLE, SIDE))
    labels = np.array([kinds.index(kind) for _, kind, _ in photos])
    boxes = np.array([box for _, _, box in photos], np.float32)
    return Photos(np.stack(images), labels, kinds, boxes)
