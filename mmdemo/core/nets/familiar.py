"""Whether a text is of the language that a vocabulary was counted on: by how common its words are.

A word counts by the logarithm of its rank: small where it is common, largest where it is unknown.
English is mostly made of common words; a text in another language, or of no words at all, has few,
even where some of its words ("die", "film") stand in the vocabulary, too. The longer the text, the
smaller a difference tells.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmdemo.core.nets.words import UNKNOWN, Tokenizer

REFUSED = 0.02
"""Share of held-out texts that the limit takes for strange."""
UNKNOWN_RANK = 4
"""An unknown word counts as if its rank were so many times the vocabulary's size."""


def fit(tokenizer: Tokenizer, texts: Sequence[str]) -> dict[str, float]:
    """The commonness of the words of some held-out texts, and the limit, JSON-able.

    Args:
        tokenizer: whose words are numbered by falling frequency.
        texts: that the tokeniser was not trained on, short ones among them.
    """
    ranks = [found for found in map(lambda t: _log_ranks(tokenizer, t), texts) if len(found)]
    every = np.concatenate(ranks)
    stored = {"mean": float(every.mean()), "spread": float(every.std())}
    limit = np.quantile([_deviation(found, stored) for found in ranks], 1 - REFUSED)
    return {key: round(value, 4) for key, value in (stored | {"limit": float(limit)}).items()}


def strangeness(tokenizer: Tokenizer, text: str, stored: Mapping[str, Any]) -> float:
    """By how many standard deviations a text's words are less common than those of known texts.

    Zero for a text without letters: nothing can be said of it.
    """
    found = _log_ranks(tokenizer, text)
    return _deviation(found, stored) if len(found) else 0.0


def is_strange(tokenizer: Tokenizer, text: str, stored: Mapping[str, Any] | None) -> bool:
    """Whether a text is beyond the limit; never where none is stored, as for one's own texts."""
    return stored is not None and strangeness(tokenizer, text, stored) > stored["limit"]


def _deviation(ranks: np.ndarray, stored: Mapping[str, Any]) -> float:
    away = (ranks.mean() - stored["mean"]) / stored["spread"]
    return float(away * np.sqrt(len(ranks)))


def _log_ranks(tokenizer: Tokenizer, text: str) -> np.ndarray:
    """Of the words of a text that have letters, `(words,)`.

    An unknown word in a script without blanks between words counts once for each letter.
    """
    encoded = tokenizer.encode(text)
    ranks: list[float] = []
    unknown = float(np.log(UNKNOWN_RANK * len(tokenizer)))
    for number, (start, end) in zip(encoded.ids, encoded.spans, strict=True):
        letters = sum(unicodedata.category(sign) in ("Lo", "Lm") for sign in text[start:end])
        if number != UNKNOWN:
            if any(map(str.isalpha, text[start:end])):
                ranks.append(float(np.log(max(number - 1, 1))))
        elif any(map(str.isalpha, text[start:end])):
            ranks += [unknown] * max(letters, 1)
    return np.array(ranks)
