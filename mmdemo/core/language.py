"""The language that a visitor is answered in.

A text stands in the code in English, and is looked up where it is shown: `_("Compare")`. Its other
languages are catalogues, `mmdemo/languages/zh.po` and so on, by the English text. What is written
before it is known who will read it, such as a constant of a module, is marked with `N_` there and
looked up with `_` where it is shown.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from babel.messages.pofile import read_po

ENGLISH = "en"
"""What the code is written in, and programs are answered in."""
KIND = "kind: "
"""Stands in catalogues before what a network can answer: the fruit `orange` is not the colour."""
FOLDER = Path(__file__).resolve().parents[1] / "languages"
_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


@dataclass(frozen=True)
class Catalogue:
    """A language other than English.

    Attributes:
        tag: its name for browsers, such as `zh-CN`.
        texts: by the English text.
    """

    tag: str
    texts: Mapping[str, str]


@functools.cache
def codes() -> tuple[str, ...]:
    """Every language that there is, English first, by its short name: of its file, and in links."""
    return (ENGLISH, *sorted(file.stem for file in FOLDER.glob("*.po")))


@functools.cache
def catalogue(code: str) -> Catalogue:
    """The texts of a language other than English; those without a translation are left out."""
    with (FOLDER / f"{code}.po").open("rb") as file:
        read = read_po(file)
    texts = {str(message.id): str(message.string) for message in read if message.string}
    texts.pop("", None)
    return Catalogue((read.locale_identifier or code).replace("_", "-"), texts)


def current() -> str:
    """The language in which this is done."""
    return _language.get()


def tag() -> str:
    """The current language as browsers call it."""
    return ENGLISH if current() == ENGLISH else catalogue(current()).tag


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Around what is written or said in a language."""
    token = _language.set(code)
    try:
        yield
    finally:
        _language.reset(token)


def _(text: str) -> str:
    """A text in the current language; as it is where nobody has translated it."""
    code = current()
    return text if code == ENGLISH or not text else catalogue(code).texts.get(text, text)


def N_(text: str) -> str:
    """Marks a text for the catalogues; it is looked up where it is shown."""
    return text


def kind(name: str) -> str:
    """A kind that a network knows, in the current language; as the network calls it where there is
    no translation, such as of a visitor's own kinds.
    """
    found = _(KIND + name)
    return name if found == KIND + name else found


def sentences(*said: str) -> str:
    """Sentences one after the other, those that say nothing left out; no blank follows a full-width
    stop.
    """
    text = ""
    for sentence in filter(None, said):
        text += sentence if not text or text[-1] in "。！？" else f" {sentence}"
    return text


def own_name() -> str:
    """The current language's name in itself: what `English` is translated with."""
    return _("English")
