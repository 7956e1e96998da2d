"""What the page says of each kind, and why some options do not go together."""

from __future__ import annotations

from mmdemo.core.language import N_

NAMES = {
    "basic": N_("Basic"),
    "strided": N_("Strided"),
    "padded": N_("Padded"),
    "dilated": N_("Dilated (atrous)"),
    "transposed": N_("Transposed"),
    "spatially_separable": N_("Spatially separable"),
    "depthwise": N_("Depthwise"),
    "depthwise_separable": N_("Depthwise separable"),
    "pointwise": N_("Pointwise (1 × 1)"),
    "grouped": N_("Grouped"),
    "causal": N_("1-D causal, dilated"),
    "max_pooling": N_("Max pooling"),
    "average_pooling": N_("Average pooling"),
}
MEANINGS = {
    "basic": N_("The kernel slides over the input; at each place products are summed."),
    "strided": N_("The window takes larger steps, so that less comes out."),
    "padded": N_("Zeros around the input let the output keep its size."),
    "dilated": N_("Gaps between the weights: the window sees further at no cost."),
    "transposed": N_("Each input lays its multiple of the kernel onto a larger output."),
    "spatially_separable": N_(
        "A column and then a row, k = k1 · k2. This is not Keras' SeparableConv2D."
    ),
    "depthwise": N_("Each channel has a kernel of its own; channels do not mix."),
    "depthwise_separable": N_("Depthwise, then pointwise: Keras' SeparableConv2D, MobileNet's."),
    "pointwise": N_("Mixes the channels of each place, and looks at no neighbours."),
    "grouped": N_("The channels are divided into groups; each filter sees one of them."),
    "causal": N_("Along time, and only back: no output sees the future. WaveNet's."),
    "max_pooling": N_("No weights: the largest number that the window sees."),
    "average_pooling": N_(
        "No weights: the mean of what the window sees; zeros around do not count."
    ),
}
CONFLICTS = {
    "transposed": N_(
        "A transposed convolution with stride already spreads its input: here it has no dilation. "
        "Set the dilation to 1."
    ),
    "pooling": N_("Pooling has no dilation in Keras: set it to 1."),
    "stride": N_(
        "Stride and dilation cannot both be above 1: the steps would leap over what the gaps leave "
        "out, and Keras refuses it. Set one of them to 1."
    ),
    "channels": N_("{groups} groups do not divide {count} input channels evenly."),
    "filters": N_("{groups} groups do not divide {count} filters evenly."),
    "reach": N_(
        "The window reaches over {reach} cells and the input has {side}: choose the padding "
        "“same”, a smaller kernel, or a larger input."
    ),
}
CONTROLS = {
    "size": N_("Input size"),
    "channels": N_("Channels in"),
    "filters": N_("Filters"),
    "kernel": N_("Kernel"),
    "stride": N_("Stride"),
    "padding": N_("Padding"),
    "dilation": N_("Dilation"),
    "groups": N_("Groups"),
}
KERNELS = {
    "blur": N_("Blur"),
    "edge": N_("Edge (Laplace)"),
    "sobel": N_("Vertical edges (Sobel)"),
    "sharpen": N_("Sharpen"),
    "emboss": N_("Emboss"),
    "gabor": N_("Gabor"),
}
TEXTS = {
    "kind": N_("Kind of convolution"),
    "input": N_("Input"),
    "between": N_("Between"),
    "weights": N_("Kernel"),
    "products": N_("Products"),
    "output": N_("Output"),
    "cell": N_("{what}, row {row}, column {column}, channel {channel}"),
    "back": N_("One step back"),
    "play": N_("Play"),
    "pause": N_("Pause"),
    "on": N_("One step on"),
    "part": N_("Part {number} of 2"),
    "fill": N_("Fill the kernel with"),
    "own": N_("own numbers"),
    "sum": N_("Sum of the products: {total}"),
    "channel_sums": N_("Sum of the products over the channels: {sums} = {total}"),
    "largest": N_("The largest: {total}"),
    "mean": N_("Sum {sum} divided by {count} numbers: {total}"),
    "size": N_("Output size"),
    "field": N_("Receptive field"),
    "cells": N_("{height} × {width} cells of the input"),
    "gaps": N_(
        "In Keras this is dilation_rate={rate}; books that count the gaps call it dilation {gaps}."
    ),
    "code": N_("In Keras"),
    "copy": N_("Copy"),
    "copied": N_("Copied"),
    "costs": N_("What a layer costs"),
    "side": N_("side"),
    "in": N_("channels in"),
    "out": N_("channels out"),
    "parameters": N_("Parameters"),
    "multiply_adds": N_("Multiply-adds"),
    "same_cost": N_("With the kernel, stride, padding, dilation and groups set above; no biases."),
    "hint": N_(
        "Tap a cell of the output, or move with the arrow keys. All numbers can be changed."
    ),
}
"""The script's, by the names that it uses."""
