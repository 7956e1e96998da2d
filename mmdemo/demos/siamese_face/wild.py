"""Labeled Faces in the Wild: thousands of people in press photos, cropped as the app crops them.

Huang et al. 2007; photos aligned by Huang et al. 2012. The official view 1 splits the people into
those to develop on and those to test on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm.auto import tqdm

from mmdemo.core.data import datasets

from . import faces
from .data import People

SET = "lfw_faces"
CENTRAL = 20
"""A face is the named person's if it is so near to the middle of the photo, in pixels."""
USUAL = (20.5, 20.5, 71.0)
"""Left, top and side of the face in a photo in which none is found there, in pixels."""
HELD_OUT = 10
"""Of the people to develop on, every so many-th is held out of the training."""


@dataclass(frozen=True)
class Wild:
    """Its photos.

    Attributes:
        photos: files by person, in the order of the alphabet.
        work: folder in which the faces that were found are noted down, since finding takes minutes.
    """

    photos: dict[str, list[Path]]
    work: Path

    @classmethod
    def read(cls, work: Path) -> Wild:
        """List the set's photos.

        Raises:
            DataMissing: the set is not in the data folder.
        """
        folders = sorted((datasets.path(SET) / "faces").iterdir())
        return cls({folder.name: sorted(folder.iterdir()) for folder in folders}, work)

    def everybody(self) -> People:
        """All people."""
        return self._group(list(self.photos))

    def known(self) -> People:
        """Those to develop on, without those held out."""
        names = self._names("peopleDevTrain.txt")
        return self._group([name for place, name in enumerate(names) if place % HELD_OUT])

    def held_out(self) -> People:
        """Those to develop on whom `known` leaves out."""
        return self._group(self._names("peopleDevTrain.txt")[::HELD_OUT])

    def tested(self) -> tuple[People, np.ndarray, np.ndarray]:
        """The official pairs of view 1's test, less those of which a photo is not in the set.

        Returns:
            Those who stand in a pair, and rows of the first and second photo of each pair.
        """
        stems = {photo.stem for photos in self.photos.values() for photo in photos}
        pairs = [pair for pair in map(_pair, _lines("pairsDevTest.txt")) if stems.issuperset(pair)]
        names = sorted({stem.rsplit("_", 1)[0] for pair in pairs for stem in pair})
        photos = [photo.stem for name in names for photo in self.photos[name]]
        rows = {stem: row for row, stem in enumerate(photos)}
        first, second = np.array([[rows[stem] for stem in pair] for pair in pairs]).T
        return self._group(names), first, second

    def _names(self, part: str) -> list[str]:
        names = (line.split("\t")[0] for line in _lines(part))
        return [name for name in names if name in self.photos]

    def _group(self, names: Sequence[str]) -> People:
        photos = [photo for name in names for photo in self.photos[name]]
        labels = np.repeat(np.arange(len(names)), [len(self.photos[name]) for name in names])
        return People(_crops(photos, self.work), labels, tuple(names))


def _lines(name: str) -> list[str]:
    """Of a protocol file, without the count in its first line."""
    return (datasets.path(SET) / name).read_text(encoding="utf-8").splitlines()[1:]


def _pair(line: str) -> tuple[str, str]:
    """`NAME m n` of one person, or `NAME m OTHER n`, as the stems of two files."""
    fields = line.split("\t")
    other = fields[0] if len(fields) == 3 else fields[2]
    return f"{fields[0]}_{int(fields[1]):04d}", f"{other}_{int(fields[-1]):04d}"


def _crops(photos: Sequence[Path], work: Path) -> np.ndarray:
    """uint8 `(N, faces.HEIGHT, faces.WIDTH)`."""
    finder = hashlib.sha256(Path(faces.__file__).read_bytes()).hexdigest()[:10]
    noted = work / f"faces-of-{SET}-{finder}.json"
    boxes = json.loads(noted.read_text()) if noted.is_file() else {}
    missing = [photo for photo in photos if photo.stem not in boxes]
    if missing:
        with ThreadPoolExecutor() as pool:  # OpenCV leaves the interpreter to the others
            found = pool.map(lambda photo: _central(_grey(photo)), missing)
            found = tqdm(found, "finding faces", len(missing), unit="photo", disable=None)
            boxes |= {photo.stem: box for photo, box in zip(missing, found, strict=True)}
        noted.parent.mkdir(parents=True, exist_ok=True)
        noted.write_text(json.dumps(boxes))
    crops = []
    for photo in photos:
        left, top, side, tilt = boxes[photo.stem] or (*USUAL, 0.0)
        crops.append(faces.crop(_grey(photo), (left, top, side), tilt))
    return np.stack(crops)


def _grey(photo: Path) -> np.ndarray:
    grey: np.ndarray = cv2.imread(str(photo), cv2.IMREAD_GRAYSCALE)
    return grey


def _central(grey: np.ndarray) -> list[float] | None:
    """Box and tilt of the face in the middle of a photo."""
    middle = np.array(grey.shape[::-1]) / 2
    away = {
        float(np.hypot(*(np.array(face.box[:2]) + face.box[2] / 2 - middle))): face
        for face in faces.find(grey)
    }
    nearest = min(away, default=CENTRAL)
    if nearest >= CENTRAL:
        return None
    face = away[nearest]
    return [*face.box, face.tilt]
