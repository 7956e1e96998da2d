"""What all tests share: uploads made in code, public data where there is some, options."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from xdist.scheduler import LoadScopeScheduling

from mmdemo.core.data import datasets
from tests.support.clock import clock
from tests.support.server import Server, running
from tests.support.starting import small_disk, start
from tests.support.toy import toy

__all__ = ["clock", "small_disk", "start", "toy"]  # fixtures


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots",
        type=Path,
        metavar="DIR",
        help="folder in which the browser tests store pictures of the app's pages",
    )
    parser.addoption(
        "--torture",
        type=int,
        metavar="N",
        help="ask N questions of each of three seeds, and have 32 visitors for ten minutes",
    )


SLOW = re.compile(
    "/(browser/|torture/|test_(train|api|applications|backends|bench|events|experiment|gpu"
    "|hub_models|layers|public_link|space_app|doors|start).py)"
)
"""Files that start the app, a browser or another process, or train."""


ONE_PROCESS = re.compile("/demos/([^/]+)/|/browser/|/test_(?:api|snippets).py")
"""Tests that share networks or the running app."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first."""
    for item in items:
        if SLOW.search(item.path.as_posix()):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


class Together(LoadScopeScheduling):
    """Of tests side by side, those of a file, of a demo and of the running app have one process."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        shared = ONE_PROCESS.search(file)
        return (shared[1] or "app") if shared else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One app for all tests, cut off from the network and from what Keras has fetched."""
    folder = tmp_path_factory.mktemp("app")
    alone = {"KERAS_HOME": str(folder / "keras"), "https_proxy": "http://127.0.0.1:9"}
    with running(folder, "--preload", "none", **alone) as server:
        yield server


@pytest.fixture
def needs_data() -> Callable[[str], Path]:
    """`needs_data("orl_faces")`: the set's folder; skips the test where the set is not there."""

    def folder(name: str) -> Path:
        if not datasets.is_present(name):
            pytest.skip(f"the data set '{name}' is not in {datasets.root()} ($MMDEMO_DATA)")
        return datasets.path(name)

    return folder


@pytest.fixture
def keras_home() -> Path:
    """A `$KERAS_HOME` with one genuine network of Keras Applications, for these tests alone."""
    folder = datasets.root() / "keras_home"
    index = next(folder.rglob("models/imagenet_class_index.json"), None)
    if index is None:
        pytest.skip(f"there is no keras_home in {datasets.root()} ($MMDEMO_DATA)")
    return index.parents[1]


@pytest.fixture
def generated(tmp_path: Path) -> Generated:
    """Pictures and sounds as people upload them, made in code."""
    return Generated(tmp_path)


class Generated:
    """Makes uploads in a folder that the test owns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # === Pictures ===

    def pixels(self, height: int = 48, width: int = 64) -> np.ndarray:
        """Red rises to the right, green downwards; blue marks the top left corner."""
        picture = np.zeros((height, width, 3), np.uint8)
        picture[..., 0] = np.linspace(0, 255, width)
        picture[..., 1] = np.linspace(0, 255, height)[:, None]
        picture[: height // 4, : width // 4, 2] = 255
        return picture

    def encode(self, picture: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
        """The bytes of a picture file."""
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        return buffer.getvalue()

    # === Sounds ===

    def tone(self, seconds: float = 1.0, rate: int = 16000, hertz: float = 440.0) -> np.ndarray:
        """A sine of amplitude 0.5, float32, shape (n,)."""
        time = np.arange(round(seconds * rate)) / rate
        return (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)

    def wav(self, samples: np.ndarray, rate: int = 16000, name: str = "sound.wav") -> Path:
        """A WAV file of 32-bit floats, which keeps NaN; shape (n,) or (n, channels)."""
        data = samples.astype("<f4").tobytes()
        channels = 1 if samples.ndim == 1 else samples.shape[1]
        form = struct.pack("<HHIIHH", 3, channels, rate, rate * channels * 4, channels * 4, 32)
        chunks = b"fmt " + struct.pack("<I", len(form)) + form
        chunks += b"data" + struct.pack("<I", len(data)) + data
        path = self.folder / name
        path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
        return path

    def sound(self, name: str, codec: str, samples: np.ndarray, rate: int = 48000) -> Path:
        """A compressed mono recording, made by PyAV so that no ffmpeg is needed."""
        path = self.folder / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=rate, layout="mono")
            self._mux_sound(container, stream, samples, rate)
        return path

    def video(self, name: str = "clip.mp4", samples: np.ndarray | None = None) -> Path:
        """Five frames, with a sound track where there are samples (at 48 kHz)."""
        path = self.folder / name
        with av.open(str(path), "w") as container:
            picture = container.add_stream("mpeg4", rate=5, width=64, height=48)
            picture.pix_fmt = "yuv420p"
            sound = None
            if samples is not None:
                sound = container.add_stream("aac", rate=48000, layout="mono")
            for _ in range(5):
                frame = av.VideoFrame.from_ndarray(self.pixels(), format="rgb24")
                container.mux(picture.encode(frame))
            container.mux(picture.encode(None))
            if sound is not None:
                self._mux_sound(container, sound, samples, 48000)
        return path

    @staticmethod
    def _mux_sound(container: Any, stream: Any, samples: np.ndarray, rate: int) -> None:
        frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), "fltp", "mono")
        frame.sample_rate = rate
        into = av.AudioResampler(stream.format, "mono", rate, stream.frame_size or None)
        for part in [*into.resample(frame), *into.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))

    # === Any file ===

    def file(self, name: str, content: bytes | str) -> Path:
        """A file with this content."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path
