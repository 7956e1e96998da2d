"""Calling a network with one view or both. No Keras here: training and serving share it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .config import Config

Call = Callable[..., np.ndarray]
BATCH = 500


@dataclass(frozen=True)
class Output:
    """What comes out for `n` samples.

    Attributes:
        code: `(n, code)`.
        left: reconstruction of the left view, `(n, *config.left)`.
        right: reconstruction of the right view, `(n, *config.right)`.
    """

    code: np.ndarray
    left: np.ndarray
    right: np.ndarray


def forward(
    call: Call,
    config: Config,
    left: np.ndarray | None = None,
    right: np.ndarray | None = None,
) -> Output:
    """Run a network of `model.build`.

    Args:
        call: compiled network: two float32 arrays in, one array out.
        config: of the network.
        left: `(n, *config.left)`, or None when this view is missing.
        right: `(n, *config.right)`, or None when this view is missing.

    Raises:
        ValueError: both views are missing, or they differ in number.
    """
    parts = [_take_apart(made, config) for made in _batches(call, config, left, right)]
    return Output(
        np.concatenate([part.code for part in parts]),
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.right for part in parts]),
    )


def codes(
    call: Call,
    config: Config,
    left: np.ndarray | None = None,
    right: np.ndarray | None = None,
) -> np.ndarray:
    """The codes alone, `(n, code)`: as `forward`, without keeping the reconstructions."""
    made = _batches(call, config, left, right)
    return np.concatenate([part[:, : config.code] for part in made])


def _batches(
    call: Call, config: Config, left: np.ndarray | None, right: np.ndarray | None
) -> list[np.ndarray]:
    given = [view for view in (left, right) if view is not None]
    if not given or len({len(view) for view in given}) > 1:
        raise ValueError("give one view, or two of the same number of samples")
    made = []
    for start in range(0, len(given[0]), BATCH):
        stop = min(start + BATCH, len(given[0]))
        views = [
            np.zeros((stop - start, *shape), np.float32)
            if view is None
            else np.asarray(view[start:stop], np.float32)
            for view, shape in ((left, config.left), (right, config.right))
        ]
        made.append(call(*views))
    return made


def _take_apart(made: np.ndarray, config: Config) -> Output:
    """`(n, code + left + right)` -> code and views in their shapes."""
    end = config.code + math.prod(config.left)
    return Output(
        made[:, : config.code],
        made[:, config.code : end].reshape(-1, *config.left),
        made[:, end:].reshape(-1, *config.right),
    )
