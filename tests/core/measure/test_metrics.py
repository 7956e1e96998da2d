"""core.metrics against brute force and scikit-learn."""

import itertools

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve

from mmdemo.core.measure import metrics


def pairs(seed: int, n: int = 300, decimals: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    same = rng.random(n) < 0.3
    distances = rng.normal(np.where(same, 0.8, 1.4), 0.4)
    return (distances if decimals is None else distances.round(decimals)), same


@pytest.mark.parametrize("decimals", [None, 1, 0])
@pytest.mark.parametrize("seed", range(5))
def test_curve_equals_counting(seed, decimals):
    distances, same = pairs(seed, decimals=decimals)
    curve = metrics.verification(distances, same)
    for threshold, far, frr in zip(curve.thresholds, curve.far, curve.frr, strict=True):
        accepted = distances <= threshold
        assert far == pytest.approx(accepted[~same].mean())
        assert frr == pytest.approx((~accepted)[same].mean())
    assert list(curve.thresholds[1:]) == sorted(set(distances))


@pytest.mark.parametrize("decimals", [None, 1, 0])
@pytest.mark.parametrize("seed", range(5))
def test_auc_and_tar_equal_scikit_learn(seed, decimals):
    distances, same = pairs(seed, decimals=decimals)
    curve = metrics.verification(distances, same)
    assert curve.auc == pytest.approx(roc_auc_score(same, -distances))
    far, tar, _ = roc_curve(same, -distances, drop_intermediate=False)
    assert curve.tar_at_far_1pct == pytest.approx(tar[far <= 0.01].max())


@pytest.mark.parametrize("decimals", [None, 1])
@pytest.mark.parametrize("seed", range(5))
def test_eer_equals_crossing_of_scikit_learn_curve(seed, decimals):
    distances, same = pairs(seed, decimals=decimals)
    curve = metrics.verification(distances, same)
    far, tar, _ = roc_curve(same, -distances, drop_intermediate=False)
    # Walk the curve in tiny steps and take the point where the two errors are nearest.
    walk = np.linspace(0, len(far) - 1, 400_001)
    fine_far = np.interp(walk, np.arange(len(far)), far)
    fine_frr = 1 - np.interp(walk, np.arange(len(far)), tar)
    assert curve.eer == pytest.approx(fine_far[np.argmin(np.abs(fine_far - fine_frr))], abs=1e-4)
    at_far, at_frr = curve.rates_at(curve.threshold_at_eer)
    assert min(at_far, at_frr) <= curve.eer + 1e-12
    assert max(at_far, at_frr) >= curve.eer - 1e-12


def test_perfect_useless_and_reversed():
    same = np.array([1, 1, 0, 0])
    perfect = metrics.verification(np.array([0.1, 0.2, 0.8, 0.9]), same)
    assert (perfect.eer, perfect.auc, perfect.tar_at_far_1pct) == (0.0, 1.0, 1.0)
    assert 0.2 <= perfect.threshold_at_eer < 0.8
    useless = metrics.verification(np.ones(4), same)
    assert (useless.eer, useless.auc, useless.tar_at_far_1pct) == (0.5, 0.5, 0.0)
    reversed_ = metrics.verification(np.array([0.8, 0.9, 0.1, 0.2]), same)
    assert (reversed_.eer, reversed_.auc) == (1.0, 0.0)


@pytest.mark.parametrize(
    "distances, same",
    [
        ([0.1, 0.2], [1, 1]),
        ([0.1, 0.2], [0, 0]),
        ([], []),
        ([0.1, np.nan], [0, 1]),
        ([0.1, 0.2, 0.3], [0, 1]),
    ],
)
def test_verification_refuses(distances, same):
    with pytest.raises(ValueError):
        metrics.verification(np.array(distances), np.array(same))


def test_thinned_curve_stays_near_the_full_one():
    distances, same = pairs(0, n=5000)
    curve = metrics.verification(distances, same)
    thin = curve.thinned(200)
    assert len(thin["thresholds"]) <= 200
    assert (thin["frr"][-1], thin["far"][-1]) == (0.0, 1.0)
    for threshold in np.linspace(0, 3, 50):
        full = curve.rates_at(threshold)
        near = metrics.rates_at(thin["thresholds"], thin["far"], thin["frr"], threshold)
        assert near == pytest.approx(full, abs=0.02)
    assert metrics.rates_at(thin["thresholds"], thin["far"], thin["frr"], -99.0) == (0.0, 1.0)


def test_bootstrap_covers_a_mean_and_is_repeatable():
    groups = list(np.random.default_rng(0).normal(5.0, 1.0, size=100))
    low, high = metrics.bootstrap_ci(np.mean, groups, n=2000, seed=3)
    assert low < np.mean(groups) < high
    assert high - low == pytest.approx(2 * 1.96 * np.std(groups) / 10, rel=0.1)
    assert (low, high) == metrics.bootstrap_ci(np.mean, groups, n=2000, seed=3)
    assert metrics.bootstrap_ci(np.mean, [2.0] * 5) == (2.0, 2.0)
    with pytest.raises(ValueError):
        metrics.bootstrap_ci(np.mean, [])


def test_bootstrap_leaves_undefined_draws_out():
    def share(drawn: list[int]) -> float:
        return float(np.mean(drawn)) if sum(drawn) else float("nan")

    low, high = metrics.bootstrap_ci(share, [0, 0, 1])
    assert low == pytest.approx(1 / 3)
    assert high == 1.0
    with pytest.raises(ValueError):
        metrics.bootstrap_ci(share, [0, 0])


@pytest.mark.parametrize("decimals", [None, 1])
def test_one_shot_equals_playing_every_episode(decimals):
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1, 2], 3)
    points = rng.normal(size=(9, 2)) + 1.5 * labels[:, None]
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
    if decimals is not None:
        distances = distances.round(decimals)
    won = []
    for query in range(9):
        own = labels[query]
        choices = [[i for i in range(9) if labels[i] == c and i != query] for c in range(3)]
        for episode in itertools.product(*choices):
            mine = distances[query, episode[own]]
            rivals = [distances[query, episode[c]] for c in range(3) if c != own]
            won.append(np.prod([1.0 if mine < r else 0.5 if mine == r else 0.0 for r in rivals]))
    assert metrics.one_shot_hits(distances, labels).mean() == pytest.approx(np.mean(won))


