"""Any Keras 3 classifier of pictures on the Hugging Face Hub, named by its address.

A stranger's file is bounded in size, a process of its own tries the network out within bounds on
memory and time, and Keras' safe mode refuses layers that carry code. Only public repositories are
read: never with the token of whoever runs the app.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.data.datasets import Progress
from mmdemo.core.errors import UserError
from mmdemo.core.language import N_, _
from mmdemo.core.serve import applications, hub_files, public, runtime, trial
from mmdemo.core.serve.applications import Answer
from mmdemo.core.serve.hub_files import CONFIG, LABELS, METADATA, WEIGHTS
from mmdemo.core.weights import hub

SCALINGS = {
    N_("0 to 255"): (1.0, 0.0),
    N_("0 to 1"): (1 / 255, 0.0),
    N_("-1 to 1"): (1 / 127.5, -1.0),
}
"""What networks want of pixels: a factor and what is added."""

_ADDRESS = re.compile(
    r"(?:hf://|https?://(?:www\.)?(?:huggingface\.co|hf\.co)/)?"
    r"(?P<repo>[\w.-]+/[\w.-]+)"
    r"(?:@(?P<revision>[\w./-]+)|/(?:tree|blob)/(?P<branch>[\w.-]+)(?:/.*)?)?/?"
)


@dataclass(frozen=True)
class Found:
    """A repository's model, as listed before anything is fetched.

    Attributes:
        repo: `user/name`.
        commit: that was looked at.
        model: path of the `.keras` file, or `config.json` of the folder layout.
        files: bytes by path: the model's, and those that may hold its labels.
    """

    repo: str
    commit: str
    model: str
    files: dict[str, int]


def allowed() -> bool:
    """Whether visitors may name models: not where strangers are, unless the owner says so."""
    return not public.is_public() or os.environ.get("MMDEMO_HUB_MODELS") == "1"


def classify(
    image: np.ndarray,
    address: str,
    *,
    scaling: str = "0 to 255",
    top: int = 5,
    progress: Progress | None = None,
) -> Answer:
    """Ask a classifier on the Hub what a photo shows.

    Outputs that are no probabilities go through a softmax; a single output is the second of two
    classes. Labels are the repository's own (`labels.json`, `labels.txt`, or `id2label` in
    `config.json`) where there are as many as outputs, ImageNet's for 1000 outputs, else numbers.

    Args:
        image: uint8 `(height, width, 3)`.
        address: `hf://user/name`, `user/name` or the address of its page; `@revision` may follow.
        scaling: what the network wants of pixels, a key of `SCALINGS`.
        top: how many answers.
        progress: called a few times a second with the bytes that are there and those expected,
            while the files are downloaded.

    Raises:
        UserError: not allowed here, no such public repository, no network connection, too large or
            too slow, no Keras 3 model, one that carries code, or no classifier of colour pictures.
    """
    if not allowed():
        raise UserError(
            _(
                "Models of visitors' choice are switched off on public pages. Whoever runs "
                "the app may switch them on with --hub-models."
            )
        )
    if scaling not in SCALINGS:
        raise UserError(
            _("The scaling is one of {names}, not '{scaling}'.").format(
                names=", ".join(SCALINGS), scaling=scaling
            )
        )
    repo, revision = parse(address)
    found = look(repo, revision)
    loaded = applications.load_alone(
        ("hub", f"{repo}@{found.commit}"), lambda: _load(found, progress)
    )
    seen = applications.fit(image, loaded.config["sides"])
    factor, offset = SCALINGS[scaling]
    batch = (seen[None].astype(np.float32) * factor + offset).astype(loaded.config["dtype"])
    output, milliseconds = applications.timed(loaded, batch)
    values = probabilities(output)[0]
    names = hub_files.name_classes(loaded.config["labels"], len(values))
    best = np.argsort(-values, kind="stable")[:top]
    return Answer(
        name=loaded.config["name"],
        labels=tuple(names[index] for index in best),
        probabilities=tuple(float(values[index]) for index in best),
        milliseconds=milliseconds,
        parameters=loaded.config["parameters"],
        megabytes=loaded.nbytes / 1e6,
        seen=seen,
    )


def parse(address: str) -> tuple[str, str | None]:
    """Repository and revision of an address.

    Raises:
        UserError: it is none.
    """
    found = _ADDRESS.fullmatch(address.strip().split("?")[0].split("#")[0])
    if found is None:
        raise UserError(
            _(
                "'{address}' is not the address of a model: write hf://user/name, or paste "
                "the address of its page on huggingface.co."
            ).format(address=address.strip())
        )
    return found["repo"], found["revision"] or found["branch"]


def probabilities(output: np.ndarray) -> np.ndarray:
    """A network's output as probabilities.

    Args:
        output: `(n, classes)`: probabilities or logits; with one class, those of the second of two.

    Returns:
        `(n, max(classes, 2))`; rows sum to 1.

    Raises:
        UserError: the output has values that are no numbers.
    """
    if not np.isfinite(output).all():
        raise UserError(
            _("The network's answer has values that are no numbers: try another scaling.")
        )
    if output.shape[1] == 1:
        sure = (output >= 0).all() and (output <= 1).all()
        second = output if sure else 1 / (1 + np.exp(-output))
        return np.concatenate([1 - second, second], axis=1)
    if (output >= 0).all() and np.allclose(output.sum(axis=1), 1, atol=1e-2):
        return output
    powers = np.exp(output - output.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


# === The repository ===


def look(repo: str, revision: str | None) -> Found:
    """List a repository's files and choose those of its model, without fetching any.

    Raises:
        UserError: it is not there for everybody, has no Keras 3 model, or a too large one.
    """
    from huggingface_hub.hf_api import RepoFile

    with _explained(repo, revision):
        client = hub.api()
        commit = str(client.model_info(repo, revision=revision, token=False).sha)
        tree = client.list_repo_tree(repo, recursive=True, revision=commit, token=False)
        sizes = {entry.path: entry.size for entry in tree if isinstance(entry, RepoFile)}
    model = _choose(repo, sizes)
    wanted = {model, *LABELS, CONFIG}
    if model == CONFIG:
        wanted |= {METADATA, WEIGHTS}
    files = {path: size for path, size in sizes.items() if path in wanted}
    if (total := sum(files.values())) > hub_files.MAX_BYTES:
        raise UserError(
            _(
                "The model in {repo} has {total:.0f} MB; at most {limit} MB are "
                "fetched here. Choose a smaller one."
            ).format(repo=repo, total=total / 1e6, limit=hub_files.MAX_BYTES // 10**6)
        )
    return Found(repo, commit, model, files)


def _choose(repo: str, sizes: dict[str, int]) -> str:
    if {CONFIG, METADATA, WEIGHTS} <= set(sizes):
        return CONFIG
    saved = sorted(path for path in sizes if path.endswith(".keras"))
    if not saved:
        raise UserError(
            _(
                "{repo} holds no Keras 3 model: neither a .keras file, nor {config}, "
                '{metadata} and {weights}, which model.save("hf://{repo}") leaves.'
            ).format(repo=repo, config=CONFIG, metadata=METADATA, weights=WEIGHTS)
        )
    if len(saved) > 1:
        raise UserError(
            _("{repo} holds several models: {names}. Choose a repository with one.").format(
                repo=repo, names=", ".join(saved[:5])
            )
        )
    return saved[0]


def _load(found: Found, progress: Progress | None) -> runtime.Loaded:
    with trial.Trial() as process:  # it imports Keras while the files are fetched
        with _explained(found.repo, found.commit):
            path = _fetch(found, progress)
        folder = path.parents[len(Path(found.model).parts) - 1]
        labels = hub_files.read_labels(folder)
        process.of(found.repo, path)
    with trial.refused(found.repo):
        return applications.serve(trial.load(path), found.repo, folder, labels=labels)


def _fetch(found: Found, progress: Progress | None) -> Path:
    """The model's path in the Hub's cache, with the files beside it."""
    from huggingface_hub import hf_hub_download
    from tqdm import tqdm

    complete: list[int] = []
    bars: list[
        tqdm
    ] = []  # of the file under way: it may have one for the network, one for the disk

    class Bar(tqdm):
        """Counts, and shows nothing."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options | {"disable": True})
            bars.append(self)

        def update(self, n: float | None = 1) -> None:
            self.n += n or 0

    def fetch() -> str:
        paths = {}
        for path, size in found.files.items():
            paths[path] = hf_hub_download(
                found.repo,
                path,
                revision=found.commit,
                token=False,
                endpoint=os.environ.get("HF_ENDPOINT"),
                tqdm_class=Bar,
            )
            bars.clear()
            complete.append(size)
        return paths[found.model]

    def done() -> int:
        return sum(complete) + max((int(bar.n) for bar in list(bars)), default=0)

    return Path(applications.followed(fetch, done, sum(found.files.values()), progress))


@contextlib.contextmanager
def _explained(repo: str, revision: str | None) -> Iterator[None]:
    """As `hub.explained`, in words for a visitor: what everybody may see is all there is."""
    from huggingface_hub import errors

    with hub.explained(repo, revision):
        try:
            yield
        except errors.GatedRepoError as error:
            raise UserError(
                _(
                    "{repo} is given only to those who have accepted its terms, so it cannot "
                    "be fetched here. Choose another model."
                ).format(repo=repo)
            ) from error
        except errors.RepositoryNotFoundError as error:
            raise UserError(
                _("There is no model {repo} on the Hub, or it is private. Check its name.").format(
                    repo=repo
                )
            ) from error
        except errors.RevisionNotFoundError as error:
            raise UserError(
                _("{repo} has no revision '{revision}'. Leave it out.").format(
                    repo=repo, revision=revision
                )
            ) from error
