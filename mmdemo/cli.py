"""The command line: `python -m mmdemo COMMAND`, and the options of `python app.py`.

Exit codes: 0 done, 1 something that the user can put right (one line on standard error),
2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmdemo import __version__, catalog, space
from mmdemo.core.data import datasets
from mmdemo.core.demo import Demo
from mmdemo.core.errors import UserError
from mmdemo.core.measure import report
from mmdemo.core.weights import artifacts, hub, pins

if TYPE_CHECKING:
    from mmdemo.core.train.fit import Run

PRELOADS = ("none", "first", "all")


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows defaults that say something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        silent = action.default is None or action.default is False
        return action.help if silent else super()._get_help_string(action)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of `python -m mmdemo`."""
    return _run(_parser().parse_args(arguments))


def serve(arguments: Sequence[str] | None = None) -> int:
    """Entry of `python app.py`."""
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Serve the app. Each option has an environment variable of its own.",
        formatter_class=_HelpFormatter,
    )
    environment = os.environ.get
    parser.add_argument(
        "--host",
        default=environment("MMDEMO_HOST", environment("GRADIO_SERVER_NAME", "127.0.0.1")),
        help="address to listen on [$MMDEMO_HOST]",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=environment("MMDEMO_PORT", environment("GRADIO_SERVER_PORT", "7860")),
        help="port to listen on [$MMDEMO_PORT]",
    )
    parser.add_argument(
        "--share",
        action="store_true",
        default=_is_true(environment("MMDEMO_SHARE", "")),
        help="ask Gradio for a public link [$MMDEMO_SHARE]",
    )
    parser.add_argument(
        "--auth",
        metavar="USER:PASS",
        default=environment("MMDEMO_AUTH"),
        help="ask visitors for this user name and password [$MMDEMO_AUTH]",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="DIR",
        default=environment("MMDEMO_WEIGHTS") or None,
        help="folder with weights of your own, laid out as DEMO/PRESET; what it lacks comes from "
        "the embedded weights [$MMDEMO_WEIGHTS]",
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        default=_is_true(environment("MMDEMO_MCP", "")),
        help="offer the endpoints as MCP tools too; wants gradio[mcp] [$MMDEMO_MCP]",
    )
    parser.add_argument(
        "--hub-models",
        action="store_true",
        default=_is_true(environment("MMDEMO_HUB_MODELS", "")),
        help="let visitors name classifiers on the Hub with --share and on a Space too, where they "
        "otherwise may not [$MMDEMO_HUB_MODELS]",
    )
    parser.add_argument(
        "--rate-limit",
        type=int,
        metavar="N",
        default=environment("MMDEMO_RATE_LIMIT"),
        help="requests per visitor and minute; default: 60 with --share and on a Space, else no "
        "limit [$MMDEMO_RATE_LIMIT]",
    )
    parser.add_argument(
        "--preload",
        choices=PRELOADS,
        default=environment("MMDEMO_PRELOAD", "first"),
        help="demos to load in the background at start [$MMDEMO_PRELOAD]",
    )
    options = parser.parse_args(arguments)
    options.run = _serve
    return _run(options)


