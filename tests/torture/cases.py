"""Requests of every kind to every event of the app, which is asked for its events itself."""

from __future__ import annotations

import base64
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from PIL import Image

from mmdemo.core.data import examples

TEXTS = (
    "",
    " ",
    "Mary went to the garden.\nWhere is Mary?",
    "not bad at all",
    "не плохо, 不错, مرحبا, 🙂\u2028\x0c\x85",
    "\x00\x01\x1b[31m",
    "../../../etc/passwd",
    "/etc/passwd",
    "C:\\Windows\\win.ini",
    "<script>alert(1)</script>",
    "{{7*7}} %s %n ${HOME}",
    "word " * 20_000,
    "a" * 70_000,
    "\ud83d",
    "0",
    "NaN",
)
NUMBERS = (0, 1, -1, 0.5, 7, 1e308, -1e308, 2**63, 1e-320)
DATA_URL = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


@dataclass(frozen=True)
class Event:
    """One of the app's events.

    Attributes:
        number: its index.
        name: of the endpoint; None where it is a page's own.
        inputs: descriptions of its components.
    """

    number: int
    name: str | None
    inputs: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class File:
    """What is uploaded first, and the value that then stands for it."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Case:
    """A request; a `File` among its values is uploaded first."""

    event: Event
    values: tuple[Any, ...]


def events(config: dict[str, Any]) -> list[Event]:
    """All events of an app that run on the server."""
    components = {component["id"]: component for component in config["components"]}
    return [
        Event(
            entry["id"],
            entry["api_name"] if entry["api_visibility"] == "public" else None,
            tuple(components[number] for number in entry["inputs"]),
        )
        for entry in config["dependencies"]
        if entry["backend_fn"]
    ]


def cases(config: dict[str, Any], count: int, seed: int, odd: float = 0.6) -> list[Case]:
    """So many requests, spread over all events.

    Args:
        odd: share of the requests that hold a value of any other kind; where 0, files are good.
    """
    rng = random.Random(seed)
    known = events(config)
    files = _files(rng) if odd else good_files()
    order = [known[index % len(known)] for index in range(count)]
    return [Case(event, _values(rng, event, files, odd)) for event in order]


def _values(rng: random.Random, event: Event, files: list[File], odd: float) -> tuple[Any, ...]:
    values = [_value(rng, component, files) for component in event.inputs]
    if values and rng.random() < odd:
        values[rng.randrange(len(values))] = _anything(rng, files)
    if rng.random() < odd / 8:
        return tuple(values[: rng.randrange(len(values) + 1)])
    return (*values, *([_anything(rng, files)] if rng.random() < odd / 12 else []))


def _value(rng: random.Random, component: dict[str, Any], files: list[File]) -> Any:
    """What such a component might hold."""
    props = component["props"]
    pictures = [file for file in files if file.name.endswith((".png", ".jpg", ".gif", ".webp"))]
    sounds = [file for file in files if file.name.endswith((".wav", ".mp4"))]
    choices = [choice[1] for choice in props.get("choices") or []]
    kinds: dict[str, Callable[[], Any]] = {
        "textbox": lambda: rng.choice(TEXTS),
        "number": lambda: rng.choice(NUMBERS),
        "slider": lambda: rng.choice([props.get("minimum"), props.get("maximum"), 0.5]),
        "checkbox": lambda: rng.random() < 0.5,
        "radio": lambda: rng.choice(choices or [None]),
        "dropdown": lambda: rng.choice(choices or [None]),
        "image": lambda: rng.choice(pictures),
        "audio": lambda: rng.choice(sounds),
        "file": lambda: rng.choice(files),
        "uploadbutton": lambda: rng.choice(files),
        "json": lambda: rng.choice([["a", "b"], {}, [], ["x"] * 3]),
        "imageeditor": lambda: {
            "background": rng.choice(pictures),
            "layers": [rng.choice(pictures)],
            "composite": rng.choice(pictures),
        },
    }
    return kinds.get(component["type"], lambda: None)()


def _anything(rng: random.Random, files: list[File]) -> Any:
    """A value of any kind."""
    meta = {"_type": "gradio.FileData"}
    return rng.choice(
        [
            None,
            True,
            rng.choice(NUMBERS),
            rng.choice(TEXTS),
            [],
            [rng.choice(TEXTS), rng.choice(NUMBERS), None],
            [[["deep"]]] * 3,
            {"a": 1},
            {"path": "/etc/passwd", "meta": meta},
            {"path": "../app.py", "meta": meta},
            {"path": None, "meta": meta},
            {"path": "", "url": "http://127.0.0.1:9/a.png", "meta": meta},
            {"path": "x", "url": DATA_URL, "meta": meta},
            {"meta": meta},
            {"background": None, "layers": [], "composite": None},
            {"__type__": "update", "value": "a"},
            [rng.choice(files), rng.choice(files)],
            rng.choice(files),
        ]
    )


# === Files ===

PICTURES = {"PNG": "a.png", "JPEG": "a.jpg", "GIF": "a.gif", "WEBP": "a.webp"}


def good_files() -> list[File]:
    """A file of each kind."""
    return [
        *(File(name, _picture(kind)) for kind, name in PICTURES.items()),
        File("face.jpg", _portrait()),
        File("wide.png", _picture("PNG", (9000, 3))),
        File("a.wav", _wav(np.sin(np.arange(16_000) / 10))),
        File("silent.wav", _wav(np.zeros(4000))),
        File("nan.wav", _wav(np.full(4000, np.nan))),
        File("a.mp4", _video()),
        File("a.zip", _archive({"one.png": _picture("PNG"), "../up.txt": b"x"})),
        File("a.csv", b"text,label\nfine film,positive\n"),
        File("a.txt", "one\ttwo\r\nдва\n".encode("utf-16")),
        File("gallery.json", json.dumps({"names": ["a"], "vectors": [[1e400]]}).encode()),
        File("gallery.npz", _npz()),
    ]


def _files(rng: random.Random) -> list[File]:
    """Good files, and these cut short, with changed bytes, and under other names."""
    good = good_files()
    bad = [File("empty.png", b""), File("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")]
    for file in good:
        cut = rng.randrange(len(file.content))
        changed = bytearray(file.content)
        for _ in range(max(1, len(changed) // 100)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        bad += [File(file.name, file.content[:cut]), File(file.name, bytes(changed))]
    other = [File(rng.choice(good).name, file.content) for file in good]
    return [*good, *bad, *other]


def _picture(kind: str, size: tuple[int, int] = (64, 48)) -> bytes:
    stream = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def _portrait() -> bytes:
    stream = io.BytesIO()
    Image.open(examples.scikit_image("astronaut.png")).resize((256, 256)).save(stream, "JPEG")
    return stream.getvalue()


def _wav(samples: np.ndarray, rate: int = 16_000) -> bytes:
    data = samples.astype("<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, 1, rate, rate * 4, 4, 32)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _video() -> bytes:
    stream = io.BytesIO()
    with av.open(stream, "w", format="mp4") as container:
        track = container.add_stream("mpeg4", rate=5, width=64, height=48)
        track.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        for packet in [*track.encode(frame), *track.encode(None)]:
            container.mux(packet)
    return stream.getvalue()


def _archive(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _npz() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, names=np.array(["a"]), vectors=np.ones((1, 3)))
    return stream.getvalue()
