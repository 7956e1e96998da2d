"""Names as counts of character n-grams. No Keras here."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import _

from .config import Config

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SCRIPTS = {
    "LATIN": "english",
    "ARABIC": "arabic",
    "CJK": "chinese",
    "HEBREW": "hebrew",
    "CYRILLIC": "russian",
}
"""First word of a character's Unicode name -> the language that it stands for here."""
SCALE = 4.0
"""Views are scaled to this length, so that their errors weigh beside the correlation."""
MAX_LETTERS = 40
MARKS = "-'’·.‐ـ"
"""What may stand between the letters of a name; it is left out."""


def normalise(name: str) -> str:
    """Lower case, one form of each character, accents of Latin letters and marks left out."""
    composed = unicodedata.normalize("NFKC", name).strip().casefold()
    letters = []
    for letter in composed:
        if letter in MARKS or unicodedata.combining(letter):
            continue
        if unicodedata.name(letter, "").startswith("LATIN"):
            letter = unicodedata.normalize("NFD", letter)[0]
        letters.append(letter)
    return "".join(letters)


def language(name: str) -> str:
    """Language of a name by its script.

    Raises:
        UserError: empty, too long, several words, of several scripts or of one unknown here.
    """
    letters = normalise(name)
    if not letters:
        raise UserError(
            _("Type a name first: one word, in English, Arabic, Chinese, Hebrew or Russian script.")
        )
    if any(letter.isspace() for letter in letters):
        raise UserError(_("One word at a time, please: a first name or a surname."))
    if len(letters) > MAX_LETTERS:
        raise UserError(_("A name here has at most {count} letters.").format(count=MAX_LETTERS))
    found = {SCRIPTS.get(unicodedata.name(letter, "?").split()[0]) for letter in letters}
    if None in found:
        raise UserError(
            _(
                "“{name}” holds characters of a script that this network has not learnt. It knows "
                "English, Arabic, Chinese, Hebrew and Russian names."
            ).format(name=name.strip()[:60])
        )
    if len(found) > 1:
        raise UserError(
            _("“{name}” mixes scripts. Write the name in one script.").format(
                name=name.strip()[:60]
            )
        )
    return str(found.pop())


def grams(names: Sequence[str], size: int, lengths: tuple[int, ...]) -> csr_matrix:
    """N-gram counts of normalised names, hashed and scaled to length 1: sparse `(n, size)`.

    The ends of a name are marked, so that first and last letters count twice.
    """
    return _hashing(size, min(lengths), max(lengths)).transform([f"^{name}$" for name in names])


def views(names: Sequence[str], side: str, config: Config) -> csr_matrix:
    """Normalised names as the `left` or `right` view of a network: sparse `(n, size)`."""
    return grams(names, getattr(config.network, side)[0], config.grams) * SCALE


@lru_cache(maxsize=4)
def _hashing(size: int, shortest: int, longest: int):  # type: ignore[no-untyped-def]
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(
        analyzer="char",
        ngram_range=(shortest, longest),
        n_features=size,
        lowercase=False,
        norm="l2",
        alternate_sign=False,
        dtype=np.float32,
    )
