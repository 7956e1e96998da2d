"""Convolutions of given numbers and of a photo; and what a trained network's first layer sees.

All of it is NumPy, by `reference`. The trained filters are those of the image classifier.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from PIL import Image

from mmdemo.core.demo import ModelId
from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.serve import runtime

from . import reference
from .config import KINDS, Options, Stage
from .kernels import KERNELS, taken_apart

CLASSIFIER = ModelId("image_classifier", "", "default")
"""Whose first layer is looked at."""
SIDE = 144
"""Longer side of a photo that is convolved, in pixels: enough to see what a kind changes."""
LUMA = np.array([0.299, 0.587, 0.114])
"""What red, green and blue add to brightness (ITU-R BT.601): the weights of the pointwise kind."""


def warm() -> None:
    """Load the network whose first filters the page shows."""
    runtime.model(CLASSIFIER)


# === Given numbers ===


def convolve(options: Options, values: np.ndarray, kernels: list[np.ndarray]) -> np.ndarray:
    """What a kind of convolution makes of an input, `(rows, columns, filters)`.

    Args:
        options: whose `height`, `width` and `channels` are those of `values`.
        values: `(height, width, channels)`.
        kernels: one per window, see `Stage.weights`.

    Raises:
        UserError: options that do not go together, or kernels of another shape.
    """
    reference.check(options)
    wanted = [stage.weights for stage in reference.stages(options) if not stage.is_pooling]
    given = [kernel.shape for kernel in kernels]
    if given != wanted:
        raise UserError(
            _("The kernels must have the shapes {wanted}, not {given}.").format(
                wanted=wanted, given=given
            )
        )
    return reference.run(options, values, kernels)


# === A photo ===


@dataclass(frozen=True)
class Filtered:
    """A photo through one kind of convolution.

    Attributes:
        kind: of `KINDS`.
        picture: uint8 `(h, w)` or `(h, w, 3)`, for the eye.
        values: what was worked out, `(h, w, filters)`.
        share: of a spatially separable kernel, how much of the wanted one it is; 1 for others.
    """

    kind: str
    picture: np.ndarray
    values: np.ndarray
    share: float = 1.0


def reduced(photo: np.ndarray) -> np.ndarray:
    """A photo as it is convolved: its longer side `SIDE` pixels, uint8 `(h, w, 3)`.

    A strip is stretched, so that the window with holes finds room in it.
    """
    scale = SIDE / max(photo.shape[:2])
    size = [max(LEAST_SIDE, round(side * scale)) for side in photo.shape[1::-1]]
    return np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.LANCZOS))


def through(photo: np.ndarray, name: str, kind: str) -> Filtered:
    """A photo through a named kernel, by one kind of convolution.

    Args:
        photo: uint8 `(h, w, 3)`, reduced.
        name: of `KERNELS`.
        kind: of `KINDS`; grouped into one group per colour, pooling over the kernel's window.

    Raises:
        UserError: no such kernel or kind.
    """
    if name not in KERNELS:
        raise UserError(_("The kernel is one of: {names}.").format(names=", ".join(KERNELS)))
    if kind not in KINDS:
        raise UserError(_("The kind is one of: {kinds}.").format(kinds=", ".join(KINDS)))
    kernel, colours = KERNELS[name], photo.astype(np.float64)
    share, keeps = 1.0, kernel.sum() > 0.5
    options = Options(
        kind, *photo.shape[:2], 3, 1, len(kernel), **OPTIONS.get(kind, {"padding": "valid"})
    )
    if kind in ("depthwise", "grouped"):
        options = dataclasses.replace(options, filters=3, groups=3)
    mixed = kernel[..., None, None] * LUMA[:, None]
    each = np.repeat(kernel[..., None, None], 3, axis=-1)
    if kind == "spatially_separable":
        column, row, share = taken_apart(kernel)
        weights = [column[:, None, None, None] * LUMA[:, None], row[None, :, None, None]]
    elif kind in ("depthwise", "grouped"):
        weights = [each]
    elif kind == "depthwise_separable":
        weights = [each, LUMA[None, None, :, None]]
    elif kind == "pointwise":
        weights = [LUMA[None, None, :, None]]
    elif kind == "causal":
        middle = kernel[len(kernel) // 2]
        middle = middle / middle.sum() if keeps else middle - middle.mean()
        weights = [middle[None, :, None, None] * LUMA[:, None]]
    elif kind == "transposed":  # of each pixel, a quarter of the weights meets a given output
        weights = [options.stride**2 * mixed]
    else:
        weights = [] if kind.endswith("pooling") else [mixed]
    values = reference.run(options, colours, weights)
    keeps = keeps or not weights or kind == "pointwise"
    return Filtered(kind, shown(values, keeps), values, share)


OPTIONS = {
    "strided": {"stride": 3},
    "padded": {"padding": "same"},
    "dilated": {"dilation": 3},
    "transposed": {"stride": 2, "padding": "same"},
    "causal": {"dilation": 2},
    "max_pooling": {"stride": 3},
    "average_pooling": {"stride": 3},
}
"""What sets a kind apart on a photo."""
LEAST_SIDE = 1 + OPTIONS["dilated"]["dilation"] * (max(map(len, KERNELS.values())) - 1)
"""Of a photo that is convolved: what the largest kernel with the widest holes covers."""


def shown(values: np.ndarray, keeps: bool) -> np.ndarray:
    """Numbers as a picture.

    Args:
        values: `(h, w, 1 or 3)`, of pixels from 0 to 255.
        keeps: the kernel keeps brightness; where it keeps differences, 0 is a middle grey.
    """
    values = values if keeps else 127.5 + values
    picture = np.clip(values, 0, 255).round().astype(np.uint8)
    return picture if picture.shape[2] == 3 else picture[..., 0]


# === A trained network's first filters ===


@dataclass(frozen=True)
class First:
    """The first layer of a trained network on a photo.

    Attributes:
        filters: `(3, 3, 3, n)`: rows, columns, red, green and blue, filters.
        maps: what each makes of the photo, `(h, w, n)`, before normalisation and ReLU.
    """

    filters: np.ndarray
    maps: np.ndarray


def first_layer(photo: np.ndarray) -> First:
    """What the first convolution of the image classifier makes of a photo.

    Args:
        photo: uint8 `(h, w, 3)`, reduced.

    Raises:
        WeightsError: the classifier's weights are missing or corrupted.
    """
    network = runtime.model(CLASSIFIER).network
    (filters,) = network.get_layer("backbone").get_layer("stem_conv").get_weights()
    filters = np.asarray(filters, np.float64)
    rows, columns, channels, count = filters.shape
    stage = Stage("convolution", (rows, columns), (2, 2), "same", (1, 1), 1, channels, count)
    return First(filters, reference.step(stage, photo / 127.5 - 1, filters))
