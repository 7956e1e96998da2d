"""Losses of networks that look at regions (Girshick 2015; Ren et al. 2015).

Importing this module imports Keras. Each gives one number for a batch: what is summed is divided by
how many regions or anchors count, which differs from picture to picture.
"""

from __future__ import annotations

from typing import Any

from keras import ops


def region_classes(true: Any, logits: Any) -> Any:
    """Softmax cross-entropy of regions `(B, N, 1 + C)`; all 0 for a region that does not count."""
    top = ops.max(logits, axis=-1, keepdims=True)
    total = ops.log(ops.sum(ops.exp(logits - top), axis=-1)) + top[..., 0]
    chosen = ops.sum(true * logits, axis=-1)
    counts = ops.sum(true, axis=-1)
    return ops.sum(counts * (total - chosen)) / ops.maximum(ops.sum(counts), 1)


def region_changes(true: Any, changes: Any) -> Any:
    """Smooth L1 of changes `(B, N, C, 4)`; the true ones carry a weight, `(B, N, C, 5)`.

    Divided by all regions of the batch, of which a few hold something.
    """
    lost = ops.sum(_smooth_l1(changes - true[..., :4]), axis=-1)
    regions = ops.cast(ops.shape(true)[0] * ops.shape(true)[1], changes.dtype)
    return ops.sum(true[..., 4] * lost) / regions


def objectness(true: Any, logits: Any) -> Any:
    """Cross-entropy of anchors `(B, A)`; the true values carry a weight, `(B, A, 2)`."""
    value, weight = true[..., 0], true[..., 1]
    return ops.sum(weight * cross_entropy(value, logits)) / ops.maximum(ops.sum(weight), 1)


def anchor_changes(true: Any, changes: Any) -> Any:
    """Smooth L1 of changes `(B, A, 4)`; the true ones carry a weight, `(B, A, 5)`."""
    weight = true[..., 4]
    lost = ops.sum(_smooth_l1(changes - true[..., :4]), axis=-1)
    return ops.sum(weight * lost) / ops.maximum(ops.sum(weight), 1)


def cross_entropy(true: Any, logits: Any) -> Any:
    """Of probabilities and logits, value by value, without infinities."""
    high = ops.maximum(logits, 0) - logits * true
    return high + ops.log1p(ops.exp(-ops.absolute(logits)))


def _smooth_l1(difference: Any) -> Any:
    size = ops.absolute(difference)
    return ops.where(size < 1, 0.5 * ops.square(size), size - 0.5)
