"""What a Keras backend must do in its own way. Importing this module imports Keras."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np

Call = Callable[..., Any]
"""Arrays, one per input of the network, to its output: an array, or a tuple where it has several.
"""

JIT = keras.backend.backend() == "jax"
"""Of training: XLA makes small steps on a processor slower, and is what JAX is."""
WARM_SIDE = 64
"""Stands for a side that may have any length, in the call that warms a network."""


def accelerator() -> str | None:
    """The name of the device that the backend computes on; None where it is the processor."""
    name = keras.backend.backend()
    if name == "jax":
        import jax

        device = jax.devices()[0]
        return None if device.platform == "cpu" else str(device.device_kind)
    if name == "torch":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else None
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    if not devices:
        return None
    return str(tf.config.experimental.get_device_details(devices[0]).get("device_name", "GPU"))


def compile_call(model: keras.Model) -> Call:
    """Compile a model's inference to one call with a fixed signature and any batch size.

    The call is warmed before it is returned, so that its first use is as fast as any other.
    XLA is left out: on a CPU it makes these networks slower and takes seconds to compile.
    """
    call = _tensorflow_call(model) if keras.backend.backend() == "tensorflow" else _call(model)
    call(*(sample(tensor) for tensor in model.inputs))
    return call


_parts: WeakKeyDictionary[keras.Model, dict[str, Call]] = WeakKeyDictionary()


def compile_part(network: keras.Model, part: Callable[[keras.Model], keras.Model]) -> Call:
    """A part of a network, compiled once for each network.

    Args:
        network: which is kept as long as its parts are.
        part: makes the part of the network; known by its name.
    """
    known = _parts.setdefault(network, {})
    if part.__qualname__ not in known:
        known[part.__qualname__] = compile_call(part(network))
    return known[part.__qualname__]


def gradient(function: Callable[[Any], Any], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value and gradient of a scalar function at one place; for many, see `compile_gradient`.

    Args:
        function: of a tensor of `x`'s shape, made of Keras operations and models.
        x: where, float32.

    Returns:
        The value, of shape `()`, and the gradient, of `x`'s shape.
    """
    return _arrays(_value_and_gradient(function)(keras.ops.convert_to_tensor(x)))


def compile_gradient(function: Callable[..., Any]) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """The same for hundreds of steps in a row: compiled for each shape, where the backend can.

    The caller has the loop, so that it can stop or show what there is after any step.

    Args:
        function: of a tensor, and of further ones that it is not derived by.

    Returns:
        A function of float32 arrays to the value and to the gradient by the first.
    """
    derived = _value_and_gradient(function)
    name = keras.backend.backend()
    if name == "tensorflow":
        import tensorflow as tf

        derived = tf.function(derived, reduce_retracing=True, jit_compile=False)
    elif name == "jax":
        import jax

        derived = jax.jit(derived)

    def call(*arrays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _arrays(derived(*map(keras.ops.convert_to_tensor, arrays)))

    return call


def _value_and_gradient(function: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    """Of tensors: the value, and its gradient by the first."""
    name = keras.backend.backend()
    if name == "tensorflow":
        import tensorflow as tf

        def derived(point: Any, *others: Any) -> tuple[Any, Any]:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(point)
                value = function(point, *others)
            return value, tape.gradient(value, point)

        return derived
    if name == "torch":
        import torch

        def derived(point: Any, *others: Any) -> tuple[Any, Any]:
            point = point.clone().requires_grad_()
            with torch.enable_grad():
                value = function(point, *others)
            return value, torch.autograd.grad(value, point)[0]

        return derived
    import jax

    return jax.value_and_grad(function)


def no_gradients() -> contextlib.AbstractContextManager[Any]:
    """Around layers that are called one by one: nothing is kept for a gradient."""
    if keras.backend.backend() != "torch":
        return contextlib.nullcontext()
    import torch

    return torch.no_grad()


def multiply_adds(network: keras.Model, *inputs: np.ndarray) -> int:
    """Multiply-adds of the convolutions and dense layers for the given inputs, nested ones too."""
    total = 0
    weighted = [layer for layer in network.layers if hasattr(layer, "kernel")]
    nested = [layer for layer in network.layers if isinstance(layer, keras.Model)]
    tensors = [layer.output for layer in weighted]
    sources = [source for model in nested for source in _sources(model)]
    if not tensors + sources:
        return 0
    several = len(inputs) > 1
    probe = keras.Model(network.inputs if several else network.inputs[0], tensors + sources)
    made = probe(list(inputs) if several else inputs[0], training=False)
    made = [keras.ops.convert_to_numpy(tensor) for tensor in made]
    for layer, output in zip(weighted, made, strict=False):
        total += output.size // output.shape[-1] * int(np.prod(layer.kernel.shape))
    fed = iter(made[len(weighted) :])
    for model in nested:
        total += multiply_adds(model, *(next(fed) for _ in _sources(model)))
    return total


def _sources(model: keras.Model) -> list[keras.KerasTensor]:
    """What feeds a nested model in the network that it was last called in."""
    return list(model._inbound_nodes[-1].input_tensors)


def sample(tensor: keras.KerasTensor, batch: int = 1) -> np.ndarray:
    """An input such as a network takes: noise, or small whole numbers where it takes those."""
    shape = (batch, *(side or WARM_SIDE for side in tensor.shape[1:]))
    rng = np.random.default_rng(0)
    if "int" in tensor.dtype:
        return rng.integers(0, 8, shape).astype(tensor.dtype)
    return rng.random(shape, dtype=np.float32)


def _grow() -> None:
    """Have TensorFlow take a GPU's memory as it needs it, not all of it at first use."""
    import tensorflow as tf

    for device in tf.config.list_physical_devices("GPU"):
        with contextlib.suppress(RuntimeError):  # in use already: somebody else decided
            tf.config.experimental.set_memory_growth(device, True)


if keras.backend.backend() == "tensorflow":
    _grow()


def _tensorflow_call(model: keras.Model) -> Call:
    import tensorflow as tf

    def forward(*inputs: tf.Tensor) -> Any:
        return model(inputs[0] if len(inputs) == 1 else list(inputs), training=False)

    signature = [tf.TensorSpec(i.shape, i.dtype) for i in model.inputs]
    concrete = tf.function(forward, input_signature=signature, jit_compile=False)
    concrete = concrete.get_concrete_function()

    def call(*inputs: np.ndarray) -> Any:
        given = (tf.constant(x, s.dtype) for x, s in zip(inputs, signature, strict=True))
        return _arrays(concrete(*given))

    call.concrete = concrete  # type: ignore[attr-defined]  # keeps the graph alive; `bench` times it
    return call


def _call(model: keras.Model) -> Call:
    def call(*inputs: np.ndarray) -> Any:
        return _arrays(model.predict_on_batch(inputs[0] if len(inputs) == 1 else list(inputs)))

    return call


def _arrays(outputs: Any) -> Any:
    if isinstance(outputs, list | tuple):
        return tuple(keras.ops.convert_to_numpy(output) for output in outputs)
    return keras.ops.convert_to_numpy(outputs)
