"""The command line: exit codes, one-line errors, and help for every command."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mmdemo import catalog, cli, commands
from mmdemo.core.demo import Demo
from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.serve import classroom
from mmdemo.core.serve.classroom import Address
from mmdemo.core.train import experiment
from mmdemo.core.weights import artifacts

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = [
    "list",
    "train",
    "evaluate",
    "predict",
    "data",
    "push",
    "pull",
    "manifest",
    "deploy",
    "bench",
]
DEMO = catalog.DEMOS[0].slug


@pytest.fixture(autouse=True)
def environment(tmp_path, monkeypatch):
    for name in [n for n in os.environ if n.startswith(("MMDEMO_", "GRADIO_SERVER_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MMDEMO_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MMDEMO_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.chdir(tmp_path)


def one_line(capsys):
    """What went to standard error: exactly one line, and no trace."""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err
    return captured.err


def usage_error(call, arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        call(arguments)
    assert caught.value.code == 2
    return capsys.readouterr().err


# === Help and usage ===


@pytest.mark.parametrize("arguments", [[], *([c] for c in COMMANDS), ["data", "get"]])
def test_help(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main([*arguments, "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert "usage: python -m mmdemo" in text
    assert len(text) > 150
    assert "None" not in text
    for name in COMMANDS if not arguments else ():
        assert f"\n    {name} " in text


def test_help_of_train_says_how_own_data_is_laid_out(capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    text = "".join(capsys.readouterr().out.split())
    for demo in filter(lambda demo: demo.tasks, catalog.DEMOS):
        plain = demo.own_data.replace("**", "").replace("`", "")
        assert "".join(f"{demo.slug}: {plain}".split()) in text


def test_help_of_the_app_names_every_variable(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.serve(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for name in ("host", "port", "share", "auth", "weights", "mcp", "rate-limit", "preload"):
        assert f"--{name}" in text
        assert f"$MMDEMO_{name.upper().replace('-', '_')}" in text


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["no_such_command"],
        ["train"],
        ["train", "no_such_demo"],
        ["evaluate", "no_such_demo"],
        ["predict", "no_such_demo", "file"],
        ["predict", DEMO],
        ["train", DEMO, "--preset", "no_such_preset"],
        ["train", DEMO, "--epochs", "many"],
        ["data", "get", "no_such_set"],
    ],
)
def test_wrong_usage_is_2_and_says_what_there_is(arguments, capsys):
    message = usage_error(cli.main, arguments, capsys)
    assert "error: " in message
    if any(part.startswith("no_such_demo") for part in arguments):
        assert DEMO in message


def test_version(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("mmdemo ")


# === Errors that the user can put right ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", DEMO, "--data", "absent"], "no data at absent"),
        (["train", "corrnet", "--data", "."], "--data is not for it"),
        (["train", DEMO, "--epochs", "0"], "at least 1"),
        (["predict", DEMO, "absent.png"], "no file at absent.png"),
        (["data", "get", "orl_faces", "--archive", "absent.zip"], "no archive at absent.zip"),
        (["data", "get", "cats_dogs_audio"], "kaggle.com"),
        (["bench", "no_such_demo"], DEMO),
    ],
)
def test_user_errors_are_1_and_one_line(arguments, message, capsys):
    assert cli.main(arguments) == 1
    assert message in one_line(capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--auth", "nobody"], "USER:PASS"),
        (["--auth", ":secret"], "USER:PASS"),
        (["--auth", "nobody:"], "USER:PASS"),
        (["--port", "99999"], "0 to 65535"),
        (["--port=-1"], "0 to 65535"),
        (["--port", "http"], "0 to 65535"),
        (["--rate-limit", "0"], "at least 1"),
        (["--rate-limit", "many"], "at least 1"),
        (["--host", "http://here"], "a name or an address"),
        (["--root-path", "demo"], "a path such as /demo"),
    ],
)
def test_app_options_are_checked_as_their_variables_are(arguments, message, capsys):
    assert cli.serve(arguments) == 2
    line = one_line(capsys)
    assert message in line
    assert line.startswith(arguments[0].split("=")[0])
    assert "nobody" not in line, "it may hold a password"


def test_weights_that_are_not_there(capsys):
    assert cli.serve(["--weights", "absent"]) == 1
    assert "no weights folder at absent" in one_line(capsys)


def test_app_options_that_are_no_options_at_all(capsys):
    for arguments in (["--preload", "some"], ["--colour"]):
        assert "error: " in usage_error(cli.serve, arguments, capsys)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MMDEMO_HOST", "http://here", "a name or an address"),
        ("MMDEMO_HOST", "a b", "a name or an address"),
        ("MMDEMO_PORT", "99999", "0 to 65535"),
        ("MMDEMO_PORT", "http", "0 to 65535"),
        ("MMDEMO_PORT", "-1", "0 to 65535"),
        ("MMDEMO_PORT", "\u0663", "0 to 65535"),
        ("GRADIO_SERVER_PORT", "many", "0 to 65535"),
        ("MMDEMO_ROOT_PATH", "demo", "a path such as /demo"),
        ("MMDEMO_ROOT_PATH", "/a b", "a path such as /demo"),
        ("GRADIO_ROOT_PATH", "ftp://here/demo", "a path such as /demo"),
        ("MMDEMO_SHARE", "maybe", "1 or 0"),
        ("MMDEMO_CLASS", "7b", "1 or 0"),
        ("MMDEMO_HTTPS", "always", "1 or 0"),
        ("MMDEMO_MCP", "2", "1 or 0"),
        ("MMDEMO_HUB_MODELS", "all", "1 or 0"),
        ("MMDEMO_AUTH", "nobody", "USER:PASS"),
        ("MMDEMO_WEIGHTS", "absent", "no weights folder at absent"),
        ("MMDEMO_RATE_LIMIT", "0", "at least 1"),
        ("MMDEMO_RATE_LIMIT", "1e3", "at least 1"),
        ("MMDEMO_PRELOAD", "some", "none, first, all"),
        ("MMDEMO_CACHE_BYTES", "1 GB", "at least 1"),
        ("MMDEMO_DATA", __file__, "a folder"),
        ("MMDEMO_WORK", __file__, "a folder"),
        ("MMDEMO_CACHE", __file__, "a folder"),
        ("KERAS_BACKEND", "theano", "tensorflow, torch, jax"),
    ],
)
def test_environment_variables_are_checked(name, value, message, launched, capsys, monkeypatch):
    monkeypatch.setenv(name, value)
    assert cli.serve([]) == 2
    line = one_line(capsys)
    assert line.startswith(f"${name}")
    assert message in line
    assert launched == []


def test_a_wrong_password_variable_is_not_repeated(capsys, monkeypatch):
    monkeypatch.setenv("MMDEMO_AUTH", "adasecret")
    assert cli.serve([]) == 2
    assert "adasecret" not in one_line(capsys)


def test_every_variable_of_the_app_has_a_check():
    """That a bad value of it is refused is tested above."""
    read = {
        name
        for path in (ROOT / "mmdemo").rglob("*.py")
        for name in re.findall(r"MMDEMO_[A-Z_]+", path.read_text(encoding="utf-8"))
    }
    marks = test_environment_variables_are_checked.pytestmark
    assert read - {case[0] for mark in marks for case in mark.args[1]} == set()


@pytest.fixture
def launched(monkeypatch):
    """What the app would have been launched with."""
    calls = []
    module = SimpleNamespace(launch=lambda **options: calls.append(options))
    monkeypatch.setitem(sys.modules, "mmdemo.app", module)
    return calls


def test_app_defaults(launched):
    assert cli.serve([]) == 0
    assert launched == [
        {
            "host": "127.0.0.1",
            "port": 7860,
            "root_path": "",
            "share": False,
            "auth": None,
            "mcp": False,
            "rate_limit": None,
            "preload": "first",
            "tablets": (),
            "https": False,
        }
    ]


def test_options_win_over_variables_over_defaults(launched, monkeypatch, tmp_path):
    for name, value in {
        "MMDEMO_HOST": "0.0.0.0",
        "MMDEMO_PORT": "1234",
        "MMDEMO_ROOT_PATH": "/demo/",
        "MMDEMO_SHARE": "yes",
        "MMDEMO_AUTH": "ada:se:cret",
        "MMDEMO_PRELOAD": "none",
        "MMDEMO_RATE_LIMIT": "7",
        "MMDEMO_WEIGHTS": "",
    }.items():
        monkeypatch.setenv(name, value)
    assert cli.serve(["--port", "4321", "--weights", str(tmp_path)]) == 0
    assert launched == [
        {
            "host": "0.0.0.0",
            "port": 4321,
            "root_path": "/demo",
            "share": True,
            "auth": ("ada", "se:cret"),
            "mcp": False,
            "rate_limit": 7,
            "preload": "none",
            "tablets": (),
            "https": False,
        }
    ]
    assert os.environ["MMDEMO_WEIGHTS"] == str(tmp_path)


def test_a_class_is_served_on_every_network_with_all_demos(launched, monkeypatch):
    found = (Address("192.0.2.7", "wlan0"),)
    monkeypatch.setattr(classroom, "addresses", lambda host: found if host == "0.0.0.0" else ())
    assert cli.serve(["--class", "--https", "--auth", "class:secret"]) == 0
    assert cli.serve(["--class", "--host", "192.0.2.8", "--preload", "none"]) == 0
    wanted = [("0.0.0.0", "all", found, True), ("192.0.2.8", "none", (), False)]
    assert wanted == [
        (call["host"], call["preload"], call["tablets"], call["https"]) for call in launched
    ]


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["--class", "--share"], {}, "choose one"),
        (["--class"], {"MMDEMO_SHARE": "1"}, "choose one"),
        (["--class", "--root-path", "/demo"], {}, "choose one"),
        (["--class", "--host", "127.0.0.1"], {}, "leave --host away"),
        (["--class"], {"MMDEMO_HOST": "localhost"}, "leave --host away"),
        (["--class"], {"SPACE_ID": "ada/mmdemo"}, "a Space has none"),
        (["--https"], {}, "goes with --class"),
    ],
)
def test_what_does_not_go_with_a_class(
    arguments, environment, message, launched, capsys, monkeypatch
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cli.serve(arguments) == 2
    assert message in one_line(capsys)
    assert launched == []


# === Commands ===


@pytest.fixture
def module(monkeypatch):
    """Stands for a module of the demo."""
    made = SimpleNamespace()
    monkeypatch.setattr(Demo, "module", lambda self, name: made)
    return made


def test_list_names_every_demo_and_preset(capsys):
    assert cli.main(["list"]) == 0
    text = capsys.readouterr().out
    for demo in catalog.DEMOS:
        assert demo.slug in text
        assert demo.title in text
        assert all(f"  {model_id.name} " in text for model_id in demo.model_ids)


@pytest.mark.parametrize(("gpu", "level"), [(True, "2"), (False, "3")])
def test_that_there_is_no_gpu_is_no_error(monkeypatch, capsys, gpu, level):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    monkeypatch.setattr(cli, "_has_gpu", lambda: gpu)
    assert cli.main(["list"]) == 0
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == level


def test_the_columns_of_the_list_stand_under_each_other(capsys):
    assert cli.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    starts = {
        line.index(f"  {demo.family.value} ") for demo in catalog.DEMOS for line in lines
        if line.startswith(f"{demo.slug} ")
    }  # fmt: skip
    ends = {len(line) - len(demo.title) for demo in catalog.DEMOS for line in lines
            if line.startswith(f"{demo.slug} ")}  # fmt: skip
    assert len(ends) == 1
    assert max(starts) >= max(len(demo.slug) for demo in catalog.DEMOS)


def test_list_shows_measured_figures_and_names_damage(toy, monkeypatch, capsys):
    monkeypatch.setenv("MMDEMO_WEIGHTS", str(toy.folder.parents[1]))
    monkeypatch.setattr(catalog, "DEMOS", (toy.demo,))
    toy.write()
    assert cli.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["default", "equal", "error", "rate", "12.5", "%"]
    assert lines[2].split() == ["book", "no", "weights", "yet"]
    (toy.folder / "metrics.json").write_text("{")
    assert cli.main(["list"]) == 0
    assert "metrics.json is corrupted" in capsys.readouterr().out


@pytest.mark.parametrize("demo", catalog.trained(), ids=lambda demo: demo.slug)
def test_the_help_of_predict_says_what_its_files_are(demo, capsys):
    with pytest.raises(SystemExit):
        cli.main(["predict", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert demo.predict_files
    assert f"{demo.slug}: {demo.predict_files}" in text.replace("- ", "-")


def test_predict_prints_json(module, capsys, tmp_path):
    (tmp_path / "a.png").touch()
    module.predict = lambda files, preset: {"files": [f.name for f in files], "of": preset + "é"}
    assert cli.main(["predict", DEMO, "a.png", "a.png", "--preset", "book"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"files": ["a.png", "a.png"], "of": "booké"}


def test_errors_from_within_a_demo_are_one_line(module, capsys, tmp_path):
    (tmp_path / "a.png").touch()

    def predict(files, preset):
        raise MediaError("No face\nwas found.")

    module.predict = predict
    assert cli.main(["predict", DEMO, "a.png"]) == 1
    assert one_line(capsys) == "No face was found.\n"


def test_an_unexpected_fault_keeps_its_trace(module, tmp_path):
    (tmp_path / "a.png").touch()
    with pytest.raises(AttributeError):
        cli.main(["predict", DEMO, "a.png"])


def test_interrupted_is_130(module, capsys, tmp_path):
    (tmp_path / "a.png").touch()

    def predict(files, preset):
        raise KeyboardInterrupt

    module.predict = predict
    assert cli.main(["predict", DEMO, "a.png"]) == 130
    assert one_line(capsys) == "Interrupted.\n"


def test_train_writes_where_it_is_told_and_shows_the_figures(
    toy, module, monkeypatch, capsys, tmp_path
):
    runs = []
    monkeypatch.setattr(catalog, "find", lambda slug: toy.demo)
    (tmp_path / "photos").mkdir()

    def train(run):
        runs.append(run)
        artifacts.write(
            run.folder,
            demo=toy.demo,
            model_id=run.model_id,
            model=toy.build(toy.config()),
            config=toy.config(),
            preprocess={},
            results=toy.results,
            history=[],
            provenance=artifacts.read_json(toy.folder, "metrics.json")["provenance"],
        )

    toy.write()
    monkeypatch.setattr("mmdemo.core.train.experiment.train", train)
    assert cli.main(["train", DEMO, "--data", "photos", "--seed", "4", "--epochs", "2"]) == 0
    assert "| DEFAULT | 12.5 %" in capsys.readouterr().out
    (run,) = runs
    assert run.folder == Path("my-weights/toy/default")
    assert (run.seed, run.epochs, run.data) == (4, 2, Path("photos"))
    assert run.work == tmp_path / "work" / "toy"
    assert cli.main(["train", DEMO, "--out", "elsewhere"]) == 0
    assert runs[1].folder == Path("elsewhere/toy/default")


def test_evaluate_says_what_moved(toy, module, monkeypatch, capsys):
    monkeypatch.setattr(catalog, "find", lambda slug: toy.demo)
    toy.write()
    (stored,) = toy.results
    for value, moved in ((stored.value, False), (0.25, True)):
        result = artifacts.Result(stored.task, "default", "eer", value, stored.split, 8)
        monkeypatch.setattr(
            "mmdemo.core.train.experiment.measure_again",
            lambda run, r=result: experiment.Measured([r], {"threshold": r.value}),
        )
        assert cli.main(["evaluate", DEMO]) == 0
        text = capsys.readouterr().out
        assert ("0.1250 -> 0.2500" in text) == moved
    assert artifacts.read_results(toy.folder) == toy.results
    assert cli.main(["evaluate", DEMO, "--write"]) == 0
    assert artifacts.read_results(toy.folder)[0].value == 0.25
    assert artifacts.read_json(toy.folder, "preprocess.json")["threshold"] == 0.25
    artifacts.verify(toy.folder)


def test_evaluate_without_weights(module, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(artifacts, "EMBEDDED", tmp_path / "weights")
    assert cli.main(["evaluate", DEMO]) == 1
    assert "is missing" in one_line(capsys)


def test_data_lists_the_sets(capsys, tmp_path):
    assert cli.main(["data"]) == 0
    text = capsys.readouterr().out
    assert str(tmp_path / "data") in text
    assert "orl_faces" in text
    assert "not here" in text


def test_find_lists_the_demos():
    assert catalog.find(DEMO) is catalog.DEMOS[0]
    with pytest.raises(UserError, match=DEMO):
        catalog.find("no_such_demo")


# === As a process ===


def process(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


def test_both_entries_set_the_exit_code():
    entries = (["-m", "mmdemo", "predict", DEMO, "absent"], 1), (["app.py", "--auth", "nobody"], 2)
    for entry, code in entries:
        done = process(*entry, stdout=subprocess.PIPE)
        assert done.returncode == code
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    done = process("-m", "mmdemo", "list", stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_occupied_port_is_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = (
            "from mmdemo import app, cli\n"
            "app.build = lambda: app.gr.Blocks(analytics_enabled=False).__enter__()\n"
            f"raise SystemExit(cli.serve(['--port', '{port}', '--preload', 'none']))"
        )
        done = process("-c", code, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Port {port} of 127.0.0.1 is taken" in done.stderr
    assert done.stderr.count("\n") == 1


# === Tasks ===


def parsed(*words: str):
    return cli._parsed(["evaluate", *words]).network[1]


def test_a_task_and_a_preset_name_a_network():
    assert str(parsed("corrnet")) == "corrnet/digits/default"
    assert str(parsed("corrnet/halves")) == "corrnet/halves/default"
    assert str(parsed("corrnet/halves", "--preset", "book")) == "corrnet/halves/book"
    assert str(parsed("author_profile", "--preset", "book")) == "author_profile/stars/book"
    assert str(parsed("sentiment", "--preset", "book")) == "sentiment/book"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["corrnet", "--preset", "digits"], "'digits' is a task of corrnet: write corrnet/digits"),
        (["corrnet/venus"], "corrnet has no task 'venus': its tasks are digits, halves"),
        (["sentiment/posts"], "sentiment has no task 'posts': it has one task"),
        (["corrnet/digits", "--preset", "book"], "--preset of corrnet/digits is one of default"),
        (["sentiment", "--preset", "best"], "--preset of sentiment is one of default, book"),
        (["venus"], "No demo is called 'venus'"),
    ],
)
def test_what_names_no_network_is_said(words, message, capsys):
    assert message in usage_error(cli.main, ["evaluate", *words], capsys)


def test_an_option_of_another_demo_is_refused(tmp_path, capsys):
    table = tmp_path / "table.csv"
    table.write_text("text,age")
    for words in (
        ["train", "sentiment", "--data", str(table), "--target", "age:regression"],
        ["predict", "sentiment", str(table), "--complete"],
    ):
        assert cli.main(words) == 1
        assert "is not an option of sentiment" in capsys.readouterr().err


def test_a_demo_s_own_options_reach_its_training(monkeypatch, tmp_path):
    runs = []
    monkeypatch.setattr("mmdemo.core.train.experiment.train", runs.append)
    monkeypatch.setattr("mmdemo.core.weights.artifacts.read_results", lambda folder: [])
    table = tmp_path / "table.csv"
    table.write_text("text,age")
    words = ["--data", str(table), "--target", "age:regression", "--target", "sex:binary"]
    assert cli.main(["train", "author_profile", *words, "--out", str(tmp_path)]) == 0
    assert runs[0].options == {"target": ("age:regression", "sex:binary")}
    assert runs[0].folder == tmp_path / "author_profile" / "stars" / "default"


@pytest.mark.parametrize(
    ("old", "new"),
    [("corrnet/digits", "corrnet/digits/default"), ("corrnet/book", "corrnet/halves/book"),
     ("author_profile/posts", "author_profile/posts/default")],
)  # fmt: skip
def test_weights_that_are_laid_out_as_before_are_pointed_out(tmp_path, monkeypatch, old, new):
    monkeypatch.setenv("MMDEMO_WEIGHTS", "")  # is put back
    (tmp_path / old).mkdir(parents=True)
    (tmp_path / old / "model.weights.h5").write_text("")
    with pytest.raises(UserError, match=f"now looked for in {tmp_path / new}: move them there"):
        commands.use_weights(tmp_path)


def test_former_names_of_networks_are_understood():
    """As links and programs say them that were written when every preset was a task."""
    corrnet, profile = catalog.find("corrnet"), catalog.find("author_profile")
    assert str(corrnet.model_id("digits")) == "corrnet/digits/default"
    assert str(corrnet.model_id("book")) == "corrnet/halves/book"
    assert str(corrnet.model_id("names_russian")) == "corrnet/names_russian/default"
    assert str(profile.model_id("posts")) == "author_profile/posts/default"
    assert str(profile.model_id("default")) == "author_profile/stars/default"
    with pytest.raises(UserError, match="No preset is called 'best'"):
        profile.model_id("best")


# === Texts in place of files ===


@pytest.fixture
def texts(monkeypatch, tmp_path) -> dict[str, list[str]]:
    """What each demo's `predict` is given, by reading its files."""
    given: dict[str, list[str]] = {}
    monkeypatch.chdir(tmp_path)
    for slug in ("sentiment", "sentence_similarity", "image_classifier"):

        def predict(files, preset, slug=slug):
            given[slug] = [file.read_text(encoding="utf-8") for file in files]
            return {str(file): {"file": str(file)} for file in files}

        monkeypatch.setattr(catalog.find(slug).module("infer"), "predict", predict)
    return given


