"""ROIAlign over two maps, and regions as a batch of their own. Importing this imports Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="mmdemo")
class RoiAlign(layers.Layer):
    """Regions of a map, each as `size` x `size` points, without rounding their edges.

    He et al. 2017, "Mask R-CNN": each point is the mean of `samples` x `samples` values between the
    map's places, interpolated along both sides. A region of few places is read from the finer of
    two maps, a larger one from the coarser (Lin et al. 2017, "Feature Pyramid Networks"). All
    shapes are fixed but for the counts, so that no loop runs over the regions.

    Input shapes: a map `(B, h, w, C)`, a coarser one `(B, h', w', C)` of the same frame, and
    regions `(B, N, 4)`: left, top, right and bottom in parts of the frame's sides.
    Output shape: `(B * N, size, size, C)`: each region is a sample of its own; see `PerPicture`.

    Args:
        size: points of a region, across and down.
        samples: values of each point, across and down.
        largest: places of the finer map that a region read from it is wide and high, on the
            geometric mean, at most.

    Example:

    >>> layer = RoiAlign(size=1, samples=1)
    >>> maps = [np.arange(4.0).reshape(1, 2, 2, 1), np.zeros((1, 1, 1, 1))]
    >>> inputs = [*maps, np.array([[[0, 0, 1.0, 1.0]]])]
    >>> ops.convert_to_numpy(layer(inputs)).ravel().tolist()
    [1.5]
    """

    def __init__(self, size: int, samples: int = 2, largest: float = 10.0, **options: Any) -> None:
        super().__init__(**options)
        self.size, self.samples, self.largest = size, samples, largest

    def call(self, inputs: Sequence[Any]) -> Any:
        fine, coarse, regions = inputs
        channels = fine.shape[-1]
        shape, coarse_shape = ops.shape(fine), ops.shape(coarse)
        batch, count = ops.shape(regions)[0], ops.shape(regions)[1]
        of_fine, of_coarse = shape[1] * shape[2], coarse_shape[1] * coarse_shape[2]
        rows = ops.concatenate(
            [
                ops.reshape(fine, (-1, of_fine, channels)),
                ops.reshape(coarse, (-1, of_coarse, channels)),
            ],
            axis=1,
        )
        rows = ops.reshape(rows, (-1, channels))

        sides = (regions[..., 2:] - regions[..., :2]) * ops.cast(
            ops.stack([shape[2], shape[1]]), regions.dtype
        )
        large = sides[..., 0] * sides[..., 1] > self.largest**2  # (B, N)
        height = ops.where(large, coarse_shape[1], shape[1])
        width = ops.where(large, coarse_shape[2], shape[2])
        first = ops.where(large, of_fine, 0)
        first = first + ops.expand_dims(ops.arange(batch, dtype="int32"), 1) * (of_fine + of_coarse)

        y, y_next, y_part = self._between(regions[..., 1], regions[..., 3], height)
        x, x_next, x_part = self._between(regions[..., 0], regions[..., 2], width)
        width, first = width[..., None, None], first[..., None, None]
        values = 0
        for down, of_down in ((y, 1 - y_part), (y_next, y_part)):
            for across, of_across in ((x, 1 - x_part), (x_next, x_part)):
                place = first + down[..., :, None] * width + across[..., None, :]  # (B, N, P, P)
                weight = of_down[..., :, None, None] * of_across[..., None, :, None]
                values = values + weight * ops.take(rows, place, axis=0)
        size, samples = self.size, self.samples
        values = ops.reshape(values, (batch * count, size, samples, size, samples, channels))
        return ops.mean(values, axis=(2, 4))

    def _between(self, low: Any, high: Any, side: Any) -> tuple[Any, Any, Any]:
        """Along one side: the place before each value, the one after it, and how far it is.

        `(B, N, size * samples)` each; two of int32 and one from 0 to 1.
        """
        values = self.size * self.samples
        steps = (ops.arange(values, dtype=low.dtype) + 0.5) / values
        low, high, side = low[..., None], high[..., None], side[..., None]
        last = ops.cast(side, low.dtype) - 1
        at = (low + steps * (high - low)) * (last + 1) - 0.5  # a place's middle is its value
        at = ops.clip(at, 0, last)
        before = ops.floor(at)
        place = ops.cast(before, "int32")
        return place, ops.minimum(place + 1, side - 1), at - before

    def compute_output_shape(self, input_shape: Sequence[tuple[int | None, ...]]) -> Any:
        return (None, self.size, self.size, input_shape[0][-1])

    def get_config(self) -> dict[str, Any]:
        options = {"size": self.size, "samples": self.samples, "largest": self.largest}
        return {**super().get_config(), **options}


@keras.saving.register_keras_serializable(package="mmdemo")
class PerPicture(layers.Layer):
    """What is said of regions that are samples of their own, as rows of the pictures they are from.

    Input shapes: `(B * N, ...)`, and the regions `(B, N, 4)`.
    Output shape: `(B, N, ...)`.

    Example:

    >>> layer = PerPicture()
    >>> inputs = [np.zeros((6, 5)), np.zeros((2, 3, 4))]
    >>> ops.shape(layer(inputs))
    (2, 3, 5)
    """

    def call(self, inputs: Sequence[Any]) -> Any:
        values, regions = inputs
        shape = ops.shape(regions)
        return ops.reshape(values, (shape[0], shape[1], *values.shape[1:]))

    def compute_output_shape(self, input_shape: Sequence[tuple[int | None, ...]]) -> Any:
        values, regions = input_shape
        return (*regions[:2], *values[1:])
