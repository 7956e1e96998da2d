"""What the commands of the command line do, given their options.

Each prints what it has done, or raises a `UserError` with one line on what to put right.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmdemo import catalog, scaffold, space
from mmdemo.core.data import datasets
from mmdemo.core.demo import Demo, ModelId, Option
from mmdemo.core.errors import UsageError, UserError
from mmdemo.core.measure import report
from mmdemo.core.media import budget
from mmdemo.core.serve import classroom, public, scratch, surroundings
from mmdemo.core.weights import artifacts, hub, pins

if TYPE_CHECKING:
    from mmdemo.core.train.fit import Run


def _own_options(
    options: argparse.Namespace, demo: Demo, known: Sequence[Option]
) -> dict[str, Any]:
    """Values of the demo's own options that were given.

    Raises:
        UserError: an option of another demo was given.
    """
    declared = [o for d in catalog.DEMOS for o in (*d.train_options, *d.predict_options)]
    values = {o: v for o in declared if (v := getattr(options, o.name, None))}
    for option in values:
        if option not in known:
            raise UserError(f"{option.flag} is not an option of {demo.slug}.")
    return {o.name: tuple(v) if isinstance(v, list) else v for o, v in values.items()}


def network(name: str, preset: str | None) -> tuple[Demo, ModelId]:
    """The demo and network that `DEMO[/TASK] --preset PRESET` names.

    Raises:
        UserError: there is none; the message lists those there are.
    """
    slug, _, task = name.partition("/")
    demo = catalog.find(slug)
    tasks = {known.name: known for known in demo.tasks if known.name}
    if task and task not in tasks:
        known = f"its tasks are {', '.join(tasks)}" if tasks else "it has one task"
        raise UserError(f"{slug} has no task '{task}': {known}.")
    if not task and preset in tasks:  # as it was called before tasks had names
        raise UserError(
            f"'{preset}' is a task of {slug}: write {slug}/{preset} in place of "
            f"{slug} --preset {preset}."
        )
    presets = tasks[task].presets if task else {p: 0 for t in demo.tasks for p in t.presets}
    if preset is not None and preset not in presets:
        raise UserError(f"--preset of {name} is one of {', '.join(presets)}.")
    return demo, demo.model_id(preset or "", task)


def serve(options: argparse.Namespace) -> None:
    if options.weights is not None:
        use_weights(options.weights)
    if options.hub_models:
        os.environ["MMDEMO_HUB_MODELS"] = "1"
    if options.mcp and importlib.util.find_spec("mcp") is None:
        raise UserError("--mcp wants an extra that is not installed: pip install 'gradio[mcp]'")

    _check_class(options)
    host = options.host or ("0.0.0.0" if options.for_class else "127.0.0.1")
    tablets = classroom.addresses(host) if options.for_class else ()
    budget.keep_little()
    with surroundings.settled(scratch.own(), host):
        from mmdemo.app import launch

        launch(
            host=host,
            port=options.port,
            root_path=options.root_path,
            share=options.share,
            auth=options.auth,
            mcp=options.mcp,
            rate_limit=options.rate_limit,
            preload=options.preload or ("all" if options.for_class else "first"),
            tablets=tablets,
            https=options.https,
        )


def _check_class(options: argparse.Namespace) -> None:
    """Refuse what does not go together with a class.

    Raises:
        UsageError: says what.
    """
    if not options.for_class:
        if options.https:
            raise UsageError(
                "--https goes with --class. For the world, a proxy in front ends TLS: see "
                "docs/serving.md."
            )
        return
    if options.share:
        raise UsageError(
            "--class is for the network in the room, --share for the whole world: choose one."
        )
    if options.root_path:
        raise UsageError(
            "--class is reached directly, --root-path through a proxy: choose one. Behind a proxy, "
            f"--rate-limit {public.PER_MINUTE_OF_A_CLASS} lets a class ask."
        )
    if public.is_space():
        raise UsageError("--class is for the network in the room: a Space has none.")


def use_weights(folder: Path) -> None:
    """Have the networks of a folder of the user's serve.

    Raises:
        UserError: there is none, or it is laid out as before a demo had tasks.
    """
    if not folder.is_dir():
        raise UserError(f"There is no weights folder at {folder}.")
    for demo in catalog.DEMOS:
        names = {model_id.name for model_id in demo.model_ids}
        for weights in sorted(folder.glob(f"{demo.slug}/*/{artifacts.WEIGHTS}")):
            if (name := weights.parent.name) not in names:
                new = folder / str(demo.model_id(name))
                raise UserError(
                    f"The weights in {weights.parent} are now looked for in {new}: move them there."
                )
    os.environ["MMDEMO_WEIGHTS"] = str(folder)


def list_demos(options: argparse.Namespace) -> None:
    demos = [catalog.find(slug) for slug in options.demos] or list(catalog.DEMOS)
    if options.markdown and options.demos:
        sys.stdout.writelines(report.markdown(artifacts.all_results(demo), demo) for demo in demos)
        return
    if options.markdown:
        sys.stdout.write("| demo | what it does | its DEFAULT network, measured |\n|---|---|---|\n")
        for demo in demos:
            title = f"[{demo.title}](mmdemo/demos/{demo.slug}/README.md)"
            sys.stdout.write(f"| {title} | {demo.summary} | {artifacts.headline(demo)} |\n")
        return
    ids = [model_id for demo in demos for model_id in demo.model_ids]
    slugs = max(len(demo.slug) for demo in demos) + 2
    families = max(len(demo.family.value) for demo in demos) + 2
    names = max((len(model_id.name) for model_id in ids), default=0) + 2
    for demo in demos:
        sys.stdout.write(f"{demo.slug:<{slugs}}{demo.family.value:<{families}}{demo.title}\n")
        for model_id in demo.model_ids:
            name, folder = model_id.name, artifacts.locate(model_id)
            if not folder.is_dir():
                sys.stdout.write(f"  {name:<{names}}no weights yet\n")
                continue
            try:
                results = artifacts.read_results(folder)
            except UserError as error:
                sys.stdout.write(f"  {name:<{names}}{error}\n")
                continue
            figures = []
            for result in [r for r in results if r.method == model_id.preset][:3]:
                form = report.metric(result.metric, demo)
                figures.append(f"{form.label.lower()} {form.format(result.value)}")
            sys.stdout.write(f"  {name:<{names}}{', '.join(figures)}\n")


def answer(options: argparse.Namespace) -> None:
    from mmdemo.core.ui import arrival

    for slug in options.demos or [demo.slug for demo in catalog.DEMOS]:
        demo = catalog.find(slug)
        arrival.store(demo)
        sys.stdout.write(f"{arrival.folder(demo) / arrival.FILE}\n")


def new(options: argparse.Namespace) -> None:
    written = scaffold.new(options.slug)
    sys.stdout.writelines(f"{path.relative_to(scaffold.ROOT)}\n" for path in written)
    sys.stdout.write(f"\n{scaffold.next_steps(options.slug)}")


def train(options: argparse.Namespace) -> None:
    demo, model_id = options.network
    run = _training_run(options, demo, model_id, options.out / str(model_id))
    from mmdemo.core.train import experiment

    if options.fresh:
        run.forget()
    experiment.train(run)
    sys.stdout.write(report.markdown(artifacts.read_results(run.folder), demo))
    sys.stdout.write(f"Wrote {run.folder}\n")
    _keep_manifest(demo, run.folder)


def evaluate(options: argparse.Namespace) -> None:
    demo, model_id = options.network
    run = _training_run(options, demo, model_id, artifacts.locate(model_id))
    artifacts.verify(run.folder)
    from mmdemo.core.train import experiment

    measured = experiment.measure_again(run)
    results = measured.results
    sys.stdout.write(report.markdown(results, demo))
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
        # Thresholds and probabilities are measured, too; what was stored beside them stays.
        preprocess = artifacts.read_json(run.folder, "preprocess.json") | measured.preprocess
        artifacts.rewrite_metrics(run.folder, demo, model_id, results, provenance, preprocess)
        sys.stdout.write(f"Wrote {run.folder}\n")
        _keep_manifest(demo, run.folder)


def _keep_manifest(demo: Demo, folder: Path) -> None:
    """New embedded weights are the expected ones from now on."""
    if folder.resolve().is_relative_to(artifacts.EMBEDDED):
        hub.write_manifest([demo])


def _training_run(options: argparse.Namespace, demo: Demo, model_id: ModelId, folder: Path) -> Run:
    if getattr(options, "data", None) is not None:
        if not demo.own_data_arguments:
            raise UserError(
                f"{demo.slug} cannot be trained on your own data: --data is not for it. "
                "Its README says what it is trained on."
            )
        if not options.data.exists():
            raise UserError(f"There is no data at {options.data}.")
    if getattr(options, "epochs", None) is not None and options.epochs < 1:
        raise UserError("--epochs wants a number of at least 1.")
    from mmdemo.core.train.fit import Run, default_work

    return Run(
        model_id,
        folder=folder,
        work=(options.work or default_work()) / demo.slug,
        data=getattr(options, "data", None),
        options=_own_options(options, demo, demo.train_options),
        seed=getattr(options, "seed", 0),
        epochs=getattr(options, "epochs", None),
    )


def predict(options: argparse.Namespace) -> None:
    if options.weights is not None:
        use_weights(options.weights)
    demo, model_id = options.network
    own = _own_options(options, demo, demo.predict_options)
    with tempfile.TemporaryDirectory() as scratch:
        files, said = _inputs(options.inputs, demo, Path(scratch))
        try:
            answer = demo.module("infer").predict(files, model_id.name, **own)
        except UserError as error:
            raise UserError(_as_given(str(error), said)) from error
    written = json.dumps(answer, indent=2, ensure_ascii=False)
    sys.stdout.write(_as_given(written, said, quoted=True) + "\n")


def _inputs(given: Sequence[str], demo: Demo, scratch: Path) -> tuple[list[Path], dict[str, str]]:
    """The files that are meant: those that are there, and one for each text that was given.

    Returns:
        The files, and the texts by the files that stand for them.

    Raises:
        UserError: there is no such file, and a text is not meant or not taken.
    """
    texts = [text for text in given if not _is_there(text)]
    for text in texts:
        if demo.predict_texts is None or _LIKE_A_PATH.fullmatch(text):
            raise UserError(f"There is no file at {text}.")
    if not all(text.strip() for text in texts):
        raise UserError("This text is empty.")
    if not texts:
        return [Path(file) for file in given], {}
    joint = demo.predict_texts.joint if demo.predict_texts else None
    if joint is not None and len(texts) < len(given):
        raise UserError("Give either files or texts, not both: the texts are one question.")
    questions = [*texts] if joint is None else [joint.join(texts)]
    made = {scratch / f"text-{number}.txt": text for number, text in enumerate(questions, start=1)}
    for file, text in made.items():
        file.write_text(text, encoding="utf-8")
    if joint is not None:
        return list(made), {str(file): " / ".join(texts) for file in made}
    place = {text: file for file, text in made.items()}
    return [place.get(text, Path(text)) for text in given], {str(f): t for f, t in made.items()}


_LIKE_A_PATH = re.compile(r"\S+\.[A-Za-z]\w{0,4}|[^\s/]*/\S*|[A-Za-z]:\\\S*|\.{1,2}|~\S*")
"""One word with a suffix or a slash: somebody mistyped it."""


def _is_there(text: str) -> bool:
    try:
        return text != "" and Path(text).exists()
    except (OSError, ValueError):  # too long for a name, or with NUL
        return False


def _as_given(written: str, said: Mapping[str, str], *, quoted: bool = False) -> str:
    """What was written, with the texts in place of the files that stand for them."""
    for file, text in said.items():
        shown = text if len(text) <= 200 else f"{text[:200]}…"
        old, new = (json.dumps(t, ensure_ascii=False) if quoted else t for t in (file, shown))
        written = written.replace(old, new)
    return written


def data_list(options: argparse.Namespace) -> None:
    sys.stdout.write(f"Data folder: {datasets.root()}\n")
    for dataset in datasets.REGISTRY.values():
        state = "here" if datasets.is_present(dataset.name) else "not here"
        sys.stdout.write(f"{dataset.name:<18}{state:<10}{dataset.title}; {dataset.licence}\n")


def data_get(options: argparse.Namespace) -> None:
    from tqdm.auto import tqdm

    with tqdm(unit="B", unit_scale=True, disable=None, desc=options.name) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total or None
            bar.update(done - bar.n)

        folder = datasets.get(options.name, options.archive, progress)
    sys.stdout.write(f"{folder}\n")


def push(options: argparse.Namespace) -> None:
    if options.weights is not None:
        use_weights(options.weights)
    demo = catalog.find(options.demo)
    model_ids = [demo.model_id(preset) for preset in options.preset]
    done = hub.push(
        demo,
        options.repo,
        model_ids=model_ids,
        private=options.private,
        revision=options.revision,
    )
    what = "Pushed" if done.changed else "Nothing to send: the Hub has"
    sys.stdout.write(
        f"{what} {demo.slug} ({', '.join(done.names)}), {done.files} files\n"
        f"{done.address} at {done.revision[:10]}, pinned in mmdemo/hub.json\n"
    )


def pull(options: argparse.Namespace) -> None:
    if options.revision is not None and options.repo is None:
        raise UserError("--revision goes with --repo.")
    demo = catalog.find(options.demo)
    for pin in hub.pull(demo, repo=options.repo, revision=options.revision):
        size = sum(file.size for file in pin.files.values()) / 1000**2
        sys.stdout.write(
            f"{pin.model_id}: {len(pin.files)} files, {size:.1f} MB, verified; "
            f"{pin.repo} at {str(pin.revision)[:10]}\n"
        )


def manifest(options: argparse.Namespace) -> None:
    entries = hub.write_manifest(catalog.DEMOS)
    sys.stdout.write(f"{pins.PATH}: {len(entries)} presets\n")


def deploy(options: argparse.Namespace) -> None:
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


def time_demos(options: argparse.Namespace) -> None:
    from mmdemo import bench

    demos = [catalog.find(slug) for slug in options.demos] or list(catalog.DEMOS)
    bench.run(demos, options.requests)
