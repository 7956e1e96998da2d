"""What the "Use it" part of a page shows, run as it is printed."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from mmdemo import catalog, cli
from mmdemo.core.ui import page

ADDRESS = "http://127.0.0.1:7860"
KINDS = ({".png", ".jpg", ".jpeg", ".gif"}, {".wav", ".mp3", ".ogg", ".flac"}, {".mp4", ".webm"})
every_demo = pytest.mark.parametrize("demo", catalog.DEMOS, ids=lambda demo: demo.slug)


def stand_in(name: str, index: int, files: list[Path]) -> Path:
    """One of the demo's example files for the one that a snippet names."""
    kind = next((kind for kind in KINDS if Path(name).suffix in kind), {Path(name).suffix})
    fitting = [file for file in files if file.suffix in kind]
    assert fitting, f"no example file of the demo is like {name}"
    return fitting[index % len(fitting)]


@every_demo
def test_the_python_snippet_runs(demo, app, tmp_path, monkeypatch, capsys):
    code = demo.module("tab").API_EXAMPLE
    assert ADDRESS in code, "the address that the README tells"
    files = [
        value
        for asked in demo.module("examples").requests()
        for value in (*asked.arguments.values(), *asked.files)
        if isinstance(value, Path)
    ]
    for index, name in enumerate(dict.fromkeys(re.findall(r'handle_file\("([^"]+)"\)', code))):
        shutil.copy(stand_in(name, index, files), tmp_path / name)
    monkeypatch.chdir(tmp_path)
    exec(compile(code.replace(ADDRESS, app.url), f"{demo.slug} snippet", "exec"), {})
    printed = capsys.readouterr().out.replace("Loaded as API", "")
    assert printed.strip(), "a snippet shows its answer"


@pytest.mark.parametrize("demo", catalog.trained(), ids=lambda demo: demo.slug)
def test_the_command_line_snippet_is_understood(demo):
    train, serve = page.training_commands(demo).splitlines()
    words = shlex.split(train)
    assert words[:3] == ["python", "-m", "mmdemo"]
    parsed = cli._parsed(words[3:])
    assert parsed.network == (demo, demo.model_ids[0])
    assert serve == f"python app.py --weights {parsed.out}"
