"""The real client of the Hub against one on loopback, through our `push` and `pull`."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import ModelCard, constants
from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results

from mmdemo import catalog, cli, commands
from mmdemo.core.demo import Task
from mmdemo.core.errors import UserError, WeightsError
from mmdemo.core.weights import artifacts, hub, pins
from tests.support import hub_server
from tests.support.hub_server import READER, WRITER, Hub
from tests.support.server import ROOT
from tests.support.toy import BOOK, DEFAULT

REPO = "ada/toy"
SLUG = "siamese_audio"
# The client's own upload of a file.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub of this test's own; the client's cache is empty, and ada has logged in."""
    with hub_server.running() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_TOKEN", WRITER)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        yield running


@pytest.fixture
def weights(toy: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Embedded weights of the toy demo, listed in a manifest of this test's own."""
    toy.demo = dataclasses.replace(toy.demo, tasks=(Task(presets=("default",)),))
    toy.write()
    monkeypatch.delenv("MMDEMO_WEIGHTS")
    monkeypatch.setattr(artifacts, "EMBEDDED", tmp_path / "weights")
    monkeypatch.setattr(pins, "PATH", tmp_path / "hub.json")
    hub.write_manifest([toy.demo])
    return toy.folder


@pytest.fixture
def pushed(server: Hub, weights: Path, toy: SimpleNamespace) -> Hub:
    """The toy demo's weights are on the Hub and nowhere else."""
    hub.push(toy.demo, REPO)
    shutil.rmtree(weights)
    server.requests.clear()
    return server


def test_push_sends_every_file_and_pins_the_commit(server, weights, toy):
    done = hub.push(toy.demo, REPO)
    repository = server.repositories[f"model/{REPO}"]
    assert done.changed
    assert done.revision == repository.branches["main"]
    held = repository.commits[done.revision]
    assert set(held) == {".gitattributes", "README.md"} | {
        f"default/{path.name}" for path in weights.iterdir()
    }
    assert held["default/model.weights.h5"].large
    assert held["default/model.weights.h5"].content == (weights / "model.weights.h5").read_bytes()
    pin = pins.find(DEFAULT)
    assert (pin.repo, pin.revision) == (REPO, done.revision)
    assert not repository.private


def test_a_second_push_sends_nothing_again(server, weights, toy):
    first = hub.push(toy.demo, REPO)
    server.requests.clear()
    again = hub.push(toy.demo, REPO)
    assert not again.changed
    assert again.revision == first.revision
    assert server.asked("PUT", "/lfs/") == []
    assert server.asked("POST", "/commit/") == []


def test_a_push_of_other_figures_sends_no_weights(server, weights, toy):
    hub.push(toy.demo, REPO)
    server.requests.clear()
    stored = artifacts.read_json(weights, "metrics.json")
    better = [dataclasses.replace(result, value=0.11) for result in toy.results]
    artifacts.rewrite_metrics(weights, toy.demo, DEFAULT, better, stored["provenance"])
    assert hub.push(toy.demo, REPO).changed
    assert server.asked("PUT", "/lfs/") == []
    (commit,) = server.asked("POST", "/commit/")
    assert commit.received < 20_000


def test_push_removes_what_a_preset_no_longer_has(server, weights, toy):
    toy.write(texts={"vocabulary.json": "{}"})
    hub.push(toy.demo, REPO)
    toy.write()
    hub.push(toy.demo, REPO)
    repository = server.repositories[f"model/{REPO}"]
    assert "default/vocabulary.json" not in repository.commits[repository.branches["main"]]


def test_push_to_a_branch_leaves_main_alone(server, weights, toy):
    done = hub.push(toy.demo, REPO, revision="trial", private=True)
    repository = server.repositories[f"model/{REPO}"]
    assert repository.private
    assert repository.branches["trial"] == done.revision
    assert set(repository.commits[repository.branches["main"]]) == {".gitattributes"}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "model.weights.h5").write_bytes(b"x"), "checksum is wrong"),
        (lambda f: (f / "metrics.json").unlink(), "missing"),
        (lambda f: (f / "notes.txt").write_text("private"), "notes.txt"),
    ],
    ids=["checksum", "missing", "stray"],
)
def test_push_refuses_a_bad_folder_before_it_asks_the_hub(server, weights, toy, damage, message):
    damage(weights)
    with pytest.raises(WeightsError, match=message):
        hub.push(toy.demo, REPO)
    assert server.requests == []


def test_push_refuses_weights_without_figures(server, weights, toy):
    toy.write(results=[])
    with pytest.raises(WeightsError, match="no measured figures"):
        hub.push(toy.demo, REPO)
    assert server.requests == []


