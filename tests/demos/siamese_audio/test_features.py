from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.demos.siamese_audio import features
from mmdemo.demos.siamese_audio.config import BOOK as BOOK_PRESET
from mmdemo.demos.siamese_audio.config import DEFAULT as DEFAULT_PRESET

from .conftest import RATE, tone

DEFAULT, BOOK = DEFAULT_PRESET.input, BOOK_PRESET.input


def test_log_mel_agrees_with_librosa():
    import librosa

    samples = tone(440, 1.0)
    power = librosa.feature.melspectrogram(
        y=samples - samples.mean(), sr=RATE, n_fft=1024, hop_length=320, n_mels=64, fmin=50
    ).T
    expected = 10 * np.log10(np.maximum(power / power.max(), 1e-10))
    np.testing.assert_allclose(features.log_mel(samples, DEFAULT), expected, atol=0.02)


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.01])
def test_gain_does_not_matter(gain):
    samples = tone(440, 1.0)
    np.testing.assert_allclose(
        features.network_input(gain * samples, DEFAULT),
        features.network_input(samples, DEFAULT),
        atol=1e-3,
    )


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(RATE), "silent"),
        (np.full(RATE, 0.7), "silent"),
        (np.zeros(0), "empty"),
        (np.full(RATE, np.nan), "damaged"),
    ],
)
@pytest.mark.parametrize("config", [DEFAULT, BOOK])
def test_what_holds_no_sound_is_refused(samples, message, config):
    with pytest.raises(UserError, match=message):
        features.network_input(samples, config)


@pytest.mark.parametrize("seconds", [0.02, 0.15, 2.0, 5.0, 60.0])
def test_any_length_gives_windows(seconds):
    windows = features.network_input(tone(440, seconds), DEFAULT)
    assert windows.shape[1:] == (128, 64, 1)
    assert windows.dtype == np.float32
    assert -1 <= windows.min() <= windows.max() <= 1 + 1e-6
    assert len(windows) >= seconds // 2


def test_quiet_stretches_are_left_out():
    samples = np.concatenate([tone(440, 3.0), 1e-3 * tone(900, 20.0)])
    whole, loud = (features.network_input(part, DEFAULT) for part in (samples, samples[: 3 * RATE]))
    assert len(whole) <= len(loud) + 2


@pytest.mark.parametrize("seconds", [0.02, 1.0, 60.0])
def test_book_input_is_padded_or_cut(seconds):
    values = features.network_input(tone(440, seconds), BOOK)
    assert values.shape == (1, 20, 400)
    frames = min(400, 1 + max(2048, int(seconds * RATE / 3)) // 512)
    assert not values[0, :, frames:].any()
    assert values[0, :, :frames].any()
