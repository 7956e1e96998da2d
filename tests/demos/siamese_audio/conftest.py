"""Generated recordings: three kinds of tone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

RATE = 16_000


def tone(frequency: float, seconds: float, seed: int = 0, rate: int = RATE) -> np.ndarray:
    """A tone with two harmonics, swelling four times a second, over faint noise; `(n,)`."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    voice = sum(np.sin(2 * np.pi * frequency * h * time) / h for h in (1, 2, 3))
    voice *= 0.6 + 0.4 * np.sin(2 * np.pi * 4 * time + seed)
    return (0.2 * voice + 0.002 * rng.normal(size=len(time))).astype(np.float32)


@pytest.fixture
def own_data(tmp_path: Path) -> Path:
    """A folder as `train --data` takes it: three kinds of six recordings."""
    import soundfile

    root = tmp_path / "sounds"
    for kind, frequency in (("low", 200), ("middle", 700), ("high", 2400)):
        (root / kind).mkdir(parents=True)
        for number in range(6):
            pitch = frequency * (1 + 0.03 * number)
            soundfile.write(root / kind / f"{number}.wav", tone(pitch, 1.0, number), RATE)
    return root