def test_the_card_is_valid_metadata_made_from_the_figures(server, weights, toy):
    hub.push(toy.demo, REPO)
    repository = server.repositories[f"model/{REPO}"]
    card = ModelCard(repository.commits[repository.branches["main"]]["README.md"].content.decode())
    assert card.data.library_name == "keras"
    assert card.data.license == "apache-2.0"
    assert card.data.pipeline_tag == toy.demo.pipeline_tag
    ours = [r for r in toy.results if r.method == "default"]
    assert [r.metric_value for r in card.data.eval_results] == [r.value for r in ours]
    index = eval_results_to_model_index(toy.demo.title, card.data.eval_results)
    assert len(model_index_to_eval_results(index)[1]) == len(ours)


@pytest.mark.parametrize("demo", catalog.trained(), ids=lambda demo: demo.slug)
def test_every_demo_has_a_valid_card(demo):
    folders = {model_id: artifacts.EMBEDDED / str(model_id) for model_id in demo.model_ids}
    card = hub.model_card(demo, folders, "ada/demo")
    again = ModelCard(str(card)).data.to_dict()
    assert again["library_name"] == "keras"
    assert all(f"- {limit}\n" in card.text for limit in demo.limits)
    assert again["model-index"][0]["results"]
    measured = {r.value for f in folders.values() for r in artifacts.read_results(f)}
    for entry in again["model-index"][0]["results"]:
        assert entry["task"]["type"] == demo.pipeline_tag
        assert all(metric["value"] in measured for metric in entry["metrics"])


def test_pull_fetches_verifies_and_the_app_finds_it(pushed, toy):
    assert artifacts.awaited(DEFAULT) is not None
    hub.fetch_missing([toy.demo])
    assert hub.unfetched == set()
    folder = artifacts.locate(DEFAULT)
    assert "snapshots" in folder.parts
    artifacts.verify(folder)
    pushed.requests.clear()
    hub.pull(toy.demo)
    assert pushed.requests == [], "a pinned commit that is in the cache needs no Hub"


def test_own_weights_come_first_then_the_embedded_ones(pushed, toy, tmp_path, monkeypatch):
    hub.pull(toy.demo)
    assert "snapshots" in artifacts.locate(DEFAULT).parts
    toy.write()  # the same weights are embedded again: no need for the Hub
    if artifacts.awaited(DEFAULT) is None:
        assert artifacts.locate(DEFAULT) == tmp_path / "weights" / "toy" / "default"
    own = tmp_path / "own"
    (own / "toy" / "default").mkdir(parents=True)
    monkeypatch.setenv("MMDEMO_WEIGHTS", str(own))
    assert artifacts.locate(DEFAULT) == own / "toy" / "default"


def test_the_embedded_weights_serve_with_a_notice_while_the_hub_is_away(
    server, weights, toy, tmp_path
):
    embedded = tmp_path / "kept"
    shutil.copytree(weights, embedded)
    toy.write(preprocess={"threshold": 0.75})
    hub.push(toy.demo, REPO)
    shutil.rmtree(weights)
    shutil.copytree(embedded, weights)  # a checkout whose weights are older than its manifest
    server.fail("HEAD", "/resolve/", status=503, times=100)
    hub.fetch_missing([toy.demo])
    assert hub.unfetched == {DEFAULT}
    assert artifacts.locate(DEFAULT) == weights
    server.faults.clear()
    hub.fetch_missing([toy.demo])
    assert hub.unfetched == set()
    assert artifacts.read_json(artifacts.locate(DEFAULT), "preprocess.json") == {"threshold": 0.75}


def test_a_hub_that_is_away_holds_up_the_start_once(pushed, toy):
    whole = pins.find(DEFAULT)
    pins.write([whole, dataclasses.replace(whole, model_id=BOOK)])
    both = dataclasses.replace(toy.demo, tasks=(Task(),))
    pushed.fail("HEAD", "/resolve/", status=503, times=100)
    hub.fetch_missing([both])
    assert hub.unfetched == {DEFAULT, BOOK}
    assert pushed.asked("HEAD", "/book/") == []
    hub.unfetched.clear()


