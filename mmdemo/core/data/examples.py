"""Examples that a page offers: generated once or shipped by a dependency, never from a data set."""

from __future__ import annotations

import atexit
import functools
import importlib.util
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmdemo import __version__
from mmdemo.core.errors import UserError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """One question to a demo, as `bench` asks it.

    Attributes:
        endpoint: name of the public endpoint.
        arguments: by the endpoint's parameter names; files as `Path`.
        files: the same question for the demo's `infer.predict`.
    """

    endpoint: str
    arguments: Mapping[str, Any]
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Pair:
    """Two example files to compare.

    Attributes:
        label: what they show.
        first, second: the files.
        options: values of the page's further inputs.
    """

    label: str
    first: Path
    second: Path
    options: tuple[Any, ...] = ()

    def request(self, endpoint: str, first: str, second: str) -> Request:
        """The question whether they are the same, by the endpoint's names of its two files."""
        files = self.first, self.second
        return Request(endpoint, {first: self.first, second: self.second}, files)


def folder(name: str, make: Callable[[Path], None]) -> Path:
    """Folder of a demo's example files in the user's cache, filled by `make` on first use.

    It appears only when it is complete, so that processes that start together do not see half.
    Where there is no home that can be written, as in many containers, it is a temporary one.

    Raises:
        UserError: $MMDEMO_CACHE names a folder that cannot be written.
    """
    configured = os.environ.get("MMDEMO_CACHE")
    if configured:
        try:
            return _filled(Path(configured), name, make)
        except OSError as error:
            raise UserError(f"The folder of $MMDEMO_CACHE cannot be used: {error}") from error
    home = os.path.expanduser("~")
    if home != "~":  # else nobody knows
        try:
            return _filled(Path(home, ".cache", "mmdemo"), name, make)
        except OSError as error:
            logger.info("Examples are kept in a temporary folder: %s", error)
    return _filled(_temporary(), name, make)


def _filled(cache: Path, name: str, make: Callable[[Path], None]) -> Path:
    target = cache / "examples" / __version__ / name
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            make(new)
            try:
                new.replace(target)
            except OSError:
                if not target.is_dir():  # else another process was first: its files are the same
                    raise
    return target


@functools.cache
def _temporary() -> Path:
    made = Path(tempfile.mkdtemp(prefix="mmdemo-examples-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def text_file(demo: str, name: str, text: str) -> Path:
    """A demo's one example file, of text."""
    return folder(demo, lambda new: _write(new / name, text)) / name


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def scikit_image(name: str) -> Path:
    """A sample picture inside the installed scikit-image, found without importing it."""
    spec = importlib.util.find_spec("skimage")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("scikit-image is not installed: see requirements.txt")
    return Path(next(iter(spec.submodule_search_locations))) / "data" / name
