"""The documents: links lead somewhere, and commands are understood."""

from __future__ import annotations

import argparse
import ast
import functools
import importlib
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import mmdemo.demos
from mmdemo import catalog, cli, commands, scaffold
from mmdemo.core.data import datasets
from mmdemo.core.weights import pins
from tests.support.server import ROOT

DOCUMENTS = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "mmdemo" / "demos").glob("*/README.md")),
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
COMMAND = re.compile(r"([A-Z_]+=\S+ )*(python -m mmdemo|python app\.py|make) ")
QUICK = re.compile(r"python -m mmdemo (list(?! shapes)|data$|manifest|deploy .*--dry-run)")
"""Needs no network, no training and no weights of the guide's demo."""
GIVEN = {"NAME": next(iter(datasets.REGISTRY))}
"""What stands for a placeholder where not any word will do."""
every_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[path.relative_to(ROOT).as_posix() for path in DOCUMENTS]
)


def prose(document: Path) -> str:
    """A document without its blocks of code."""
    return FENCE.sub("", document.read_text(encoding="utf-8"))


def spans(document: Path) -> list[str]:
    """What stands between backticks, on one line each."""
    return [" ".join(span.split()) for span in SPAN.findall(prose(document))]


# === Links ===


def anchors(document: Path) -> set[str]:
    """Addresses of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_document
def test_every_link_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", SPAN.sub("", prose(document))):
        if re.match(r"\w+:", target):  # somebody else's
            continue
        path, _, anchor = target.partition("#")
        file = document.parent / path if path else document
        assert file.exists(), f"{target} leads nowhere"
        assert file.resolve().is_relative_to(ROOT), f"{target} leads out of the project"
        assert not anchor or anchor in anchors(file), f"{path} has no heading {anchor}"


def test_every_picture_is_shown():
    shown = {name for path in DOCUMENTS for name in re.findall(r"[\w-]+\.png", prose(path))}
    assert {path.name for path in (ROOT / "docs" / "screenshots").iterdir()} <= shown


# === Names of the code ===


@every_document
def test_every_file_that_is_named_is_there(document):
    bases = [document.parent, ROOT, ROOT / "mmdemo", ROOT / "mmdemo" / "core"]
    for span in spans(document):
        if not re.fullmatch(r"[a-z_]+(/[\w-]+)*/\w+\.(py|md|json|css)", span) or "shapes" in span:
            continue
        assert any((base / span).is_file() for base in bases), f"there is no {span}"


@every_document
def test_every_name_of_core_is_defined(document):
    text = document.read_text(encoding="utf-8")
    names = {span for span in spans(document) if re.fullmatch(r"(mmdemo\.)?core(\.\w+)+", span)}
    for module, imported in re.findall(r"^from (mmdemo\.core[\w.]*) import (.+)$", text, re.M):
        names |= {f"{module}.{name.strip()}" for name in imported.split(",")}
    for name in names:
        assert is_defined(name.removeprefix("mmdemo.").split(".")), f"there is no {name}"


def is_defined(parts: list[str]) -> bool:
    """Whether a dotted name below mmdemo is a package, a module or defined at a module's top."""
    path = ROOT / "mmdemo"
    while parts and (path / parts[0]).is_dir():
        path, parts = path / parts[0], parts[1:]
    if not parts:
        return True
    module = path / f"{parts[0]}.py"
    return module.is_file() and (len(parts) == 1 or parts[1] in defined(module))


@functools.cache
def defined(module: Path) -> set[str]:
    """What a module binds at its top: functions, classes, values, imports."""
    names: set[str] = set()
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {n.id for target in targets for n in ast.walk(target) if hasattr(n, "id")}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name for alias in aliases}
    return names


def test_the_rooms_of_core_are_those_that_are_described():
    core = ROOT / "mmdemo" / "core"
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|(.*)\|$", text, re.MULTILINE)
    described = {room: set(SPAN.findall(modules)) for room, modules in rows}
    there = {
        path.stem: {module.stem for module in path.glob("[!_]*.py")}
        for path in core.glob("[!_]*")
        if path.is_dir() or path.suffix == ".py"
    }
    assert described == there
    order = re.search(
        r'^layers = \[\s+("ui".*?)^\]', (ROOT / "pyproject.toml").read_text(), re.M | re.S
    )
    assert order is not None
    assert list(described) == re.findall(r'"(\w+)"', order[1]), "each stands above what it imports"


# === Commands ===


def commands_in(document: Path) -> Iterator[str]:
    """Command lines, without the comments beside them."""
    blocks = [code for _, code in FENCE.findall(document.read_text(encoding="utf-8"))]
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"^ {4}(\S.*)$", prose(document), re.MULTILINE)
    for line in [*lines, *spans(document)]:
        command = line.strip().removeprefix("$ ")
        if COMMAND.match(command) and not re.search(r"mmdemo (\.\.\.|COMMAND)$", command):
            yield shlex.join(shlex.split(command, comments=True))


ALL = sorted({command for document in DOCUMENTS for command in commands_in(document)})
every_command = pytest.mark.parametrize("command", ALL)


@pytest.fixture
def guide(tmp_path, monkeypatch) -> Iterator[ModuleType]:
    """The demo that the guide begins with, beside those of the catalog."""
    scaffold.fill(tmp_path / "demos" / "shapes", "shapes")
    monkeypatch.setattr(mmdemo.demos, "__path__", [*mmdemo.demos.__path__, str(tmp_path / "demos")])
    demo = importlib.import_module("mmdemo.demos.shapes")
    monkeypatch.setattr(catalog, "DEMOS", (*catalog.DEMOS, demo.DEMO))
    yield demo
    for name in [name for name in sys.modules if name.startswith("mmdemo.demos.shapes")]:
        del sys.modules[name]
    vars(mmdemo.demos).pop("shapes", None)


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """A copy of the manifest, which a command may write, and no settings of this machine."""
    monkeypatch.setattr(pins, "PATH", Path(shutil.copy(pins.PATH, tmp_path)))
    monkeypatch.delenv("MMDEMO_WEIGHTS", raising=False)


@every_command
def test_every_command_is_understood(command, guide, monkeypatch):
    words = [GIVEN.get(word, word) for word in shlex.split(command)]
    while "=" in words[0]:
        words.pop(0)
    if words[0] == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert {word for word in words[1:] if "=" not in word} <= set(targets)
    elif words[1] == "app.py":
        started: list[argparse.Namespace] = []
        monkeypatch.setattr(commands, "serve", started.append)
        assert cli.serve(words[2:]) == 0
        assert started
    else:
        options = cli._parser().parse_args(words[3:])
        named = options.run in (commands.train, commands.evaluate, commands.predict)
        if named and not options.demo.startswith("DEMO"):
            commands.network(
                options.demo, options.preset
            )  # there is such a demo, with such a task and preset


@pytest.mark.parametrize("command", [command for command in ALL if QUICK.match(command)])
def test_every_command_that_is_quick_runs(command, capsys):
    assert cli.main(shlex.split(command)[3:]) == 0
    assert capsys.readouterr().out


def test_commands_are_found():
    assert len(ALL) > 40
    assert "python -m mmdemo deploy --space ada/mmdemo --dry-run" in ALL
    assert "make run PYTHON=python3.12" in ALL
