"""How a number of a layer's output comes about, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

NOTHING = np.zeros(0)


@dataclass(frozen=True)
class Number:
    """A number that stands in a formula.

    Attributes:
        symbol: by which the formula calls it.
        meaning: English, to be looked up.
        value: of it.
    """

    symbol: str
    meaning: str
    value: float


@dataclass(frozen=True)
class Arithmetic:
    """How a number comes about.

    Attributes:
        how: a sum of products, the largest value, the mean, or a formula.
        place: of the number in the layer's output, without the batch.
        values: float64, what the number is made of: the window `(..., channels)` of a convolution
            with 0 where it lies beyond the edge, a vector, or a pool's window of one channel.
        weights: of `values`' shape; None for a pool.
        bias: that is added; None where there is none.
        total: the sum with the bias, the largest value or the mean.
        activation: that is applied to the total; empty where there is none.
        result: what comes out of the arithmetic.
        output: what Keras has at that place.
        state: from which of the values on they are a recurrent layer's state; None elsewhere.
        formula: in the symbols of `numbers`.
        numbers: of the formula.
        parts: sums that the formula takes, by their English names.
    """

    how: Literal["sum", "max", "mean", "formula"]
    place: tuple[int, ...]
    values: np.ndarray
    weights: np.ndarray | None
    bias: float | None
    total: float
    activation: str
    result: float
    output: float
    state: int | None = None
    formula: str = ""
    numbers: tuple[Number, ...] = ()
    parts: tuple[tuple[str, Arithmetic], ...] = ()


def formula(
    place: tuple[int, ...],
    output: float,
    text: str,
    result: float,
    *numbers: tuple[str, str, float],
    parts: Sequence[tuple[str, Arithmetic]] = (),
) -> Arithmetic:
    """A number that comes about by a formula.

    Args:
        place, output, parts: as in `Arithmetic`.
        text: the formula.
        result: what it gives.
        numbers: symbol, meaning and value of each.
    """
    return Arithmetic(
        how="formula",
        place=place,
        values=NOTHING,
        weights=None,
        bias=None,
        total=float(result),
        activation="",
        result=float(result),
        output=output,
        formula=text,
        numbers=tuple(Number(symbol, text, float(value)) for symbol, text, value in numbers),
        parts=tuple(parts),
    )
