"""Stored kernels in eight bits: whole numbers, and a scale for each output channel.

For a network that half precision leaves too large. Keras reads no such file: `unpack` widens it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.core.weights import half_precision
from mmdemo.core.weights.half_precision import rewrite

if TYPE_CHECKING:
    import h5py
    import keras

MOST = 127
LEAST = 4096
"""Numbers of a kernel; smaller ones, and biases, stay in half precision."""
SCALES = "scales"
"""An attribute of each packed kernel."""


def rounded(values: np.ndarray) -> np.ndarray:
    """Weights as `pack` stores them, float32 of the same shape."""
    if not _is_kernel(values):
        return half_precision.rounded(values)
    whole, scales = _split(values)
    return whole.astype(np.float32) * scales


def round_weights(model: keras.Model) -> None:
    """Round a model's weights as `pack` stores them, to measure what will be served."""
    half_precision.round_by(model, rounded)


def pack(path: Path) -> None:
    """Rewrite an HDF5 file of float32 weights with their kernels in eight bits."""

    def store(place: h5py.Group, key: str, data: h5py.Dataset, packed: dict[str, Any]) -> None:
        values = data[()]
        if values.dtype != np.float32:
            place.create_dataset(key, data=values)
        elif not _is_kernel(values):
            place.create_dataset(key, data=values.astype(np.float16), **packed)
        else:
            whole, scales = _split(values)
            place.create_dataset(key, data=whole, **packed).attrs[SCALES] = scales

    rewrite(path, path, store)


def is_packed(path: Path) -> bool:
    """Whether an HDF5 file has kernels in eight bits."""
    import h5py

    with h5py.File(path, "r") as file:
        return bool(file.visititems(lambda _, each: SCALES in each.attrs or None))


def unpack(path: Path, wide: Path) -> None:
    """Write what `pack` made once more in float32, which Keras reads."""

    def store(place: h5py.Group, key: str, data: h5py.Dataset, _packed: dict[str, Any]) -> None:
        values = data[()]
        if SCALES in data.attrs:
            values = values.astype(np.float32) * data.attrs[SCALES]
        place.create_dataset(key, data=values)

    rewrite(path, wide, store)


@contextmanager
def readable(path: Path) -> Iterator[Path]:
    """A file of weights as Keras reads it: itself, or what `unpack` makes of it meanwhile."""
    if not is_packed(path):
        yield path
        return
    with tempfile.TemporaryDirectory() as scratch:
        wide = Path(scratch, path.name)
        unpack(path, wide)
        yield wide


def _is_kernel(values: np.ndarray) -> bool:
    return values.ndim > 1 and values.size >= LEAST


def _split(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers of eight bits, and float32 scales for the last axis."""
    highest = np.abs(values).max(axis=tuple(range(values.ndim - 1)))
    scales = np.where(highest > 0, highest, 1).astype(np.float32) / MOST
    return np.rint(values / scales).astype(np.int8), scales
