"""core.ui.thumbnails: small pictures of examples, made when they are asked for."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mmdemo.core.ui import thumbnails


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.fixture
def photo(tmp_path) -> Path:
    """Red on the left, green in the middle, blue on the right."""
    pixels = np.zeros((300, 900, 3), np.uint8)
    for place in range(3):
        pixels[:, 300 * place : 300 * (place + 1), place] = 200
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_a_photo_is_shown_by_its_middle(photo):
    data = thumbnails.drawn(photo)
    pixels = np.asarray(opened(data).convert("RGB"))
    assert pixels.shape == (thumbnails.SIDE, thumbnails.SIDE, 3)
    assert (pixels.argmax(axis=2) == 1).all()
    assert len(data) < 2000


def test_a_sound_is_shown_as_its_wave(tmp_path):
    """Silent at first, then loud: ink on the right is high, on the left a line."""
    samples = np.concatenate([np.zeros(8000), 0.5 * np.sin(np.arange(8000))])
    wavfile.write(tmp_path / "sound.wav", 8000, (samples * 32767).astype(np.int16))
    drawn = opened(thumbnails.drawn(tmp_path / "sound.wav")).convert("RGBA")
    ink = (np.asarray(drawn)[..., 3] > 128).sum(axis=0)
    assert ink[: thumbnails.SIDE // 3].max() < 8
    assert ink[-thumbnails.SIDE // 3 :].max() > 0.8 * thumbnails.SIDE


def test_only_examples_are_served(photo):
    address = thumbnails.address(photo)
    client = TestClient(Starlette(routes=thumbnails.routes()))
    answer = client.get(address.removeprefix("."))
    assert answer.status_code == 200
    assert answer.content == thumbnails.drawn(photo)
    assert client.get(f"/{thumbnails.FOLDER}/{photo.name}").status_code == 404
