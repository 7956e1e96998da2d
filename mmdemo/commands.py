"""What the commands of the command line do, given their options.

Each prints what it has done, or raises a `UserError` with one line on what to put right.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmdemo import catalog, space
from mmdemo.core.data import datasets
from mmdemo.core.demo import Demo, ModelId, Option
from mmdemo.core.errors import UserError
from mmdemo.core.measure import report
from mmdemo.core.serve import scratch, surroundings
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

    with surroundings.settled(scratch.own(), options.host):
        from mmdemo.app import launch

        launch(
            host=options.host,
            port=options.port,
            root_path=options.root_path,
            share=options.share,
            auth=options.auth,
            mcp=options.mcp,
            rate_limit=options.rate_limit,
            preload=options.preload,
        )


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
    for demo in demos:
        sys.stdout.write(f"{demo.slug:<18}{demo.family.value:<16}{demo.title}\n")
        for model_id in demo.model_ids:
            name, folder = model_id.name, artifacts.locate(model_id)
            if not folder.is_dir():
                sys.stdout.write(f"  {name:<22}no weights yet\n")
                continue
            try:
                results = artifacts.read_results(folder)
            except UserError as error:
                sys.stdout.write(f"  {name:<22}{error}\n")
                continue
            figures = []
            for result in [r for r in results if r.method == model_id.preset][:3]:
                form = report.metric(result.metric, demo)
                figures.append(f"{form.label.lower()} {form.format(result.value)}")
            sys.stdout.write(f"  {name:<22}{', '.join(figures)}\n")


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

    results = experiment.evaluate(run)
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
        artifacts.rewrite_metrics(run.folder, demo, model_id, results, provenance)
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
    for file in options.files:
        if not file.exists():
            raise UserError(f"There is no file at {file}.")
    demo, model_id = options.network
    own = _own_options(options, demo, demo.predict_options)
    answer = demo.module("infer").predict(options.files, model_id.name, **own)
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")


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
