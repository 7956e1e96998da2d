"""What `deploy` uploads, checked by the Hub's own metadata classes, sent to a Hub on loopback."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from huggingface_hub import SpaceCard, SpaceHardware, constants

from mmdemo import cli, space
from mmdemo.core.errors import UserError
from mmdemo.core.weights import pins
from tests.support import hub_server
from tests.support.server import ROOT


@pytest.fixture(scope="module")
def upload() -> space.Upload:
    return space.prepare(pinned=pins.read().values())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout."""
    for name in (*space.FILES, "requirements-zerogpu.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    for folder in space.FOLDERS:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file.txt").write_text("content")
    return tmp_path


def pinned_gradio() -> str:
    found = re.search(r"^gradio==(\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert found
    return found[1]


def test_front_matter_is_what_a_space_takes(upload):
    card = SpaceCard(upload.files["README.md"].decode())
    data = card.data
    assert data.sdk == "gradio"
    assert data.sdk_version == pinned_gradio()
    assert data.app_file == "app.py"
    assert data.license == "apache-2.0"
    assert data.python_version in ("3.10", "3.11", "3.12", "3.13")
    assert len(data["short_description"]) <= 60
    assert data.tags
    assert data["suggested_hardware"] in [kind.value for kind in SpaceHardware]
    assert "docs/" not in "".join(re.findall(r"!\[.*?\]\(.*?\)", card.text))


def test_the_repository_s_own_front_matter_names_the_pinned_gradio():
    assert SpaceCard((ROOT / "README.md").read_text()).data.sdk_version == pinned_gradio()


def test_exactly_what_it_needs(upload):
    names = set(upload.files)
    assert {"app.py", "requirements.txt", "packages.txt", "mmdemo/hub.json", "LICENSE"} <= names
    top = {name.split("/")[0] for name in names}
    assert top == {*space.FILES, *space.FOLDERS}
    assert not [name for name in names if "__pycache__" in name]
    assert max(upload.sizes.values()) <= space.MAX_FILE


def test_every_link_of_its_readme_leads_to_what_it_has(upload):
    links = re.findall(r"\]\(([^)\s]+)\)", upload.files["README.md"].decode())
    own = [link.split("#")[0] for link in links if not re.match(r"\w+:|#", link)]
    assert own
    assert set(own) <= set(upload.files)


def test_requirements_are_pinned_to_what_was_tested(upload):
    lines = upload.files["requirements.txt"].decode().splitlines()
    names = {re.match(r"[\w.-]+", line)[0].lower() for line in lines}
    wanted = re.findall(r"^([\w-]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert names == {name.lower() for name in wanted}
    assert all("==" in line for line in lines)


def test_an_ordinary_gpu_gets_tensorflow_with_cuda(upload):
    text = space.requirements(ROOT, "t4-small")
    assert text.replace("[and-cuda]", "") == upload.files["requirements.txt"].decode()
    assert "tensorflow[and-cuda]==" in text


def test_zerogpu_gets_pytorch_in_tensorflow_s_place():
    def names(file: str) -> set[str]:
        return set(re.findall(r"^([\w-]+)\S*$", (ROOT / file).read_text(), re.MULTILINE))

    ours, zero = names("requirements.txt"), names("requirements-zerogpu.txt")
    assert zero == ours - {"tensorflow"} | {"torch", "spaces"}
    prepared = space.prepare(space.ZERO)
    text = prepared.files["requirements.txt"].decode()
    assert "torch" in text
    assert "tensorflow" not in text
    assert prepared.card.data.python_version == space.ZERO_PYTHON


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("mmdemo/big.bin", bytes(space.MAX_FILE + 1), "10 MB a file"),
        ("mmdemo/.env", b"A=1", "looks like a secret"),
        ("weights/server.pem", b"", "looks like a secret"),
        ("weights/deep/id_rsa", b"", "looks like a secret"),
        ("mmdemo/notes.py", b"ok\nTOKEN = 'hf_" + b"a" * 34 + b"'", "notes.py, line 2"),
        ("mmdemo/key.txt", b"-----BEGIN RSA PRIVATE KEY-----", "secret key"),
    ],
)
def test_refusals(checkout, name, content, message):
    path = checkout / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        space.prepare(root=checkout)


def test_half_a_checkout_is_refused(checkout):
    (checkout / "packages.txt").unlink()
    with pytest.raises(UserError, match=r"packages\.txt is missing"):
        space.prepare(root=checkout)


def test_a_readme_without_settings_is_refused(checkout):
    (checkout / "README.md").write_text("# mmdemo\n")
    with pytest.raises(UserError, match="front matter"):
        space.prepare(root=checkout)


def test_dry_run_lists_everything_and_sends_nothing(capsys, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert cli.main(["deploy", "--space", "ada/mmdemo", "--dry-run"]) == 0
    text = capsys.readouterr().out
    for name in ("app.py", "mmdemo/cli.py", "packages.txt", "sdk_version", "Nothing was sent"):
        assert name in text


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_deploy_makes_a_space_and_updates_it(checkout, monkeypatch, capsys):
    monkeypatch.setattr(space, "ROOT", checkout)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    # As they are where $HF_ENDPOINT was set at start.
    monkeypatch.setattr(constants, "HF_URL_HOSTS", constants.HF_URL_HOSTS | {"127.0.0.1"})
    with hub_server.running() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("HF_TOKEN", hub_server.WRITER)
        command = ["deploy", "--space", "ada/mmdemo", "--private"]
        assert cli.main(command) == 0
        made = server.repositories["space/ada/mmdemo"]
        assert made.private
        assert set(made.commits[made.branches["main"]]) == {
            ".gitattributes",
            *space.FILES,
            *(f"{folder}/file.txt" for folder in space.FOLDERS),
        }
        (checkout / "weights" / "file.txt").unlink()
        assert cli.main([*command, "--hardware", "t4-small"]) == 0
        assert made.hardware == "t4-small"
        assert "weights/file.txt" not in made.commits[made.branches["main"]]
        monkeypatch.setenv("HF_TOKEN", hub_server.READER)
        (checkout / "mmdemo" / "file.txt").write_text("new")
        assert cli.main(command) == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "may not write to ada/mmdemo" in error