def test_one_shot_refuses():
    with pytest.raises(ValueError):
        metrics.one_shot_hits(np.zeros((3, 3)), np.array([0, 0, 1]))
    with pytest.raises(ValueError):
        metrics.one_shot_hits(np.zeros((2, 2)), np.array([0, 0]))
    with pytest.raises(ValueError):
        metrics.one_shot_hits(np.zeros((2, 3)), np.array([0, 0]))


def test_calibration_equals_balanced_logistic_regression():
    distances, same = pairs(2, n=4000)
    ours = metrics.Calibration.fit(distances, same)
    theirs = LogisticRegression(C=1e8, class_weight="balanced").fit(distances[:, None], same)
    grid = np.linspace(0, 2.5, 20)
    expected = theirs.predict_proba(grid[:, None])[:, 1]
    assert ours.probability(grid) == pytest.approx(expected, abs=5e-3)


def test_calibration_is_finite_falling_and_survives_a_round_trip():
    distances, same = np.array([0.1, 0.2, 0.3, 1.1, 1.2, 1.3]), np.array([1, 1, 1, 0, 0, 0])
    calibration = metrics.Calibration.fit(distances, same)
    curve = calibration.probability(np.linspace(-100, 100, 101))
    assert np.isfinite(curve).all()
    assert (np.diff(curve) <= 0).all()
    assert calibration.probability(0.2) > 0.7 > 0.3 > calibration.probability(1.2)
    assert metrics.Calibration.from_dict(calibration.to_dict()) == calibration
    with pytest.raises(ValueError):
        metrics.Calibration.fit(np.array([0.1, 0.2]), np.array([1, 1]))


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    labels = np.array([1, 1, 1, 0])
    assert metrics.expected_calibration_error(np.full(4, 0.75), labels) == pytest.approx(0)
    assert metrics.expected_calibration_error(np.full(4, 0.95), labels) == pytest.approx(0.2)
    sure = np.array([[0, 1.0], [0, 1], [0, 1], [1, 0]])
    assert metrics.expected_calibration_error(sure, labels) == 0
    assert metrics.expected_calibration_error(sure, 1 - labels) == 1


def test_log_softmax_of_large_logits():
    found = metrics.log_softmax(np.array([[1000.0, 1000.0, -1000.0]]))
    assert found[0, :2] == pytest.approx(np.log([0.5, 0.5]))
    assert found[0, 2] == pytest.approx(-2000 - np.log(2))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_of_known_probabilities_is_found(temperature):
    """Labels drawn from a softmax whose logits were multiplied by the temperature."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20_000, 4)) * 2
    chances = np.exp(metrics.log_softmax(logits))
    labels = (chances.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    found = metrics.fit_temperature(logits * temperature, labels)
    assert found == pytest.approx(temperature, rel=0.05)
