"""Calling a network with one view or both. No Keras here: training and serving share it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from . import names
from .config import Config

Call = Callable[..., np.ndarray]
BATCH = 500


@dataclass(frozen=True)
class Output:
    """What comes out for `n` samples.

    Attributes:
        code: `(n, code)`.
        left: reconstruction of the left view, in its shape: `(n, ...)`.
        right: reconstruction of the right view.
        heard: `(n, 11)` probabilities of the ten digits and of none, from the right view alone;
            `(n, 0)` for a network without a listener.
    """

    code: np.ndarray
    left: np.ndarray
    right: np.ndarray
    heard: np.ndarray


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
        left: `(n, ...)`, or None when this view is missing.
        right: `(n, ...)`, or None when this view is missing.

    Raises:
        ValueError: both views are missing, or they differ in number.
    """
    everything = np.concatenate(list(_batches(call, config, left, right)))
    network = config.network
    middle = network.code + math.prod(network.left)
    end = middle + math.prod(network.right)
    return Output(
        everything[:, : network.code],
        everything[:, network.code : middle].reshape(-1, *network.left),
        everything[:, middle:end].reshape(-1, *network.right),
        everything[:, end:],
    )


def codes(
    call: Call,
    config: Config,
    left: np.ndarray | None = None,
    right: np.ndarray | None = None,
) -> np.ndarray:
    """The codes alone, `(n, code)`: as `forward`, without keeping the reconstructions."""
    batches = _batches(call, config, left, right)
    return np.concatenate([batch[:, : config.network.code] for batch in batches])


def name_codes(call: Call, config: Config, spelled: Sequence[str], side: str) -> np.ndarray:
    """Codes of normalised names, `(n, code)`; their views are made dense a batch at a time."""
    parts = [spelled[start : start + BATCH] for start in range(0, len(spelled), BATCH)]
    views = (names.views(part, side, config).toarray() for part in parts)
    return np.concatenate([codes(call, config, **{side: view}) for view in views])


def _batches(
    call: Call, config: Config, left: np.ndarray | None, right: np.ndarray | None
) -> Iterator[np.ndarray]:
    given = [view for view in (left, right) if view is not None]
    if not given or len({len(view) for view in given}) > 1:
        raise ValueError("give one view, or two of the same number of samples")
    for start in range(0, len(given[0]), BATCH):
        stop = min(start + BATCH, len(given[0]))
        views = [
            np.zeros((stop - start, *shape), np.float32)
            if view is None
            else np.asarray(view[start:stop], np.float32)
            for view, shape in ((left, config.network.left), (right, config.network.right))
        ]
        yield call(*views)