def test_the_page_says_which_weights_it_lacks():
    code = f"""
import json
from mmdemo import app, catalog
from mmdemo.core.weights import hub
hub.unfetched.add(catalog.find("{SLUG}").model_id("book"))
text = json.dumps(app.build([catalog.find("{SLUG}")]).get_config_file(), default=str)
assert "could not be fetched" in text
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_pull_from_a_named_repository_pins_its_commit(pushed, toy):
    pins.write([pins.Pin(DEFAULT, pins.find(DEFAULT).files)])
    with pytest.raises(UserError, match="--repo"):
        hub.pull(toy.demo)
    hub.pull(toy.demo, repo=REPO)
    pin = pins.find(DEFAULT)
    assert pin.revision == pushed.repositories[f"model/{REPO}"].branches["main"]


# === What goes wrong ===


def test_a_private_repository_without_a_token(pushed, toy, monkeypatch):
    pushed.repositories[f"model/{REPO}"].private = True
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(hub.HubError, match=r"private.*hf auth login"):
        hub.pull(toy.demo)
    monkeypatch.setenv("HF_TOKEN", READER)
    assert hub.pull(toy.demo)


def test_a_wrong_token(pushed, toy, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(hub.HubError, match="does not accept this token"):
        hub.pull(toy.demo)


@pytest.mark.parametrize(
    ("token", "message"),
    [(None, "who you are"), ("hf_wrong", "does not accept"), (READER, "may not write to ada/toy")],
)
def test_a_push_without_the_right_token(server, weights, toy, monkeypatch, token, message):
    monkeypatch.delenv("HF_TOKEN")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(hub.HubError, match=message):
        hub.push(toy.demo, REPO)


def test_a_missing_repository(pushed, toy):
    pushed.repositories.clear()
    with pytest.raises(hub.HubError, match="no repository ada/toy"):
        hub.pull(toy.demo)


@pytest.mark.parametrize("name", ["ada", "a/b/c", "a/..", "ada/a name"])
def test_a_name_that_is_none(server, weights, toy, name):
    with pytest.raises(hub.HubError, match="name of a repository"):
        hub.push(toy.demo, name)


def test_errors_of_the_server_then_success(server, weights, toy):
    server.fail("PUT", "/lfs/", status=500)
    hub.push(toy.demo, REPO)
    shutil.rmtree(weights)
    server.fail("HEAD", "model.weights.h5", status=500)
    hub.pull(toy.demo)
    assert len(server.asked("HEAD", "model.weights.h5")) == 2


def test_errors_of_the_server_that_stay(server, weights, toy):
    server.fail("POST", "/api/repos/create", status=500, times=100)
    with pytest.raises(hub.HubAway, match="status 500"):
        hub.push(toy.demo, REPO)


def test_a_connection_cut_in_the_middle_of_a_file_goes_on_from_there(pushed, toy, monkeypatch):
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 512)
    pushed.fail("GET", "/cdn/", cut_after=2000)
    hub.pull(toy.demo)
    first, second = pushed.asked("GET", "/cdn/")
    assert first.sent == 2000
    assert second.range is not None
    assert 0 < int(second.range.removeprefix("bytes=").rstrip("-")) <= 2000
    artifacts.verify(artifacts.locate(DEFAULT))


def test_what_was_fetched_before_an_interruption_is_not_fetched_again(pushed, toy):
    pushed.fail("GET", "preprocess.json", status=404)
    with pytest.raises(UserError):
        hub.pull(toy.demo)
    before = {request.path for request in pushed.asked("GET", "/resolve/") if request.sent > 20}
    pushed.requests.clear()
    hub.pull(toy.demo)
    again = {request.path for request in pushed.asked("GET", "/resolve/")}
    assert before
    assert before & again <= {path for path in again if path.endswith("preprocess.json")}


@pytest.mark.parametrize("name", ["/cdn/", "config.json", "manifest.json"])
def test_a_file_with_the_wrong_hash_is_never_loaded(pushed, toy, name):
    pushed.fail("GET", name, spoil=True)
    with pytest.raises(WeightsError, match="not the one expected"):
        hub.pull(toy.demo)
    folder = artifacts.locate(DEFAULT)
    assert "snapshots" not in folder.parts
    assert hub.pull(toy.demo), "the next try fetches it again"
    assert "snapshots" in artifacts.locate(DEFAULT).parts


def test_a_file_that_changes_in_the_cache_is_not_loaded(pushed, toy):
    hub.pull(toy.demo)
    folder = artifacts.locate(DEFAULT)
    (folder / "model.weights.h5").resolve().write_bytes(b"other")
    with pytest.raises(WeightsError, match="checksum is wrong"):
        artifacts.load(DEFAULT)


def test_a_branch_that_moved_does_not_move_the_pin(pushed, toy):
    pinned = pins.find(DEFAULT).revision
    repository = pushed.repositories[f"model/{REPO}"]
    repository.commit("main", {"README.md": hub_server.Blob(b"all gone", large=False)})
    (pin,) = hub.pull(toy.demo)
    assert pin.revision == pinned
    with pytest.raises(hub.HubError, match="lacks a file"):
        hub.pull(toy.demo, repo=REPO, revision="main")


def test_a_commit_that_is_gone(pushed, toy):
    repository = pushed.repositories[f"model/{REPO}"]
    del repository.commits[repository.branches["main"]]
    with pytest.raises(hub.HubError, match="no revision"):
        hub.pull(toy.demo)


def test_a_cache_that_cannot_be_written(pushed, toy, tmp_path, monkeypatch):
    """A file stands where a folder is wanted, which stops the administrator's tests too."""
    (tmp_path / "locked").write_text("")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "locked" / "cache"))
    with pytest.raises(hub.HubError, match="HF_HOME"):
        hub.pull(toy.demo)
    if os.geteuid() == 0:
        return
    (tmp_path / "read-only").mkdir(mode=0o500)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "read-only"))
    with pytest.raises(hub.HubError, match="HF_HOME"):
        hub.pull(toy.demo)


