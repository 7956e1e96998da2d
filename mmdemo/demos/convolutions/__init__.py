"""Every kind of convolution, step by step, on numbers of one's own and on one's own photo."""

from mmdemo.core.demo import Demo, Family

DEMO = Demo(
    slug="convolutions",
    title="Every kind of convolution",
    family=Family.IMAGES,
    summary=(
        "Thirteen ways to slide a window over numbers, each product shown, with the line of Keras "
        "that does it; then all of them on your photo."
    ),
    source="the chapter's summary of convolutions; “same” and “valid” as Keras counts them",
    datasets=(),
    headline=("", "", "Nothing is trained here: every number is worked out before your eyes"),
    explanation="""
A **convolution** slides a small window of weights, the **kernel**, over its input. At each place
the weights are multiplied with the numbers under them, and the sum of the products is one number
of the output. (Strictly this is a *cross-correlation*: nobody in deep learning turns the kernel
round.)

With an input of *n* cells along a side, a kernel of *k*, a stride *s* and a dilation *d*:

| kind | what is different | cells along a side of the output |
|---|---|---|
| basic, “valid” | the window stays inside | ⌊(n − d·(k − 1) − 1) / s⌋ + 1 |
| padded, “same” | zeros lie around the input | ⌈n / s⌉ |
| strided | the window moves by *s* | as above |
| dilated | gaps of *d* − 1 cells between the weights | as above |
| transposed | each input lays its multiple of the kernel down | n·s + max(k − s, 0); “same”: n·s |
| causal, 1-D | zeros lie before the first number alone | ⌈n / s⌉ |

**Two ways to count dilation.** Keras' `dilation_rate=1` has no gap, `dilation_rate=2` has one
between neighbours. A book that counts the gaps calls the same two 0 and 1: its “dilation 1” is
Keras' `dilation_rate=2`.

**Two things are called separable.** *Spatially separable* means that the kernel is a column times a
row, k = k₁·k₂: two thin windows, one after the other, do the work of the square one, with 2k
weights in place of k². Few kernels can be taken apart like that; a blur can. Keras'
`SeparableConv2D` is the *depthwise* separable one: each channel gets a window of its own, and a
1 x 1 convolution, called **pointwise**, mixes the channels.

**Grouped** convolutions divide the channels into groups that do not see each other; as many groups
as channels make it **depthwise**. **Pooling** has a window, too, but no weights: it keeps the
largest number or the mean. The mean is of what lies in the input; zeros around it do not count.

A **receptive field** is what one number of the output can see. WaveNet stacks **causal dilated**
convolutions with dilation 1, 2, 4, 8, so that it doubles with every layer.
""",
    own_data="",
    limits=(
        "It shows one layer at a time, without a bias and without an activation: a network is many "
        "of them, and learns its kernels, where those here are written by hand.",
        "Its grids are small, so that every number can be read. Sums are rounded to two digits "
        "after the point where they are shown, not where they are worked out.",
        "Stride and dilation are never both above 1, as Keras refuses that for most layers; a "
        "transposed convolution takes no dilation here.",
        "Multiply-adds are a count of work, not a time: a depthwise convolution with few of them "
        "is often no faster on a graphics card.",
    ),
    lesson=(
        "Choose “basic” and set a kernel whose sum is 0, then one whose sum is 1. What does each "
        "make of a part of the input that is the same everywhere?",
        "Which kinds can make the output larger than the input? Which keep its size? Guess first, "
        "then let the formula tell you.",
        "A 3 x 3 kernel with dilation 2 and a 5 x 5 kernel see equally far. What does each cost, "
        "and what does the dilated one overlook?",
        "On your photo, compare “spatially separable” with “basic” for the blur and for the Gabor "
        "kernel. Why is one exact, and the other not?",
    ),
    icon=(
        '<path d="M3 3h18v18H3zM9 3v18M15 3v18M3 9h18M3 15h18"/>'
        '<path d="M3 3h12v12H3z" stroke-width="2.600"/>'
    ),
    tasks=(),
)
