"""Weights on the Hugging Face Hub: push them, pull them at the commit that the code pins.

A repository holds one demo: its card at the root, below it a folder per preset as in `weights/`.
What is pulled lies in the Hub's own cache (`$HF_HOME`) and is used only when size and SHA-256 of
every file are those of `mmdemo/hub.json`. A connection that breaks in the middle of a file goes on
from there; a process that was stopped goes on with the next file.

The Hub's usual settings hold: `$HF_TOKEN` or `hf auth login`, `$HF_ENDPOINT`, `$HF_HUB_OFFLINE`.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmdemo.core.data import datasets
from mmdemo.core.demo import Demo
from mmdemo.core.errors import UserError, WeightsError
from mmdemo.core.measure import report
from mmdemo.core.weights import artifacts, pins
from mmdemo.core.weights.pins import Pin

if TYPE_CHECKING:
    from huggingface_hub import HfApi, ModelCard

logger = logging.getLogger(__name__)

notices: dict[tuple[str, str], str] = {}
"""Presets whose pinned weights could not be had from the Hub at start, and why: for the page."""


class HubError(UserError):
    """The Hub does not answer, or refuses."""


class HubAway(HubError):
    """The Hub cannot be reached now; a later try may succeed."""


# === Push ===


@dataclass(frozen=True)
class Pushed:
    """What `push` did.

    Attributes:
        address: the repository's page.
        revision: the commit that holds the weights.
        presets: that were pushed.
        files: that the repository now holds for them.
        changed: whether there was anything to send.
    """

    address: str
    revision: str
    presets: tuple[str, ...]
    files: int
    changed: bool


def push(
    demo: Demo,
    repo: str,
    *,
    presets: Sequence[str] = (),
    private: bool = False,
    revision: str | None = None,
) -> Pushed:
    """Upload a demo's weights folders and their card as one commit, and pin that commit.

    Args:
        demo: whose weights; `$MMDEMO_WEIGHTS` first, as everywhere.
        repo: `USER/NAME`; made if it is not there.
        presets: default: all of the demo.
        private: make a new repository private.
        revision: branch to push to; made if it is not there. Default: `main`.

    Raises:
        WeightsError: a folder is incomplete, does not match its checksums, or has no figures.
        HubError: the Hub does not answer or refuses.
    """
    presets = tuple(presets) or demo.presets
    folders = {preset: artifacts.locate(demo.slug, preset) for preset in presets}
    found = {preset: _checked(demo, preset, folder) for preset, folder in folders.items()}
    card = model_card(demo, folders, repo)
    with explained(repo):
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        client = api()
        address = str(client.create_repo(repo, private=private, exist_ok=True))
        if revision not in (None, "main"):
            client.create_branch(repo, branch=str(revision), exist_ok=True)
        before = client.repo_info(repo, revision=revision).sha
        files: dict[str, Any] = {"README.md": str(card).encode()}
        for preset, folder in folders.items():
            files |= {f"{preset}/{name}": str(folder / name) for name in found[preset].files}
        ours = tuple(f"{preset}/" for preset in presets)
        gone = [
            path
            for path in client.list_repo_files(repo, revision=revision)
            if path.startswith(ours) and path not in files
        ]
        commit = client.create_commit(
            repo,
            [
                *(CommitOperationAdd(path, source) for path, source in files.items()),
                *(CommitOperationDelete(path) for path in gone),
            ],
            commit_message=f"{demo.title}: {', '.join(presets)}",
            revision=revision,
        )
    current = pins.read()
    pinned = [replace(pin, repo=repo, revision=commit.oid) for pin in found.values()]
    pins.write((current | {(pin.demo, pin.preset): pin for pin in pinned}).values())
    return Pushed(address, commit.oid, presets, len(files), commit.oid != before)


def _checked(demo: Demo, preset: str, folder: Path) -> Pin:
    """The entry of a folder that may be pushed."""
    artifacts.verify(folder)
    ours = preset if preset in report.OURS else "default"
    results = artifacts.read_results(folder)
    provenance = artifacts.read_json(folder, "metrics.json").get("provenance")
    if not provenance or all(result.method not in (ours, preset) for result in results):
        raise WeightsError(
            f"The weights in {folder} have no measured figures, so they are not pushed. "
            f"Measure them: python -m mmdemo evaluate {demo.slug} --preset {preset} --write"
        )
    entry = pins.describe(demo.slug, preset, folder)
    listed = {*artifacts.read_json(folder, artifacts.MANIFEST), artifacts.MANIFEST}
    if stray := sorted(set(entry.files) - listed):
        raise WeightsError(
            f"The folder {folder} holds {stray[0]}, which its manifest does not list. Remove it."
        )
    return entry


def model_card(demo: Demo, folders: Mapping[str, Path], repo: str) -> ModelCard:
    """The card of a repository: metadata of the Hub, the measured figures as its model index.

    Args:
        demo: described by the card.
        folders: a verified weights folder per preset.
        repo: `USER/NAME`.

    Raises:
        WeightsError: a folder has no figures.
    """
    from huggingface_hub import EvalResult, ModelCard, ModelCardData

    results = report.merge(artifacts.read_results(folder) for folder in folders.values())
    stored = [artifacts.read_json(folder, "metrics.json") for folder in folders.values()]
    own = any(metrics["provenance"].get("data") for metrics in stored)
    sets = [] if own else [datasets.lookup(name) for name in demo.datasets]
    mine = [r for r in results if r.method in report.OURS or r.method in folders]
    evaluated = [
        EvalResult(
            task_type=demo.pipeline_tag,
            task_name=f"{r.task.replace('_', ' ')} ({report.method_label(r.method)})",
            dataset_type=sets[0].name if sets else "own",
            dataset_name=r.split,
            dataset_args={"method": r.method},
            metric_type=r.metric,
            metric_name=f"{report.metric(r.metric).label} ({report.method_label(r.method)})",
            metric_value=r.value,
        )
        for r in mine
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
    listed = "\n".join(f"- [{s.title}]({s.home}); licence: {s.licence}. {s.citation}" for s in sets)
    presets = "\n".join(f"- `{p}/`: {demo.label(p)}; [card]({p}/README.md)" for p in folders)
    body = f"""# {demo.title}

