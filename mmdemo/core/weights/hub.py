"""Weights on the Hugging Face Hub: push them, pull them at the commit that the code pins.

A repository holds one demo: its card at the root, below it a folder per network as in `weights/`.
What is pulled lies in the Hub's own cache (`$HF_HOME`) and is used only when size and SHA-256 of
every file are those of `mmdemo/hub.json`. A connection that breaks in the middle of a file goes on
from there; a process that was stopped goes on with the next file.

The Hub's usual settings hold: `$HF_TOKEN` or `hf auth login`, `$HF_ENDPOINT`, `$HF_HUB_OFFLINE`.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmdemo.core.data import datasets
from mmdemo.core.demo import Demo, ModelId
from mmdemo.core.errors import UserError, WeightsError
from mmdemo.core.measure import report
from mmdemo.core.weights import artifacts, pins
from mmdemo.core.weights.hub_client import HubAway, HubError, api, explained
from mmdemo.core.weights.pins import Pin

if TYPE_CHECKING:
    from huggingface_hub import ModelCard

logger = logging.getLogger(__name__)

unfetched: set[ModelId] = set()
"""Networks whose pinned weights could not be had from the Hub at start; the log says why."""


# === Push ===


@dataclass(frozen=True)
class Pushed:
    """What `push` did.

    Attributes:
        address: the repository's page.
        revision: the commit that holds the weights.
        names: of the networks that were pushed.
        files: that the repository now holds for them.
        changed: whether there was anything to send.
    """

    address: str
    revision: str
    names: tuple[str, ...]
    files: int
    changed: bool


def push(
    demo: Demo,
    repo: str,
    *,
    model_ids: Sequence[ModelId] = (),
    private: bool = False,
    revision: str | None = None,
) -> Pushed:
    """Upload a demo's weights folders and their card as one commit, and pin that commit.

    Args:
        demo: whose weights; `$MMDEMO_WEIGHTS` first, as everywhere.
        repo: `USER/NAME`; made if it is not there.
        model_ids: default: all of the demo.
        private: make a new repository private.
        revision: branch to push to; made if it is not there. Default: `main`.

    Raises:
        WeightsError: a folder is incomplete, does not match its checksums, or has no figures.
        HubError: the Hub does not answer or refuses.
    """
    model_ids = tuple(model_ids) or demo.model_ids or (demo.model_id(),)  # which says there is none
    folders = {model_id: artifacts.locate(model_id) for model_id in model_ids}
    checked = {model_id: _checked(model_id, folder) for model_id, folder in folders.items()}
    names = tuple(model_id.name for model_id in model_ids)
    card = model_card(demo, folders, repo)
    with tempfile.TemporaryDirectory() as staged:
        Path(staged, "README.md").write_bytes(str(card).encode())
        for model_id, folder in folders.items():
            hidden = shutil.ignore_patterns(".*")
            shutil.copytree(folder, Path(staged, model_id.name), ignore=hidden)
        with explained(repo):
            client = api()
            address = str(client.create_repo(repo, private=private, exist_ok=True))
            if revision not in (None, "main"):
                client.create_branch(repo, branch=str(revision), exist_ok=True)
            before = client.repo_info(repo, revision=revision).sha
            commit = client.upload_folder(
                repo_id=repo,
                folder_path=staged,
                delete_patterns=[f"{name}/*" for name in names],
                commit_message=f"{demo.title}: {', '.join(names)}",
                revision=revision,
            )
    current = pins.read()
    pinned = [replace(pin, repo=repo, revision=commit.oid) for pin in checked.values()]
    pins.write((current | {pin.model_id: pin for pin in pinned}).values())
    files = 1 + sum(len(pin.files) for pin in pinned)
    return Pushed(address, commit.oid, names, files, commit.oid != before)


def _checked(model_id: ModelId, folder: Path) -> Pin:
    """The entry of a folder that may be pushed."""
    artifacts.verify(folder)
    results = artifacts.read_results(folder)
    provenance = artifacts.read_json(folder, "metrics.json").get("provenance")
    if not provenance or all(result.method != model_id.preset for result in results):
        raise WeightsError(
            f"The weights in {folder} have no measured figures, so they are not pushed. "
            f"Measure them: python -m mmdemo evaluate {model_id.training_target} --write"
        )
    entry = pins.describe(model_id, folder)
    listed = {*artifacts.read_json(folder, artifacts.MANIFEST), artifacts.MANIFEST}
    if stray := sorted(set(entry.files) - listed):
        raise WeightsError(
            f"The folder {folder} holds {stray[0]}, which its manifest does not list. Remove it."
        )
    return entry


def model_card(demo: Demo, folders: Mapping[ModelId, Path], repo: str) -> ModelCard:
    """The card of a repository: metadata of the Hub, the measured figures as its model index.

    Args:
        demo: described by the card.
        folders: a verified weights folder per network.
        repo: `USER/NAME`.

    Raises:
        WeightsError: a folder has no figures.
    """
    from huggingface_hub import EvalResult, ModelCard, ModelCardData

    results = report.merge(artifacts.read_results(folder) for folder in folders.values())
    stored = [artifacts.read_json(folder, "metrics.json") for folder in folders.values()]
    own = any(metrics["provenance"].get("data") for metrics in stored)
    sets = [] if own else [datasets.lookup(name) for name in demo.datasets]
    mine = [r for r in results if r.method in report.OURS]
    evaluated = [
        EvalResult(
            task_type=demo.pipeline_tag,
            task_name=f"{report.question(r.task, demo)} ({who})",
            dataset_type=sets[0].name if sets else "own",
            dataset_name=r.split,
            dataset_args={"method": r.method},
            metric_type=r.metric,
            metric_name=f"{report.metric(r.metric, demo).label} ({who})",
            metric_value=r.value,
        )
        for r in mine
        for who in [report.method_label(r.method, demo)]
    ]
    data = ModelCardData(
        license="apache-2.0",
        library_name="keras",
        pipeline_tag=demo.pipeline_tag,
        tags=["mmdemo", demo.slug],
        datasets=[s.name for s in sets] or None,
        model_name=demo.title,
        eval_results=evaluated,
    )
    listed = datasets.listed([s.name for s in sets])
    networks = "\n".join(
        f"- `{m.name}/`: {demo.label(m)}; [card]({m.name}/README.md)" for m in folders
    )
    body = f"""# {demo.title}

