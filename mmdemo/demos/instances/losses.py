"""The loss of masks; of all else see `core.nets.region_losses`. Importing this imports Keras."""

from __future__ import annotations

from typing import Any

from keras import ops

from mmdemo.core.nets.region_losses import cross_entropy


def masks(true: Any, logits: Any) -> Any:
    """Cross-entropy of points `(B, M, 28, 28)`; the true values carry a weight, `(..., 2)`.

    He et al. 2017: a mean over the points of the masks that count.
    """
    value, weight = true[..., 0], true[..., 1]
    return ops.sum(weight * cross_entropy(value, logits)) / ops.maximum(ops.sum(weight), 1)
