"""What R-CNN learns on the frozen backbone: a linear SVM and a ridge regression per class.

Girshick et al. 2014, "Rich feature hierarchies for accurate object detection and semantic
segmentation". Importing this module imports Keras.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from mmdemo.core.nets import boxes
from mmdemo.core.nets.regions import encode
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.weights.artifacts import HEADS

from . import stages
from .config import Config
from .data import Pictures
from .frame import crops

logger = logging.getLogger(__name__)

NEGATIVE = 0.3
"""IoU with every thing of a class below which a proposal shows none of it."""
SIMILAR = 0.6
"""IoU with a thing from which on a proposal teaches how its box is to change."""
COST, RIDGE = 1e-2, 1e3
"""Of the SVM's errors, and of the regression's weights."""
FIRST, ROUNDS = 20_000, 3
"""Negatives that the first SVM learns, and how often those that it gets wrong are added."""
BATCH = 160
"""Crops of a batch."""


def learn(network: keras.Model, known: Pictures, held_out: Pictures, config: Config) -> None:
    """Give the network's two dense layers their weights.

    Args:
        network: R-CNN, with the backbone's weights.
        known: with proposals.
        held_out: with proposals; what an SVM's score means is read on these.
        config: of the network.
    """
    call = compile_call(stages.features(network))
    seen, about, labels, overlaps, changes = _regions(call, known, config)
    mean, spread = seen.mean(axis=0), seen.std(axis=0) + 1e-3
    seen -= mean
    seen /= spread
    classes = config.network.classes
    weights = np.zeros((seen.shape[1], classes), np.float32)
    bias = np.zeros(classes, np.float32)
    box_weights = np.zeros((seen.shape[1], classes, 4), np.float32)
    box_bias = np.zeros((classes, 4), np.float32)
    others, _, _, their_overlaps, _ = _regions(call, held_out, config)
    others = (others - mean) / spread
    for label in range(classes):
        is_thing = about & (labels == label)
        weights[:, label], bias[label] = _svm(seen, is_thing, overlaps[:, label] < NEGATIVE)
        scale, shift = _platt(
            others @ weights[:, label] + bias[label], their_overlaps[:, label] >= 0.5
        )
        weights[:, label] *= scale
        bias[label] = bias[label] * scale + shift
        teaches = (labels == label) & (overlaps[:, label] >= SIMILAR)
        box_weights[:, label], box_bias[label] = _ridge(seen[teaches], changes[teaches])
        logger.info("%s: %d things, %d boxes", known.names[label], is_thing.sum(), teaches.sum())
    # The features are not standardised where the network is served: its weights are.
    weights /= spread[:, None]
    box_weights /= spread[:, None, None]
    heads = network.get_layer(HEADS)
    heads.get_layer("svm").set_weights([weights, bias - mean @ weights])
    flat = box_weights.reshape(len(mean), -1)
    heads.get_layer("ridge").set_weights([flat, box_bias.ravel() - mean @ flat])


def _regions(
    call: Callable[..., Any], pictures: Pictures, config: Config
) -> tuple[np.ndarray, ...]:
    """Some proposals of each picture, and every true box as one more.

    Returns:
        Features `(n, d)`; whether it is a true box `(n,)`; the class that it overlaps most with
        `(n,)`; how much it overlaps with each class `(n, C)`; what would change it to that thing's
        box `(n, 4)`.
    """
    rng = np.random.default_rng(0)
    seen, about, labels, overlaps, changes = [], [], [], [], []
    for image, true, known, proposals in zip(
        pictures.images, pictures.boxes, pictures.labels, pictures.proposals, strict=True
    ):
        count = min(config.training.regions, len(proposals))
        some = proposals[np.sort(rng.choice(len(proposals), count, replace=False))]
        regions = np.concatenate([true, some]).astype(np.float32)
        warped = crops(image, regions, config.input.crop)
        # Batches of one size: some backends compile each size anew.
        room = -len(warped) % BATCH
        warped = np.concatenate([warped, np.zeros((room, *warped.shape[1:]), np.float32)])
        parts = [call(warped[first : first + BATCH]) for first in range(0, len(warped), BATCH)]
        seen.append(np.concatenate(parts)[: len(regions)])
        about.append(np.arange(len(regions)) < len(true))
        shared = np.zeros((len(regions), config.network.classes), np.float32)
        if len(true) == 0:
            labels.append(np.zeros(len(regions), int))
            changes.append(np.zeros((len(regions), 4), np.float32))
            overlaps.append(shared)
            continue
        pairs = boxes.pairwise_iou(regions, true)
        thing = pairs.argmax(axis=1)
        for label in range(config.network.classes):
            if (known == label).any():
                shared[:, label] = pairs[:, known == label].max(axis=1)
        labels.append(known[thing])
        changes.append(encode(true[thing], regions))
        overlaps.append(shared)
    return tuple(map(np.concatenate, (seen, about, labels, overlaps, changes)))


def _svm(seen: np.ndarray, positive: np.ndarray, negative: np.ndarray) -> tuple[np.ndarray, float]:
    """A linear SVM of the true boxes against proposals, with hard negatives.

    It begins with some negatives; those of all that it gets wrong, or nearly so, are added, and it
    is trained again.
    """
    from sklearn.svm import LinearSVC

    rng = np.random.default_rng(0)
    rows = np.flatnonzero(negative)
    used = rng.choice(rows, min(FIRST, len(rows)), replace=False)
    things = np.flatnonzero(positive)
    for number in range(ROUNDS + 1):
        chosen = np.concatenate([things, used])
        machine = LinearSVC(C=COST, class_weight="balanced", dual=False, tol=1e-3)
        machine.fit(seen[chosen], np.arange(len(chosen)) < len(things))
        weights, bias = machine.coef_[0].astype(np.float32), float(machine.intercept_[0])
        if number == ROUNDS:
            break
        scores = seen[rows] @ weights + bias
        hard = rows[scores > -1]
        hard = hard[np.argsort(-scores[scores > -1])][:FIRST]
        used = np.union1d(used, hard)
    return weights, bias


def _platt(scores: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """What makes a probability of an SVM's score (Platt 1999): a factor and what is added."""
    from sklearn.linear_model import LogisticRegression

    if right.all() or not right.any():
        return 1.0, 0.0
    fitted = LogisticRegression(C=1e3).fit(scores[:, None], right)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def _ridge(seen: np.ndarray, changes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The linear map from features to changes, `(d, 4)`, and what is added, `(4,)`."""
    middle, usual = seen.mean(axis=0), changes.mean(axis=0)
    centred = (seen - middle).astype(np.float64)
    gram = centred.T @ centred + RIDGE * np.eye(seen.shape[1])
    weights = np.linalg.solve(gram, centred.T @ (changes - usual)).astype(np.float32)
    return weights, (usual - middle @ weights).astype(np.float32)
