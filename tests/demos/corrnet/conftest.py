"""Generated inputs: drawn digits, and words made of tones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.media.image import open_image
from mmdemo.demos.corrnet import examples, speech


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory):
    """Example files go to a folder of their own."""
    patch = pytest.MonkeyPatch()
    patch.setenv("MMDEMO_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def drawn(_cache) -> dict[str, np.ndarray]:
    """Drawn digits by name: uint8 `(280, 280, 3)`."""
    return {path.stem: open_image(path) for path in examples.drawings()}


def word(seconds: float = 0.4, pitch: float = 300.0, seed: int = 0) -> np.ndarray:
    """A vowel-like sound at 8 kHz that swells and fades."""
    time = np.arange(int(seconds * speech.RATE)) / speech.RATE
    voice = sum(np.sin(2 * np.pi * pitch * h * time) / h for h in range(1, 8))
    swell = np.sin(np.pi * time / seconds) ** 0.5
    hiss = np.random.default_rng(seed).normal(0, 0.001, len(time))
    return (0.2 * voice * swell + hiss).astype(np.float32)


def write_wav(path: Path, samples: np.ndarray, rate: int = speech.RATE) -> Path:
    import soundfile

    soundfile.write(path, samples, rate)
    return path


def write_png(path: Path, array: np.ndarray) -> Path:
    Image.fromarray(array).save(path)
    return path
