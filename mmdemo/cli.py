"""The command line: `python -m mmdemo COMMAND`, and the options of `python app.py`.

Exit codes: 0 done, 1 something that the user can put right (one line on standard error),
2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mmdemo import __version__, catalog, commands, space, variables
from mmdemo.core.data import datasets
from mmdemo.core.demo import Demo, Option
from mmdemo.core.errors import UsageError, UserError
from mmdemo.core.serve import surroundings
from mmdemo.variables import (
    count,
    host,
    login,
    port,
    preload,
    reading,
    root_path,
    switch,
    variable,
    weights,
)


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows defaults that say something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        silent = action.default is None or action.default is False
        return action.help if silent else super()._get_help_string(action)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of `python -m mmdemo`."""
    if arguments is None:
        surroundings.speak_utf8()
    return _run(_parsed(arguments))


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; `DEMO[/TASK] --preset PRESET` as `options.network`."""
    options = _parser().parse_args(arguments)
    if "subparser" in options:
        try:
            options.network = commands.network(options.demo, options.preset)
        except UserError as error:
            options.subparser.error(str(error))
    return options


def serve(arguments: Sequence[str] | None = None) -> int:
    """Entry of `python app.py`."""
    if arguments is None:
        surroundings.speak_utf8()
    try:
        options = _app_parser().parse_args(arguments)
    except UsageError as error:
        return _say(error, 2)
    options.run = commands.serve
    return _run(options)


def _app_parser() -> argparse.ArgumentParser:
    """The options of `app.py`.

    Raises:
        UsageError: an environment variable makes no sense.
    """
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Serve the app. Each option has an environment variable of its own.",
        formatter_class=_HelpFormatter,
    )
    parser.add_argument(
        "--host",
        type=reading("--host", host),
        default=variable("MMDEMO_HOST", "GRADIO_SERVER_NAME", kind=host),
        help="address to listen on (default: 127.0.0.1; with --class 0.0.0.0) [$MMDEMO_HOST]",
    )
    parser.add_argument(
        "--port",
        type=reading("--port", port),
        default=variable("MMDEMO_PORT", "GRADIO_SERVER_PORT", kind=port, default=7860),
        help="port to listen on; 0 for any free one [$MMDEMO_PORT]",
    )
    parser.add_argument(
        "--root-path",
        type=reading("--root-path", root_path),
        metavar="PATH",
        default=variable("MMDEMO_ROOT_PATH", "GRADIO_ROOT_PATH", kind=root_path) or "",
        help="path, or whole address, under which a proxy such as nginx offers the app "
        "[$MMDEMO_ROOT_PATH]",
    )
    parser.add_argument(
        "--class",
        dest="for_class",
        action="store_true",
        default=variable("MMDEMO_CLASS", kind=switch) or False,
        help="serve the tablets of a class on the local network: says their address, with a code "
        "to scan, loads all demos and takes a class's questions [$MMDEMO_CLASS]",
    )
    parser.add_argument(
        "--https",
        action="store_true",
        default=variable("MMDEMO_HTTPS", kind=switch) or False,
        help="with --class: speak HTTPS with a certificate of this computer's own, so that tablets "
        "may use their cameras and microphones [$MMDEMO_HTTPS]",
    )
    parser.add_argument(
        "--share",
        action="store_true",
        default=variable("MMDEMO_SHARE", kind=switch) or False,
        help="ask Gradio for a public link [$MMDEMO_SHARE]",
    )
    parser.add_argument(
        "--auth",
        type=reading("--auth", login),
        metavar="USER:PASS",
        default=variable("MMDEMO_AUTH", kind=login),
        help="ask visitors for this user name and password [$MMDEMO_AUTH]",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="DIR",
        default=variable("MMDEMO_WEIGHTS", kind=weights),
        help="folder with weights of your own, laid out as DEMO[/TASK]/PRESET; what it lacks comes "
        "from the embedded weights [$MMDEMO_WEIGHTS]",
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        default=variable("MMDEMO_MCP", kind=switch) or False,
        help="offer the endpoints as MCP tools too; wants gradio[mcp] [$MMDEMO_MCP]",
    )
    parser.add_argument(
        "--hub-models",
        action="store_true",
        default=variable("MMDEMO_HUB_MODELS", kind=switch) or False,
        help="let visitors name classifiers on the Hub with --share and on a Space too, where they "
        "otherwise may not [$MMDEMO_HUB_MODELS]",
    )
    parser.add_argument(
        "--rate-limit",
        type=reading("--rate-limit", count),
        metavar="N",
        default=variable("MMDEMO_RATE_LIMIT", kind=count),
        help="questions per address and minute; default: 60 with --share and on a Space, 1500 with "
        "--class, else no limit [$MMDEMO_RATE_LIMIT]",
    )
    parser.add_argument(
        "--preload",
        choices=variables.PRELOADS,
        default=variable("MMDEMO_PRELOAD", kind=preload),
        help="demos to load in the background at start (default: first; with --class all) "
        "[$MMDEMO_PRELOAD]",
    )
    return parser


def _run(options: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for chatty in ("httpx", "absl", "h5py"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # TensorFlow calls it an error that there is no GPU, which is none where nobody has one.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2" if _has_gpu() else "3")
    try:
        variables.check()
        options.run(options)
        sys.stdout.flush()
    except UsageError as error:
        return _say(error, 2)
    except UserError as error:
        return _say(error, 1)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return 130
    except BrokenPipeError:  # the reader of our output has gone: `mmdemo list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _has_gpu() -> bool:
    """Whether the system has a driver of a GPU loaded, under Linux or its subsystem of Windows."""
    return any(Path(device).exists() for device in ("/dev/nvidia0", "/dev/dxg"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mmdemo", description=_first_line(__doc__))
    parser.add_argument("--version", action="version", version=f"mmdemo {__version__}")
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None], text: str, more: str = ""):
        made = subparsers.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}. {more}".strip(),
            formatter_class=_HelpFormatter,
        )
        made.set_defaults(run=run)
        return made

    listing = command(
        "list", commands.list_demos, "list the demos, their weights and their figures"
    )
    listing.add_argument("demos", nargs="*", metavar="DEMO", help="default: all")
    listing.add_argument(
        "--markdown", action="store_true", help="as in the README; with DEMO, all its figures"
    )

    new = command(
        "new",
        commands.new,
        "write a new demo that works, to change into one's own",
        "Its network tells circles, squares and triangles apart and is trained in half a minute. "
        "Adds it to the catalog, and its tests to tests/demos.",
    )
    new.add_argument(
        "slug",
        metavar="SLUG",
        help="name of its folder, address and weights, such as hand_gestures",
    )

    train = command(
        "train",
        commands.train,
        "train a demo's network, measure it and write its weights folder",
        "A run that was interrupted goes on from its last epoch.",
    )
    _add_network(train)
    layouts = " ".join(f"{d.slug}: {_plain(d.own_data)}" for d in catalog.trained())
    train.add_argument("--data", type=Path, metavar="PATH", help=f"your own data. {layouts}")
    _add_options(train, lambda demo: demo.train_options)
    train.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        default=Path("my-weights"),
        help="write to DIR/DEMO[/TASK]/PRESET, and serve it with app.py --weights DIR; "
        "--out weights replaces the embedded weights",
    )
    train.add_argument("--seed", type=int, default=0, help="of every random choice")
    train.add_argument("--epochs", type=int, help="in place of the preset's own number")
    train.add_argument("--work", type=Path, metavar="DIR", help="checkpoints ($MMDEMO_WORK)")
    train.add_argument("--fresh", action="store_true", help="forget earlier checkpoints first")

    evaluate = command(
        "evaluate",
        commands.evaluate,
        "measure a demo again from its stored weights",
        "Networks of a cross-validation that are not stored are trained again.",
    )
    _add_network(evaluate)
    evaluate.add_argument("--work", type=Path, metavar="DIR", help="checkpoints ($MMDEMO_WORK)")
    evaluate.add_argument(
        "--write", action="store_true", help="store figures, thresholds and the card"
    )

    predict = command(
        "predict", commands.predict, "run a demo on files or texts and print the answer as JSON"
    )
    _add_network(predict)
    kinds = ". ".join(f"{demo.slug}: {_plain(_inputs(demo))}" for demo in catalog.trained())
    predict.add_argument(
        "inputs",
        nargs="+",
        metavar="FILE|TEXT",
        help=f"what there is a file of is the file. {kinds}",
    )
    predict.add_argument(
        "--weights",
        type=Path,
        metavar="DIR",
        help="folder with weights of your own, laid out as DEMO[/TASK]/PRESET",
    )
    _add_options(predict, lambda demo: demo.predict_options)

    answer = command(
        "answer",
        commands.answer,
        "answer the example with which a page arrives, and store the answer with the demo",
        "Due when its weights, its first example or the drawing of its answer changed.",
    )
    answer.add_argument("demos", nargs="*", metavar="DEMO", help="default: all")

    data = command("data", commands.data_list, "list the public data sets, or get one")
    actions = data.add_subparsers(metavar="ACTION")
    get = actions.add_parser("get", help="download a set, or unpack a local archive of it")
    get.add_argument("name", choices=list(datasets.REGISTRY), metavar="NAME")
    get.add_argument("--archive", type=Path, metavar="FILE", help="local .zip or .tar.* file")
    get.set_defaults(run=commands.data_get)

    push = command(
        "push",
        commands.push,
        "upload a demo's weights and their card to the Hugging Face Hub",
        "Refuses weights that were not measured or that do not match their checksums. The commit "
        "is then pinned in mmdemo/hub.json. Log in first: hf auth login, or $HF_TOKEN.",
    )
    push.add_argument("demo", choices=[d.slug for d in catalog.DEMOS], metavar="DEMO")
    push.add_argument("--repo", required=True, metavar="USER/NAME", help="made if it is not there")
    push.add_argument("--private", action="store_true", help="make a new repository private")
    push.add_argument("--revision", metavar="BRANCH", help="made if it is not there; default: main")
    push.add_argument(
        "--weights",
        type=Path,
        metavar="DIR",
        help="folder with weights of your own, laid out as DEMO[/TASK]/PRESET",
    )
    push.add_argument(
        "--preset", action="append", default=[], metavar="PRESET", help="default: all"
    )

    pull = command(
        "pull",
        commands.pull,
        "fetch pinned weights from the Hugging Face Hub into its cache, verified",
        "The app does so by itself at start for weights that weights/ does not have.",
    )
    pull.add_argument("demo", choices=[d.slug for d in catalog.DEMOS], metavar="DEMO")
    pull.add_argument("--repo", metavar="USER/NAME", help="fetch from here, and pin its commit")
    pull.add_argument("--revision", metavar="REVISION", help="of --repo; default: main")

    command(
        "manifest",
        commands.manifest,
        "write mmdemo/hub.json: size and SHA-256 of every file in weights/",
        "What did not change keeps its place on the Hub.",
    )

    deploy = command(
        "deploy",
        commands.deploy,
        "make or update a Hugging Face Space with the app",
        "Uploads the app and its weights, no tests and no documents; refuses secrets and files "
        f"over {space.MAX_FILE // 1000**2} MB.",
    )
    deploy.add_argument("--space", required=True, metavar="USER/NAME")
    deploy.add_argument(
        "--hardware",
        choices=space.HARDWARE,
        default=space.HARDWARE[0],
        metavar="KIND",
        help=f"one of {', '.join(space.HARDWARE)}",
    )
    deploy.add_argument("--private", action="store_true", help="make a new Space private")
    deploy.add_argument("--dry-run", action="store_true", help="list what would be uploaded")

    bench = command(
        "bench", commands.time_demos, "time the app and its networks, and print a table per demo"
    )
    bench.add_argument("demos", nargs="*", metavar="DEMO", help="default: all")
    bench.add_argument("--requests", type=int, default=100, help="per measurement")
    return parser


def _add_network(parser: argparse.ArgumentParser) -> None:
    tasks = "; ".join(
        f"{demo.slug}: {', '.join(task.name for task in demo.tasks)}"
        for demo in catalog.DEMOS
        if len(demo.tasks) > 1
    )
    parser.add_argument(
        "demo",
        metavar="DEMO[/TASK]",
        help=f"one of {', '.join(demo.slug for demo in catalog.trained())}. "
        f"Tasks of {tasks}; a demo's first where none is named",
    )
    parser.add_argument(
        "--preset", metavar="PRESET", help="default or book; the task's first where none is named"
    )
    parser.set_defaults(subparser=parser)


def _add_options(
    parser: argparse.ArgumentParser, of_demo: Callable[[Demo], Sequence[Option]]
) -> None:
    """Options that single demos declare."""
    owners: dict[Option, list[str]] = {}
    for demo in catalog.DEMOS:
        for option in of_demo(demo):
            owners.setdefault(option, []).append(demo.slug)
    for option, slugs in owners.items():
        kind: dict[str, Any] = {"action": "store_true"}
        if option.metavar is not None:
            kind = {"metavar": option.metavar, "action": "append" if option.repeats else "store"}
        parser.add_argument(option.flag, help=f"of {', '.join(slugs)}: {option.help}", **kind)


def _say(error: UserError, code: int) -> int:
    sys.stderr.write(f"{' '.join(str(error).split())}\n")
    return code


def _first_line(text: str | None) -> str:
    return (text or "").split("\n", 1)[0]


def _inputs(demo: Demo) -> str:
    """What `predict` takes."""
    texts = demo.predict_texts
    return demo.predict_files if texts is None else f"{demo.predict_files}; or {texts.help}"


def _plain(markdown: str) -> str:
    """Argparse formats `%` itself."""
    return markdown.replace("**", "").replace("`", "").replace("%", "%%")
