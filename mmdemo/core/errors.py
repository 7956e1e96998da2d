"""Errors whose message is written for the person who caused them."""

from __future__ import annotations

import errno
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmdemo.core.language import N_

NO_ROOM = N_("The disk of this server is full just now, so nothing can be stored. Try again later.")
_PATH = re.compile(r"(?<![\w.:/~-])(?:[A-Za-z]:)?[/\\](?:[^\s/\\'\",:;()<>]+[/\\])+")
"""The folders of an absolute path; an address (`https://...`) and `and/or` are none."""
_TYPE = re.compile(r"<class '([^']*)'>|\b(?:Posix|Windows)Path\(([^)]*)\)")
_ROOT = Path(__file__).resolve().parents[2]


class UserError(Exception):
    """Something the user can put right. The message says what is wrong and what to do."""


class UsageError(UserError):
    """A setting that makes no sense, such as the value of an environment variable."""


class MediaError(UserError):
    """An upload that cannot be decoded, or that is outside the bounds."""


class DataMissing(UserError):
    """A data set that is not in the data folder."""


class WeightsError(UserError):
    """A weights folder that is missing, incomplete or corrupted."""


def no_room(error: BaseException) -> bool:
    """Whether a disk is full, or a user's share of it."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def for_visitors(error: UserError) -> str:
    """The message without the folders of this computer: of each path the last part only."""
    text = _TYPE.sub(r"\1\2", str(error))
    for folder in (_ROOT, Path(tempfile.gettempdir())):  # whose names may hold blanks
        text = text.replace(f"{folder}/", "/x/")
    return _PATH.sub("", text)


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Around work on one file of several: an error says which file it is about."""
    try:
        yield
    except UserError as error:
        raise type(error)(f"{file}: {error}") from error
