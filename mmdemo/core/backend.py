"""What a Keras backend must do in its own way. Importing this module imports Keras."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

Call = Callable[..., np.ndarray]
"""Float32 arrays, one per input of the network, to the network's output as an array."""


def compile_call(model: keras.Model) -> Call:
    """Compile a model's inference to one call with a fixed signature and any batch size.

    The call is warmed before it is returned, so that its first use is as fast as any other.
    XLA is left out: on a CPU it makes these networks slower and takes seconds to compile.
    """
    call = _tensorflow_call(model) if keras.backend.backend() == "tensorflow" else _call(model)
    call(*(np.zeros((1, *(side or 1 for side in i.shape[1:])), "float32") for i in model.inputs))
    return call


def _tensorflow_call(model: keras.Model) -> Call:
    import tensorflow as tf

    def forward(*inputs: tf.Tensor) -> tf.Tensor:
        return model(inputs[0] if len(inputs) == 1 else list(inputs), training=False)

    signature = [tf.TensorSpec(i.shape, tf.float32) for i in model.inputs]
    concrete = tf.function(forward, input_signature=signature, jit_compile=False)
    concrete = concrete.get_concrete_function()

    def call(*inputs: np.ndarray) -> np.ndarray:
        return concrete(*(tf.constant(x, tf.float32) for x in inputs)).numpy()

    call.concrete = concrete  # type: ignore[attr-defined]  # keeps the graph alive; `bench` times it
    return call


def _call(model: keras.Model) -> Call:
    def call(*inputs: np.ndarray) -> np.ndarray:
        return model.predict_on_batch(inputs[0] if len(inputs) == 1 else list(inputs))

    return call