def test_a_text_is_answered_and_a_file_of_that_name_comes_first(texts, tmp_path, capsys):
    (tmp_path / "Not bad").write_text("from the file", encoding="utf-8")
    said = 'He said: "gréat"\nTwice.'
    assert cli.main(["predict", "sentiment", said, "Not bad", "fine", "x" * 5000]) == 0
    assert texts["sentiment"] == [said, "from the file", "fine", "x" * 5000]
    answer = json.loads(capsys.readouterr().out)
    assert list(answer)[:3] == [said, "Not bad", "fine"]
    assert answer[said] == {"file": said}


def test_texts_of_one_question_are_joined(texts, tmp_path, capsys):
    assert cli.main(["predict", "sentence_similarity", "A cat sits.", "A dog sits."]) == 0
    assert texts["sentence_similarity"] == ["A cat sits.\tA dog sits."]
    (tmp_path / "pairs.txt").write_text("a\tb", encoding="utf-8")
    capsys.readouterr()
    assert cli.main(["predict", "sentence_similarity", "pairs.txt", "A cat sits."]) == 1
    assert "not both" in one_line(capsys)


@pytest.mark.parametrize(
    ("slug", "given"),
    [
        ("sentiment", "review.txt"),
        ("sentiment", "reviews/first"),
        ("sentiment", "./review"),
        ("image_classifier", "a cat"),
    ],
)
def test_what_is_no_text_and_not_there_is_missed(slug, given, texts, capsys):
    assert cli.main(["predict", slug, given]) == 1
    assert one_line(capsys).startswith(f"There is no file at {given}.")
    assert not texts


