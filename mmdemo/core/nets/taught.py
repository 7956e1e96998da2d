"""What a network makes of a visitor's own examples, and files of it with the layer taught on that.

A demo can be taught whose `model.py` has a function `features(network, config)`. It gives a network
in Keras' own layers (`core.nets.plain`) from the bare example, such as a picture of any size, to
its features `(B, d)`: all that comes before the network belongs to it, so that what is saved gives
the answers of the page. Importing this module imports Keras.
"""

from __future__ import annotations

import importlib
import json
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import keras
import numpy as np
from keras import layers

from mmdemo.core.demo import ModelId
from mmdemo.core.nets import onnx_file
from mmdemo.core.serve import runtime
from mmdemo.core.serve.backend import Call, compile_call
from mmdemo.core.weights import artifacts

if TYPE_CHECKING:
    from mmdemo.core.train.head import Head

_known: WeakKeyDictionary[keras.Model, Body] = WeakKeyDictionary()
_lock = threading.Lock()
FILES = (".keras", ".onnx")


class Body:
    """A network's features, and what was put on them.

    Attributes:
        call: an example in a batch of one to its features, compiled.
        length: of the features.
    """

    def __init__(self, network: keras.Model, model_id: ModelId) -> None:
        model = importlib.import_module(f"mmdemo.demos.{model_id.demo}.model")
        self._network = model.features(network, artifacts.load(model_id).config)
        self._taught: dict[int, keras.Model] = {}
        self.call: Call = compile_call(self._network)
        self.length = int(self._network.output.shape[-1])

    def taught(self, head: Head) -> keras.Model:
        """The whole network with a head; of one number of classes it is the same, filled anew."""
        classes = len(head.bias)
        if classes not in self._taught:
            last = layers.Dense(classes, activation="softmax", name="classes")
            made = last(self._network.output)
            self._taught[classes] = keras.Model(self._network.input, made, name="taught")
        self._taught[classes].get_layer("classes").set_weights([head.kernel, head.bias])
        return self._taught[classes]


def _body(network: keras.Model, model_id: ModelId) -> Body:
    """Under the lock: what is known of a network in memory."""
    if network not in _known:
        _known[network] = Body(network, model_id)
    return _known[network]


def embed(model_id: ModelId, examples: Sequence[np.ndarray]) -> np.ndarray:
    """Features `(n, d)` of examples, each of any size, float32.

    Raises:
        WeightsError: the weights are missing or corrupted.
    """
    return runtime.run(model_id, _embed, str(model_id), *examples)


def _embed(network: keras.Model, model_id: str, *examples: np.ndarray) -> np.ndarray:
    with _lock:
        call = _body(network, ModelId.parse(model_id)).call
    return np.concatenate([call(example[None].astype(np.float32)) for example in examples])


def length(model_id: ModelId) -> int:
    """Of the features.

    Raises:
        WeightsError: the weights are missing or corrupted.
    """
    return int(runtime.run(model_id, _length, str(model_id)))


def _length(network: keras.Model, model_id: str) -> int:
    with _lock:
        return _body(network, ModelId.parse(model_id)).length


def export(model_id: ModelId, head: Head, names: Sequence[str], kind: str) -> bytes:
    """A file of the whole network, from the bare example to the probabilities.

    Args:
        model_id: of the network.
        head: that was trained on its features.
        names: of the classes; the ONNX file says them.
        kind: one of `FILES`. A `.keras` file is on the disk for the moment that Keras writes it.

    Raises:
        WeightsError: the weights are missing or corrupted.
    """
    # On ZeroGPU networks live in other processes; this one can still build them.
    network = runtime.model(model_id).network or runtime.build(model_id)[0]
    with _lock:
        whole = _body(network, model_id).taught(head)
        if kind == ".onnx":
            return onnx_file.to_onnx(whole, {"classes": json.dumps(list(names))})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "taught.keras"
            whole.save(path)
            return path.read_bytes()
