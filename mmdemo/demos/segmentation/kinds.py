"""Kinds of pixels, measured kind by kind: streets, and pets. Importing this imports Keras."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import cv2
import keras
import numpy as np
from PIL import Image

from mmdemo.core.data import datasets
from mmdemo.core.data.outlined import VOID, Pictures
from mmdemo.core.measure.report import Result, abroad, results_of
from mmdemo.core.media.image import open_image
from mmdemo.core.train.experiment import Measured

from . import losses, measure
from .cutting import OWN_TEST, Cutting
from .data import pets, street

PLACE, MOST, GRABCUT = "usual_at_its_place", "the_commonest", "grabcut"
LEAST = 0.02
"""Of a photo from abroad, that what is looked for must cover."""
ROUNDS, EDGE = 3, 0.05
"""Of GrabCut; and how much of a picture's sides is taken for background to begin with."""
Maker = Callable[[Pictures], list[np.ndarray]]
"""Pictures to the kind of each pixel."""


class Kinds(Cutting):
    """A network that tells kinds of pixels apart. A subclass says which."""

    by_kind = True
    task: ClassVar[str]
    test_split: ClassVar[str]

    def loss(self) -> losses.Loss:
        """Cross-entropy in which rare kinds count more."""
        return losses.of_kinds(losses.rarity(self.known.labels, self.config.network.kinds))

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Results on the test pictures, in their own size."""
        names = self.known.names
        public = self.run.data is None
        makers = self._makers(network) | (self.peers() if public else {})
        figures = {
            method: measure.overlap_of_kinds(self.test.labels, make(self.test), names)
            for method, make in makers.items()
        }
        split = self.test_split if public else OWN_TEST
        results = results_of(self.task, figures, split, len(self.test))
        if public:
            results += self.elsewhere({m: make for m, make in makers.items() if m != MOST})
        return Measured(results, {"names": list(names)})

    def _makers(self, network: keras.Model) -> dict[str, Maker]:
        """The network, and what needs none."""
        count = len(self.known.names)
        usual = usual_at_place(self.known.labels, count)
        commonest = int(losses.pixels_of(self.known.labels, count).argmax())

        def at_place(pictures: Pictures) -> list[np.ndarray]:
            sizes = [labels.shape[::-1] for labels in pictures.labels]
            return [cv2.resize(usual, size, interpolation=cv2.INTER_NEAREST) for size in sizes]

        return {
            self.run.preset: lambda pictures: [
                said.argmax(axis=-1) for said in self.said(network, pictures)
            ],
            PLACE: at_place,
            MOST: lambda pictures: [np.full(labels.shape, commonest) for labels in pictures.labels],
        }

    def peers(self) -> dict[str, Maker]:
        """Further methods of the public set alone."""
        return {}

    @abstractmethod
    def elsewhere(self, makers: Mapping[str, Maker]) -> list[Result]:
        """What others published, and results on another source."""


class Streets(Kinds):
    """Streets of Cambridge, out of one car."""

    public = staticmethod(street)
    task = "street"
    test_split = "CamVid, official test part, 233 pictures of 480 x 360 (11 kinds, void left out)"

    def elsewhere(self, makers: Mapping[str, Maker]) -> list[Result]:
        """Other networks' figures; cars and people in everyday photos."""
        seen = {"car": ("car", "bus", "truck"), "pedestrian": ("person",)}
        photos = everyday(self.known.names, seen)
        figures = {
            method: measure.overlap_of_some(
                photos.labels, make(photos), self.known.names, tuple(seen)
            )
            for method, make in makers.items()
        }
        split = f"COCO 2017 sample, {len(photos)} photos of which cars or people cover a fiftieth"
        return [
            *results_of(self.task, measure.PUBLISHED_STREET, "published", 0),
            *abroad(results_of("street_abroad", figures, split, len(photos))),
        ]


class Pets(Kinds):
    """Cats and dogs, what is around them, and the border between, which nobody decided."""

    public = staticmethod(pets)
    task = "pets"
    test_split = "Oxford-IIIT Pet, 108 photos of three breeds (a split of ours)"

    def peers(self) -> dict[str, Maker]:
        """GrabCut: it knows of a pet and what is around it, and of no border."""
        return {GRABCUT: lambda pictures: [grabcut(image) for image in pictures.images]}

    def elsewhere(self, makers: Mapping[str, Maker]) -> list[Result]:
        """Cats and dogs in everyday photos, whose borders are theirs."""
        names = self.known.names
        pet, border = names.index("pet"), names.index("border")
        photos = everyday(names, {"pet": ("cat", "dog")})
        figures = {}
        for method, make in makers.items():
            found = [np.where(kinds == border, pet, kinds) for kinds in make(photos)]
            figures[method] = measure.overlap_of_some(photos.labels, found, names, ("pet",))
        split = f"COCO 2017 sample, {len(photos)} photos of which cats or dogs cover a fiftieth"
        return abroad(results_of("pets_abroad", figures, split, len(photos)))


EXPERIMENTS = {"street": Streets, "pets": Pets}
"""By task."""


def usual_at_place(labels: Sequence[np.ndarray], count: int, side: int = 64) -> np.ndarray:
    """Which kind is the commonest at each place of a picture, uint8 `(side, side)`."""
    votes = np.zeros((side, side, count))
    for each in labels:
        small = cv2.resize(each.astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST)
        votes += small[..., None] == np.arange(count)
    return votes.argmax(axis=-1).astype(np.uint8)


def grabcut(image: np.ndarray) -> np.ndarray:
    """A thing in the middle of a picture, without a network: 0 for it, 1 for what is around it.

    Args:
        image: uint8 `(h, w, 3)`.
    """
    height, width = image.shape[:2]
    edge_y, edge_x = max(1, round(EDGE * height)), max(1, round(EDGE * width))
    mask = np.full((height, width), cv2.GC_BGD, np.uint8)
    mask[edge_y:-edge_y, edge_x:-edge_x] = cv2.GC_PR_FGD
    cv2.setRNGSeed(0)
    colours = np.zeros((2, 1, 65))
    cv2.grabCut(image, mask, None, *colours, ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 0, 1)


def everyday(names: Sequence[str], wanted: Mapping[str, Sequence[str]]) -> Pictures:
    """Everyday photos of COCO with some kinds; all else is `outlined.VOID` or of no kind.

    Args:
        names: of the kinds.
        wanted: by one of them, what COCO calls it. Photos are those of which they cover `LEAST`.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    folder = datasets.path("coco_sample")
    stored = json.loads((folder / "instances.json").read_text(encoding="utf-8"))
    values = {each["name"]: each["value"] for each in stored["categories"]}
    known = np.full(256, len(names))  # something, but none of ours
    known[255] = VOID
    for name, theirs in wanted.items():
        known[[values[each] for each in theirs]] = names.index(name)
    photos = Pictures([], [], [], [], tuple(names))
    for entry in sorted(stored["images"], key=lambda each: str(each["file_name"])):
        path = folder / "images" / entry["file_name"]
        with Image.open(folder / "classes" / f"{path.stem}.png") as image:
            labels = known[np.asarray(image)]
        there = np.isin(labels, [names.index(name) for name in wanted])
        if there.mean() >= LEAST:
            photos.images.append(open_image(path))
            photos.labels.append(labels)
            photos.files.append(path.name)
    return photos
