"""Networks in memory: loaded once, compiled, warmed, evicted least recently used."""

from __future__ import annotations

import functools
import importlib
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.core.errors import WeightsError
from mmdemo.core.serve import gpu
from mmdemo.core.weights import artifacts

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)

DEFAULT_CACHE_BYTES = 1 << 30


@dataclass(frozen=True)
class Loaded:
    """A network ready to serve.

    Attributes:
        call: an array per input in; an array out, or a tuple where the network has several
            outputs. Compiled for any batch size, and warm. Runs where the GPU is.
        config: the stored `config.json`.
        preprocess: the stored `preprocess.json`.
        folder: where the weights came from.
        input_shape: shape of the first input, without the batch.
        nbytes: memory of the weights, which the cache counts.
        network: the Keras model itself; None on ZeroGPU, where it lives in another process.
    """

    call: Callable[..., Any]
    config: dict[str, Any]
    preprocess: dict[str, Any]
    folder: Path
    input_shape: tuple[int | None, ...]
    nbytes: int
    network: keras.Model | None


class ModelCache:
    """Least-recently-used cache, bounded in bytes, that loads each key once.

    Concurrent first requests for one key wait for a single load; other keys load meanwhile.
    A load that fails is not remembered, so that the next request tries again.

    Args:
        max_bytes: bound on the sum of `nbytes`. The newest entry stays even if it alone exceeds it.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._entries: OrderedDict[tuple[str, str], Loaded] = OrderedDict()
        self._loading: dict[tuple[str, str], threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str], load: Callable[[], Loaded]) -> Loaded:
        """The entry for `key`, loaded by `load` when it is not there."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return self._entries[key]
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            with self._lock:
                if key in self._entries:
                    self._entries.move_to_end(key)
                    return self._entries[key]
            entry = load()
            with self._lock:
                self._entries[key] = entry
                self._evict()
            return entry

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Keys of what is in memory, least recently used first."""
        with self._lock:
            return iter(list(self._entries))

    @property
    def nbytes(self) -> int:
        """Bytes of all entries."""
        with self._lock:
            return sum(entry.nbytes for entry in self._entries.values())

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()

    def _evict(self) -> None:
        while (
            len(self._entries) > 1
            and sum(entry.nbytes for entry in self._entries.values()) > self.max_bytes
        ):
            key, _ = self._entries.popitem(last=False)
            logger.info("evicted %s/%s", *key)


cache = ModelCache(int(os.environ.get("MMDEMO_CACHE_BYTES", DEFAULT_CACHE_BYTES)))


def model(slug: str, preset: str) -> Loaded:
    """The compiled network of a demo's preset.

    Raises:
        WeightsError: its weights are missing or corrupted, or do not fit the network.
    """
    load = _stand_in if gpu.is_zero() else _load
    return cache.get((slug, preset), lambda: load(slug, preset))


def is_loaded(slug: str) -> bool:
    """Whether a network of the demo is in memory, and with it all that networks need."""
    return any(key[0] == slug for key in cache)


def build(
    slug: str, preset: str, checksum: str | None = None
) -> tuple[keras.Model, artifacts.Artifacts]:
    """A demo's network with its stored weights, not compiled; see `artifacts.load`.

    Raises:
        WeightsError: the weights are missing, corrupted, or do not fit the network.
    """
    stored = artifacts.load(slug, preset, checksum)
    package = f"mmdemo.demos.{slug}"
    make_config = importlib.import_module(f"{package}.config").Config
    build_network = importlib.import_module(f"{package}.model").build
    misfit = WeightsError(
        f"The weights in {stored.weights} do not fit the network of {slug}/{preset}. "
        f"Train them again: python -m mmdemo train {slug} --preset {preset}"
    )
    try:
        network = build_network(make_config(**_tuples(stored.config)))
        artifacts.restore(network, stored.folder)
    except (ValueError, OSError, KeyError, TypeError) as error:  # TypeError: of another version
        raise misfit from error
    described = artifacts.read_json(stored.folder, "architecture.json")
    if network.count_params() != sum(row["parameters"] for row in described):
        raise misfit  # Keras overlooks weights that the network has no place for
    return network, stored


def _load(slug: str, preset: str) -> Loaded:
    from mmdemo.core.serve.backend import compile_call  # imports Keras

    started = time.perf_counter()
    network, stored = build(slug, preset)
    loaded = Loaded(
        call=compile_call(network),
        config=stored.config,
        preprocess=stored.preprocess,
        folder=stored.folder,
        input_shape=tuple(network.inputs[0].shape[1:]),
        nbytes=sum(int(np.prod(weight.shape)) * 4 for weight in network.weights),
        network=network,
    )
    logger.info("loaded %s/%s in %.1f s", slug, preset, time.perf_counter() - started)
    return loaded


def run(slug: str, preset: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """`function(network, *arguments)` where the network is: for gradients and inner layers.

    Args:
        function: of a module, since on ZeroGPU it is named to another process; gets the Keras
            model.
        arguments: arrays and plain values, as is what it returns.

    Raises:
        WeightsError: the weights are missing or corrupted, or do not fit the network.
    """
    if gpu.is_zero():
        return _run(slug, preset, function, *arguments)
    return function(model(slug, preset).network, *arguments)


_borrowed = ModelCache(DEFAULT_CACHE_BYTES)
"""Networks in a process that ZeroGPU lent a GPU."""


@gpu.on_gpu()
def _call(slug: str, preset: str, *arrays: np.ndarray) -> Any:
    """Run a network where ZeroGPU has a GPU: in a process forked from this one."""
    return _borrowed.get((slug, preset), lambda: _load(slug, preset)).call(*arrays)


@gpu.on_gpu()
def _run(slug: str, preset: str, function: Callable[..., Any], *arguments: Any) -> Any:
    loaded = _borrowed.get((slug, preset), lambda: _load(slug, preset))
    return function(loaded.network, *arguments)


def _stand_in(slug: str, preset: str) -> Loaded:
    """For a process without a GPU of its own: everything but the network."""
    import keras  # noqa: F401  # so that the processes forked from here have it

    stored = artifacts.load(slug, preset)
    first = artifacts.read_json(stored.folder, "architecture.json")[0]
    return Loaded(
        call=functools.partial(_call, slug, preset),
        config=stored.config,
        preprocess=stored.preprocess,
        folder=stored.folder,
        input_shape=tuple(first["shape"]),
        nbytes=0,
        network=None,
    )


def _tuples(config: dict[str, Any]) -> dict[str, Any]:
    """JSON has no tuples; the frozen configurations have no lists."""

    def convert(value: Any) -> Any:
        return tuple(convert(item) for item in value) if isinstance(value, list) else value

    return {key: convert(value) for key, value in config.items()}
