"""`new` writes a demo that works and that the tests of every demo accept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mmdemo import cli, scaffold
from mmdemo.core.errors import UserError
from tests.support.server import ROOT

SLUG = "hand_gestures"
WHOLE_LIFE = """
import re
import sys
from pathlib import Path

import pytest

from mmdemo import app, catalog, cli
from mmdemo.core.ui import arrival

slug, drawing = sys.argv[1:]


def run(*words):
    assert cli.main(words) == 0, words


def quote(readme, *words):
    with open("figures.txt", "w") as out:
        stdout, sys.stdout = sys.stdout, out
        run("list", *words, "--markdown")
        sys.stdout = stdout
    figures = Path("figures.txt").read_text()
    text = readme.read_text()
    whole = re.sub(r"(<!-- figures.*?-->\\n).*?(<!-- /figures -->)",
                   lambda m: m[1] + figures + m[2], text, flags=re.DOTALL)
    readme.write_text(whole)


run("train", slug, "--preset", "default", "--out", "weights")
run("train", slug, "--preset", "book", "--out", "weights", "--epochs", "1")
run("evaluate", slug)
run("predict", slug, drawing)
run("answer", slug)
demo = catalog.find(slug)
(arrival.folder(demo) / arrival.CARD).write_bytes(b"a browser test takes it")
quote(Path("mmdemo/demos", slug, "README.md"), slug)
quote(Path("README.md"))
page = app.build([demo])
assert any(f.api_name == f"{slug}_name" for f in page.fns.values())
tests = ["tests/demos/test_contract.py", "tests/core/ui/test_measured.py", f"tests/demos/{slug}"]
sys.exit(pytest.main([*tests, "-k", slug, "-q", "-W", "ignore::pytest.PytestAssertRewriteWarning"]))
"""


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A copy of the project; its weights are the same files."""
    copy = tmp_path / "checkout"
    for name in ("mmdemo", "tests"):
        left_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, copy / name, ignore=left_out)
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "weights", copy / "weights", copy_function=os.symlink)
    return copy


def listing(folder: Path) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    "slug",
    [
        *("", "Gestures", "hand-gestures", "1st", "../x", "a b", "hand__gestures", "_x", "x_"),
        *(
            "class",
            "sentiment",
            "gradio_api",
            "assets",
            "weights",
            "new_demo",
            "demos",
            "x" * 25,
            "é",
        ),
    ],
)
def test_what_cannot_be_a_name_is_refused_and_nothing_is_written(slug, tmp_path, capsys):
    (tmp_path / "mmdemo").mkdir()
    with pytest.raises(UserError, match=r"cannot be|already|means something"):
        scaffold.new(slug, tmp_path)
    assert listing(tmp_path) == {}
    assert cli.main(["new", slug]) == 1


def test_what_is_there_is_not_written_over(checkout):
    (checkout / "tests" / "demos" / SLUG).mkdir()
    before = listing(checkout / "mmdemo")
    with pytest.raises(UserError, match="There is something at"):
        scaffold.new(SLUG, checkout)
    (checkout / "tests" / "demos" / SLUG).rmdir()
    (checkout / "mmdemo" / "catalog.py").write_text("DEMOS = ()\n")
    with pytest.raises(UserError, match=r"catalog.py does not look as it did"):
        scaffold.new(SLUG, checkout)
    assert listing(checkout / "mmdemo").keys() == before.keys()


def test_what_is_written_is_in_good_form(checkout):
    written = scaffold.new(SLUG, checkout)
    assert not any(scaffold.NAME in path.read_text() for path in written)
    ruff = [sys.executable, "-m", "ruff"]
    files = [str(path) for path in written if path.suffix == ".py"]
    for check in ("check", "format"):
        options = ["--no-cache", *(["--check"] if check == "format" else [])]
        done = subprocess.run([*ruff, check, *options, *files], cwd=checkout, capture_output=True)
        assert done.returncode == 0, done.stdout.decode()


@pytest.mark.slow
def test_a_new_demo_is_trained_measured_asked_and_accepted(checkout, tmp_path):
    environment = os.environ | {
        "PYTHONPATH": str(checkout),
        "MMDEMO_WORK": str(tmp_path / "work"),
        "MMDEMO_CACHE": str(tmp_path / "cache"),
    }
    environment.pop("MMDEMO_WEIGHTS", None)

    def python(*words: str) -> None:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=checkout,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=280,
        )
        assert done.returncode == 0, done.stdout.decode()[-6000:]

    python("-m", "mmdemo", "new", SLUG)
    drawing = next((ROOT / "docs" / "screenshots").glob("*.png"))
    python("-c", WHOLE_LIFE, SLUG, str(drawing))
