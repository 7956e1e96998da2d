"""Boxes as networks say them: by what they differ from a proposal or from an anchor.

No Keras here: training and serving share it. Boxes are in parts of the frame's sides.
"""

from __future__ import annotations

import numpy as np

from .config import Config

STRIDE = 8
"""Pixels of the frame between neighbours of the map that the heads read."""
SPREAD = np.array([0.1, 0.1, 0.2, 0.2], np.float32)
"""How far proposals usually are off: changes are said in these units (Girshick 2015)."""
MOST = 3.0
"""Of a change of size, as a logarithm: 20 times."""


def encode(true: np.ndarray, proposals: np.ndarray) -> np.ndarray:
    """What changes proposals to true boxes (Girshick et al. 2014): `(..., 4)` of both.

    Shifts of the centre in parts of the proposal's sides, and logarithms of the changes of width
    and height, in units of `SPREAD`.
    """
    centre, size = _centre_and_size(proposals)
    wanted_centre, wanted_size = _centre_and_size(true)
    shift, growth = (wanted_centre - centre) / size, np.log(wanted_size / size)
    return (np.concatenate([shift, growth], axis=-1) / SPREAD).astype(np.float32)


def decode(changes: np.ndarray, proposals: np.ndarray) -> np.ndarray:
    """The inverse of `encode`; the boxes are cut off at the frame's edges."""
    centre, size = _centre_and_size(proposals)
    changes = changes * SPREAD
    centre = centre + changes[..., :2] * size
    half = size * np.exp(np.minimum(changes[..., 2:], MOST)) / 2
    found = np.concatenate([centre - half, centre + half], axis=-1)
    return np.clip(found, 0, 1).astype(np.float32)


def _centre_and_size(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = boxes[..., :2], boxes[..., 2:]
    return (low + high) / 2, np.maximum(high - low, 1e-4)


def places(config: Config) -> np.ndarray:
    """Centres of the map's places, float32 `(h * w, 2)`: x and y, row by row."""
    height, width = (-(-side // STRIDE) for side in (config.input.height, config.input.width))
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    return np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float32)


def anchors(config: Config) -> np.ndarray:
    """Every anchor of the region proposal network, float32 `(h * w * k, 4)`.

    At each place of the map one of each height and ratio, in the order of the network's outputs.
    Some reach beyond the frame.
    """
    network, how = config.network, config.input
    heights = np.array(network.anchors)[:, None] * np.sqrt(network.ratios)  # the area stays
    widths = heights / np.array(network.ratios) * how.height / how.width
    sizes = np.stack([widths, heights], axis=-1).reshape(-1, 2)  # (k, 2)
    centre = places(config)[:, None]
    found = np.concatenate([centre - sizes / 2, centre + sizes / 2], axis=-1)
    return found.reshape(-1, 4).astype(np.float32)
