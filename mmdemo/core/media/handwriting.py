"""A drawn or photographed digit as MNIST's 28 x 28 picture. No Keras here."""

from __future__ import annotations

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import N_, _

SIDE = 28
BOX = 20
"""MNIST scales a digit into a box of this side and centres its mass in the picture."""
BLANK = N_(
    "There is nothing drawn here. Draw one digit with a broad stroke, or add a photo of one."
)
SEVERAL = N_("There are several things in this picture. Leave one digit, from 0 to 9.")


def digit(image: np.ndarray) -> np.ndarray:
    """Find the one digit of a picture, and bring it to the form of MNIST.

    Dark ink on light paper and the reverse are both understood; uneven light is evened out.

    Args:
        image: uint8, `(height, width, 3)` or `(height, width)`.

    Returns:
        float32 `(28, 28)` in [0, 1], ink bright.

    Raises:
        UserError: nothing is drawn, or several things are.
    """
    import cv2

    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if grey.shape == (SIDE, SIDE) and grey[0].max() == 0 and grey[-1].max() == 0:
        enlarged = cv2.resize(grey, (224, 224), interpolation=cv2.INTER_CUBIC)
    else:
        scale = 256 / max(grey.shape)
        size = tuple(max(1, round(side * scale)) for side in reversed(grey.shape))
        area = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        enlarged = cv2.resize(grey, size, interpolation=area)
    ink = _ink(enlarged)
    mask = _one_digit(ink > 0.35)
    return centred(ink * cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)))


def _ink(grey: np.ndarray) -> np.ndarray:
    """How much ink there is at each point: float32 in [0, 1], the paper at 0.

    Raises:
        UserError: there is no contrast.
    """
    import cv2

    values = cv2.GaussianBlur(grey, (3, 3), 0).astype(np.float32)
    edge = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    if np.median(edge) > 127:
        values = 255 - values
    # The paper under the ink: what is left when everything thinner than a quarter is erased.
    width = (max(values.shape) // 4) | 1
    fourth = [max(1, round(side / 4)) for side in reversed(values.shape)]
    small = cv2.resize(values, fourth, interpolation=cv2.INTER_AREA)
    kernel = np.ones((max(3, width // 4), max(3, width // 4)), np.uint8)
    paper = cv2.resize(cv2.morphologyEx(small, cv2.MORPH_OPEN, kernel), values.shape[::-1])
    values = np.maximum(values - paper, 0)
    peak = float(np.percentile(values, 99.5))
    if max(peak, float(values.max()) * 0.5) < 20:
        raise UserError(_(BLANK))
    values = np.clip(values / max(peak, float(values.max()) * 0.5), 0, 1)
    noise = float(np.percentile(values, 60))
    return np.clip((values - noise) / (1 - noise), 0, 1) if noise < 0.5 else values


def _one_digit(mask: np.ndarray) -> np.ndarray:
    """The ink that belongs to the digit.

    Raises:
        UserError: none does, or there are several digits.
    """
    import cv2

    joined = cv2.dilate(mask.astype(np.uint8), np.ones((7, 7), np.uint8))  # broken strokes
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(joined, connectivity=8)
    areas = np.array([(mask & (labels == i)).sum() for i in range(1, count)])
    if not len(areas) or areas.max() < 20:
        raise UserError(_(BLANK))
    keep = [i + 1 for i in np.flatnonzero(areas > 0.12 * areas.max())]  # the rest is specks
    if len(keep) > 1:
        first = stats[keep[int(np.argmax(areas[np.array(keep) - 1]))]]
        for i in keep:  # two strokes of a 4 or a 5 share columns; two digits do not
            left, width = stats[i, cv2.CC_STAT_LEFT], stats[i, cv2.CC_STAT_WIDTH]
            start, span = first[cv2.CC_STAT_LEFT], first[cv2.CC_STAT_WIDTH]
            shared = min(left + width, start + span) - max(left, start)
            if shared < 0.3 * min(width, span):
                raise UserError(_(SEVERAL))
        if len(keep) > 4:
            raise UserError(_(SEVERAL))
    found = mask & np.isin(labels, keep)
    if found.mean() > 0.6:
        raise UserError(
            _(
                "This picture has no single stroke that stands out. Draw one digit with one colour "
                "on an even background."
            )
        )
    return found


def centred(ink: np.ndarray) -> np.ndarray:
    """Scale the digit into the box and put its centre of mass in the middle: `(28, 28)`."""
    import cv2

    rows, columns = np.flatnonzero((ink > 0.1).any(axis=1)), np.flatnonzero((ink > 0.1).any(axis=0))
    crop = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    crop = _stroke(crop)
    scale = BOX / max(crop.shape)
    size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    y, x = np.indices(small.shape)
    centre_y, centre_x = (small * y).sum() / small.sum(), (small * x).sum() / small.sum()
    shift = np.array([[1, 0, 13.5 - centre_x], [0, 1, 13.5 - centre_y]], np.float32)
    moved = cv2.warpAffine(small, shift, (SIDE, SIDE))
    return np.clip(moved / max(float(moved.max()), 1e-6), 0, 1).astype(np.float32)


def _stroke(crop: np.ndarray) -> np.ndarray:
    """Widen a hairline to about the stroke of MNIST, which is an eighth of the digit's height."""
    import cv2

    side = max(crop.shape)
    inked = (crop > 0.35).astype(np.uint8)
    width = 2 * float(cv2.distanceTransform(np.pad(inked, 1), cv2.DIST_L2, 3).max())
    grow = round(side * 0.11 - width)
    if grow < 2:
        return crop
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (grow | 1, grow | 1))
    return cv2.dilate(np.pad(crop, grow), ellipse)
