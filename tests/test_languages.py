"""Everything that a visitor reads is in the catalogue of each language."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from mmdemo import app, catalog, catalogues
from mmdemo.core import language
from mmdemo.core.serve import applications
from mmdemo.core.serve.classroom import Address, Classroom
from mmdemo.core.ui import arrival, lesson
from tests.support.server import ROOT

LANGUAGES = language.codes()[1:]
UNTRANSLATED: set[str] = set()
"""Demos whose own texts are not translated yet."""
TRANSLATED = [demo for demo in catalog.DEMOS if demo.slug not in UNTRANSLATED]


def own_file(place: str) -> bool:
    """Whether a text stands in the files of a demo that is not translated yet."""
    return any(part in UNTRANSLATED for part in Path(place).parts)


# === Catalogues ===


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_catalogue_has_every_text_and_no_other(code):
    with (language.FOLDER / f"{code}.po").open("rb") as file:
        known = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    texts = catalogues.texts()
    assert set(known) == set(texts), "`make catalogue` brings it up to date"
    missing = [
        text for text, places in texts.items() if not known[text] and not all(map(own_file, places))
    ]
    assert missing == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_translation_has_the_same_fields(code):
    for text, translation in language.catalogue(code).texts.items():
        assert fields(translation) == fields(text), text
        assert code_in(translation) == code_in(text), text
        assert not translation.count("\n") or text.count("\n"), f"of another text: {text}"


def code_in(text: str) -> set[str]:
    """What a text says in code."""
    return set(re.findall("`[^`]+`", text))


def fields(text: str) -> set[tuple[str, str | None]]:
    """Names and formats of what is put into a text; none where it is not a pattern."""
    try:
        return {(name, form) for _, name, form, _ in string.Formatter().parse(text) if name}
    except ValueError:
        return set()


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_file_is_as_the_tool_writes_it(code, tmp_path, monkeypatch):
    """So that merging several people's texts needs no more than the tool."""
    file = tmp_path / f"{code}.po"
    before = (language.FOLDER / file.name).read_text(encoding="utf-8")
    file.write_text(before, encoding="utf-8")
    catalogues.update(file)
    assert file.read_text(encoding="utf-8") == before, "run `make catalogue`"


def test_of_a_conflict_stays_what_either_side_has(tmp_path, monkeypatch):
    wanted = {"One": ["a.py"], "Two": ["a.py"], "Three": ["a.py"]}
    monkeypatch.setattr(catalogues, "texts", lambda: wanted)
    file = tmp_path / "zh.po"
    head = 'msgid ""\nmsgstr "Language: zh_CN\\n"\n\n'
    one = 'msgid "One"\n<<<<<<< HEAD\nmsgstr "一"\n||||||| base\nmsgstr ""\n=======\n'
    two = 'msgstr ""\n\nmsgid "Two"\nmsgstr "二"\n>>>>>>> main\n'
    file.write_text(f"{head}{one}{two}", encoding="utf-8")
    catalogues.update(file)
    with file.open("rb") as stored:
        found = {str(message.id): message.string for message in read_po(stored) if message.id}
    assert found == {"One": "一", "Two": "二", "Three": ""}


# === Pages ===


@pytest.fixture(scope="module")
def marked() -> dict[str, list[Mapping[str, Any]]]:
    """The components of each page; every text that is in a catalogue stands in brackets."""
    code = LANGUAGES[0]
    known = language.catalogue(code)
    bracketed = {text: f"⟦{text}⟧" for text in known.texts}
    with pytest.MonkeyPatch.context() as patch, language.speaking(code):
        patch.setattr(language, "catalogue", lambda code: language.Catalogue("zz", bracketed))
        room = Classroom((Address("192.0.2.7"), Address("192.0.2.8")), 7860, https=False)
        config = app._build(catalog.DEMOS, room).default_config.get_config()
    by_id = {component["id"]: component for component in config["components"]}
    return {
        page: [by_id[number] for number in parts["components"]]
        for page, parts in config["page"].items()
    }


@pytest.mark.parametrize("slug", ["", lesson.SLUG, *(demo.slug for demo in TRANSLATED)])
def test_a_page_says_nothing_that_is_not_in_the_catalogue(slug, marked):
    found = [
        text
        for component in marked[slug]
        for said in texts_of(component)
        for text in outside_brackets(said)
    ]
    assert found == []