def _run(options: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for chatty in ("httpx", "absl", "h5py"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        options.run(options)
        sys.stdout.flush()
    except UserError as error:
        sys.stderr.write(f"{' '.join(str(error).split())}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return 130
    except BrokenPipeError:  # the reader of our output has gone: `mmdemo list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mmdemo", description=_first_line(__doc__))
    parser.add_argument("--version", action="version", version=f"mmdemo {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None], text: str, more: str = ""):
        made = commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}. {more}".strip(),
            formatter_class=_HelpFormatter,
        )
        made.set_defaults(run=run)
        return made

    listing = command("list", _list, "list the demos, their weights and their figures")
    listing.add_argument("demos", nargs="*", metavar="DEMO", help="default: all")
    listing.add_argument(
        "--markdown", action="store_true", help="as in the README; with DEMO, all its figures"
    )

    train = command(
        "train",
        _train,
        "train a demo's network, measure it and write its weights folder",
        "A run that was interrupted goes on from its last epoch.",
    )
    _add_demo(train)
    layouts = " ".join(f"{d.slug}: {_plain(d.own_data)}" for d in catalog.DEMOS)
    train.add_argument("--data", type=Path, metavar="PATH", help=f"your own data. {layouts}")
    train.add_argument(
        "--target",
        action="append",
        metavar="COLUMN:KIND",
        help="a column of a --data table to predict, and how (regression, softmax or binary), for "
        "a demo that takes tables; may be repeated",
    )
    train.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        default=Path("my-weights"),
        help="write to DIR/DEMO/PRESET, and serve it with app.py --weights DIR; "
        "--out weights replaces the embedded weights",
    )
    train.add_argument("--seed", type=int, default=0, help="of every random choice")
    train.add_argument("--epochs", type=int, help="in place of the preset's own number")
    train.add_argument("--work", type=Path, metavar="DIR", help="checkpoints ($MMDEMO_WORK)")
    train.add_argument("--fresh", action="store_true", help="forget earlier checkpoints first")

    evaluate = command(
        "evaluate",
        _evaluate,
        "measure a demo again from its stored weights",
        "Networks of a cross-validation that are not stored are trained again.",
    )
    _add_demo(evaluate)
    evaluate.add_argument("--work", type=Path, metavar="DIR", help="checkpoints ($MMDEMO_WORK)")
    evaluate.add_argument("--write", action="store_true", help="store the figures and the card")

    predict = command("predict", _predict, "run a demo on files and print the answer as JSON")
    _add_demo(predict)
    predict.add_argument("files", nargs="+", type=Path, metavar="FILE", help="see its README.md")
    predict.add_argument(
        "--complete",
        action="store_true",
        help="of a demo that joins two senses (corrnet): each FILE is a folder, .zip or .csv of "
        "items of which some lack one sense; write what they lack beside it",
    )

    data = command("data", _data_list, "list the public data sets, or get one")
    actions = data.add_subparsers(metavar="ACTION")
    get = actions.add_parser("get", help="download a set, or unpack a local archive of it")
    get.add_argument("name", choices=list(datasets.REGISTRY), metavar="NAME")
    get.add_argument("--archive", type=Path, metavar="FILE", help="local .zip or .tar.* file")
    get.set_defaults(run=_data_get)

    push = command(
        "push",
        _push,
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
        help="folder with weights of your own, laid out as DEMO/PRESET",
    )
    push.add_argument(
        "--preset", action="append", default=[], metavar="PRESET", help="default: all"
    )

    pull = command(
        "pull",
        _pull,
        "fetch pinned weights from the Hugging Face Hub into its cache, verified",
        "The app does so by itself at start for weights that weights/ does not have.",
    )
    pull.add_argument("demo", choices=[d.slug for d in catalog.DEMOS], metavar="DEMO")
    pull.add_argument("--repo", metavar="USER/NAME", help="fetch from here, and pin its commit")
    pull.add_argument("--revision", metavar="REVISION", help="of --repo; default: main")

    command(
        "manifest",
        _manifest,
        "write mmdemo/hub.json: size and SHA-256 of every file in weights/",
        "What did not change keeps its place on the Hub.",
    )

    deploy = command(
        "deploy",
        _deploy,
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

    bench = command("bench", _bench, "time the app and its networks, and print a table per demo")
    bench.add_argument("demos", nargs="*", metavar="DEMO", help="default: all")
    bench.add_argument("--requests", type=int, default=100, help="per measurement")
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("demo", choices=[d.slug for d in catalog.DEMOS], metavar="DEMO")
    presets = dict.fromkeys(preset for demo in catalog.DEMOS for preset in demo.presets)
    parser.add_argument(
        "--preset",
        choices=tuple(presets),
        metavar="PRESET",
        help=f"{', '.join(presets)}; the demo's first where none is named",
    )


# === Commands ===


def _serve(options: argparse.Namespace) -> None:
    auth = None
    if options.auth:
        user, colon, password = options.auth.partition(":")
        if not (user and colon and password):
            raise UserError("--auth wants USER:PASS, for example --auth ada:secret")
        auth = (user, password)
    if not 0 <= options.port <= 65535:
        raise UserError(f"--port wants a number from 0 to 65535, not {options.port}.")
    if options.preload not in PRELOADS:
        raise UserError(f"$MMDEMO_PRELOAD is one of {', '.join(PRELOADS)}.")
    if options.weights is not None:
        if not options.weights.is_dir():
            raise UserError(f"There is no weights folder at {options.weights}.")
        os.environ["MMDEMO_WEIGHTS"] = str(options.weights)
    if options.hub_models:
        os.environ["MMDEMO_HUB_MODELS"] = "1"
    if options.rate_limit is not None and options.rate_limit < 1:
        raise UserError("--rate-limit wants a number of at least 1.")
    if options.mcp and importlib.util.find_spec("mcp") is None:
        raise UserError("--mcp wants an extra that is not installed: pip install 'gradio[mcp]'")

    from mmdemo.app import launch

    launch(
        host=options.host,
        port=options.port,
        share=options.share,
        auth=auth,
        mcp=options.mcp,
        rate_limit=options.rate_limit,
        preload=options.preload,
    )


def _list(options: argparse.Namespace) -> None:
    demos = [catalog.find(slug) for slug in options.demos] or list(catalog.DEMOS)
    if options.markdown and options.demos:
        sys.stdout.writelines(report.markdown(artifacts.all_results(demo)) for demo in demos)
        return
    if options.markdown:
        sys.stdout.write("| demo | what it does | its DEFAULT network, measured |\n|---|---|---|\n")
        for demo in demos:
            title = f"[{demo.title}](mmdemo/demos/{demo.slug}/README.md)"
            sys.stdout.write(f"| {title} | {demo.summary} | {artifacts.headline(demo)} |\n")
        return
    for demo in demos:
        sys.stdout.write(f"{demo.slug:<18}{demo.family.value:<16}{demo.title}\n")
        for preset in demo.presets:
            folder = artifacts.locate(demo.slug, preset)
            if not folder.is_dir():
                sys.stdout.write(f"  {preset:<16}no weights yet\n")
                continue
            try:
                results = artifacts.read_results(folder)
            except UserError as error:
                sys.stdout.write(f"  {preset:<16}{error}\n")
                continue
            ours = preset if preset in report.OURS else "default"
            own = [r for r in results if r.method == ours][:3]
            figures = ", ".join(
                f"{report.metric(r.metric).label.lower()} {report.metric(r.metric).format(r.value)}"
                for r in own
            )
            sys.stdout.write(f"  {preset:<16}{figures}\n")


def _train(options: argparse.Namespace) -> None:
    demo = catalog.find(options.demo)
    run = _training_run(options, demo, options.out / demo.slug / _preset(options, demo))
    from mmdemo.core.train import fit as training

    if options.fresh:
        training.forget(run)
    demo.module("train").train(run)
    sys.stdout.write(report.markdown(artifacts.read_results(run.folder)))
    sys.stdout.write(f"Wrote {run.folder}\n")
    _keep_manifest(demo, run.folder)


def _evaluate(options: argparse.Namespace) -> None:
    demo = catalog.find(options.demo)
    run = _training_run(options, demo, artifacts.locate(demo.slug, _preset(options, demo)))
    artifacts.verify(run.folder)
    results = demo.module("train").evaluate(run)
    sys.stdout.write(report.markdown(results))
    stored = {(r.task, r.split, r.method, r.metric): r for r in artifacts.read_results(run.folder)}
    moved = [
        f"{r.task}/{r.method}/{r.metric}: {stored[key].value:.4f} -> {r.value:.4f}"
        for r in results
        if (key := (r.task, r.split, r.method, r.metric)) in stored
        and abs(stored[key].value - r.value) > 0.0005
    ]
    sys.stdout.write("\n".join(["Differs from what is stored:", *moved, ""]) if moved else "")
    if options.write:
        provenance = artifacts.read_json(run.folder, "metrics.json")["provenance"]
        artifacts.rewrite_metrics(run.folder, demo, run.preset, results, provenance)
        sys.stdout.write(f"Wrote {run.folder}\n")
        _keep_manifest(demo, run.folder)


def _keep_manifest(demo: Demo, folder: Path) -> None:
    """New embedded weights are the expected ones from now on."""
    if folder.resolve().is_relative_to(artifacts.EMBEDDED):
        hub.write_manifest([demo])


def _preset(options: argparse.Namespace, demo: Demo) -> str:
    if options.preset is None:
        return demo.presets[0]
    if options.preset not in demo.presets:
        raise UserError(f"--preset of {demo.slug} is one of {', '.join(demo.presets)}.")
    return options.preset


def _training_run(options: argparse.Namespace, demo: Demo, folder: Path) -> Run:
    if getattr(options, "data", None) is not None and not options.data.exists():
        raise UserError(f"There is no data at {options.data}.")
    if getattr(options, "epochs", None) is not None and options.epochs < 1:
        raise UserError("--epochs wants a number of at least 1.")
    from mmdemo.core.train.fit import Run, default_work

    return Run(
        demo=demo.slug,
        preset=folder.name,
        folder=folder,
        work=(options.work or default_work()) / demo.slug,
        data=getattr(options, "data", None),
        targets=tuple(getattr(options, "target", None) or ()),
        seed=getattr(options, "seed", 0),
        epochs=getattr(options, "epochs", None),
    )


def _predict(options: argparse.Namespace) -> None:
    for file in options.files:
        if not file.exists():
            raise UserError(f"There is no file at {file}.")
    demo = catalog.find(options.demo)
    preset = _preset(options, demo)
    if not options.complete:
        answer = demo.module("infer").predict(options.files, preset)
    elif importlib.util.find_spec(f"mmdemo.demos.{demo.slug}.completion") is None:
        raise UserError(f"{demo.slug} does not complete data.")
    else:
        complete = demo.module("completion").complete
        answer = {str(file): complete(file, preset=preset).to_dict() for file in options.files}
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")


def _data_list(options: argparse.Namespace) -> None:
    sys.stdout.write(f"Data folder: {datasets.root()}\n")
    for dataset in datasets.REGISTRY.values():
        state = "here" if datasets.is_present(dataset.name) else "not here"
        sys.stdout.write(f"{dataset.name:<18}{state:<10}{dataset.title}; {dataset.licence}\n")


def _data_get(options: argparse.Namespace) -> None:
    from tqdm.auto import tqdm

    with tqdm(unit="B", unit_scale=True, disable=None, desc=options.name) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total or None
            bar.update(done - bar.n)

        folder = datasets.get(options.name, options.archive, progress)
    sys.stdout.write(f"{folder}\n")


def _push(options: argparse.Namespace) -> None:
    if options.weights is not None:
        if not options.weights.is_dir():
            raise UserError(f"There is no weights folder at {options.weights}.")
        os.environ["MMDEMO_WEIGHTS"] = str(options.weights)
    demo = catalog.find(options.demo)
    if unknown := [preset for preset in options.preset if preset not in demo.presets]:
        raise UserError(f"{demo.slug} has no preset {unknown[0]}: {', '.join(demo.presets)}.")
    done = hub.push(
        demo,
        options.repo,
        presets=options.preset,
        private=options.private,
        revision=options.revision,
    )
    what = "Pushed" if done.changed else "Nothing to send: the Hub has"
    sys.stdout.write(
        f"{what} {demo.slug} ({', '.join(done.presets)}), {done.files} files\n"
        f"{done.address} at {done.revision[:10]}, pinned in mmdemo/hub.json\n"
    )


def _pull(options: argparse.Namespace) -> None:
    if options.revision is not None and options.repo is None:
        raise UserError("--revision goes with --repo.")
    demo = catalog.find(options.demo)
    for pin in hub.pull(demo, repo=options.repo, revision=options.revision):
        size = sum(file.size for file in pin.files.values()) / 1000**2
        sys.stdout.write(
            f"{pin.demo}/{pin.preset}: {len(pin.files)} files, {size:.1f} MB, verified; "
            f"{pin.repo} at {str(pin.revision)[:10]}\n"
        )


def _manifest(options: argparse.Namespace) -> None:
    entries = hub.write_manifest(catalog.DEMOS)
    sys.stdout.write(f"{pins.PATH}: {len(entries)} presets\n")


def _deploy(options: argparse.Namespace) -> None:
    upload = space.prepare(options.hardware, pins.read().values())
    sizes = upload.sizes
    if options.dry_run:
        sys.stdout.writelines(f"{size:>12,}  {name}\n" for name, size in sizes.items())
        sys.stdout.write(
            f"{sum(sizes.values()):>12,}  bytes in {len(sizes)} files, none over "
            f"{space.MAX_FILE // 1000**2} MB, no secrets\n\nREADME.md begins:\n\n"
            f"---\n{upload.card.data.to_yaml()}\n---\n\n"
            f"Would make or update the Space {options.space} on {options.hardware}"
            f"{', private' if options.private else ''}. Nothing was sent.\n"
        )
        return
    address = space.deploy(upload, options.space, options.hardware, private=options.private)
    sys.stdout.write(
        f"Uploaded {len(sizes)} files, {sum(sizes.values()) / 1000**2:.1f} MB. "
        f"The Space builds now: {address}\n"
    )


def _bench(options: argparse.Namespace) -> None:
    from mmdemo import bench

    demos = [catalog.find(slug) for slug in options.demos] or list(catalog.DEMOS)
    bench.run(demos, options.requests)


def _is_true(text: str) -> bool:
    return text.strip().lower() in ("1", "true", "yes", "on")


def _first_line(text: str | None) -> str:
    return (text or "").split("\n", 1)[0]


def _plain(markdown: str) -> str:
    """Argparse formats `%` itself."""
    return markdown.replace("**", "").replace("`", "").replace("%", "%%")
