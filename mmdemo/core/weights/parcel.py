"""A network to take home: its weights folder as one zip archive, with the lines that load it.

The archive unpacks to a folder that `--weights` takes as it is: `mmdemo-DEMO-PRESET` holds the
weights folder at its place, `DEMO[/TASK]/PRESET`, and that of the network which it stands on, if
any. Nothing is stored: the archive is packed while it is sent.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from mmdemo.core.demo import Demo, ModelId
from mmdemo.core.weights import artifacts

CHUNK = 1 << 16
GUIDE = "USE.md"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The same files make the same archive."""


def name(model_id: ModelId) -> str:
    """What the archive and its folder are called, such as `mmdemo-corrnet-halves-book`."""
    return f"mmdemo-{str(model_id).replace('/', '-')}"


def serving(model_id: ModelId) -> str:
    """The line that serves an unpacked network in the app."""
    return f"python app.py --weights {name(model_id)}"


def loading(model_id: ModelId) -> str:
    """The lines that load an unpacked network as a Keras model, in a checkout."""
    return f"""\
import os

os.environ["MMDEMO_WEIGHTS"] = "{name(model_id)}"  # where the archive was unpacked

from mmdemo.catalog import find
from mmdemo.core.serve import runtime

network, stored = runtime.build(find("{model_id.demo}").model_id("{model_id.name}"))
network.summary()  # a keras.Model; its settings are in stored.config and stored.preprocess
"""


def pack(demo: Demo, model_id: ModelId) -> Iterator[bytes]:
    """The archive, piece by piece.

    Raises:
        OSError: a file cannot be read.
    """
    sent = _Sent()
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo(f"{name(model_id)}/{GUIDE}", _LONG_AGO)
        archive.writestr(entry, _guide(demo, model_id), zipfile.ZIP_DEFLATED)
        for place, path in _files(model_id):
            entry = zipfile.ZipInfo(f"{name(model_id)}/{place}", _LONG_AGO)
            # Weights are compressed as they are stored, or hardly can be.
            packed = path.suffix != ".h5"
            entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            entry.file_size = path.stat().st_size
            with archive.open(entry, "w") as target, path.open("rb") as source:
                while chunk := source.read(CHUNK):
                    target.write(chunk)
                    yield sent.taken()
    yield sent.taken()


def _files(model_id: ModelId) -> Iterator[tuple[str, Path]]:
    """Every file of a network, and of the one that it stands on, by its place."""
    folder = artifacts.locate(model_id)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield f"{model_id}/{path.relative_to(folder).as_posix()}", path
    if (folder / artifacts.STANDS_ON).is_file():
        stands_on = artifacts.read_json(folder, artifacts.STANDS_ON)["weights"]
        yield from _files(ModelId.parse(stands_on))


def _guide(demo: Demo, model_id: ModelId) -> str:
    return f"""# {demo.title}: {demo.label(model_id)}

In a checkout of mmdemo, beside this folder, serve it:

```
{serving(model_id)}
```

Or load it as a Keras model:

```python
{loading(model_id)}```

`mmdemo/demos/{demo.slug}/infer.py` prepares its inputs and reads its outputs. What it is, how good
it is and what it was trained on is in `{model_id}/README.md`.
"""


class _Sent(io.RawIOBase):
    """A file that can be written only, and gives what was written piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        content = bytes(data)  # type: ignore[call-overload]
        self._written += content
        return len(content)

    def taken(self) -> bytes:
        """What was written since the last time."""
        content = bytes(self._written)
        self._written.clear()
        return content
