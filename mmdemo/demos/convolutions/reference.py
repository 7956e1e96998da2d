"""Every kind of convolution in plain NumPy: what the page's script and Keras are held against.

As Keras and all of deep learning do, the kernel is not turned round: strictly, this is a
cross-correlation. Arrays are `(rows, columns, channels)`; kernels `(rows, columns, input channels of
a group, filters)`, also where Keras orders them otherwise. There are no biases.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import _

from .config import KINDS, LIMITS, POOLING, Options, Stage
from .words import CONFLICTS


def check(options: Options) -> None:
    """Refuse what cannot be worked out, or what Keras refuses.

    Raises:
        UserError: says what does not go together.
    """
    if options.kind not in KINDS:
        raise UserError(_("The kind is one of: {kinds}.").format(kinds=", ".join(KINDS)))
    for name, (low, high) in LIMITS.items():
        if not low <= getattr(options, name) <= high:
            said = _("`{name}` is a number from {low} to {high}.")
            raise UserError(said.format(name=name, low=low, high=high))
    if options.padding not in ("valid", "same"):
        raise UserError(_("The padding is `valid` or `same`."))
    if found := conflict(options):
        name, values = found
        raise UserError(_(CONFLICTS[name]).format(**values))


def conflict(options: Options) -> tuple[str, dict[str, int]] | None:
    """Which options do not go together: a name of `CONFLICTS`, and what its sentence says."""
    stage = stages(options)[0]
    if stage.dilation != (1, 1):
        if stage.operation == "transposed":
            return "transposed", {}
        if stage.is_pooling:
            return "pooling", {}
        if stage.strides != (1, 1):
            return "stride", {}
    if options.kind == "grouped":
        for name in ("channels", "filters"):
            count = getattr(options, name)
            if count % options.groups:
                return name, {"groups": options.groups, "count": count}
    reaches = stage.padding == "valid" and stage.operation != "transposed"
    reach = max(map(_reach, stage.kernel, stage.dilation))
    if reaches and reach > min(options.height, options.width):
        return "reach", {"reach": reach, "side": min(options.height, options.width)}
    return None


def stages(options: Options) -> list[Stage]:
    """The windows that slide, one after the other."""
    kind, padding, depth, filters = options.kind, options.padding, options.channels, options.filters
    size = 1 if kind == "pointwise" else options.kernel
    square, strides, dilation = (size, size), (options.stride,) * 2, (options.dilation,) * 2
    if kind in POOLING:
        operation = kind.removesuffix("_pooling")
        return [Stage(operation, square, strides, padding, dilation, depth, depth, depth)]
    if kind == "causal":
        along = (1, size), (1, options.stride), "causal", (1, options.dilation)
        return [Stage("convolution", *along, 1, depth, filters)]
    if kind == "spatially_separable":
        down = (size, 1), (options.stride, 1), padding, (options.dilation, 1)
        across = (1, size), (1, options.stride), padding, (1, options.dilation)
        first = Stage("convolution", *down, 1, depth, filters)
        return [first, Stage("convolution", *across, 1, filters, filters)]
    if kind in ("depthwise", "depthwise_separable"):
        each = Stage("convolution", square, strides, padding, dilation, depth, depth, depth)
        point = Stage("convolution", (1, 1), (1, 1), "valid", (1, 1), 1, depth, filters)
        return [each] if kind == "depthwise" else [each, point]
    operation = "transposed" if kind == "transposed" else "convolution"
    groups = options.groups if kind == "grouped" else 1
    return [Stage(operation, square, strides, padding, dilation, groups, depth, filters)]


def run(options: Options, x: np.ndarray, kernels: Sequence[np.ndarray]) -> np.ndarray:
    """What comes out of all stages, `(rows, columns, filters)`.

    Args:
        options: that have no `conflict`.
        x: `(height, width, channels)`.
        kernels: one per stage that has weights, each of the shape `Stage.weights`.
    """
    given = iter(kernels)
    for stage in stages(options):
        x = step(stage, x, None if stage.is_pooling else next(given))
    return x


def step(stage: Stage, x: np.ndarray, kernel: np.ndarray | None) -> np.ndarray:
    """What comes out of one stage, `(rows, columns, filters)`."""
    if kernel is None:
        return _pool(stage, x)
    if stage.operation == "transposed":
        return _spread(stage, x, kernel)
    rows, columns = size(stage, x.shape[:2])
    out = np.zeros((rows, columns, stage.filters))
    depth, width = stage.channels // stage.groups, stage.filters // stage.groups
    for tap, seen in _taps(stage, x, 0.0):
        for group in range(stage.groups):
            read, written = (slice(group * n, (group + 1) * n) for n in (depth, width))
            out[..., written] += seen[..., read] @ kernel[tap][:, written]
    return out


def _pool(stage: Stage, x: np.ndarray) -> np.ndarray:
    """The largest or the mean of what a window sees of the input: zeros around do not count."""
    if stage.operation == "max":
        return np.max([seen for _tap, seen in _taps(stage, x, -np.inf)], axis=0)
    total = sum(seen for _tap, seen in _taps(stage, x, 0.0))
    return total / sum(seen for _tap, seen in _taps(stage, np.ones_like(x), 0.0))


def _taps(stage: Stage, x: np.ndarray, fill: float) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
    """Each place of the kernel, and what it meets as the window goes over the whole input."""
    around = [
        _pads(length, reach, stride, stage.padding)
        for length, reach, stride in zip(x.shape, _reaches(stage), stage.strides, strict=False)
    ]
    padded = np.pad(x, [*around, (0, 0)], constant_values=fill)
    (rows, columns), (vertical, horizontal) = size(stage, x.shape[:2]), stage.strides
    for down, across in itertools.product(*map(range, stage.kernel)):
        top, left = down * stage.dilation[0], across * stage.dilation[1]
        yield (
            (down, across),
            padded[
                top : top + (rows - 1) * vertical + 1 : vertical,
                left : left + (columns - 1) * horizontal + 1 : horizontal,
            ],
        )


def _spread(stage: Stage, x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """A transposed convolution: each input lays its multiple of the kernel onto the output."""
    rows, columns = size(stage, x.shape[:2])
    cut = stage.padding == "same"
    top, left = (
        max(k - s, 0) // 2 if cut else 0 for k, s in zip(stage.kernel, stage.strides, strict=True)
    )
    (height, width), (vertical, horizontal) = x.shape[:2], stage.strides
    whole = np.zeros(
        (top + rows + stage.kernel[0], left + columns + stage.kernel[1], stage.filters)
    )
    for down, across in itertools.product(*map(range, stage.kernel)):
        whole[
            down : down + (height - 1) * vertical + 1 : vertical,
            across : across + (width - 1) * horizontal + 1 : horizontal,
        ] += x @ kernel[down, across]
    return whole[top : top + rows, left : left + columns]


def size(stage: Stage, lengths: Sequence[int]) -> tuple[int, int]:
    """Rows and columns that come out of as many that go in."""
    reaches = _reaches(stage)

    def along(axis: int) -> int:
        length, kernel, stride = lengths[axis], stage.kernel[axis], stage.strides[axis]
        if stage.operation == "transposed":
            return length * stride + (max(kernel - stride, 0) if stage.padding == "valid" else 0)
        around = sum(_pads(length, reaches[axis], stride, stage.padding))
        return (length + around - reaches[axis]) // stride + 1

    return along(0), along(1)


def _reach(kernel: int, dilation: int) -> int:
    """Cells from the first to the last weight of a window: its receptive field along a side."""
    return dilation * (kernel - 1) + 1


def _reaches(stage: Stage) -> tuple[int, int]:
    """Vertically and horizontally."""
    return _reach(stage.kernel[0], stage.dilation[0]), _reach(stage.kernel[1], stage.dilation[1])


def _pads(length: int, reach: int, stride: int, padding: str) -> tuple[int, int]:
    """Zeros before and after; of an odd number of them one more comes after, as in TensorFlow."""
    if padding == "causal":
        return reach - 1, 0
    missing = max((-(-length // stride) - 1) * stride + reach - length, 0)
    return (missing // 2, missing - missing // 2) if padding == "same" else (0, 0)


def field(options: Options) -> tuple[int, int]:
    """The receptive field: rows and columns of the input that one output depends on, at most."""
    height, width, jumps = 1, 1, (1, 1)
    for stage in stages(options):
        if stage.operation == "transposed":
            down, across = (-(-k // s) for k, s in zip(stage.kernel, stage.strides, strict=True))
            return min(down, options.height), min(across, options.width)
        reaches = _reaches(stage)
        height += (reaches[0] - 1) * jumps[0]
        width += (reaches[1] - 1) * jumps[1]
        jumps = jumps[0] * stage.strides[0], jumps[1] * stage.strides[1]
    return height, width


def cost(options: Options) -> tuple[int, int]:
    """Parameters and multiply-adds for one input, without biases; pooling has neither."""
    parameters, products, lengths = 0, 0, (options.height, options.width)
    for stage in stages(options):
        after = size(stage, lengths)
        if not stage.is_pooling:
            weights = int(np.prod(stage.weights))
            places = lengths if stage.operation == "transposed" else after
            parameters += weights
            products += weights * places[0] * places[1]
        lengths = after
    return parameters, products