{demo.summary}

Source: {demo.source}. The networks are pure Keras 3 and run on TensorFlow, PyTorch and JAX.

{presets}

## Results

{report.markdown(results)}
## Data

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
        for preset in demo.presets:
            folder = artifacts.EMBEDDED / demo.slug / preset
            if folder.is_dir():
                artifacts.verify(folder)
                folders.append(pins.describe(demo.slug, preset, folder))
            elif (demo.slug, preset) in current:  # on the Hub only
                folders.append(current[demo.slug, preset])
    entries = pins.update(current, folders)
    given = {demo.slug for demo in demos}
    others = [pin for pin in current.values() if pin.demo not in given]
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
    wanted = [current[demo.slug, p] for p in demo.presets if (demo.slug, p) in current]
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
        pins.write((current | {(pin.demo, pin.preset): pin for pin in fetched}).values())
    return fetched


def fetch(pin: Pin) -> Path:
    """The verified folder of a pinned preset in the Hub's cache, downloaded where it is missing.

    Raises:
        HubAway: the Hub does not answer.
        HubError: it refuses, or the cache cannot be written.
        WeightsError: a file is not the pinned one. It is removed, so that it is never loaded.
    """
    if pin.repo is None or pin.revision is None:
        raise HubError(f"The weights of {pin.demo}/{pin.preset} are on no Hub repository yet.")
    folder = None
    for name, file in pin.files.items():
        with explained(pin.repo, pin.revision):
            from huggingface_hub import hf_hub_download

            path = Path(
                hf_hub_download(
                    pin.repo,
                    f"{pin.preset}/{name}",
                    revision=pin.revision,
                    endpoint=os.environ.get("HF_ENDPOINT"),
                )
            )
        if not file.fits(path):
            target = path.resolve()
            path.unlink()
            target.unlink(missing_ok=True)
            raise WeightsError(
                f"The Hub sent a file that is not the one expected: {pin.preset}/{name} of "
                f"{pin.repo} at {pin.revision[:10]}. It was not loaded and has been removed; "
                "try again, or push the weights again."
            )
        folder = path.parents[len(Path(name).parts) - 1]
    if folder is None:
        raise WeightsError(f"The manifest lists no files for {pin.demo}/{pin.preset}.")
    return folder


def fetch_missing(demos: Sequence[Demo]) -> None:
    """Before the page is built: fetch pinned weights that `weights/` does not have.

    Where that fails, the weights that came with the code serve, and `notices` says so.
    """
    notices.clear()
    away: HubAway | None = None
    for demo in demos:
        for preset in demo.presets:
            pin = artifacts.awaited(demo.slug, preset)
            if pin is None:
                continue
            try:
                if away is not None and artifacts.locate(demo.slug, preset).is_relative_to(
                    artifacts.EMBEDDED
                ):
                    raise away  # asked once, a Hub that is away does not hold up the start again
                fetch(pin)
            except UserError as error:
                notices[demo.slug, preset] = (
                    f"The weights of {demo.label(preset)} that this page should use are on the Hub "
                    "and could not be fetched; it uses those that came with it, where there are "
                    f"any. {error}"
                )
                logger.warning("%s/%s: %s", demo.slug, preset, error)
                away = error if isinstance(error, HubAway) else away
            else:
                logger.info("fetched %s/%s from %s", demo.slug, preset, pin.repo)


