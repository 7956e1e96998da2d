"""Every kind of convolution in plain NumPy: what the page's script and Keras are held against.

As Keras and all of deep learning do, the kernel is not turned round: strictly, this is a
cross-correlation. Arrays are `(rows, columns, channels)`; kernels `(rows, columns, input channels
of a group, filters)`, also where Keras orders them otherwise. There are no biases.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import N_, _

from .config import KINDS, LIMITS, POOLING, Options, Stage

PROBLEMS = {
    "spread": N_("A transposed convolution already spreads its input: it takes no dilation here."),
    "pooled": N_("Pooling has no dilation in Keras."),
    "both": N_("Stride and dilation cannot both be above 1: most of Keras' layers refuse it."),
    "channels": N_("{groups} groups do not divide {channels} input channels."),
    "filters": N_("{groups} groups do not divide {filters} filters."),
    "large": N_(
        "The window reaches over {reach} cells, and the input has fewer: choose the padding "
        "“same”, or a smaller kernel."
    ),
}
"""What does not go together, in sentences; `sliding.js` has the same names."""


def check(options: Options) -> None:
    """Refuse what cannot be worked out, or what Keras refuses.

    Raises:
        UserError: says what does not go together.
    """
    if options.kind not in KINDS:
        raise UserError(_("The kind is one of: {kinds}.").format(kinds=", ".join(KINDS)))
    for name, (low, high) in LIMITS.items():
        if not low <= getattr(options, name) <= high:
            raise UserError(
                _("{name} is from {low} to {high}.").format(name=name, low=low, high=high)
            )
    if options.padding not in ("valid", "same"):
        raise UserError(_("The padding is `valid` or `same`."))
    if problem := conflict(options):
        raise UserError(problem)


def conflict(options: Options) -> str:
    """Which options do not go together, in a sentence; empty where all do."""
    stage = stages(options)[0]
    if stage.dilation != (1, 1) and stage.operation == "transposed":
        return _(PROBLEMS["spread"])
    if stage.dilation != (1, 1) and stage.is_pooling:
        return _(PROBLEMS["pooled"])
    if stage.dilation != (1, 1) and stage.strides != (1, 1):
        return _(PROBLEMS["both"])
    if options.kind == "grouped" and options.channels % options.groups:
        return _(PROBLEMS["channels"]).format(groups=options.groups, channels=options.channels)
    if options.kind == "grouped" and options.filters % options.groups:
        return _(PROBLEMS["filters"]).format(groups=options.groups, filters=options.filters)
    reach = _reach(options.kernel if options.kind != "pointwise" else 1, options.dilation)
    fits = stage.padding != "valid" or stage.operation == "transposed"
    if not fits and reach > min(options.height, options.width):
        return _(PROBLEMS["large"]).format(reach=reach)
    return ""


def stages(options: Options) -> list[Stage]:
    """The windows that slide, one after the other."""
    kind, padding, depth = options.kind, options.padding, options.channels
    size = 1 if kind == "pointwise" else options.kernel
    square, strides, dilation = (size, size), (options.stride,) * 2, (options.dilation,) * 2
    if kind in POOLING:
        operation = kind.removesuffix("_pooling")
        return [Stage(operation, square, strides, padding, dilation, depth, depth, depth)]
    if kind == "causal":
        strides, dilation = (1, options.stride), (1, options.dilation)
        line = (1, size), strides, "causal", dilation
        return [Stage("convolution", *line, 1, depth, options.filters)]
    if kind == "spatially_separable":
        filters = options.filters
        down, across = ((size, 1), (options.stride, 1)), ((1, size), (1, options.stride))
        first = Stage("convolution", *down, padding, (options.dilation, 1), 1, depth, filters)
        second = Stage("convolution", *across, padding, (1, options.dilation), 1, filters, filters)
        return [first, second]
    if kind in ("depthwise", "depthwise_separable"):
        each = Stage("convolution", square, strides, padding, dilation, depth, depth, depth)
        point = Stage("convolution", (1, 1), (1, 1), "valid", (1, 1), 1, depth, options.filters)
        return [each] if kind == "depthwise" else [each, point]
    operation = "transposed" if kind == "transposed" else "convolution"
    groups = options.groups if kind == "grouped" else 1
    return [Stage(operation, square, strides, padding, dilation, groups, depth, options.filters)]


def run(options: Options, x: np.ndarray, kernels: Sequence[np.ndarray]) -> np.ndarray:
    """What comes out of all stages.

    Args:
        options: checked ones.
        x: `(height, width, channels)`.
        kernels: one per stage that has weights, each of the shape `Stage.weights`.
    """
    for stage, kernel in itertools.zip_longest(stages(options), kernels):
        x = step(stage, x, kernel)
    return x


def step(stage: Stage, x: np.ndarray, kernel: np.ndarray | None) -> np.ndarray:
    """What comes out of one stage, `(rows, columns, filters)`."""
    if stage.operation == "transposed":
        return _spread(stage, x, kernel)
    rows, columns = size(stage, x.shape[:2])
    before, after = zip(*map(_pads, x.shape[:2], *_sides(stage), [stage.padding] * 2), strict=True)
    around = [(before[0], after[0]), (before[1], after[1]), (0, 0)]
    fill = -np.inf if stage.operation == "max" else 0.0
    padded = np.pad(x, around, constant_values=fill)
    inside = np.pad(np.ones_like(x[..., :1]), around)

    def seen(array: np.ndarray, down: int, across: int) -> np.ndarray:
        """What one weight meets, for all places of the window."""
        top, left = down * stage.dilation[0], across * stage.dilation[1]
        vertical, horizontal = stage.strides
        return array[
            top : top + (rows - 1) * vertical + 1 : vertical,
            left : left + (columns - 1) * horizontal + 1 : horizontal,
        ]

    taps = list(itertools.product(range(stage.kernel[0]), range(stage.kernel[1])))
    if stage.operation == "max":
        return np.max([seen(padded, *tap) for tap in taps], axis=0)
    if stage.operation == "average":  # of what lies in the input: zeros around do not count
        sums = sum(seen(padded, *tap) for tap in taps)
        return sums / sum(seen(inside, *tap) for tap in taps)
    out = np.zeros((rows, columns, stage.filters))
    depth, width = stage.channels // stage.groups, stage.filters // stage.groups
    for group in range(stage.groups):
        read, written = (slice(group * n, (group + 1) * n) for n in (depth, width))
        for tap in taps:
            out[..., written] += seen(padded, *tap)[..., read] @ kernel[tap][:, written]
    return out


def _spread(stage: Stage, x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """A transposed convolution: each input lays its multiple of the kernel onto the output."""
    (down, across), (vertical, horizontal) = stage.kernel, stage.strides
    rows, columns = size(stage, x.shape[:2])
    top, left = (
        max(k - s, 0) // 2 if stage.padding == "same" else 0
        for k, s in zip(stage.kernel, stage.strides, strict=True)
    )
    height = max((x.shape[0] - 1) * vertical + down, rows + top)
    width = max((x.shape[1] - 1) * horizontal + across, columns + left)
    whole = np.zeros((height, width, stage.filters))
    for i, j in itertools.product(*map(range, x.shape[:2])):
        laid = np.tensordot(kernel, x[i, j], axes=([2], [0]))
        whole[i * vertical : i * vertical + down, j * horizontal : j * horizontal + across] += laid
    return whole[top : top + rows, left : left + columns]


def _sides(stage: Stage) -> tuple[tuple[int, int], tuple[int, int]]:
    """How far a window reaches, and its strides."""
    return tuple(map(_reach, stage.kernel, stage.dilation)), stage.strides


def _reach(kernel: int, dilation: int) -> int:
    """Cells from the first to the last weight of a window: its receptive field along a side."""
    return dilation * (kernel - 1) + 1


def _pads(length: int, reach: int, stride: int, padding: str) -> tuple[int, int]:
    """Zeros before and after; of an odd number of them one more comes after, as in TensorFlow."""
    if padding == "causal":
        return reach - 1, 0
    missing = max((-(-length // stride) - 1) * stride + reach - length, 0)
    return (missing // 2, missing - missing // 2) if padding == "same" else (0, 0)


def size(stage: Stage, lengths: Sequence[int]) -> tuple[int, int]:
    """Rows and columns that come out of as many that go in."""

    def along(length: int, kernel: int, reach: int, stride: int) -> int:
        if stage.operation == "transposed":
            more = max(kernel - stride, 0) if stage.padding == "valid" else 0
            return length * stride + more
        before, after = _pads(length, reach, stride, stage.padding)
        return (length + before + after - reach) // stride + 1

    return tuple(map(along, lengths, stage.kernel, *_sides(stage)))


def cost(options: Options) -> tuple[int, int]:
    """Parameters and multiply-adds of one input, without biases; pooling has neither."""
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
