"""Comparing and naming faces: typed functions that the page, the API and the tests share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.measure import decisions as one_shot
from mmdemo.core.measure.decisions import Decision, Match
from mmdemo.core.media.image import open_image
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts

from . import DEMO
from . import faces as _faces
from .faces import Box, Face

NO_FACE = (
    "No face was found in this picture. Use a photo in which the face looks at the camera, "
    "evenly lit and not too small; or, if the picture is a tightly cropped face already, "
    "choose to use it whole."
)


@dataclass(frozen=True)
class Comparison(Decision):
    """Do two photos show one person?

    Attributes:
        crop_a, crop_b: uint8 `(112, 92)`, the faces as they were cropped.
        box_a, box_b: left, top and side of the faces in pixels; None where a picture was used
            whole.
    """

    crop_a: np.ndarray
    crop_b: np.ndarray
    box_a: Box | None
    box_b: Box | None

    def to_dict(self) -> dict[str, Any]:
        """The JSON-able part: all but the crops."""
        return {k: v for k, v in vars(self).items() if not k.startswith("crop_")}


def find_faces(image: np.ndarray) -> list[Face]:
    """The faces in a photo, from left to right; an empty list when none is found.

    Args:
        image: uint8 `(h, w, 3)` RGB or `(h, w)` grey.
    """
    return _faces.find(image)


def crop(image: np.ndarray, face: int = 0, *, use_whole_image: bool = False) -> np.ndarray:
    """One face of a photo, uint8 `(112, 92)` grey, framed as the training faces are.

    Args:
        image: uint8 `(h, w, 3)` RGB or `(h, w)` grey.
        face: which of `find_faces`.
        use_whole_image: the picture is a tight crop already: take it as it is.

    Raises:
        UserError: no face is found, or not so many.
    """
    return _choose(image, face, use_whole_image)[0]


def embed(face_crop: np.ndarray, preset: str = "default") -> np.ndarray:
    """Embedding `(d,)` of a crop, float32.

    Raises:
        UserError: no such preset.
        WeightsError: its weights are missing or corrupted.
    """
    return _embed([face_crop], preset)[0]


def embed_all(face_crop: np.ndarray) -> dict[str, np.ndarray]:
    """Embedding of a crop under every preset.

    Raises:
        WeightsError: the weights of a preset are missing or corrupted.
    """
    return {preset: embed(face_crop, preset) for preset in dimensions()}


def dimensions() -> dict[str, int]:
    """Length of an embedding, per preset.

    Raises:
        WeightsError: the weights of a preset are missing.
    """
    return {known.name: artifacts.output_length(known) for known in DEMO.model_ids}


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
    """Compare a face of one photo with a face of another.

    Args:
        image_a, image_b: uint8 `(h, w, 3)` RGB or `(h, w)` grey.
        preset: `default` or `book`.
        face_a, face_b: which of `find_faces`.
        threshold: distance up to which two faces count as the same; by default that at which the
            false accept and false reject rates on held-out people are equal.
        use_whole_image: both pictures are tight crops already: take them as they are.

    Raises:
        UserError: no such preset, no face is found, or not so many.
        WeightsError: the weights are missing or corrupted.
    """
    crop_a, box_a = _choose(image_a, face_a, use_whole_image)
    crop_b, box_b = _choose(image_b, face_b, use_whole_image)
    vector_a, vector_b = _embed([crop_a, crop_b], preset)
    decision = one_shot.decide(
        vector_a, vector_b, runtime.model(DEMO.model_id(preset)).preprocess, threshold
    )
    return Comparison(**vars(decision), crop_a=crop_a, crop_b=crop_b, box_a=box_a, box_b=box_b)


def identify(
    vector: np.ndarray, matrix: np.ndarray, names: Sequence[str], preset: str = "default"
) -> list[Match]:
    """The enrolled names, the nearest to an embedding first.

    Args:
        vector: `(d,)`, from `embed`.
        matrix: `(n, d)` embeddings of the enrolled photos under the same preset.
        names: of the n photos; a name may stand several times and counts by its nearest photo.
        preset: `default` or `book`.

    Raises:
        UserError: no such preset, nobody is enrolled, or the photos were enrolled with another
            network.
    """
    DEMO.model_id(preset)
    return one_shot.rank(vector, matrix, names, runtime.model(DEMO.model_id(preset)).preprocess)


def warm() -> None:
    """Load the default network and the face detector before they are asked for."""
    blank = np.full((_faces.HEIGHT, _faces.WIDTH), 128, np.uint8)
    find_faces(blank)
    embed(blank)


def predict(paths: list[Path], preset: str = "default") -> dict[str, Any]:
    """The command line's answer.

    - Two files: do they show the same person? The first face of each counts.
    - A folder of enrolled people, then one file or more: who is it? The folder holds a photo per
      person, named after them, or a sub-folder of photos per person.

    A picture of exactly 92 x 112 pixels is taken for a face that is cropped already.

    Raises:
        UserError: other paths than these, or a photo without a face.
    """
    DEMO.model_id(preset)
    if len(paths) >= 2 and paths[0].is_dir():
        return _predict_names(paths[0], paths[1:], preset)
    if len(paths) != 2:
        raise UserError(
            "Give two photos to compare, or a folder of enrolled people and photos to name."
        )
    crops = [_crop_of(path) for path in paths]
    found = verify(*crops, preset, use_whole_image=True)
    return {"task": "verify", "files": [str(path) for path in paths], **found.to_dict()}


def _predict_names(folder: Path, queries: Sequence[Path], preset: str) -> dict[str, Any]:
    photos = one_shot.enrolled_files(folder)
    enrolled = _embed([_crop_of(path) for _, path in photos], preset)
    names = [name for name, _ in photos]
    stored = runtime.model(DEMO.model_id(preset)).preprocess
    answers = []
    for query in queries:
        matches = identify(_embed([_crop_of(query)], preset)[0], enrolled, names, preset)
        known = matches[0].distance <= stored["threshold"]
        answers.append(
            {
                "file": str(query),
                "name": matches[0].name if known else None,
                "candidates": [match.to_dict() for match in matches],
            }
        )
    return {"task": "identify", "threshold": stored["threshold"], "answers": answers}


def _crop_of(path: Path) -> np.ndarray:
    image = open_image(path)
    whole = image.shape[:2] == (_faces.HEIGHT, _faces.WIDTH)
    try:
        return crop(image, use_whole_image=whole)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def _choose(image: np.ndarray, face: int, use_whole_image: bool) -> tuple[np.ndarray, Box | None]:
    if use_whole_image:
        return _faces.whole_image(image), None
    found = find_faces(image)
    if not found:
        raise UserError(NO_FACE)
    if not 0 <= face < len(found):
        raise UserError(
            f"This picture shows {len(found)} face{'s' if len(found) > 1 else ''}; "
            f"face {face + 1} was asked for."
        )
    return found[face].crop, found[face].box


def _embed(crops: Sequence[np.ndarray], preset: str) -> np.ndarray:
    """`(n, d)` float32."""
    DEMO.model_id(preset)
    loaded = runtime.model(DEMO.model_id(preset))
    height, width = loaded.preprocess["height"], loaded.preprocess["width"]
    images = np.stack([_faces.scale(crop, height, width) for crop in crops])
    return loaded.call(images[..., None])
