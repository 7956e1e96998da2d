"""The app's own environment variables: read, and refused in one line where they make no sense."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mmdemo.core.errors import UsageError

Value = TypeVar("Value")

PRELOADS = ("none", "first", "all")
BACKENDS = ("tensorflow", "torch", "jax")
FOLDERS = ("MMDEMO_DATA", "MMDEMO_WORK", "MMDEMO_CACHE")


def variable(
    *names: str, kind: Callable[[str], Value], default: Value | None = None
) -> Value | None:
    """The value of the first of these variables that is set; an empty one is not.

    Args:
        names: of environment variables.
        kind: reads the text; its ValueError says what is wanted.
        default: where none is set.

    Raises:
        UsageError: it makes no sense.
    """
    for name in names:
        if text := os.environ.get(name, "").strip():
            return reading(f"${name}", kind)(text)
    return default


def reading(name: str, kind: Callable[[str], Value]) -> Callable[[str], Value]:
    """What reads the text of a variable or an option, or refuses it under its name.

    Args:
        name: such as `$MMDEMO_PORT` or `--port`.
        kind: reads the text; its ValueError says what is wanted.

    Raises:
        UsageError: by the answer, where the text makes no sense.
    """

    def read(text: str) -> Value:
        try:
            return kind(text)
        except ValueError as error:
            shown = "" if kind is login else f" is '{text}'"  # which holds a password
            raise UsageError(f"{name}{shown}: {error}") from error

    return read


def check() -> None:
    """Look at the variables that are read later, in the middle of something.

    Raises:
        UsageError: one makes no sense.
    """
    variable("MMDEMO_CACHE_BYTES", kind=count)
    variable("KERAS_BACKEND", kind=backend)
    for name in FOLDERS:
        variable(name, kind=folder)


# === Kinds: each reads a text, or says in a ValueError what is wanted ===


def switch(text: str) -> bool:
    """On or off."""
    word = text.lower()
    if word not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
        raise ValueError("it is 1 or 0.")
    return word in ("1", "true", "yes", "on")


def count(text: str) -> int:
    """A number of at least 1."""
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) < 1:
        raise ValueError("it wants a number of at least 1.")
    return int(text)


def port(text: str) -> int:
    """A port; 0 for any free one."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise ValueError("it wants a number from 0 to 65535.")
    return int(text)


def host(text: str) -> str:
    """A name or an address to listen on."""
    if not re.fullmatch(r"[\w.-]+|\[?[0-9A-Fa-f:.]+(%\w+)?\]?", text):
        raise ValueError("it wants a name or an address of this computer, such as 0.0.0.0 or ::1.")
    return text


def root_path(text: str) -> str:
    """The path or the address under which a proxy offers the app, without a slash at its end."""
    plain = text.rstrip("/")
    if not re.fullmatch(r"(https?://[\w.:\[\]-]+)?(/[\w.~-]+)*", plain):
        raise ValueError(
            "it wants a path such as /demo, or an address such as https://ada.org/demo."
        )
    return plain


def login(text: str) -> tuple[str, str]:
    """A name and a password."""
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        raise ValueError("it wants USER:PASS, for example ada:secret.")
    return user, password


def preload(text: str) -> str:
    """Which demos to load at start."""
    if text not in PRELOADS:
        raise ValueError(f"it is one of {', '.join(PRELOADS)}.")
    return text


def weights(text: str) -> Path:
    """A folder with weights."""
    if not Path(text).is_dir():
        raise ValueError(f"there is no weights folder at {text}.")
    return Path(text)


def folder(text: str) -> Path:
    """A folder that is there or can be made."""
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise ValueError("it wants a folder, and this is a file.")
    return path


def backend(text: str) -> str:
    """What Keras computes with."""
    if text not in BACKENDS:
        raise ValueError(f"it is one of {', '.join(BACKENDS)}.")
    if importlib.util.find_spec(text) is None:
        raise ValueError("it is not installed here.")
    return text
