"""Stored weights in half precision: half the bytes, which Keras widens on loading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import h5py
    import keras


def round_weights(model: keras.Model) -> None:
    """Round a model's weights as `halve` stores them, to measure what will be served."""
    round_by(model, rounded)


def rounded(values: np.ndarray) -> np.ndarray:
    """Weights as `halve` stores them, float32 of the same shape."""
    return values.astype(np.float16).astype(np.float32)


def round_by(model: keras.Model, rounding: Callable[[np.ndarray], np.ndarray]) -> None:
    """Put what a rounding makes of each float32 weight of a model in its place."""
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(rounding(np.asarray(weight)))


def halve(path: Path) -> None:
    """Rewrite an HDF5 file of weights with float16 in place of float32."""

    def store(place: h5py.Group, key: str, data: h5py.Dataset, packed: dict[str, Any]) -> None:
        if data.dtype == np.float32:
            place.create_dataset(key, data=data[()].astype(np.float16), **packed)
        else:
            place.create_dataset(key, data=data[()])

    rewrite(path, path, store)


def rewrite(
    path: Path, target: Path, store: Callable[[h5py.Group, str, h5py.Dataset, dict[str, Any]], None]
) -> None:
    """Write an HDF5 file of weights once more.

    Args:
        path: of the file.
        target: where the new one goes; it may be the same.
        store: stores a data set in a group, under a key, with options that pack it well.
    """
    import h5py

    def copy(source: h5py.Group, place: h5py.Group) -> None:
        for key, value in source.attrs.items():
            place.attrs[key] = value
        for key, value in source.items():
            if isinstance(value, h5py.Group):
                copy(value, place.create_group(key))
            else:
                # A scalar takes no compression.
                packed = {"compression": "gzip", "shuffle": True} if value.shape else {}
                store(place, key, value, packed)

    new = target.with_suffix(".tmp")
    # Of HDF5 1.10, whose groups are compact: files of a later version are closed to earlier ones.
    libver = ("v110", "v110")
    with h5py.File(path, "r") as source, h5py.File(new, "w", libver=libver) as file:
        copy(source, file)
    new.replace(target)
