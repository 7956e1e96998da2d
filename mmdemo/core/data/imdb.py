"""IMDB's film reviews with their stars (Maas et al. 2011)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmdemo.core.data import datasets
from mmdemo.core.media.text import plain_breaks

NAME = "aclImdb"


@dataclass(frozen=True)
class Reviews:
    """Reviews in the order of their numbers, the negative ones first.

    Neighbours are often about one film.

    Attributes:
        texts: as written, with line breaks in place of the web page's.
        stars: int32 `(texts,)`: 1 to 4 of a negative review, 7 to 10 of a positive one.
    """

    texts: tuple[str, ...]
    stars: np.ndarray

    @property
    def positive(self) -> np.ndarray:
        """Which reviews are positive, bool `(texts,)`."""
        return self.stars > 5


def reviews(part: str) -> Reviews:
    """The official `train` or `test` part, 25,000 reviews.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    root = datasets.path(NAME) / part
    texts, stars = [], []
    for name in ("neg", "pos"):
        files = {
            tuple(map(int, file.stem.split("_"))): file for file in (root / name).glob("*.txt")
        }
        for (_, count), file in sorted(files.items()):
            texts.append(plain_breaks(file.read_text(encoding="utf-8")))
            stars.append(count)
    return Reviews(tuple(texts), np.array(stars, np.int32))
