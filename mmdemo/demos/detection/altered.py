"""Pictures of blood altered anew in each epoch. Importing this module imports Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from mmdemo.core.nets import boxes
from mmdemo.core.train.batches import Batches

from .config import Config, Input
from .data import Pictures
from .frame import GREY

Targets = Callable[[list[np.ndarray], list[np.ndarray], list[np.ndarray], np.random.Generator], Any]
"""Boxes, labels and proposals of each picture of a batch, and chance, to further inputs of the
network and what its outputs are to be: see `targets`."""
VISIBLE = 0.4
"""Part of a thing that an altered picture keeps; of one that keeps less, nothing is learnt."""


class Altered(Batches):
    """Batches of pictures, each altered anew: `inputs, targets`.

    Args:
        pictures: to draw from, each as often as the others.
        config: how they are altered, and how many make a batch and an epoch.
        targets: what is to be learnt of them.
        seed: of every random choice.
    """

    def __init__(self, pictures: Pictures, config: Config, targets: Targets, seed: int) -> None:
        super().__init__(seed)
        self.pictures = pictures
        self.config = config
        self.targets = targets

    def __len__(self) -> int:
        return self.config.training.steps

    def rows(self, index: int) -> np.ndarray:
        """Which pictures stand in a batch: one shuffled pass after the other."""
        size, count = self.config.training.batch, len(self.pictures)
        first = (self.epoch * len(self) + index) * size
        places = np.arange(first, first + size)
        orders = {
            turn: np.random.default_rng([self.seed, turn]).permutation(count)
            for turn in set((places // count).tolist())
        }
        return np.array([orders[place // count][place % count] for place in places.tolist()])

    def __getitem__(self, index: int) -> Any:
        rng = self.rng(index)
        images, edges, labels, proposals = [], [], [], []
        for row in self.rows(index).tolist():
            image, matrix = alter(self.pictures.images[row], self.config.input, rng)
            moved, kept = move(self.pictures.boxes[row], matrix, image.shape[:2])
            images.append(image)
            edges.append(moved[kept])
            labels.append(self.pictures.labels[row][kept])
            if self.pictures.proposals:
                moved, kept = move(self.pictures.proposals[row], matrix, image.shape[:2])
                proposals.append(moved[kept])
        further, targets = self.targets(edges, labels, proposals, rng)
        pixels = np.stack(images)
        return (pixels, *further) if further else pixels, targets


def alter(image: np.ndarray, how: Input, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A picture mirrored, turned, scaled, shifted and in other colours.

    Args:
        image: uint8 `(h, w, 3)`.
        how: what is altered, and how much.
        rng: draws.

    Returns:
        float32 `(h, w, 3)` from 0 to 255, and what its places became: `(2, 3)`, in pixels.
    """
    height, width = image.shape[:2]
    turned = np.diag(rng.choice([-1.0, 1.0], 2))
    if how.turn and rng.random() < 0.5:
        turned = turned[::-1]
    zoom = np.exp(rng.uniform(-1, 1) * np.log(how.zoom))
    middle = np.array([width, height]) / 2
    # A larger one is seen in part, a smaller one stands somewhere.
    shift = rng.uniform(-1, 1, 2) * abs(1 - zoom) * middle
    matrix = np.concatenate([zoom * turned, np.zeros((2, 1))], axis=1)
    matrix[:, 2] = middle + shift - zoom * turned @ middle
    fill = (GREY, GREY, GREY)
    # Pixels are squares, whose middles lie at halves.
    centred = matrix.copy()
    centred[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    moved = cv2.warpAffine(image, centred, (width, height), borderValue=fill).astype(np.float32)
    gain = 1 + how.colour * rng.uniform(-1, 1, 3)
    moved = (moved - GREY) * gain + GREY * (1 + how.colour * rng.uniform(-1, 1, 3))
    return np.clip(moved, 0, 255).astype(np.float32), matrix


def move(
    edges: np.ndarray, matrix: np.ndarray, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Where boxes lie in an altered picture, and which of them it keeps enough of.

    Args:
        edges: `(k, 4)` in parts of the picture's sides.
        matrix: from `alter`.
        shape: height and width of the picture.

    Returns:
        float32 `(k, 4)`, cut off at the edges, and bool `(k,)`.
    """
    sides = np.array([shape[1], shape[0]])
    corners = edges.reshape(-1, 2, 2) * sides
    ends = corners @ matrix[:, :2].T + matrix[:, 2]
    moved = np.concatenate([ends.min(axis=1), ends.max(axis=1)], axis=1) / np.tile(sides, 2)
    kept = boxes.visible(moved, np.array([0.0, 0.0, 1.0, 1.0])) >= VISIBLE
    return np.clip(moved, 0, 1).astype(np.float32), kept
