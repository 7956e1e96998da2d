"""Pictures with boxes around each thing: blood cells, and one's own in the layout of PASCAL VOC."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from mmdemo.core.data import datasets
from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.media.image import open_image

from .config import Input
from .frame import fit

CELLS = {"RBC": "red blood cell", "WBC": "white blood cell", "Platelets": "platelet"}
"""Kinds of cells, by what the public set calls them."""
EDGES = ("xmin", "ymin", "xmax", "ymax")
MIN_OWN, MIN_KIND = 20, 10
"""Pictures in all, and boxes of each kind, in one's own data."""
MAX_XML = 1 << 20
"""Bytes of an annotation file."""


@dataclass(frozen=True)
class Pictures:
    """Pictures in one frame, with what is in them.

    Attributes:
        images: uint8 `(n, height, width, 3)`.
        boxes: of each picture, float32 `(k, 4)`, in parts of the frame's sides.
        labels: of each picture, int64 `(k,)`, indices of `names`.
        names: of the kinds.
        files: of each picture, for messages and to tell them apart.
        proposals: of each picture, float32 `(p, 4)`, where to look; empty where nobody says.
    """

    images: np.ndarray
    boxes: list[np.ndarray]
    labels: list[np.ndarray]
    names: tuple[str, ...]
    files: list[str]
    proposals: list[np.ndarray] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: Sequence[int] | np.ndarray) -> Pictures:
        """The pictures at some places."""

        def some(of: list[Any]) -> list[Any]:
            return [of[row] for row in rows] if of else []

        return Pictures(
            self.images[np.asarray(rows, int)],
            some(self.boxes),
            some(self.labels),
            self.names,
            some(self.files),
            some(self.proposals),
        )


# === Read ===


def blood(part: str, how: Input) -> Pictures:
    """A part of the public set: `train`, `val` or `test`.

    Raises:
        DataMissing: it is not in the data folder.
    """
    folder = datasets.path("bccd")
    listed = (folder / "ImageSets" / "Main" / f"{part}.txt").read_text(encoding="utf-8").split()
    # The public annotations have two boxes without an area.
    read = _read(folder, listed, tuple(CELLS), how, lenient=True)
    return dataclasses.replace(read, names=tuple(CELLS.values()))


def own(folder: Path, how: Input) -> Pictures:
    """One's own pictures in the layout of PASCAL VOC.

    `folder` holds `Annotations/NAME.xml`, each of which names its picture in `JPEGImages`.

    Raises:
        UserError: a file is missing or makes no sense, or there are too few pictures or boxes;
            names the file and the box.
    """
    annotations = folder / "Annotations"
    if not annotations.is_dir() or not (folder / "JPEGImages").is_dir():
        raise UserError(
            f"{folder} is not laid out as PASCAL VOC: it needs the folders Annotations (an XML "
            "file per picture) and JPEGImages."
        )
    names = sorted(path.stem for path in annotations.glob("*.xml"))
    if len(names) < MIN_OWN:
        raise UserError(
            f"{annotations} has {len(names)} XML files; at least {MIN_OWN} pictures are needed."
        )
    kinds = sorted({kind for name in names for kind, _ in _objects(folder, name)})
    pictures = _read(folder, names, tuple(kinds), how)
    found = np.bincount(np.concatenate(pictures.labels), minlength=len(kinds))
    for kind, count in zip(kinds, found, strict=True):
        if count < MIN_KIND:
            raise UserError(
                f"There are {count} boxes of '{kind}'; at least {MIN_KIND} of each kind are needed."
            )
    return pictures


def _read(
    folder: Path, names: Sequence[str], kinds: tuple[str, ...], how: Input, lenient: bool = False
) -> Pictures:
    """Annotated pictures in the frame of `how`.

    Args:
        folder: laid out as PASCAL VOC.
        names: of the annotation files, without their ending.
        kinds: the names that a box may have.
        how: the frame.
        lenient: leave out boxes without an area, and cut off those that leave the picture.
    """
    images, drawn, labels, files = [], [], [], []
    for name in names:
        path = _picture(folder, name)
        try:
            picture = open_image(path)
        except MediaError as error:
            raise UserError(f"{path}: {error}") from error
        height, width = _size(folder, name) or picture.shape[:2]
        sides = np.array([width, height, width, height])
        edges, known = [], []
        for number, (kind, box) in enumerate(_objects(folder, name), start=1):
            where = f"Box {number} ({kind}) of {name}.xml"
            left, top, right, bottom = box
            if kind not in kinds:
                raise UserError(f"{where}: the kinds are {', '.join(kinds)}.")
            if not lenient and not (left >= 0 and top >= 0 and right <= width and bottom <= height):
                raise UserError(
                    f"{where} leaves the picture, which is {width} x {height} pixels: {box}."
                )
            if not (left < right and top < bottom):
                if lenient:
                    continue
                raise UserError(
                    f"{where} has no area, or its edges are the wrong way round: {box}."
                )
            edges.append(np.clip(np.array(box) / sides, 0, 1))
            known.append(kinds.index(kind))
        framed = fit(picture, how.height, how.width, how.squash)
        images.append(framed.image)
        drawn.append(framed.into(np.array(edges, np.float32).reshape(-1, 4)))
        labels.append(np.array(known, int))
        files.append(path.name)
    return Pictures(np.stack(images), drawn, labels, kinds, files)


def _objects(folder: Path, name: str) -> list[tuple[str, tuple[float, ...]]]:
    """Kind and box of each thing that an annotation file lists."""
    found = []
    for number, thing in enumerate(_tree(folder, name).iter("object"), start=1):
        where = f"Box {number} of {name}.xml"
        kind = (thing.findtext("name") or "").strip()
        if not kind:
            raise UserError(f"{where} has no name.")
        cells = [thing.findtext(f"bndbox/{edge}") for edge in EDGES]
        try:
            box = tuple(float(cell or "") for cell in cells)
        except ValueError as error:
            raise UserError(f"{where}: {', '.join(EDGES)} are not four numbers.") from error
        if not all(map(math.isfinite, box)):
            raise UserError(f"{where}: {', '.join(EDGES)} are not four numbers.")
        found.append((kind, box))
    return found


def _tree(folder: Path, name: str) -> ElementTree.Element:
    path = folder / "Annotations" / f"{name}.xml"
    if not path.is_file():
        raise UserError(f"The annotation {path} is missing.")
    text = path.read_bytes()[:MAX_XML]
    if b"<!ENTITY" in text:  # which could be as long as the memory
        raise UserError(f"{path} declares entities, which no annotation needs.")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise UserError(f"{path} is not XML: {error}.") from error


def _picture(folder: Path, name: str) -> Path:
    """The picture of an annotation: as it is named there, or as the annotation is."""
    written = Path((_tree(folder, name).findtext("filename") or "").strip()).name
    candidates = [written, *(f"{name}{ending}" for ending in (".jpg", ".jpeg", ".png"))]
    for candidate in filter(None, candidates):
        if (folder / "JPEGImages" / candidate).is_file():
            return folder / "JPEGImages" / candidate
    raise UserError(
        f"The picture of {name}.xml is not in {folder / 'JPEGImages'}: {candidates[0]}."
    )


def _size(folder: Path, name: str) -> tuple[int, int] | None:
    """Height and width that an annotation was drawn on; None where it does not say."""
    tree = _tree(folder, name)
    try:
        height, width = (int(tree.findtext(f"size/{side}") or 0) for side in ("height", "width"))
    except ValueError as error:
        raise UserError(f"{name}.xml: its size is not two whole numbers.") from error
    return (height, width) if height > 0 and width > 0 else None
