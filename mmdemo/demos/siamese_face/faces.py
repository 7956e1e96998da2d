"""Faces in photos: found, turned upright and cropped as the training faces are framed.

The detector is the Viola-Jones cascade that ships in OpenCV's wheel (`cv2.data.haarcascades`).
"""

from __future__ import annotations

import functools
import math
import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

HEIGHT, WIDTH = 112, 92
"""Of a crop, in pixels: the frame of the ORL faces."""

SIDE = 400
"""Longest side of the picture in which faces are sought."""
SMALLEST = 28
"""Smallest side of a face that is sought there, in pixels."""
MARGIN = 0.2
"""Border around the picture, so that a face that fills it is found too."""
TILTS = (0, 20, -20, 40, -40, 90, -90, 180)
"""Degrees by which the picture is turned until a face shows."""
CLOSE = 100
"""Side to which a face is scaled for the second look, in pixels."""
SURE = 35
"""Least score of a face. Of the 400 ORL faces 399 reach it; chance finds rarely do."""

Box = tuple[float, float, float]
"""Left, top and side of a square, in pixels of the photo."""


@dataclass(frozen=True)
class Geometry:
    """How a frame lies on the detector's box, in sides of the box.

    Attributes:
        width: of the frame; its height follows from the proportions of a crop.
        right, down: from the centre of the box to that of the frame.
    """

    width: float
    right: float
    down: float


ORL = Geometry(width=1.0375, right=0.001, down=-0.0675)
"""Medians over the 400 ORL faces, which a test computes again."""


@dataclass(frozen=True)
class Face:
    """A face in a photo.

    Attributes:
        box: square around it, before turning, in pixels of the photo.
        tilt: degrees by which the face is turned clockwise.
        score: how many windows over it the detector accepted at the second look; more is surer.
        crop: uint8 `(HEIGHT, WIDTH)`, grey, upright.
    """

    box: Box
    tilt: float
    score: float
    crop: np.ndarray


def find(image: np.ndarray) -> list[Face]:
    """The faces in a photo, from left to right; an empty list when none is found.

    One cascade proposes faces in a small copy of the photo. A second look at each, from the full
    photo and at one scale, must find it with two cascades that were trained apart; the box is their
    mean. Where the upright photo shows no face, it is turned by `TILTS`.

    Args:
        image: uint8 `(h, w, 3)` RGB or `(h, w)` grey.
    """
    with _DETECTING:
        return _find(_grey(image))


def largest(image: np.ndarray) -> Face | None:
    """The largest face that `find` finds in a photo, if any."""
    return max(find(image), key=lambda face: face.box[2], default=None)


def _find(grey: np.ndarray) -> list[Face]:
    height, width = grey.shape
    scale = SIDE / max(height, width)
    small = (max(1, round(scale * width)), max(1, round(scale * height)))
    seen = cv2.resize(grey, small, interpolation=_interpolation(scale))
    border = int(MARGIN * SIDE)
    seen = cv2.copyMakeBorder(seen, *[border] * 4, cv2.BORDER_REPLICATE)
    for tilt in TILTS:
        turned, to_turned = _turn(seen, tilt)
        back = cv2.invertAffineTransform(to_turned)
        proposed = _cascade("frontalface_alt").detectMultiScale(
            turned, scaleFactor=1.1, minNeighbors=2, minSize=(SMALLEST, SMALLEST)
        )
        confirmed = []
        for x, y, side, _ in proposed:
            centre = (back @ (x + side / 2, y + side / 2, 1) - border) / scale
            if not (0 <= centre[0] < width and 0 <= centre[1] < height):
                continue  # in the border
            face = _look_closer(grey, centre, side / scale, tilt)
            if face is not None:
                confirmed.append(face)
        if confirmed:
            return sorted(confirmed, key=lambda face: face.box[0])
    return []


def whole_image(image: np.ndarray) -> np.ndarray:
    """A picture that is a tight crop already, as a crop: uint8 `(HEIGHT, WIDTH)`.

    The middle part with the proportions of a crop is taken.
    """
    grey = _grey(image)
    height, width = grey.shape
    wide = min(width, max(1, round(height * WIDTH / HEIGHT)))
    high = min(height, max(1, round(width * HEIGHT / WIDTH)))
    left, top = (width - wide) // 2, (height - high) // 2
    middle = grey[top : top + high, left : left + wide]
    if middle.shape == (HEIGHT, WIDTH):
        return middle
    return cv2.resize(middle, (WIDTH, HEIGHT), interpolation=_interpolation(WIDTH / wide))


def scale(crop: np.ndarray, height: int, width: int) -> np.ndarray:
    """A crop as a network takes it: float32 `(height, width)`, 0 to 1."""
    small = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / 255


