"""Probabilities fit at every length of a text, whichever way a network gives them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from mmdemo.core.measure import calibration


def test_calibration_finds_what_length_does():
    """Logits of sentences are too small, and lean to blame; those of reviews are right."""
    rng = np.random.default_rng(0)
    words = np.repeat([20, 200], 20_000)
    truth = rng.normal(scale=2.0, size=len(words))
    labels = (rng.random(len(words)) < expit(truth)).astype(int)
    logits = np.where(words == 20, truth / 3 - 0.5, truth)
    found = calibration.fit(logits, words, labels, by_length=True)
    fitted = calibration.calibrated(logits, words, found)
    np.testing.assert_allclose(fitted, truth, atol=0.4)
    assert calibration.calibrated(np.array([1.0]), 20, found) == pytest.approx(4.5, abs=0.2)
    plain = calibration.fit(truth, words, labels, by_length=False)
    assert plain == pytest.approx([1.0, 0.0, 0.0, 0.0], abs=0.05)


def test_probabilities_are_calibrated_as_their_log_odds():
    found = [2.0, 1.0, 0.5, -0.25]
    said = np.array([[0.2], [0.7], [0.5]])
    words = np.array([[1], [30], [400]])
    fitted = calibration.probability(said, words, found)
    odds = np.log(said / (1 - said))
    expected = (2 + 0.5 * np.log(words)) * odds + 1 - 0.25 * np.log(words)
    np.testing.assert_allclose(fitted, expit(expected))
    certain = calibration.probability(np.array([0.0, 1.0]), 1, found)
    assert 0 < certain[0] < 1e-6 < 1 - 1e-6 < certain[1] < 1
