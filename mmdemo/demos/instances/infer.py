"""Every thing of a picture by itself: where it is, its mask, and how it was found.

Every function that runs a network raises `UserError` where there is no such preset, and
`WeightsError` where its weights are missing or corrupted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import naming
from mmdemo.core.measure.regions import Regions, measured
from mmdemo.core.media.image import check_rgb, open_image, upright_size
from mmdemo.core.media.stretch import bounded
from mmdemo.core.nets.boxes import to_pixels
from mmdemo.core.serve import inputs, runtime

from . import DEMO, finding
from .config import Config
from .finding import Candidates, Choice

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in parts of the picture's sides."""
INSIDE = 5
"""Regions that are looked at where a visitor looks inside the network, at most."""


@dataclass(frozen=True)
class Walk:
    """How a thing was found.

    Attributes:
        anchor: of which the proposal was made.
        proposal: what the region proposal network made of it.
        objectness: how sure it was that something is there, from 0 to 1.
        stride: of the map that both are from, in pixels of the picture that was looked at.
        box: what the box head made of the proposal.
        score: how sure it was that this is a thing, from 0 to 1.
        mask: float32 `(28, 28)`, of each point of the box how likely it is the thing's.
    """

    anchor: Box
    proposal: Box
    objectness: float
    stride: int
    box: Box
    score: float
    mask: np.ndarray


@dataclass(frozen=True)
class Instances(Regions):
    """The things of a picture.

    Attributes:
        walks: how each was found, in the order of `regions`.
        proposals: float32 `(n, 4)`, every region that was looked at, the likeliest first.
        anchors: how many anchors there were.
    """

    walks: tuple[Walk, ...]
    proposals: np.ndarray
    anchors: int

    def to_dict(self) -> dict[str, Any]:
        """As `Regions` has it, and of each region its box, its proposal and its anchor, in pixels
        of the picture."""
        said = super().to_dict()
        edges = ("left", "top", "right", "bottom")
        for region, walk in zip(said["regions"], self.walks, strict=True):
            boxes = (("box", walk.box), ("proposal", walk.proposal), ("anchor", walk.anchor))
            for name, box in boxes:
                pixels = to_pixels(np.array(box), self.width, self.height)
                region[name] = dict(zip(edges, pixels, strict=True))
            region["objectness"] = walk.objectness
        return {**said, "proposals": len(self.proposals), "anchors": self.anchors}


def find(
    image: np.ndarray, preset: str = "default", size: tuple[int, int] | None = None
) -> Instances:
    """Find each thing in a picture.

    Args:
        image: uint8 `(h, w, 3)` RGB, of any size.
        preset: one of the demo's.
        size: width and height of the picture in whose pixels areas are wanted, where `image` is a
            scaled copy of it, as `open_image` makes one of a large file.

    Raises:
        UserError: also for a picture of another form.
    """
    model_id = DEMO.model_id(preset)
    check_rgb(image)
    loaded = runtime.model(model_id)
    config: Config = loaded.config
    seen = bounded(image, config.input)
    pixels = finding.prepared(seen, config)
    choice = Choice(**loaded.preprocess["choice"])
    shape = seen.shape[:2]
    found = runtime.run(model_id, finding.candidates, config, pixels, shape, choice.score)
    # To look inside, the network is run as a whole, at the likeliest places.
    padding = np.array(pixels.shape[2:0:-1]) / seen.shape[1::-1]
    inputs.given(model_id, pixels, *_likeliest(found, np.tile(padding, 2)))
    labels, rows = finding.labels(found, choice)
    names, size = tuple(loaded.preprocess["names"]), size or (image.shape[1], image.shape[0])
    regions = measured(labels, found.scores[rows], [names[0]] * len(rows), size)
    walks = tuple(_walk(found, row) for row in rows.tolist())
    return Instances(labels, regions, names, *size, walks, found.looked_at, found.tried)


def _likeliest(found: Candidates, padding: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Some of the regions that were looked at, and some that got a mask, `(1, n, 4)` each.

    Args:
        found: of a picture.
        padding: by how much the network's picture is wider and higher, `(4,)`, from 1 on.
    """
    outlined = found.boxes if len(found.boxes) else found.looked_at[:1]
    looked, outlined = (
        (each[None, :INSIDE] / padding).astype(np.float32) for each in (found.looked_at, outlined)
    )
    return looked, outlined


def _walk(found: Candidates, row: int) -> Walk:
    return Walk(
        _box(found.anchors[row]),
        _box(found.proposals[row]),
        float(found.objectness[row]),
        int(found.strides[row]),
        _box(found.boxes[row]),
        float(found.scores[row]),
        finding.mask_of(found, row),
    )


def _box(edges: np.ndarray) -> Box:
    left, top, right, bottom = edges.tolist()
    return left, top, right, bottom


def warm() -> None:
    """Load the page's network."""
    find(np.full((48, 64, 3), 192, np.uint8))


def predict(paths: list[Path], preset: str = "default") -> dict[str, Any]:
    """The command line's answer: counts and measures of the things in each picture, by its path.

    An error names the file.
    """
    preset = DEMO.model_id(preset).name
    answers = {}
    for path in paths:
        with naming(path):
            answers[str(path)] = find(open_image(path), preset, upright_size(path)).to_dict()
    return answers
