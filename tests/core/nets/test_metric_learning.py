"""core.metric_learning against plain numpy."""

import keras
import numpy as np
import pytest
from keras import ops

from mmdemo.core.nets.metric_learning import (
    ContrastiveLoss,
    EuclideanDistance,
    SupervisedContrastiveLoss,
    mean_label_below,
    pairwise_distances,
)


def test_distance_equals_numpy_and_is_symmetric():
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(2, 7, 5)).astype("float32")
    layer = EuclideanDistance()
    out = ops.convert_to_numpy(layer([left, right]))
    assert out.shape == (7, 1)
    assert out[:, 0] == pytest.approx(np.linalg.norm(left - right, axis=1), abs=1e-5)
    assert np.array_equal(out, ops.convert_to_numpy(layer([right, left])))


def test_equal_vectors_are_exactly_0_apart_with_finite_gradient():
    x = np.ones((3, 4), "float32")
    assert np.array_equal(ops.convert_to_numpy(EuclideanDistance()([x, x])), np.zeros((3, 1)))
    left, right = keras.Input((4,)), keras.Input((4,))
    dense = keras.layers.Dense(2)
    model = keras.Model([left, right], EuclideanDistance()([dense(left), dense(right)]))
    model.compile("sgd", ContrastiveLoss(), jit_compile=False)
    model.fit([x, x], np.ones((3, 1)), verbose=0)
    assert all(np.isfinite(w).all() for w in model.get_weights())


def test_contrastive_loss_by_hand():
    label = np.array([[1.0], [1.0], [0.0], [0.0]], "float32")
    distance = np.array([[0.0], [2.0], [0.25], [3.0]], "float32")
    loss = ContrastiveLoss(margin=1.0, reduction="none")
    assert ops.convert_to_numpy(loss(label, distance)) == pytest.approx([0, 4, 0.5625, 0])
    assert ContrastiveLoss.from_config(ContrastiveLoss(margin=2.0).get_config()).margin == 2.0


def test_supervised_contrastive_loss_equals_loops():
    rng = np.random.default_rng(1)
    z = rng.normal(size=(6, 3)).astype("float32")
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    labels = np.array([0, 0, 0, 1, 1, 2])
    expected = []
    for i in range(6):
        others = [j for j in range(6) if j != i]
        total = np.log(sum(np.exp(z[i] @ z[j] / 0.2) for j in others))
        mine = [z[i] @ z[j] / 0.2 - total for j in others if labels[j] == labels[i]]
        expected.append(-np.mean(mine) if mine else 0.0)
    loss = SupervisedContrastiveLoss(temperature=0.2, reduction="none")
    assert ops.convert_to_numpy(loss(labels, z)) == pytest.approx(expected, abs=1e-4)
    config = SupervisedContrastiveLoss(temperature=0.3).get_config()
    assert SupervisedContrastiveLoss.from_config(config).temperature == 0.3


def test_mean_label_below():
    assert mean_label_below(np.array([0.1, 0.2, 0.4, 0.9]), np.array([1, 1, 0, 0])) == (
        pytest.approx(2 / 3)
    )
    with pytest.raises(ValueError):
        mean_label_below(np.array([0.9]), np.array([1]))


def test_pairwise_distances():
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    assert pairwise_distances(a, b) == pytest.approx(np.linalg.norm(a[:, None] - b[None], axis=-1))
    assert np.array_equal(np.diag(pairwise_distances(a)), np.zeros(4))
