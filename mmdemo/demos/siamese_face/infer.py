"""Comparing and naming faces: typed functions that the page, the API and the tests share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import N_, _
from mmdemo.core.measure.decisions import Decision
from mmdemo.core.media.image import open_image
from mmdemo.core.serve.one_shot import OneShot
from mmdemo.core.serve.runtime import Loaded

from . import DEMO, faces
from .faces import Box

NO_FACE = N_(
    "No face was found in this picture. Use a photo in which the face looks at the camera, "
    "evenly lit and not too small; or, if the picture is a tightly cropped face already, "
    "choose to use it whole."
)


@dataclass(frozen=True)
class Comparison(Decision):
    """Do two photos show one person?

    Attributes:
        box_a, box_b: left, top and side of the faces in pixels; None where a picture was used
            whole.
    """

    box_a: Box | None
    box_b: Box | None


def crop(image: np.ndarray, face: int = 0, *, use_whole_image: bool = False) -> np.ndarray:
    """One face of a photo, uint8 `(112, 92)` grey, framed as the training faces are.

    Args:
        image: uint8 `(h, w, 3)` RGB or `(h, w)` grey.
        face: which of those found, from left to right.
        use_whole_image: the picture is a tight crop already: take it as it is.

    Raises:
        UserError: no face is found, or not so many.
    """
    return _choose(image, face, use_whole_image)[0]


def verify(
    image_a: np.ndarray,
    image_b: np.ndarray,
    preset: str = "default",
    *,
    face_a: int = 0,
    face_b: int = 0,
    threshold: float | None = None,
    use_whole_image: bool = False,
) -> Comparison:
    """Compare a face of one photo with a face of another: `crop` and `OneShot.verify` at once."""
    crop_a, box_a = _choose(image_a, face_a, use_whole_image)
    crop_b, box_b = _choose(image_b, face_b, use_whole_image)
    decision = NETWORKS.verify(crop_a, crop_b, preset, threshold)
    return Comparison(**vars(decision), box_a=box_a, box_b=box_b)


def warm() -> None:
    """Load the default network and the face detector before they are asked for."""
    blank = np.full((faces.HEIGHT, faces.WIDTH), 128, np.uint8)
    faces.find(blank)
    embed(blank)


def predict(paths: Sequence[Path], preset: str = "default") -> dict[str, Any]:
    """The command line's answer.

    Two files: do they show the same person? The first face of each counts. Or a folder of enrolled
    people, then one file or more: who is it? The folder holds a photo per person, named after them,
    or a sub-folder of photos. A picture of exactly 92 x 112 pixels is a crop already.

    Raises:
        UserError: other paths than these, or a photo without a face; names it.
    """

    def compare(crop_a: np.ndarray, crop_b: np.ndarray, preset: str) -> dict[str, Any]:
        return verify(crop_a, crop_b, preset, use_whole_image=True).to_dict()

    return NETWORKS.predict(paths, preset, compare)


def _choose(image: np.ndarray, face: int, use_whole_image: bool) -> tuple[np.ndarray, Box | None]:
    if use_whole_image:
        return faces.whole_image(image), None
    found = faces.find(image)
    if not found:
        raise UserError(_(NO_FACE))
    if not 0 <= face < len(found):
        shown = (
            _("This picture shows {count} faces; face {number} was asked for.")
            if len(found) > 1
            else _("This picture shows {count} face; face {number} was asked for.")
        )
        raise UserError(shown.format(count=len(found), number=face + 1))
    return found[face].crop, found[face].box


def _read(path: Path) -> np.ndarray:
    image = open_image(path)
    return crop(image, use_whole_image=image.shape[:2] == (faces.HEIGHT, faces.WIDTH))


def _embeddings(network: Loaded, crops: Sequence[np.ndarray]) -> np.ndarray:
    """`(n, d)` float32."""
    height, width = network.preprocess["height"], network.preprocess["width"]
    images = np.stack([faces.scale(crop, height, width) for crop in crops])
    return network.call(images[..., None])


NETWORKS = OneShot(
    DEMO,
    _embeddings,
    _read,
    "Give two photos to compare, or a folder of enrolled people and photos to name.",
)
"""Its samples are crops, uint8 `(112, 92)`."""
embed, embed_all = NETWORKS.embed, NETWORKS.embed_all
identify, dimensions = NETWORKS.identify, NETWORKS.dimensions
