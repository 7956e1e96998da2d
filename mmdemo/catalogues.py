"""Keeps `mmdemo/languages/*.po` in step with the code: `make catalogue`.

Each catalogue then has every text of the code and of the weights' measured figures, an empty
translation where it is new, and no text that is gone. Translations are written by hand into the
files; a new language is an empty file of its name, such as `fr.po`.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from mmdemo import catalog
from mmdemo.core import language
from mmdemo.core.demo import Method, Metric
from mmdemo.core.measure import report
from mmdemo.core.measure.report import Result
from mmdemo.core.weights import artifacts

ROOT = Path(__file__).resolve().parents[1]
MARKS = {"_", "N_"}
_CONFLICT = re.compile(
    r"^<{7} .*\n([^\x00]*?)(?:^\|{7} .*\n[^\x00]*?)?^={7}\n([^\x00]*?)^>{7} .*\n", re.MULTILINE
)
"""What git leaves where two sides added texts at one place: either's lines."""


def texts() -> dict[str, list[str]]:
    """Every English text that may be shown, and the files in which it stands."""
    found: dict[str, list[str]] = {}
    for file, text in [*_in_code(), *_in_demos(), *_in_figures()]:
        places = found.setdefault(text, [])
        if file not in places:
            places.append(file)
    return found


def _in_code() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "mmdemo").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=mark), args=[ast.Constant(value=str(text))]) if (
                    mark in MARKS
                ):
                    yield name, text


def _in_demos() -> Iterator[tuple[str, str]]:
    """What a `Demo` says, and how metrics are called."""
    for metric in report.METRICS.values():
        yield from (("mmdemo/core/measure/report.py", text) for text in _about(metric))
    for demo in catalog.DEMOS:
        said = [demo.title, demo.summary, demo.source, demo.headline[2], demo.explanation]
        said += [demo.own_data, *demo.limits, *demo.lesson, *demo.questions.values()]
        said += [task.label for task in demo.tasks]
        for each in (*demo.metrics.values(), *demo.methods.values()):
            said += _about(each)
        yield from ((f"mmdemo/demos/{demo.slug}/__init__.py", text) for text in said if text)


def _about(each: Metric | Method) -> list[str]:
    return [text for text in (each.label, each.meaning) if text]


def _in_figures() -> Iterator[tuple[str, str]]:
    """What tables and curves say with words of the weights' own."""
    for path in sorted(artifacts.EMBEDDED.rglob("metrics.json")):
        name = path.relative_to(ROOT).parts[1]
        demo = catalog.find(name)
        results = json.loads(path.read_text(encoding="utf-8"))["results"]
        for text in report.words([Result.from_dict(result) for result in results], demo):
            yield f"weights/{name}", text
        stored = json.loads(path.with_name("preprocess.json").read_text(encoding="utf-8"))
        for kind in stored.get("names", ()):
            yield f"weights/{name}", language.KIND + kind
        history = path.with_name("history.csv")
        if history.is_file():
            with history.open(newline="", encoding="utf-8") as file:
                columns = next(csv.reader(file))
            for column in columns:
                if "loss" in column:
                    yield f"weights/{name}", column.replace("_", " ")


def update(path: Path) -> None:
    """Bring a catalogue up to date: what is translated stays, and of a conflict what either has."""
    content = path.read_text(encoding="utf-8")
    sides = [read_po(io.BytesIO(_CONFLICT.sub(side, content).encode())) for side in (r"\1", r"\2")]
    old = sides[0]
    new = Catalog(locale=old.locale_identifier, fuzzy=False)
    new.header_comment = old.header_comment
    for text, places in texts().items():
        known = [found for side in sides if (found := side.get(text)) and found.string]
        new.add(
            text,
            known[0].string if known else "",
            locations=[(place, None) for place in places],
            user_comments=known[0].user_comments if known else (),
        )
    with path.open("wb") as target:
        target.write(
            _HEADER.format(comment=old.header_comment, locale=old.locale_identifier).encode()
        )
        write_po(target, new, width=0, omit_header=True, sort_by_file=True)


_HEADER = """{comment}
msgid ""
msgstr ""
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def main() -> None:
    for code in language.codes()[1:]:
        update(language.FOLDER / f"{code}.po")


if __name__ == "__main__":
    main()
