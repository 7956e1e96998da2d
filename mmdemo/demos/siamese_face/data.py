"""Photos of people as arrays, honest splits, altered photos, and generated people for tests."""

from __future__ import annotations

import itertools
import logging
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm.auto import tqdm

from mmdemo.core.data import datasets
from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.media.image import SUFFIXES, open_image

from . import faces
from .config import Config

logger = logging.getLogger(__name__)

FOLDS = 4


@dataclass(frozen=True)
class People:
    """Cropped faces of known people.

    Attributes:
        images: uint8 `(N, faces.HEIGHT, faces.WIDTH)`.
        found: the same faces as the page crops them: found by the detector in `images`; where it
            finds none, the image itself. The same shape.
        labels: `(N,)` numbers of the people, 0 to n - 1, ascending.
        names: of the n people.
    """

    images: np.ndarray
    found: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]

    def of(self, chosen: list[int]) -> People:
        """These people alone, numbered anew in the order given."""
        index = [np.flatnonzero(self.labels == person) for person in chosen]
        labels = np.repeat(np.arange(len(chosen)), [len(own) for own in index])
        rows = np.concatenate(index)
        names = tuple(self.names[person] for person in chosen)
        return People(self.images[rows], self.found[rows], labels, names)


def load(folder: Path | None, *, find: bool = True) -> People:
    """The ORL faces, or, from `folder`, the user's own: a sub-folder per person.

    Pictures that all have one size of about 92:112, as ORL's have, are taken whole: they are crops
    already. In any others the largest face is found and cropped; those without one are left out.

    Args:
        folder: of the user's own photos, or None.
        find: fill `People.found`; where False, it repeats the images.

    Raises:
        DataMissing: the ORL faces are not in the data folder.
        UserError: the own folder holds fewer than 8 people of two usable photos or more.
    """
    root = datasets.path("orl_faces") if folder is None else folder
    if not root.is_dir():
        raise UserError(f"There is no folder {root}.")
    files = {
        person.name: [f for f in sorted(person.iterdir(), key=_natural) if _is_picture(f)]
        for person in sorted(root.iterdir(), key=_natural)
        if person.is_dir()
    }
    pictures: dict[str, list[np.ndarray]] = {}
    total = sum(len(own) for own in files.values())
    with tqdm(total=total, desc="reading faces", unit="photo", disable=None) as bar:
        for name, own in files.items():
            pictures[name] = []
            for file in own:
                bar.update()
                try:
                    pictures[name].append(open_image(file, max_side=faces.SIDE))
                except MediaError as error:
                    logger.warning("%s is left out: %s", file, error)
    if not _are_crops([picture for own in pictures.values() for picture in own]):
        pictures = {name: _cropped(name, own) for name, own in pictures.items()}
    crops = {
        name: [faces.whole_image(picture) for picture in own]
        for name, own in pictures.items()
        if len(own) >= 2
    }
    if len(crops) < 2 * FOLDS:
        raise UserError(
            f"{root} holds {len(crops)} people with two usable photos or more; "
            f"{2 * FOLDS} are needed. Give each person a sub-folder with photos of their face."
        )
    images = np.stack([image for own in crops.values() for image in own])
    return People(
        images,
        found_faces(images) if find else images,
        np.repeat(np.arange(len(crops)), [len(own) for own in crops.values()]),
        tuple(crops),
    )


def found_faces(images: np.ndarray) -> np.ndarray:
    """The largest face that the detector finds in each crop, cropped anew; else the crop itself.

    Args:
        images: uint8 `(N, faces.HEIGHT, faces.WIDTH)`.
    """
    result = []
    for image in tqdm(images, desc="finding faces", unit="photo", disable=None):
        found = faces.find(image)
        result.append(max(found, key=lambda face: face.box[2]).crop if found else image)
    return np.stack(result)


def folds(people: int) -> list[tuple[list[int], list[int]]]:
    """`FOLDS` times (people to train on, people held out), in the order of the data set.

    Each person is held out once, and nobody is on both sides.
    """
    groups = [list(map(int, group)) for group in np.array_split(np.arange(people), FOLDS)]
    return [
        ([person for other in groups if other is not held for person in other], held)
        for held in groups
    ]


def inputs(images: np.ndarray, height: int, width: int) -> np.ndarray:
    """uint8 `(N, h, w)` to the networks' float32 `(N, height, width, 1)`, 0 to 1."""
    return np.stack([faces.scale(image, height, width) for image in images])[..., None]


