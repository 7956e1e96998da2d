"""Streets: measured kind by kind. Importing this module imports Keras."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import cv2
import keras
import numpy as np
from PIL import Image

from mmdemo.core.data import datasets
from mmdemo.core.data.outlined import VOID, Pictures
from mmdemo.core.measure.report import abroad, results_of
from mmdemo.core.media.image import open_image
from mmdemo.core.train.experiment import Measured

from . import losses, measure
from .cutting import OWN_TEST, Cutting
from .data import street

TASK, ABROAD_TASK = "street", "street_abroad"
TEST = "CamVid, official test part, 233 pictures of 480 x 360 (11 kinds, void left out)"
ABROAD = "COCO 2017 sample, {count} photos of which cars or people cover a fiftieth"
PLACE, MOST = "usual_at_its_place", "the_commonest"
LEAST = 0.02
"""Of a photo from abroad, that cars or people must cover."""
COCO = {"car": ("car", "bus", "truck"), "pedestrian": ("person",)}
"""Kinds of COCO that are one of a street's."""


class Kinds(Cutting):
    """A network that tells kinds of pixels apart."""

    by_kind = True
    public = staticmethod(street)

    def loss(self) -> losses.Loss:
        """Cross-entropy in which rare kinds count more."""
        return losses.of_kinds(losses.rarity(self.known.labels, self.config.network.kinds))

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Results on the test pictures, in their own size."""
        names = self.known.names
        usual = usual_at_place(self.known.labels, len(names))
        commonest = int(losses.pixels_of(self.known.labels, len(names)).argmax())
        split = TEST if self.run.data is None else OWN_TEST
        found = self._found(network, self.test, usual, commonest)
        figures = {
            method: measure.overlap_of_kinds(self.test.labels, labels, names)
            for method, labels in found.items()
        }
        results = results_of(TASK, figures, split, len(self.test))
        if self.run.data is None:
            results += results_of(TASK, measure.PUBLISHED_STREET, "published", 0)
            photos = abroad_photos(names)
            found = self._found(network, photos, usual, commonest)
            seen = tuple(COCO)
            figures = {
                method: measure.overlap_of_some(photos.labels, labels, names, seen)
                for method, labels in found.items()
                if method != MOST
            }
            split = ABROAD.format(count=len(photos))
            results += abroad(results_of(ABROAD_TASK, figures, split, len(photos)))
        return Measured(results, {"names": list(names)})

    def _found(
        self, network: keras.Model, pictures: Pictures, usual: np.ndarray, commonest: int
    ) -> dict[str, list[np.ndarray]]:
        """The kind of each pixel, by method."""
        shapes = [labels.shape for labels in pictures.labels]
        return {
            self.run.preset: [said.argmax(axis=-1) for said in self.said(network, pictures)],
            PLACE: [
                cv2.resize(usual, shape[::-1], interpolation=cv2.INTER_NEAREST) for shape in shapes
            ],
            MOST: [np.full(shape, commonest) for shape in shapes],
        }


def usual_at_place(labels: Sequence[np.ndarray], count: int, side: int = 64) -> np.ndarray:
    """Which kind is the commonest at each place of a picture, uint8 `(side, side)`."""
    votes = np.zeros((side, side, count))
    for each in labels:
        small = cv2.resize(each.astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST)
        votes += small[..., None] == np.arange(count)
    return votes.argmax(axis=-1).astype(np.uint8)


def abroad_photos(names: Sequence[str]) -> Pictures:
    """Everyday photos with cars or people, in which all else is `outlined.VOID` or of no kind.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    folder = datasets.path("coco_sample")
    stored = json.loads((folder / "instances.json").read_text(encoding="utf-8"))
    values = {each["name"]: each["value"] for each in stored["categories"]}
    known = np.full(256, len(names))  # something, but none of ours
    known[255] = VOID
    for name, theirs in COCO.items():
        known[[values[each] for each in theirs]] = names.index(name)
    photos = Pictures([], [], [], [], tuple(names))
    for entry in sorted(stored["images"], key=lambda each: str(each["file_name"])):
        path = folder / "images" / entry["file_name"]
        with Image.open(folder / "classes" / f"{path.stem}.png") as image:
            labels = known[np.asarray(image)]
        wanted = np.isin(labels, [names.index(name) for name in COCO])
        if wanted.mean() >= LEAST:
            photos.images.append(open_image(path))
            photos.labels.append(labels)
            photos.files.append(path.name)
    return photos