@pytest.mark.parametrize("given", ["", " "])
def test_an_empty_text_is_no_folder(given, texts, capsys):
    assert cli.main(["predict", "sentiment", given]) == 1
    assert one_line(capsys).startswith("This text is empty.")
    assert not texts


def test_an_error_names_the_text_that_was_given(monkeypatch, capsys):
    def predict(files, preset):
        raise UserError(f"{files[0]}: no word is known.")

    monkeypatch.setattr(catalog.find("sentiment").module("infer"), "predict", predict)
    assert cli.main(["predict", "sentiment", "qzx qzx"]) == 1
    assert one_line(capsys).startswith("qzx qzx: no word is known.")


def test_the_help_of_predict_says_which_texts_it_takes(capsys):
    with pytest.raises(SystemExit):
        cli.main(["predict", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for demo in catalog.DEMOS:
        if demo.predict_texts:
            assert f"; or {demo.predict_texts.help}" in shown


@pytest.mark.parametrize("command", [["train"], ["evaluate"], ["predict", "a.png"]])
def test_a_demo_without_networks_says_so(command, capsys):
    name, *more = command
    with pytest.raises(SystemExit) as caught:
        cli.main([name, "convolutions", *more])
    assert caught.value.code == 2
    assert "convolutions has no network of its own" in capsys.readouterr().err
