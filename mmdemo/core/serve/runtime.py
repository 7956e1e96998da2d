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

from mmdemo.core.demo import ModelId
from mmdemo.core.errors import WeightsError
from mmdemo.core.language import _, sentences
from mmdemo.core.serve import gpu, inputs
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
        config: the demo's `Config`, as it was stored.
        preprocess: the stored `preprocess.json`.
        folder: where the weights came from.
        input_shape: shape of the first input, without the batch.
        nbytes: memory of the weights, which the cache counts.
        network: the Keras model itself; None on ZeroGPU, where it lives in another process.
    """

    call: Callable[..., Any]
    config: Any
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
        self._entries: OrderedDict[ModelId, Loaded] = OrderedDict()
        self._loading: dict[ModelId, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: ModelId, load: Callable[[], Loaded]) -> Loaded:
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

    def __iter__(self) -> Iterator[ModelId]:
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
            key, _entry = self._entries.popitem(last=False)
            logger.info("evicted %s", key)


cache = ModelCache(int(os.environ.get("MMDEMO_CACHE_BYTES", DEFAULT_CACHE_BYTES)))


def model(model_id: ModelId) -> Loaded:
    """The compiled network of that name.

    Raises:
        WeightsError: its weights are missing or corrupted, or do not fit the network.
    """
    load = _stand_in if gpu.is_zero() else _load
    return cache.get(model_id, lambda: load(model_id))


def is_loaded(slug: str) -> bool:
    """Whether a network of the demo is in memory, and with it all that networks need."""
    return any(model_id.demo == slug for model_id in cache)


def build(model_id: ModelId, sha256: str | None = None) -> tuple[keras.Model, artifacts.Artifacts]:
    """A network with its stored weights, not compiled.

    Args:
        model_id: of the network.
        sha256: of the weights that it must have; see `artifacts.load`.

    Raises:
        WeightsError: the weights are missing, corrupted, or do not fit the network.
    """
    stored = artifacts.load(model_id, sha256)
    build_network = importlib.import_module(f"mmdemo.demos.{model_id.demo}.model").build
    misfit = WeightsError(
        _(
            "The weights in {file} do not fit the network of {network}. Train them again: {train}"
        ).format(
            file=stored.weights,
            network=model_id,
            train=f"python -m mmdemo train {model_id.training_target}",
        )
    )
    try:
        network = build_network(stored.config)
        restore(network, stored.folder)
    except (ValueError, OSError, KeyError, TypeError) as error:  # of another version
        raise misfit from error
    described = artifacts.read_json(stored.folder, "architecture.json")
    if network.count_params() != sum(row["parameters"] for row in described):
        raise misfit  # Keras overlooks weights that the network has no place for
    return network, stored


def restore(network: keras.Model, folder: Path) -> None:
    """Load a weights folder into its network; a backbone comes from the weights that it names.

    Raises:
        WeightsError: the backbone is not to be had as it was when the rest was trained on it.
    """
    artifacts.load_weights(artifacts.own_part(network), folder / artifacts.WEIGHTS)
    if artifacts.own_part(network) is network:
        return
    named = artifacts.read_json(folder, artifacts.STANDS_ON)
    try:
        other = build(ModelId.parse(named["weights"]), named["sha256"])[0]
    except WeightsError as error:
        said = _("{folder} stands on them.").format(folder=folder)
        raise WeightsError(sentences(str(error), said, artifacts.remedy(folder))) from error
    trained = other.get_layer(artifacts.BACKBONE).get_weights()
    network.get_layer(artifacts.BACKBONE).set_weights(trained)


def _load(model_id: ModelId) -> Loaded:
    from mmdemo.core.serve.backend import compile_call  # imports Keras

    started = time.perf_counter()
    network, stored = build(model_id)
    loaded = Loaded(
        call=inputs.watched(model_id, compile_call(network)),
        config=stored.config,
        preprocess=stored.preprocess,
        folder=stored.folder,
        input_shape=tuple(network.inputs[0].shape[1:]),
        nbytes=sum(int(np.prod(weight.shape)) * 4 for weight in network.weights),
        network=network,
    )
    logger.info("loaded %s in %.1f s", model_id, time.perf_counter() - started)
    return loaded


def run(
    model_id: ModelId,
    function: Callable[..., Any],
    *arguments: Any,
    seconds: int = gpu.SECONDS,
) -> Any:
    """`function(network, *arguments)` where the network is: for gradients and inner layers.

    Args:
        model_id: of the network.
        function: of a module, since on ZeroGPU it is named to another process; gets the Keras
            model.
        arguments: arrays and plain values, as is what it returns.
        seconds: at most what it takes on a GPU that ZeroGPU lends.

    Raises:
        WeightsError: the weights are missing or corrupted, or do not fit the network.
    """
    if gpu.is_zero():
        return _run(seconds, model_id, function, *arguments)
    return function(model(model_id).network, *arguments)


_borrowed = ModelCache(DEFAULT_CACHE_BYTES)
"""Networks in a process that ZeroGPU lent a GPU."""


@gpu.on_gpu()
def _call(model_id: ModelId, *arrays: np.ndarray) -> Any:
    """Run a network where ZeroGPU has a GPU: in a process forked from this one."""
    return _borrowed.get(model_id, lambda: _load(model_id)).call(*arrays)


@gpu.on_gpu(lambda seconds, *_: seconds)
def _run(seconds: int, model_id: ModelId, function: Callable[..., Any], *arguments: Any) -> Any:
    loaded = _borrowed.get(model_id, lambda: _load(model_id))
    return function(loaded.network, *arguments)


def _stand_in(model_id: ModelId) -> Loaded:
    """For a process without a GPU of its own: everything but the network."""
    import keras  # noqa: F401  # so that the processes forked from here have it

    stored = artifacts.load(model_id)
    first = artifacts.read_json(stored.folder, "architecture.json")[0]
    return Loaded(
        call=inputs.watched(model_id, functools.partial(_call, model_id)),
        config=stored.config,
        preprocess=stored.preprocess,
        folder=stored.folder,
        input_shape=tuple(first["shape"]),
        nbytes=0,
        network=None,
    )
