"""Keras parts for learning distances, shared by the siamese demos."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="mmdemo")
class EuclideanDistance(keras.layers.Layer):
    """Euclidean distance of two batches of vectors.

    Exactly 0 for equal vectors, with gradient 0 there (that of a bare square root is infinite).

    Input shapes: `(B, d)` and `(B, d)`.
    Output shape: `(B, 1)`.

    Example:

    >>> layer = EuclideanDistance()
    >>> inputs = [np.array([[1.0, 5.0]]), np.array([[4.0, 1.0]])]
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[5.0]]
    """

    def call(self, inputs: Any) -> Any:
        left, right = inputs
        squared = ops.sum(ops.square(left - right), axis=-1, keepdims=True)
        return _safe_sqrt(squared)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        return (input_shape[0][0], 1)


@keras.saving.register_keras_serializable(package="mmdemo")
class CosineLogits(keras.layers.Layer):
    """Scaled cosine between a unit vector and one learned direction per class.

    Wang et al. 2017, "NormFace: L2 hypersphere embedding for face verification".

    Input shape: `(B, d)`, of length 1.
    Output shape: `(B, classes)`.

    Args:
        classes: how many there are.
        scale: what the cosines are multiplied by.

    Example:

    >>> layer = CosineLogits(classes=3, scale=10.0)
    >>> inputs = np.array([[0.6, 0.8]])
    >>> ops.shape(layer(inputs))
    (1, 3)
    """

    def __init__(self, classes: int, scale: float = 10.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.classes = classes
        self.scale = scale

    def build(self, input_shape: Any) -> None:
        self.directions = self.add_weight(
            shape=(input_shape[-1], self.classes), initializer="glorot_uniform", name="directions"
        )

    def call(self, inputs: Any) -> Any:
        return self.scale * ops.matmul(inputs, ops.normalize(self.directions, axis=0))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        return (input_shape[0], self.classes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "classes": self.classes, "scale": self.scale}


@keras.saving.register_keras_serializable(package="mmdemo")
class CosineMarginLoss(keras.losses.Loss):
    """Softmax over cosines, of which the right one must win by a margin.

    Wang et al. 2018, "CosFace: Large margin cosine loss for deep face recognition".

    Input shapes: `y_true` `(B,)` or `(B, 1)` class numbers, `y_pred` `(B, classes)` cosines.
    Output shape: `()`, the mean over the batch.

    Args:
        margin: taken off the right class' cosine.
        scale: what the cosines are multiplied by.

    Example:

    >>> loss = CosineMarginLoss(margin=0.5, scale=2.0)
    >>> inputs = (np.array([0]), np.array([[0.75, 0.25]]))
    >>> round(float(loss(*inputs)), 4)  # the right one is level with the other
    0.6931
    """

    def __init__(
        self, margin: float, scale: float, name: str = "cosine_margin_loss", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.margin = margin
        self.scale = scale

    def call(self, y_true: Any, y_pred: Any) -> Any:
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        right = ops.one_hot(labels, y_pred.shape[-1], dtype=y_pred.dtype)  # (B, classes)
        logits = self.scale * (y_pred - self.margin * right)
        return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "margin": self.margin, "scale": self.scale}


@keras.saving.register_keras_serializable(package="mmdemo")
class ContrastiveLoss(keras.losses.Loss):
    """Contrastive loss on distances: `y d^2 + (1 - y) max(margin - d, 0)^2`, y = 1 for same pairs.

    Hadsell, Chopra, LeCun 2006, "Dimensionality reduction by learning an invariant mapping"
    (without their factor 1/2, and with y = 1 for genuine pairs).

    Input shapes: `y_true` and `y_pred` both `(B, 1)`: label of the pair, distance.
    Output shape: `()`, the mean over the batch.

    Args:
        margin: distance beyond which different pairs add nothing.

    Example:

    >>> loss = ContrastiveLoss(margin=1.0)
    >>> inputs = (np.array([[1.0], [0.0]]), np.array([[0.5], [0.75]]))
    >>> float(loss(*inputs))  # (0.5² + 0.25²) / 2
    0.15625
    """

    def __init__(self, margin: float = 1.0, name: str = "contrastive_loss", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.margin = margin

    def call(self, y_true: Any, y_pred: Any) -> Any:
        y_true = ops.cast(y_true, y_pred.dtype)
        near = y_true * ops.square(y_pred)
        far = (1.0 - y_true) * ops.square(ops.maximum(self.margin - y_pred, 0.0))
        return ops.mean(near + far, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "margin": self.margin}


@keras.saving.register_keras_serializable(package="mmdemo")
class SupervisedContrastiveLoss(keras.losses.Loss):
    """Supervised contrastive loss over all pairs of a batch.

    Every sample is to find the others of its class among all others of the batch, by a softmax
    over cosine / temperature. A sample alone in its class adds nothing.
    Khosla et al. 2020, "Supervised contrastive learning", the form L_out.

    Input shapes: `y_true` `(B,)` or `(B, 1)` class numbers, `y_pred` `(B, d)` vectors of length 1.
    Output shape: `()`, the mean over the batch.

    Args:
        temperature: what the cosines are divided by.

    Example:

    >>> loss = SupervisedContrastiveLoss(temperature=0.1)
    >>> inputs = (np.array([0, 0, 1]), np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    >>> round(float(loss(*inputs)), 4)
    0.0
    """

    def __init__(
        self, temperature: float = 0.1, name: str = "supervised_contrastive_loss", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.temperature = temperature

    def call(self, y_true: Any, y_pred: Any) -> Any:
        labels = ops.reshape(y_true, (-1, 1))  # (B, 1)
        itself = ops.eye(ops.shape(y_pred)[0], dtype=y_pred.dtype)  # (B, B)
        logits = ops.matmul(y_pred, ops.transpose(y_pred)) / self.temperature  # (B, B)
        logits = logits - 1e9 * itself
        log_share = logits - ops.logsumexp(logits, axis=1, keepdims=True)
        positive = ops.cast(ops.equal(labels, ops.transpose(labels)), y_pred.dtype) - itself
        count = ops.sum(positive, axis=1)
        # The diagonal of log_share is huge; positive is exactly 0 there.
        return -ops.sum(positive * log_share, axis=1) / ops.maximum(count, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "temperature": self.temperature}


def build_siamese(network: keras.Model) -> keras.Model:
    """A network used twice: two inputs, the distance `(B, 1)` of their vectors out; uncompiled."""
    # === Layers ===
    left = keras.Input(network.input_shape[1:], name="left")
    right = keras.Input(network.input_shape[1:], name="right")
    distance = EuclideanDistance(name="distance")

    # === Functional model ===
    return keras.Model([left, right], distance([network(left), network(right)]), name="siamese")


def mean_label_below(distances: np.ndarray, same: np.ndarray, threshold: float = 0.5) -> float:
    """Mean label of the pairs nearer than `threshold`: the share of genuine pairs among them.

    The figure that some tutorials print as a siamese network's "accuracy". It is the precision of
    one threshold and says nothing of the genuine pairs that lie farther apart.

    Raises:
        ValueError: no pair is nearer than `threshold`.
    """
    accepted = np.asarray(same, dtype=float).ravel()[np.asarray(distances).ravel() < threshold]
    if accepted.size == 0:
        raise ValueError(f"no pair is nearer than {threshold}")
    return float(accepted.mean())


def pairwise_distances(embeddings: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Euclidean distances `(N, M)` of embeddings `(N, d)` to `others` `(M, d)` (default: itself).

    Computed in double precision from the differences, so that equal rows are exactly 0 apart.
    """
    left = np.asarray(embeddings, dtype=np.float64)
    right = left if others is None else np.asarray(others, dtype=np.float64)
    out = np.empty((len(left), len(right)))
    for row, vector in enumerate(left):
        out[row] = np.sqrt(np.sum(np.square(right - vector), axis=1))
    return out


def _safe_sqrt(squared: Any) -> Any:
    positive = ops.greater(squared, 0.0)
    root = ops.sqrt(ops.where(positive, squared, ops.ones_like(squared)))
    return ops.where(positive, root, ops.zeros_like(squared))
