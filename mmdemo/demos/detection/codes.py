"""Where the networks of this demo look: places of their map, and anchors there. No Keras here."""

from __future__ import annotations

import numpy as np

from mmdemo.core.nets import regions

from .config import Config

STRIDE = 8
"""Pixels of the frame between neighbours of the map that the heads read."""


def places(config: Config) -> np.ndarray:
    """Centres of the map's places, float32 `(h * w, 2)`: x and y, row by row."""
    return regions.places(*_map(config))


def anchors(config: Config) -> np.ndarray:
    """Every anchor of the region proposal network, float32 `(h * w * k, 4)`.

    At each place of the map one of each height and ratio, in the order of the network's outputs.
    """
    network, how = config.network, config.input
    heights = np.array(network.anchors)[:, None] * np.sqrt(network.ratios)  # the area stays
    widths = heights / np.array(network.ratios) * how.height / how.width
    return regions.anchors(*_map(config), np.stack([widths, heights], axis=-1).reshape(-1, 2))


def _map(config: Config) -> tuple[int, int]:
    height, width = (-(-side // STRIDE) for side in (config.input.height, config.input.width))
    return height, width
