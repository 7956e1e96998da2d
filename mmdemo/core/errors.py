"""Errors whose message is written for the person who caused them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class UserError(Exception):
    """Something the user can put right. The message says what is wrong and what to do."""


class MediaError(UserError):
    """An upload that cannot be decoded, or that is outside the bounds."""


class DataMissing(UserError):
    """A data set that is not in the data folder."""


class WeightsError(UserError):
    """A weights folder that is missing, incomplete or corrupted."""


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Around work on one file of several: an error says which file it is about."""
    try:
        yield
    except UserError as error:
        raise type(error)(f"{file}: {error}") from error