def test_offline(pushed, toy, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(hub.HubAway, match="HF_HUB_OFFLINE"):
        hub.pull(toy.demo)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    hub.pull(toy.demo)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert hub.pull(toy.demo), "what is in the cache serves offline"


def test_no_hub_at_all(server, weights, toy, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(hub.HubAway, match="does not answer"):
        hub.push(toy.demo, REPO)


# === The command line ===


@pytest.fixture
def command(server, tmp_path, monkeypatch, capsys):
    """`command("push", ...)` on a copy of a real demo's weights: exit code, output, errors."""
    folder = tmp_path / "embedded"
    shutil.copytree(artifacts.EMBEDDED / SLUG, folder / SLUG)
    monkeypatch.setattr(artifacts, "EMBEDDED", folder)
    monkeypatch.setattr(pins, "PATH", tmp_path / "hub.json")
    hub.write_manifest([catalog.find(SLUG)])

    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(arguments)
        return code, *capsys.readouterr()

    return run


def test_push_and_pull_as_the_readme_tells(command, server):
    code, text, _ = command("push", SLUG, "--repo", "ada/audio")
    assert code == 0
    assert text.splitlines()[0] == "Pushed siamese_audio (default, book), 25 files"
    revision = server.repositories["model/ada/audio"].branches["main"]
    assert text.splitlines()[1].endswith(
        f"/ada/audio at {revision[:10]}, pinned in mmdemo/hub.json"
    )
    _, text, _ = command("push", SLUG, "--repo", "ada/audio")
    assert text.startswith("Nothing to send: the Hub has siamese_audio (default, book), 25 files")
    code, text, _ = command("pull", SLUG)
    assert code == 0
    assert f"verified; ada/audio at {revision[:10]}" in text
    assert text.count("\n") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("push", "--repo", "ada"), "USER/NAME"),
        (("push", "--repo", "ada/audio", "--weights", "absent"), "no weights folder at absent"),
        (("push", "--repo", "ada/audio", "--preset", "venus"), "No preset is called 'venus'"),
        (("pull",), "pinned"),
        (("pull", "--revision", "main"), "--repo"),
        (("pull", "--repo", "ada/absent"), "no repository ada/absent"),
    ],
)
def test_errors_are_one_line(command, arguments, message):
    action, *rest = arguments
    code, text, error = command(action, SLUG, *rest)
    assert code == 1
    assert text == ""
    assert error.count("\n") == 1
    assert message in error


def test_new_embedded_weights_are_listed_at_once(command):
    """`train --out weights` and `evaluate --write` end with this."""
    demo = catalog.find(SLUG)
    default, book = demo.model_ids
    folder = artifacts.EMBEDDED / str(default)
    command("push", SLUG, "--repo", "ada/audio")
    metrics = artifacts.read_json(folder, "metrics.json")
    results = artifacts.read_results(folder)[1:]
    artifacts.rewrite_metrics(folder, demo, default, results, metrics["provenance"])
    assert artifacts.awaited(default) is not None
    commands._keep_manifest(demo, folder)
    assert artifacts.awaited(default) is None
    assert pins.find(default).repo is None
    assert pins.find(book).repo == "ada/audio", "what did not change stays pinned"


# === The committed manifest ===


def test_the_manifest_lists_every_preset_with_its_checksums():
    """`python -m mmdemo manifest` writes it."""
    listed = pins.read()
    assert set(listed) == {model_id for demo in catalog.DEMOS for model_id in demo.model_ids}
    for model_id, pin in listed.items():
        if pin.repo is None:
            folder = artifacts.EMBEDDED / str(model_id)
            assert pin == pins.describe(model_id, folder), "run: python -m mmdemo manifest"


def test_a_manifest_that_is_damaged_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(pins, "PATH", tmp_path / "hub.json")
    assert pins.read() == {}
    for text in ("{", json.dumps({"toy": {"default": {}}}), "[1]"):
        pins.PATH.write_text(text)
        os.utime(pins.PATH, ns=(1, hash(text) % 10**15))
        with pytest.raises(WeightsError, match="mmdemo manifest"):
            pins.read()
