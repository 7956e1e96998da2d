"""Stored weights in half precision: half the bytes, which Keras widens on loading."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import h5py


def halve(path: Path) -> None:
    """Rewrite an HDF5 file of weights with float16 in place of float32."""
    import h5py

    def copy(source: h5py.Group, target: h5py.Group) -> None:
        for key, value in source.attrs.items():
            target.attrs[key] = value
        for key, value in source.items():
            if isinstance(value, h5py.Group):
                copy(value, target.create_group(key))
            elif value.dtype == np.float32:
                # A scalar takes no compression.
                packed = {"compression": "gzip", "shuffle": True} if value.shape else {}
                target.create_dataset(key, data=value[()].astype(np.float16), **packed)
            else:
                target.create_dataset(key, data=value[()])

    small = path.with_suffix(".tmp")
    # Of HDF5 1.10, whose groups are compact: files of a later version are closed to earlier ones.
    libver = ("v110", "v110")
    with h5py.File(path, "r") as source, h5py.File(small, "w", libver=libver) as target:
        copy(source, target)
    small.replace(path)
