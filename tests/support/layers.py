"""The layers and losses of mmdemo: found, stored with an input, loaded again under any backend.

Run as `python -m tests.support.layers FOLDER FILE.npz` under the backend of `$KERAS_BACKEND`, by
the test that compares backends, since a process has one backend.
"""

from __future__ import annotations

import doctest
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

import mmdemo.core.nets
from mmdemo import catalog

DEMOS = [demo.slug for demo in catalog.trained()]
MODULES = [
    *(
        f"mmdemo.core.nets.{module.name}"
        for module in pkgutil.iter_modules(mmdemo.core.nets.__path__)
    ),
    *(f"mmdemo.demos.{demo}.model" for demo in DEMOS),
]


def public() -> list[type]:
    """Every public layer and loss that mmdemo defines, by name; a model is not a layer here."""
    for module in MODULES:
        importlib.import_module(module)
    return sorted(
        (
            kind
            for base in (keras.layers.Layer, keras.losses.Loss)
            for kind in _below(base)
            if kind.__module__.startswith("mmdemo.") and not kind.__name__.startswith("_")
            if not issubclass(kind, keras.Model)
        ),
        key=lambda kind: kind.__name__,
    )


def _below(base: type) -> Iterator[type]:
    for kind in base.__subclasses__():
        yield kind
        yield from _below(kind)


def run_example(kind: type) -> dict[str, Any]:
    """Run the example in a docstring; return its variables.

    An example names what it calls `layer`, `loss` or, where a layer needs others, `model`, and what
    it calls it with `inputs`: a tuple where the call takes several arguments.

    Raises:
        AssertionError: there is none, or it prints other than it says.
    """
    names = {**vars(sys.modules[kind.__module__]), "np": np}
    example = doctest.DocTestParser().get_doctest(
        kind.__doc__ or "", names, kind.__name__, kind.__module__, 0
    )
    if not example.examples:
        raise AssertionError(f"the docstring of {kind.__name__} has no example")
    report: list[str] = []
    result = doctest.DocTestRunner().run(example, out=report.append, clear_globs=False)
    if result.failed:
        raise AssertionError("".join(report))
    return example.globs


def store(kind: type, folder: Path) -> list[np.ndarray]:
    """Store what an example calls, with random weights, and its inputs; return the outputs."""
    keras.utils.set_random_seed(0)
    names = run_example(kind)
    given = names["inputs"]
    arrays = [_narrow(array) for array in (given if isinstance(given, list | tuple) else [given])]
    np.savez(folder / f"{kind.__name__}.npz", *arrays)
    if "loss" in names:
        stored = keras.saving.serialize_keras_object(names["loss"])
        (folder / f"{kind.__name__}.json").write_text(json.dumps(stored))
        return _call(names["loss"], arrays)
    model = names["model"] if "model" in names else _model(names["layer"], given, arrays)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    model.save(folder / f"{kind.__name__}.keras")
    return _call(model, arrays)


def outputs(folder: Path) -> dict[str, np.ndarray]:
    """`NAME/INDEX` -> an output of what `store` left in the folder."""
    public()  # registers them
    results = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".npz":
            continue
        if path.suffix == ".json":
            loaded = keras.saving.deserialize_keras_object(json.loads(path.read_text()))
        else:
            loaded = keras.saving.load_model(path)
        with np.load(path.with_suffix(".npz")) as arrays:
            for index, output in enumerate(_call(loaded, list(arrays.values()))):
                results[f"{path.stem}/{index}"] = output
    return results


def _model(layer: keras.layers.Layer, given: Any, arrays: list[np.ndarray]) -> keras.Model:
    """The layer alone, on inputs like the given ones."""
    tensors = [keras.Input(array.shape[1:], dtype=array.dtype.name) for array in arrays]
    outputs = layer(*tensors) if isinstance(given, tuple | np.ndarray) else layer(tensors)
    return keras.Model(tensors if len(tensors) > 1 else tensors[0], outputs)


def _call(called: Any, arrays: list[np.ndarray]) -> list[np.ndarray]:
    arguments = arrays if isinstance(called, keras.losses.Loss) or len(arrays) == 1 else [arrays]
    if keras.backend.backend() == "jax":
        import jax

        called = jax.jit(called)  # compiled once, not operation by operation
    results = called(*arguments)
    results = results if isinstance(results, list | tuple) else [results]
    return [keras.ops.convert_to_numpy(result) for result in results]


def _narrow(array: np.ndarray) -> np.ndarray:
    """With the type that networks take it in."""
    return array.astype("float32" if array.dtype.kind == "f" else "int32")


if __name__ == "__main__":
    np.savez(sys.argv[2], **outputs(Path(sys.argv[1])))