def _look_closer(grey: np.ndarray, centre: np.ndarray, side: float, tilt: float) -> Face | None:
    """The proposed face, if both cascades see one there."""
    zoom = CLOSE / side
    patch = _cut(grey, centre, zoom, tilt, (2 * CLOSE, 2 * CLOSE))
    boxes, score = [], 0.0
    for name in ("frontalface_alt", "frontalface_default"):
        candidates, counts = _cascade(name).detectMultiScale2(
            patch,
            scaleFactor=1.05,
            minNeighbors=3,
            minSize=(int(0.7 * CLOSE), int(0.7 * CLOSE)),
            maxSize=(int(1.4 * CLOSE), int(1.4 * CLOSE)),
        )
        central = [
            (float(count), box[:3])
            for box, count in zip(np.asarray(candidates, float), np.ravel(counts), strict=True)
            if np.abs(box[:2] + box[2] / 2 - CLOSE).max() < 0.3 * CLOSE
        ]
        if not central:
            return None
        count, box = max(central, key=lambda pair: pair[0])
        boxes.append(box)
        score += count
    if score < SURE:
        return None
    left, top, seen = np.mean(boxes, axis=0)
    corner = max(0, int(left)), max(0, int(top))
    slant = _eye_slant(patch[corner[1] : corner[1] + int(seen), corner[0] : corner[0] + int(seen)])
    moved = np.array([left + seen / 2, top + seen / 2]) - CLOSE
    centre = centre + _turning(tilt).T @ moved / zoom
    side = float(seen / zoom)
    box = (float(centre[0] - side / 2), float(centre[1] - side / 2), side)
    return Face(box, tilt + slant, score, _crop(grey, box, tilt + slant))


def _eye_slant(face: np.ndarray) -> float:
    """Degrees clockwise of the line through the eyes; 0 where no likely pair of eyes is seen."""
    side = face.shape[0]
    if face.shape[1] != side or side < 24:
        return 0.0
    # The cascade finds eyes of about 20 pixels and more.
    enlarge = max(1.0, 160 / side)
    upper = cv2.resize(face[: int(0.6 * side)], None, fx=enlarge, fy=enlarge)
    side = int(side * enlarge)
    eyes = _cascade("eye").detectMultiScale(
        upper, scaleFactor=1.1, minNeighbors=4, minSize=(side // 8, side // 8)
    )
    centres = [(x + w / 2, y + h / 2) for x, y, w, h in eyes]
    left = [c for c in centres if 0.1 * side < c[0] < 0.5 * side and c[1] > 0.2 * side]
    right = [c for c in centres if 0.5 * side < c[0] < 0.9 * side and c[1] > 0.2 * side]
    if len(left) != 1 or len(right) != 1:
        return 0.0
    across, down = right[0][0] - left[0][0], right[0][1] - left[0][1]
    slant = math.degrees(math.atan2(down, across))
    # Small slants are within the detector's error, large ones beyond what it finds upright.
    return slant if across > 0.25 * side and 6 < abs(slant) < 30 else 0.0


def _crop(grey: np.ndarray, box: Box, tilt: float) -> np.ndarray:
    left, top, side = box
    turn = _turning(tilt)
    offset = turn.T @ (ORL.right * side, ORL.down * side)
    centre = np.array([left + side / 2, top + side / 2]) + offset
    return _cut(grey, centre, WIDTH / (ORL.width * side), tilt, (HEIGHT, WIDTH))


def _cut(
    grey: np.ndarray, centre: np.ndarray, zoom: float, tilt: float, size: tuple[int, int]
) -> np.ndarray:
    """A part of the photo, `size` = (height, width) pixels, turned upright and scaled by `zoom`."""
    high, wide = size
    reach = math.hypot(high, wide) / 2 / zoom + 2
    left, top = (max(0, int(c - reach)) for c in centre)
    part = grey[
        top : max(top + 1, int(centre[1] + reach)), left : max(left + 1, int(centre[0] + reach))
    ]
    middle = np.asarray(centre) - (left, top)
    if zoom < 1:  # shrink by area first: a warp looks at four pixels only
        before = part.shape[::-1]
        smaller = [max(1, round(zoom * length)) for length in before]
        part = cv2.resize(part, smaller, interpolation=cv2.INTER_AREA)
        middle = middle * smaller / before
        zoom = 1.0
    linear = zoom * _turning(tilt)
    # Pixel centres lie at whole numbers in OpenCV, half a pixel from the photo's corner.
    shift = np.array([wide / 2, high / 2]) - 0.5 - linear @ (middle - 0.5)
    matrix = np.column_stack([linear, shift])
    return cv2.warpAffine(
        part, matrix, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def _turning(tilt: float) -> np.ndarray:
    """From offsets in the photo to offsets in the upright face, `(2, 2)`."""
    cosine, sine = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
    return np.array([[cosine, sine], [-sine, cosine]])


def _turn(picture: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """The picture turned counter-clockwise with nothing cut off, and the map to it, `(2, 3)`."""
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    if degrees == 0:
        return picture, matrix
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    wide, high = round(height * sine + width * cosine), round(height * cosine + width * sine)
    matrix[:, 2] += ((wide - width) / 2, (high - height) / 2)
    turned = cv2.warpAffine(picture, matrix, (wide, high), borderMode=cv2.BORDER_REPLICATE)
    return turned, matrix


def _grey(image: np.ndarray) -> np.ndarray:
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def _interpolation(scale: float) -> int:
    return cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR


_DETECTING = threading.Lock()
"""A cascade keeps its scales between calls, so two threads must not use it at once."""


@functools.cache
def _cascade(name: str) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / f"haarcascade_{name}.xml"))
