"""Photos of people as arrays, honest splits and altered photos."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from sklearn.model_selection import KFold
from tqdm.auto import tqdm

from mmdemo.core.data import datasets
from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.media.image import SUFFIXES, open_image

from . import faces
from .config import Alteration, Input

logger = logging.getLogger(__name__)

FOLDS = 4


@dataclass(frozen=True)
class People:
    """Cropped faces of known people.

    Attributes:
        images: uint8 `(N, faces.HEIGHT, faces.WIDTH)`.
        labels: `(N,)` numbers of the people, 0 to n - 1, ascending.
        names: of the n people.
    """

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]

    def of(self, chosen: list[int]) -> People:
        """These people alone, numbered anew in the order given."""
        index = [np.flatnonzero(self.labels == person) for person in chosen]
        labels = np.repeat(np.arange(len(chosen)), [len(own) for own in index])
        rows = np.concatenate(index)
        names = tuple(self.names[person] for person in chosen)
        return People(self.images[rows], labels, names)

    def rows(self, chosen: list[int]) -> np.ndarray:
        """Where the photos of these people stand."""
        return np.flatnonzero(np.isin(self.labels, chosen))

    @classmethod
    def joined(cls, *groups: People) -> People:
        """The people of several sets; nobody is in two of them."""
        starts = np.cumsum([0, *(len(group.names) for group in groups)])
        labels = [group.labels + start for group, start in zip(groups, starts, strict=False)]
        names = tuple(name for group in groups for name in group.names)
        return cls(np.concatenate([g.images for g in groups]), np.concatenate(labels), names)

    @property
    def in_both_framings(self) -> People:
        """Every photo twice: as it is, and as the page crops it."""
        order = np.argsort(np.tile(self.labels, 2), kind="stable")
        images = np.concatenate([self.images, self.detected])[order]
        return People(images, np.tile(self.labels, 2)[order], self.names)

    @cached_property
    def detected(self) -> np.ndarray:
        """The same faces as the page crops them, of the same shape.

        The largest that the detector finds in each image; where it finds none, the image itself.
        """
        bar = tqdm(self.images, desc="finding faces", unit="photo", disable=None)
        largest = ((image, faces.largest(image)) for image in bar)
        return np.stack([image if face is None else face.crop for image, face in largest])


def load(folder: Path | None) -> People:
    """The ORL faces, or, from `folder`, the user's own: a sub-folder per person.

    Pictures that all have one size of about 92:112, as ORL's have, are taken whole: they are crops
    already. In any others the largest face is found and cropped; those without one are left out.

    Args:
        folder: of the user's own photos, or None.

    Raises:
        DataMissing: the ORL faces are not in the data folder.
        UserError: the own folder holds fewer than 8 people of two usable photos or more.
    """
    root = datasets.path("orl_faces") if folder is None else folder
    if not root.is_dir():
        raise UserError(f"There is no folder {root}.")
    pictures = _read(root)
    if not _are_crops([picture for own in pictures.values() for picture in own]):
        pictures = {name: _cropped(name, own) for name, own in pictures.items()}
    usable = {name: own for name, own in pictures.items() if len(own) >= 2}
    if len(usable) < 2 * FOLDS:
        raise UserError(
            f"{root} holds {len(usable)} people with two usable photos or more; "
            f"{2 * FOLDS} are needed. Give each person a sub-folder with photos of their face."
        )
    crops = np.stack([faces.whole_image(image) for own in usable.values() for image in own])
    labels = np.repeat(np.arange(len(usable)), [len(own) for own in usable.values()])
    return People(crops, labels, tuple(usable))


def folds(people: int) -> dict[str, tuple[list[int], list[int]]]:
    """`FOLDS` times people to train on and people held out, in the order of the data set.

    Each person is held out once, and nobody is on both sides.
    """
    parts = enumerate(KFold(FOLDS).split(np.arange(people)), start=1)
    return {f"fold_{number}": (kept.tolist(), held.tolist()) for number, (kept, held) in parts}


def inputs(images: np.ndarray, size: Input) -> np.ndarray:
    """uint8 `(N, h, w)` to the networks' float32 `(N, height, width, 1)`, 0 to 1."""
    return np.stack([faces.scale(image, size.height, size.width) for image in images])[..., None]


