"""The kinds of convolution, and the options that one is worked out with."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = (
    *("basic", "strided", "padded", "dilated", "transposed", "spatially_separable"),
    *("depthwise", "depthwise_separable", "pointwise", "grouped", "causal"),
    *("max_pooling", "average_pooling"),
)
"""In the order of the chapter. `strided`, `padded` and `dilated` are the basic kind with one option
set; they are kinds of their own here as they are there."""
POOLING = ("max_pooling", "average_pooling")
LIMITS = {
    "height": (1, 12),
    "width": (1, 12),
    "channels": (1, 8),
    "filters": (1, 8),
    "kernel": (1, 7),
    "stride": (1, 4),
    "dilation": (1, 4),
    "groups": (1, 8),
}
"""Least and greatest of what an endpoint takes; the page's controls stay within them."""


@dataclass(frozen=True)
class Options:
    """A kind of convolution, and all that it depends on.

    Attributes:
        kind: one of `KINDS`.
        height, width: rows and columns of the input; `causal` has no rows, so that `height` is 1.
        channels: of the input.
        filters: channels of the output; `depthwise` and pooling keep those of the input.
        kernel: side of the window; `pointwise` has one of 1.
        stride: steps of the window, in both directions.
        padding: `valid` (none) or `same` (zeros around); `causal` pads on the left alone.
        dilation: Keras' `dilation_rate`: 1 leaves no gap. Books that count the gaps say one less.
        groups: into which `grouped` divides the channels.
    """

    kind: str = "basic"
    height: int = 5
    width: int = 5
    channels: int = 1
    filters: int = 1
    kernel: int = 3
    stride: int = 1
    padding: str = "valid"
    dilation: int = 1
    groups: int = 1


@dataclass(frozen=True)
class Stage:
    """One sliding window; a separable convolution has two, one after the other.

    Attributes:
        operation: `convolution`, `transposed`, `max` or `average`.
        kernel, strides, dilation: vertical and horizontal.
        padding: `valid`, `same` or `causal`.
        groups: of channels.
        channels, filters: that come in and go out.
    """

    operation: str
    kernel: tuple[int, int]
    strides: tuple[int, int]
    padding: str
    dilation: tuple[int, int]
    groups: int
    channels: int
    filters: int

    @property
    def weights(self) -> tuple[int, int, int, int]:
        """Shape of its kernel: rows, columns, input channels of a group, filters."""
        return (*self.kernel, self.channels // self.groups, self.filters)

    @property
    def is_pooling(self) -> bool:
        """Whether it has no weights."""
        return self.operation in ("max", "average")