SHOWN = ("label", "info", "placeholder", "choices", "sample_labels", "headers")
HTML_TYPES = {"html", "markdown"}
OWN_WORDS = re.compile(
    r"mmdemo|BOOK|DEFAULT|TINY|AUC|JSON|English|IMDB|iPod|Grad-CAM|hf://[\w/]+|[\w./-]+\.(?:csv|tsv|txt)"
    r"|Vladimir|Robert|Monica|Daniel|Peter"  # to be compared with names in other scripts
)
NETWORKS = frozenset(applications.names())
"""Names, which are the same in every language."""


def texts_of(component: Mapping[str, Any]) -> Iterator[str]:
    """What a component shows, one text by one."""
    props = component["props"]
    kind = component["type"]
    if props.get("visible") in (False, "hidden"):  # a program's, named by its parameters
        return
    for name in SHOWN:
        yield from (text for text in strings(props.get(name)) if text not in NETWORKS)
    value = props.get("value")
    if kind in ("button", "downloadbutton", "uploadbutton"):
        yield from strings(value)
    elif kind in HTML_TYPES and not str(value).startswith("# "):  # a model card stays English
        yield from visible(str(value or ""))


def strings(value: Any) -> Iterator[str]:
    """Texts in a property; of a choice what is shown, not its value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from strings(part[0] if isinstance(part, list | tuple) else part)


class _Visible(HTMLParser):
    """Text of HTML, and of the attributes that are read out; not what `translate="no"` excludes."""

    EMPTY = frozenset(("br", "img", "input", "path", "circle", "rect", "line", "polyline"))

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.depth = 0
        self.excluded: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag not in self.EMPTY:
            self.depth += 1
            foreign = known.get("translate") == "no" or tag in ("code", "style") or "lang" in known
            if self.excluded is None and foreign:
                self.excluded = self.depth
        if self.excluded is None:
            for name in ("title", "alt", "aria-label", "placeholder"):
                if known.get(name):
                    self.found.append(str(known[name]))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.EMPTY:
            return
        if self.excluded == self.depth:
            self.excluded = None
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        if self.excluded is None:
            self.found.append(data)


def visible(html: str) -> Iterator[str]:
    """Texts of HTML or Markdown; brackets may span tags, so that the text is one."""
    parser = _Visible()
    parser.feed(html)
    parser.close()
    yield "\n".join(parser.found)


def outside_brackets(text: str) -> list[str]:
    """Words that stand in no brackets."""
    while (shorter := re.sub("⟦[^⟦⟧]*⟧", "", text)) != text:
        text = shorter
    text = OWN_WORDS.sub("", re.sub("`[^`]*`", "", text))
    return re.findall(r"[A-Za-z]{2,}(?:[ -][A-Za-z]+)*", text)


# === Answers and messages ===


@pytest.mark.parametrize("demo", TRANSLATED, ids=lambda demo: demo.slug)
def test_a_stored_answer_is_there_in_every_language(demo):
    html = json.loads((arrival.folder(demo) / arrival.FILE).read_text(encoding="utf-8"))["html"]
    assert set(html) == set(language.codes())
    for code in LANGUAGES:
        for part in filter(None, html[code]):
            parser = _Visible()
            parser.feed(part)
            english = [text for text in parser.found if re.fullmatch(r"[ -~]*[a-z]{3}[ -~]*", text)]
            assert english == []


ERRORS = {
    "UserError",
    "MediaError",
    "UsageError",
    "DataMissing",
    "WeightsError",
    "refusal",
    "notice",
}
SAID = [
    *sorted((ROOT / "mmdemo/core/ui").glob("*.py")),
    *(
        ROOT / f"mmdemo/demos/{demo.slug}/{name}.py"
        for demo in TRANSLATED
        for name in ("tab", "infer", "outputs")
    ),
]
"""Files whose errors visitors read."""


@pytest.mark.parametrize(
    "path", [path for path in SAID if path.is_file()], ids=lambda path: path.stem
)
def test_an_error_is_looked_up(path):
    plain = [
        f"{path.name}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ERRORS
        and node.args
        and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]
    assert plain == [], "_(...) with .format(...) in place of an f-string"