def random_pairs(
    labels: np.ndarray, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`count` genuine and `count` impostor pairs drawn with replacement, in random order.

    As the book draws them: a person and two different photos, or two people and a photo of each.
    """
    own = [np.flatnonzero(labels == person) for person in np.unique(labels)]
    first, second = np.empty(2 * count, int), np.empty(2 * count, int)
    for index in range(count):
        person = own[rng.integers(len(own))]
        first[index], second[index] = rng.choice(person, 2, replace=False)
        one, other = rng.choice(len(own), 2, replace=False)
        first[count + index] = rng.choice(own[one])
        second[count + index] = rng.choice(own[other])
    same = np.arange(2 * count) < count
    order = rng.permutation(2 * count)
    return first[order], second[order], same[order]


def alter(image: np.ndarray, by: Alteration, rng: np.random.Generator) -> np.ndarray:
    """The picture as another photo might show it: framing, light, sharpness, something before it.

    Args:
        image: float32 `(h, w)`, 0 to 1.

    Returns:
        float32 `(h, w)`.
    """
    height, width = image.shape
    # Maps a pixel of the result to the place in the picture that it shows.
    angle = np.deg2rad(rng.normal(0, by.tilt))
    size, aspect = np.exp(rng.normal(0, by.zoom)), np.exp(rng.normal(0, by.stretch))
    cosine, sine, shear = np.cos(angle), np.sin(angle), rng.normal(0, by.shear)
    turn = size * np.array(
        [[cosine * aspect, (shear - sine) * aspect], [sine / aspect, cosine / aspect]]
    )
    centre = np.array([width / 2, height / 2])
    shift = rng.normal(0, by.shift, 2) * (width, height)
    matrix = np.column_stack([turn, centre + shift - turn @ centre])
    out = cv2.warpAffine(
        np.ascontiguousarray(image),
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )

    out = np.clip(out, 0, 1) ** np.exp(rng.normal(0, by.gamma))
    lamps = rng.normal(0, by.light, (4, 3)).astype(np.float32)
    shade = cv2.resize(lamps, (width, height), interpolation=cv2.INTER_CUBIC)
    out = out * np.exp(shade + rng.normal(0, by.side) * np.linspace(-1, 1, width)[None])
    if rng.random() < by.blur:
        out = cv2.GaussianBlur(out, (3, 3), rng.uniform(0.4, 1.2))
    if rng.random() < by.coarse:
        zoom = rng.uniform(0.35, 0.9)
        small = cv2.resize(out, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
        out = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    out = out + rng.uniform(0, 2 * by.noise) * rng.standard_normal(out.shape, np.float32)
    if rng.random() < by.compressed:
        grey = (255 * np.clip(out, 0, 1)).astype(np.uint8)
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 80))]
        out = cv2.imdecode(cv2.imencode(".jpg", grey, quality)[1], cv2.IMREAD_GRAYSCALE) / 255
    if rng.random() < by.cover:
        tall = int(rng.uniform(0.15, 0.4) * height)
        wide = int(rng.uniform(0.15, 0.4) * width)
        top, left = rng.integers(height - tall), rng.integers(width - wide)
        out[top : top + tall, left : left + wide] = rng.random()
    return out.astype(np.float32)


def _read(root: Path) -> dict[str, list[np.ndarray]]:
    """The pictures of each sub-folder; those that cannot be read are left out with a warning."""
    people = sorted(filter(Path.is_dir, root.iterdir()), key=_natural)
    inside = [file for person in people for file in sorted(person.iterdir(), key=_natural)]
    files = [file for file in inside if file.is_file() and file.suffix.lower() in SUFFIXES]
    pictures: dict[str, list[np.ndarray]] = defaultdict(list)
    for file in tqdm(files, desc="reading faces", unit="photo", disable=None):
        try:
            pictures[file.parent.name].append(open_image(file, max_side=faces.SIDE))
        except MediaError as error:
            logger.warning("%s is left out: %s", file, error)
    return pictures


def _are_crops(pictures: list[np.ndarray]) -> bool:
    sizes = {picture.shape[:2] for picture in pictures}
    if len(sizes) != 1:
        return False
    height, width = sizes.pop()
    return abs(width / height / (faces.WIDTH / faces.HEIGHT) - 1) < 0.05


def _cropped(name: str, pictures: list[np.ndarray]) -> list[np.ndarray]:
    crops = [face.crop for face in map(faces.largest, pictures) if face is not None]
    if len(crops) < len(pictures):
        logger.warning("%d photos of %s show no face", len(pictures) - len(crops), name)
    return crops


def _natural(path: Path) -> list[str | int]:
    """Sorts s2 before s10."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [int(part) if index % 2 else part for index, part in enumerate(parts)]
