"""Faces in photos: found, turned upright and cropped as the training faces are framed.

The detector is the Viola-Jones cascade that ships in OpenCV's wheel (`cv2.data.haarcascades`).
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

HEIGHT, WIDTH = 112, 92
"""Of a crop, in pixels: the frame of the ORL faces."""

SIDE = 400
"""Longest side of the picture in which the smallest faces are sought."""
COARSE = 112
"""Longest side of the picture in which large faces are sought first, in a tenth of the time."""
SMALLEST = 20
"""Smallest side of a face that the cascade can propose, in pixels."""
MARGIN = 0.2
"""Border around the picture, so that a face that fills it is found too."""
LEADING = 1 / 3
"""A face of this part of the picture's longest side is a portrait: no smaller ones are sought."""
TILTS = (0, 20, -20, 40, -40, 90, -90, 180)
"""Degrees by which the picture is turned until a face shows."""
CLOSE = 80
"""Side to which a face is scaled for the second look, in pixels."""
SURE = 35
"""Least score of a face. Of the 400 ORL faces 399 reach it; chance finds rarely do."""


class Look(NamedTuple):
    """At a smaller copy of the photo.

    Attributes:
        side: longest of the copy, in pixels.
        margin: border around it, as a part of its side.
        neighbours: how many more windows over a face must be accepted.
        largest: side of the largest face sought there, in pixels; 0 for any.
    """

    side: int
    margin: float
    neighbours: int
    largest: int


def _beyond(side: int) -> Look:
    """For the faces that are too small in the copy of `COARSE` pixels."""
    return Look(side, 0.0, neighbours=2, largest=round(1.2 * SMALLEST * side / COARSE))


LARGE = Look(COARSE, MARGIN, neighbours=1, largest=0)
SMALL, SMALL_TURNED = _beyond(SIDE), _beyond(SIDE // 2)

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

    One cascade proposes faces in a small copy of the photo, and, unless it shows a portrait, small
    ones in a larger copy. A second look at each, from the full photo and at one scale, must find it
    with two cascades that were trained apart; the box is their mean. Where the upright photo shows
    no face, it is turned by `TILTS`.

    Args:
        image: uint8 `(h, w, 3)` RGB or `(h, w)` grey.
    """
    grey = _grey(image)
    portrait = LEADING * max(grey.shape)
    for tilt in TILTS:
        found = _propose(grey, tilt, LARGE)
        if all(face.box[2] < portrait for face in found):
            small = _propose(grey, tilt, SMALL if tilt == 0 else SMALL_TURNED)
            found += [face for face in small if not any(_overlap(face, other) for other in found)]
        if found:
            return sorted(found, key=lambda face: face.box[0])
    return []


def largest(image: np.ndarray) -> Face | None:
    """The largest face that `find` finds in a photo, if any."""
    return max(find(image), key=lambda face: face.box[2], default=None)


def _propose(grey: np.ndarray, tilt: float, look: Look) -> list[Face]:
    """The confirmed faces of a copy of the photo that is turned by `tilt`.

    Args:
        grey: the photo.
        tilt: degrees.
        look: which copy, and what is sought there.
    """
    height, width = grey.shape
    scale = look.side / max(height, width)
    small = (max(1, round(scale * width)), max(1, round(scale * height)))
    seen = cv2.resize(grey, small, interpolation=_interpolation(scale))
    border = int(look.margin * look.side)
    seen = cv2.copyMakeBorder(seen, *[border] * 4, cv2.BORDER_REPLICATE)
    turned, to_turned = _turn(seen, tilt)
    back = cv2.invertAffineTransform(to_turned)
    proposed = _cascade("frontalface_alt").detectMultiScale(
        turned,
        scaleFactor=1.15,
        minNeighbors=look.neighbours,
        minSize=(SMALLEST, SMALLEST),
        maxSize=(look.largest, look.largest),
    )
    confirmed = []
    for x, y, length, _ in proposed:
        centre = (back @ (x + length / 2, y + length / 2, 1) - border) / scale
        if not (0 <= centre[0] < width and 0 <= centre[1] < height):
            continue  # in the border
        face = _look_closer(grey, centre, length / scale, tilt)
        if face is not None and not any(_overlap(face, other) for other in confirmed):
            confirmed.append(face)
    return confirmed


def _overlap(one: Face, other: Face) -> bool:
    """Whether the centre of one face lies in the other."""
    reach = max(one.box[2], other.box[2]) / 2
    return all(
        abs(a + one.box[2] / 2 - b - other.box[2] / 2) < reach
        for a, b in zip(one.box[:2], other.box[:2], strict=True)
    )


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
    return Face(box, tilt + slant, score, crop(grey, box, tilt + slant))


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
        upper, scaleFactor=1.2, minNeighbors=4, minSize=(side // 8, side // 8)
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


def crop(grey: np.ndarray, box: Box, tilt: float) -> np.ndarray:
    """A face as ORL frames them, upright: uint8 `(HEIGHT, WIDTH)`."""
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


_OF_THREAD = threading.local()
"""A cascade keeps its scales between calls, so each thread has its own."""


def _cascade(name: str) -> cv2.CascadeClassifier:
    if not hasattr(_OF_THREAD, name):
        file = Path(cv2.data.haarcascades) / f"haarcascade_{name}.xml"
        setattr(_OF_THREAD, name, cv2.CascadeClassifier(str(file)))
    cascade: cv2.CascadeClassifier = getattr(_OF_THREAD, name)
    return cascade
