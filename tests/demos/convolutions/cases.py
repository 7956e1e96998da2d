"""Every valid case, and what Keras' layers make of each under the backend of `$KERAS_BACKEND`.

Run as `python -m tests.demos.convolutions.cases FILE.npz EVERY` by the test that compares, since a
process has one backend; with `EVERY`, each so many-th case alone.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from mmdemo.demos.convolutions import reference
from mmdemo.demos.convolutions.config import KINDS, Options


def name(options: Options) -> str:
    """What a case is called."""
    return (
        f"{options.kind}-{options.height}x{options.width}-{options.channels}to{options.filters}"
        f"-k{options.kernel}-s{options.stride}-{options.padding}-d{options.dilation}-g{options.groups}"
    )


def cases() -> Iterator[Options]:
    """Each kind with each kernel, stride, padding and dilation that go together, at drawn sizes."""
    rng = np.random.default_rng(17)
    for kind, kernel, stride, padding, dilation in itertools.product(
        KINDS, range(1, 6), range(1, 4), ("valid", "same"), range(1, 4)
    ):
        for _attempt in range(40):
            height, width = rng.integers(1, 13, 2)
            groups = int(rng.integers(1, 4)) if kind == "grouped" else 1
            channels, filters = (int(n) * groups for n in rng.integers(1, 3, 2))
            options = Options(
                kind,
                1 if kind == "causal" else int(height),
                int(width),
                channels,
                filters,
                kernel,
                stride,
                padding,
                dilation,
                groups,
            )
            if not reference.conflict(options):
                yield options
                break


def drawn(options: Options) -> tuple[np.ndarray, list[np.ndarray]]:
    """An input and kernels, the same everywhere."""
    rng = np.random.default_rng(list(name(options).encode()))
    x = rng.uniform(-1, 1, (options.height, options.width, options.channels))
    shapes = [stage.weights for stage in reference.stages(options) if not stage.is_pooling]
    return x, [rng.uniform(-1, 1, shape) for shape in shapes]


def by_keras(options: Options) -> np.ndarray:
    """What Keras' own layers make of it: those that the page's line of code names."""
    from keras import ops

    x, kernels = drawn(options)
    given = x[None].astype(np.float32)
    for layer, weights in layers_of(options, kernels):
        if options.kind == "causal":
            given = given.reshape(1, -1, options.channels)
        layer.build(given.shape)
        layer.set_weights([w.astype(np.float32) for w in weights])
        given = ops.convert_to_numpy(layer(given))
    return given.reshape(*reference.run(options, x, kernels).shape)


def layers_of(options: Options, kernels: list[np.ndarray]) -> list[tuple[Any, list[np.ndarray]]]:
    """Keras layers, each with its weights."""
    from keras import layers

    from mmdemo.core.nets.layers import AveragePooling2D

    many = {"strides": options.stride, "padding": options.padding}
    plain = {"use_bias": False}
    wide = {"dilation_rate": options.dilation}
    side, filters = options.kernel, options.filters
    if options.kind == "max_pooling":
        return [(layers.MaxPooling2D(side, **many), [])]
    if options.kind == "average_pooling":
        # Keras' own counts edges that it repeats under PyTorch, up to 3.15.1 at least.
        return [(AveragePooling2D(side, **many), [])]
    first = kernels[0]
    if options.kind == "causal":
        layer = layers.Conv1D(
            filters, side, strides=options.stride, padding="causal", **wide, **plain
        )
        return [(layer, [first[0]])]
    if options.kind == "transposed":
        layer = layers.Conv2DTranspose(filters, side, **many, **plain)
        return [(layer, [first.transpose(0, 1, 3, 2)])]
    if options.kind == "spatially_separable":
        made = []
        for stage, kernel in zip(reference.stages(options), kernels, strict=True):
            layer = layers.Conv2D(
                filters,
                stage.kernel,
                strides=stage.strides,
                padding=stage.padding,
                dilation_rate=stage.dilation,
                **plain,
            )
            made.append((layer, [kernel]))
        return made
    if options.kind == "depthwise":
        return [(layers.DepthwiseConv2D(side, **many, **wide, **plain), [first.swapaxes(2, 3)])]
    if options.kind == "depthwise_separable":
        layer = layers.SeparableConv2D(filters, side, **many, **wide, **plain)
        return [(layer, [first.swapaxes(2, 3), kernels[1]])]
    if options.kind == "pointwise":
        return [(layers.Conv2D(filters, 1, **many, **wide, **plain), [first])]
    return [(layers.Conv2D(filters, side, **many, **wide, groups=options.groups, **plain), [first])]


def wrong_in_keras(options: Options) -> bool:
    """Whether this Keras is known to be wrong here.

    The oldest that is supported, 3.12, and all before 3.15.1 cut a transposed convolution with the
    padding `same` at the wrong end under PyTorch, or refuse it, where kernel less stride is odd.
    """
    import keras
    from packaging.version import Version

    return (
        Version(keras.__version__) < Version("3.15.1")
        and keras.backend.backend() == "torch"
        and (options.kind, options.padding) == ("transposed", "same")
        and options.kernel > options.stride
        and (options.kernel - options.stride) % 2 == 1
    )


if __name__ == "__main__":
    file, every = sys.argv[1], int(sys.argv[2])
    chosen = [options for options in list(cases())[::every] if not wrong_in_keras(options)]
    np.savez(file, **{name(options): by_keras(options) for options in chosen})