def pairs_within(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every unordered pair: indices `(P,)` of its first and second photo, and whether genuine."""
    first, second = np.triu_indices(len(labels), 1)
    return first, second, labels[first] == labels[second]


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


def batch(
    images: np.ndarray, labels: np.ndarray, config: Config, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Altered photos of a few people, each photo drawn and altered anew.

    Half the people of a batch appear mirrored throughout: to the loss a person's mirror image is
    somebody else's, who looks much like them.

    Args:
        images: float32 `(N, height, width)`, 0 to 1.
        labels: `(N,)`.

    Returns:
        `(people * photos, height, width, 1)` and their numbers `(people * photos,)`.
    """
    everybody = np.unique(labels)
    people = rng.choice(everybody, min(config.people, len(everybody)), replace=False)
    made, numbers = [], []
    for number, person in enumerate(people):
        own = np.flatnonzero(labels == person)
        mirrored = rng.random() < 0.5
        for index in rng.choice(own, config.photos, replace=len(own) < config.photos):
            image = images[index][:, ::-1] if mirrored else images[index]
            made.append(alter(image, config, rng))
            numbers.append(number)
    return np.stack(made)[..., None], np.array(numbers)


def alter(image: np.ndarray, config: Config, rng: np.random.Generator) -> np.ndarray:
    """The picture as another photo might show it: framing, light, sharpness, something before it.

    Args:
        image: float32 `(h, w)`, 0 to 1.

    Returns:
        float32 `(h, w)`.
    """
    height, width = image.shape
    # Maps a pixel of the result to the place in the picture that it shows.
    angle = np.deg2rad(rng.normal(0, config.tilt))
    size, aspect = np.exp(rng.normal(0, config.zoom)), np.exp(rng.normal(0, config.stretch))
    cosine, sine, shear = np.cos(angle), np.sin(angle), rng.normal(0, config.shear)
    turn = size * np.array(
        [[cosine * aspect, (shear - sine) * aspect], [sine / aspect, cosine / aspect]]
    )
    centre = np.array([width / 2, height / 2])
    shift = rng.normal(0, config.shift, 2) * (width, height)
    matrix = np.column_stack([turn, centre + shift - turn @ centre])
    out = cv2.warpAffine(
        np.ascontiguousarray(image),
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )

    out = np.clip(out, 0, 1) ** np.exp(rng.normal(0, config.gamma))
    direction = rng.uniform(0, 2 * np.pi)
    across = np.linspace(-1, 1, width) * np.cos(direction)
    down = np.linspace(-1, 1, height) * np.sin(direction)
    out = out * (1 + rng.normal(0, config.light) * (across[None] + down[:, None]))
    if rng.random() < config.blur:
        out = cv2.GaussianBlur(out, (3, 3), rng.uniform(0.4, 1.2))
    out = out + rng.normal(0, config.noise, out.shape)
    if rng.random() < config.cover:
        tall = int(rng.uniform(0.15, 0.4) * height)
        wide = int(rng.uniform(0.15, 0.4) * width)
        top, left = rng.integers(height - tall), rng.integers(width - wide)
        out[top : top + tall, left : left + wide] = rng.random()
    return out.astype(np.float32)


def generated(people: int = 12, photos: int = 6, seed: int = 0) -> People:
    """Drawn faces that differ in their proportions, for tests: needs no files."""
    rng = np.random.default_rng(seed)
    images = [
        draw_face(features, rng) for features in rng.random((people, 8)) for _ in range(photos)
    ]
    names = tuple(f"person {index + 1}" for index in range(people))
    images = np.stack(images)
    return People(images, images, np.repeat(np.arange(people), photos), names)


def draw_face(features: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """A simple face, uint8 `(faces.HEIGHT, faces.WIDTH)`.

    Args:
        features: eight numbers from 0 to 1: proportions and shades of a person.
        rng: moves the head and the light a little, differently in each drawing; None draws the
            person straight.
    """
    wide, long, eyes, eye_size, nose, mouth, skin, hair = np.asarray(features, dtype=float)
    image = np.full((faces.HEIGHT, faces.WIDTH), 90, np.uint8)
    x, y = (faces.WIDTH // 2, 62) if rng is None else rng.integers((42, 58), (51, 67))
    shade = int(130 + 90 * skin)
    axes = (int(24 + 12 * wide), int(34 + 10 * long))
    cv2.ellipse(
        image, (int(x), int(y) - 8), (axes[0] + 3, axes[1]), 0, 0, 360, int(20 + 70 * hair), -1
    )
    cv2.ellipse(image, (int(x), int(y)), axes, 0, 0, 360, shade, -1)
    apart = int(9 + 8 * eyes)
    for side in (-apart, apart):
        cv2.circle(image, (int(x) + side, int(y) - 8), int(2 + 4 * eye_size), 30, -1)
    cv2.line(image, (int(x), int(y) - 2), (int(x), int(y + 4 + 10 * nose)), shade - 60, 3)
    half = int(6 + 12 * mouth)
    cv2.line(image, (int(x) - half, int(y) + 22), (int(x) + half, int(y) + 22), 50, 3)
    if rng is None:
        return image
    light = 1 + rng.normal(0, 0.1) + rng.normal(0, 0.05, image.shape)
    return np.clip(image * light, 0, 255).astype(np.uint8)


def _are_crops(pictures: list[np.ndarray]) -> bool:
    sizes = {picture.shape[:2] for picture in pictures}
    if len(sizes) != 1:
        return False
    height, width = sizes.pop()
    return abs(width / height / (faces.WIDTH / faces.HEIGHT) - 1) < 0.05


def _cropped(name: str, pictures: list[np.ndarray]) -> list[np.ndarray]:
    crops = []
    for picture in pictures:
        found = faces.find(picture)
        if found:
            crops.append(max(found, key=lambda face: face.box[2]).crop)
    if len(crops) < len(pictures):
        logger.warning("%d photos of %s show no face", len(pictures) - len(crops), name)
    return crops


def _is_picture(file: Path) -> bool:
    return file.is_file() and file.suffix.lower() in SUFFIXES


def _natural(path: Path) -> list[tuple[bool, int, str]]:
    """Sorts s2 before s10."""
    parts = itertools.filterfalse(lambda part: not part, re.split(r"(\d+)", path.name.lower()))
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