{demo.summary}

Source: {demo.source}. The networks are pure Keras 3 and run on TensorFlow, PyTorch and JAX.

{networks}

## Results

{report.markdown(results, demo)}
{report.limits(demo)}## Data

{listed or "- the trainer's own"}

Licence of the weights: Apache-2.0; the terms of the data above apply to their use.

## Use

In a checkout of mmdemo:

```
python -m mmdemo pull {demo.slug} --repo {repo}
python app.py
```
"""
    return ModelCard(f"---\n{data.to_yaml()}\n---\n\n{body}")


def write_manifest(demos: Sequence[Demo]) -> list[Pin]:
    """Write the entries of some demos in `mmdemo/hub.json` for the embedded weights; answers them.

    Raises:
        WeightsError: a folder is incomplete or does not match its checksums.
    """
    current = pins.read()
    folders = []
    for demo in demos:
        for model_id in demo.model_ids:
            folder = artifacts.EMBEDDED / str(model_id)
            if folder.is_dir():
                artifacts.verify(folder)
                folders.append(pins.describe(model_id, folder))
            elif model_id in current:  # on the Hub only
                folders.append(current[model_id])
    entries = pins.update(current, folders)
    given = {demo.slug for demo in demos}
    others = [pin for pin in current.values() if pin.model_id.demo not in given]
    pins.write([*others, *entries])
    return entries


# === Pull ===


def pull(demo: Demo, *, repo: str | None = None, revision: str | None = None) -> list[Pin]:
    """Fetch what the manifest lists of a demo, verified; answers the pins that were fetched.

    Args:
        demo: whose weights.
        repo: fetch from this repository and pin its commit, in place of the one pinned.
        revision: commit, branch or tag of `repo`. Default: `main`.

    Raises:
        HubError: the Hub does not answer or refuses, or nothing is pinned.
        WeightsError: what the Hub sent is not what the manifest lists.
    """
    current = pins.read()
    wanted = [current[m] for m in demo.model_ids if m in current]
    if repo is not None:
        with explained(repo, revision):
            commit = api().repo_info(repo, revision=revision).sha
        wanted = [replace(pin, repo=repo, revision=commit) for pin in wanted]
    fetched = [pin for pin in wanted if pin.repo is not None]
    if not fetched:
        raise HubError(
            f"No weights of {demo.slug} are pinned on the Hub; name a repository: "
            f"python -m mmdemo pull {demo.slug} --repo USER/NAME"
        )
    for pin in fetched:
        fetch(pin)
    if repo is not None:
        pins.write((current | {pin.model_id: pin for pin in fetched}).values())
    return fetched


def fetch(pin: Pin) -> Path:
    """The verified folder of a pinned network in the Hub's cache, downloaded where it is missing.

    Raises:
        HubAway: the Hub does not answer.
        HubError: it refuses, or the cache cannot be written.
        WeightsError: a file is not the pinned one. It is removed, so that it is never loaded.
    """
    if pin.repo is None or pin.revision is None:
        raise HubError(f"The weights of {pin.model_id} are on no Hub repository yet.")
    folder = None
    for name, file in pin.files.items():
        with explained(pin.repo, pin.revision):
            from huggingface_hub import hf_hub_download

            path = Path(
                hf_hub_download(
                    pin.repo,
                    f"{pin.model_id.name}/{name}",
                    revision=pin.revision,
                    endpoint=os.environ.get("HF_ENDPOINT"),
                )
            )
        if not file.fits(path):
            target = path.resolve()
            path.unlink()
            target.unlink(missing_ok=True)
            raise WeightsError(
                f"The Hub sent a file that is not the one expected: {pin.model_id.name}/{name} of "
                f"{pin.repo} at {pin.revision[:10]}. It was not loaded and has been removed; "
                "try again, or push the weights again."
            )
        folder = path.parents[len(Path(name).parts) - 1]
    if folder is None:
        raise WeightsError(f"The manifest lists no files for {pin.model_id}.")
    return folder


def fetch_missing(demos: Sequence[Demo]) -> None:
    """Before the page is built: fetch pinned weights that `weights/` does not have.

    Where that fails, the weights that came with the code serve, and `unfetched` names the network.
    """
    unfetched.clear()
    away: HubAway | None = None
    for demo in demos:
        for model_id in demo.model_ids:
            pin = artifacts.awaited(model_id)
            if pin is None:
                continue
            try:
                if away is not None and artifacts.locate(model_id).is_relative_to(
                    artifacts.EMBEDDED
                ):
                    raise away  # asked once, a Hub that is away does not hold up the start again
                fetch(pin)
            except UserError as error:
                unfetched.add(model_id)
                logger.warning("%s: %s", model_id, error)
                away = error if isinstance(error, HubAway) else away
            else:
                logger.info("fetched %s from %s", model_id, pin.repo)
