"""A network's features for classes of a visitor's own, and the network with the layer taught on them.

A demo can be taught whose `model.py` has a function `features(network, config)`. It gives a network
in Keras' own layers (`core.nets.plain`) from the bare example, such as a picture of any size, to
its features `(B, d)`: all that comes before the network belongs to it, so that what is saved gives
the answers of the page. Importing this module imports Keras.
"""

from __future__ import annotations

import importlib
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
from keras import layers

from mmdemo.core.demo import ModelId
from mmdemo.core.nets import onnx_file
from mmdemo.core.serve import runtime
from mmdemo.core.serve.backend import Call, compile_call
from mmdemo.core.train.head import Head

_known: WeakKeyDictionary[keras.Model, Call] = WeakKeyDictionary()
_lock = threading.Lock()


def embed(model_id: ModelId, examples: Sequence[np.ndarray]) -> np.ndarray:
    """Features `(n, d)` of examples, each of any size, float32.

    Raises:
        WeightsError: the weights are missing or corrupted.
    """
    return runtime.run(model_id, _embed, str(model_id), *examples)


def _embed(network: keras.Model, model_id: str, *examples: np.ndarray) -> np.ndarray:
    with _lock:
        call = _known.get(network)
        if call is None:
            call = _known[network] = compile_call(features(network, ModelId.parse(model_id)))
    return np.concatenate([call(example[None].astype(np.float32)) for example in examples])


def features(network: keras.Model, model_id: ModelId) -> keras.Model:
    """From the bare example to the features; weights are copies."""
    from mmdemo.core.weights import artifacts

    model = importlib.import_module(f"mmdemo.demos.{model_id.demo}.model")
    return model.features(network, artifacts.load(model_id).config)


def assembled(model_id: ModelId, head: Head) -> keras.Model:
    """The whole network that a visitor takes home: its softmax over their classes.

    Raises:
        WeightsError: the weights are missing or corrupted.
    """
    network, _stored = runtime.build(model_id)
    body = features(network, model_id)
    dense = layers.Dense(len(head.bias), activation="softmax", name="classes")
    whole = keras.Model(body.input, dense(body.output), name="taught")
    dense.set_weights([head.kernel, head.bias])
    return whole


def as_keras(whole: keras.Model) -> bytes:
    """The `.keras` file; it is on the disk for the moment that Keras writes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "taught.keras"
        whole.save(path)
        return path.read_bytes()


def as_onnx(whole: keras.Model, names: Sequence[str]) -> bytes:
    """The ONNX file, which says what its classes are."""
    return onnx_file.to_onnx(whole, doc="\n".join(names))
