"""What the code imports is what requirements*.txt list, no less and no more."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.server import ROOT

# Used where they are installed; the file that lists them says for what.
OPTIONAL = {
    "torch": "requirements-torch.txt",
    "spaces": "requirements-zerogpu.txt",
    "jax": "requirements-dev.txt",
    "mcp": "requirements-dev.txt",
}
NEVER_IMPORTED = {
    "ruff": "a command of `make check`",
    "mypy": "a command of `make check`",
    "import-linter": "a command of `make check`",
    "pytest-timeout": "a plugin, which pytest loads by itself",
}
OURS = {"mmdemo", "tests"}
DISTRIBUTIONS = packages_distributions()


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def imported(paths: Iterable[Path]) -> set[str]:
    """Top-level modules of other people that files import, or ask for by `find_spec`."""
    names: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import():
                    names |= {alias.name for alias in node.names}
                case ast.ImportFrom(module=str(module), level=0):
                    names.add(module)
                case ast.Call(
                    func=ast.Attribute(attr="find_spec"), args=[ast.Constant(value=str(module))]
                ):
                    names.add(module)
    return {name.split(".")[0] for name in names} - sys.stdlib_module_names - OURS


def packages(module: str) -> set[str]:
    """Names under which indexes may have a module; its own where it is not installed here."""
    return {canonicalize_name(name) for name in DISTRIBUTIONS.get(module, [module])}


def listed(file: str, *, extras: bool = True) -> set[str]:
    """Packages that a file of requirements names: `gradio[mcp]` names gradio and mcp."""
    names: set[str] = set()
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if re.match(r"\w", line):
            requirement = Requirement(line)
            names |= {requirement.name, *(requirement.extras if extras else ())}
    return {canonicalize_name(name) for name in names}


def missing(modules: Iterable[str], *files: str) -> set[str]:
    """Modules that no file lists; an optional one counts where its own file has it."""
    there = set().union(*(listed(file) for file in files))
    return {
        module
        for module in modules
        if packages(module).isdisjoint(listed(OPTIONAL[module]) if module in OPTIONAL else there)
    }


def test_what_the_app_imports_is_listed():
    bench = ROOT / "mmdemo" / "bench.py"
    template = ROOT / "mmdemo" / "template"  # has the tests of a new demo, too
    app = [
        path
        for path in [*sources("mmdemo"), ROOT / "app.py"]
        if path != bench and template not in path.parents
    ]
    assert missing(imported(app), "requirements.txt") == set()
    assert missing(imported([bench]), "requirements.txt", "requirements-dev.txt") == set()


def test_what_the_tests_import_is_listed():
    modules = imported(sources("tests"))
    assert missing(modules, "requirements.txt", "requirements-dev.txt") == set()


def test_what_is_listed_is_imported():
    app = {name for module in imported(sources("mmdemo")) for name in packages(module)}
    assert listed("requirements.txt", extras=False) - app == set()
    assert listed("requirements-zerogpu.txt", extras=False) - app == set()
    assert listed("requirements-torch.txt", extras=False) - app == set()
    tests = {name for module in imported(sources("tests")) for name in packages(module)}
    assert listed("requirements-dev.txt", extras=False) - app - tests == set(NEVER_IMPORTED)