# === What the Hub says, in plain words ===


def api() -> HfApi:
    """A client of the Hub that `$HF_ENDPOINT` names."""
    from huggingface_hub import HfApi

    return HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="mmdemo")


@contextmanager
def explained(repo: str, revision: str | None = None) -> Iterator[None]:
    """Turn what huggingface_hub raises into one sentence that says what to do."""
    from huggingface_hub import constants, errors

    # The second is what the client's HTTP library raises where there is no connection.
    transport: tuple[type[Exception], ...] = (OSError, errors.HfHubHTTPError.__bases__[0])
    failures: tuple[type[Exception], ...] = (*transport, RuntimeError)
    if repo.count("/") != 1:
        raise HubError(f"'{repo}' is not the name of a repository: write USER/NAME.")
    try:
        yield
    except errors.HFValidationError as error:
        raise HubError(f"'{repo}' cannot be the name of a repository: {error}") from error
    except errors.OfflineModeIsEnabled as error:
        raise HubAway("The Hub is switched off here: HF_HUB_OFFLINE is set. Unset it.") from error
    except errors.RevisionNotFoundError as error:
        raise HubError(
            f"The repository {repo} has no revision {revision or 'main'}. It may have been "
            "rewritten: push the weights again, or pull another revision with --repo."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise HubError(_not_found(repo)) from error
    except errors.RemoteEntryNotFoundError as error:
        raise HubError(
            f"The repository {repo} lacks a file of these weights at {revision or 'main'}: "
            f"{str(error).splitlines()[-1].removeprefix('Entry Not Found for url: ')}"
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise _explain_local(error, repo) from error
    except errors.HfHubHTTPError as error:
        raise _explain_status(error, repo) from error
    except errors.LocalTokenNotFoundError as error:
        raise HubError(_login()) from error
    except failures as error:
        if isinstance(error, OSError) and (error.filename or error.errno == errno.ENOSPC):
            raise HubError(
                f"Cannot write to the Hub's cache, {constants.HF_HUB_CACHE}: {error.strerror} "
                f"({error.filename}). Set HF_HOME to a folder that you may write to."
            ) from error
        cause: BaseException | None = error
        while cause is not None:  # an upload's failure comes as a RuntimeError around the reason
            if isinstance(cause, errors.HfHubHTTPError):
                raise _explain_status(cause, repo) from error
            cause = cause.__cause__
        if isinstance(error, RuntimeError) and not isinstance(error.__cause__, transport):
            raise
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise HubAway(f"The Hub at {_endpoint()} does not answer: {first}") from error


def _explain_local(error: Exception, repo: str) -> HubError:
    """A file is not in the cache, and the Hub could not be asked; the cause says why."""
    from huggingface_hub import errors

    cause = error.__cause__
    if isinstance(cause, errors.OfflineModeIsEnabled):
        return HubAway(
            f"The weights of {repo} are not in the cache, and the Hub is switched off here: "
            "HF_HUB_OFFLINE is set. Unset it to fetch them."
        )
    if isinstance(cause, errors.HfHubHTTPError):
        return _explain_status(cause, repo)
    if isinstance(cause, errors.FileMetadataError):
        return HubError(f"What answers at {_endpoint()} is no Hub. Check HF_ENDPOINT.")
    return HubAway(f"The Hub at {_endpoint()} does not answer. Check the network and try again.")


def _explain_status(error: Any, repo: str) -> HubError:
    status = error.response.status_code
    from huggingface_hub import get_token

    if status == 401 and not get_token():
        return HubError(f"The Hub wants to know who you are. {_login()}")
    if status == 401:
        return HubError(
            "The Hub does not accept this token. Make a new one on its settings page, then "
            "`hf auth login` or set HF_TOKEN."
        )
    if status == 403:
        return HubError(
            f"This token may not write to {repo}. Make one with write access for it, then "
            "`hf auth login` or set HF_TOKEN."
        )
    if status == 404:
        return HubError(_not_found(repo))
    if status >= 500 or status == 429:
        return HubAway(f"The Hub at {_endpoint()} answers with status {status}. Try again later.")
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    return HubError(f"The Hub refuses ({status}): {first}")


def _not_found(repo: str) -> str:
    from huggingface_hub import get_token

    if get_token():
        return f"There is no repository {repo} on the Hub that this token may see."
    return f"There is no repository {repo} on the Hub, or it is private. {_login()}"


def _login() -> str:
    return "Log in: `hf auth login`, or set HF_TOKEN."


def _endpoint() -> str:
    from huggingface_hub import constants

    return os.environ.get("HF_ENDPOINT") or constants.ENDPOINT
