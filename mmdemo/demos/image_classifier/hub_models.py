"""Any Keras 3 classifier of pictures on the Hugging Face Hub, named by its address.

A stranger's file is bounded in size, what its layers would hold is counted before it takes memory,
and Keras' safe mode refuses layers that carry code. Only public repositories are read: never with
the token of whoever runs the app.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import math
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.core.data.datasets import Progress
from mmdemo.core.errors import UserError
from mmdemo.core.serve import public, runtime
from mmdemo.core.weights import hub

from . import applications
from .applications import Answer

if TYPE_CHECKING:
    import keras

SCALINGS = {"0 to 255": (1.0, 0.0), "0 to 1": (1 / 255, 0.0), "-1 to 1": (1 / 127.5, -1.0)}
"""What networks want of pixels: a factor and what is added."""
MAX_BYTES = 500 * 10**6
"""Of a repository's files that are fetched, of what they unpack to, and of a network's weights."""
MAX_SIDE = 1024
"""Of the pictures that a network takes."""
MAX_TEXT = 4 * 10**6
"""Bytes of each file that is read as text; Keras' own networks are described in up to 1 MB."""
MAX_CLASSES = 100_000
"""Of a network, and labels of a repository; all of ImageNet has 21,841."""
MAX_LAYERS = 10_000
"""Calls of layers from a picture to the answer; NASNetLarge has 1,040."""
MAX_VALUES = 2 * 10**8
"""Numbers that one layer takes, gives and makes in between: 800 MB. EfficientNetB7 has 35 million,
VGG16 at 1024 x 1024 has 134 million."""

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
"""What `model.save("hf://...")` leaves."""
LABELS = ("labels.json", "labels.txt")

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
        UserError: not allowed here, no such public repository, no network connection, too large,
            no Keras 3 model, one that carries code, or no classifier of colour pictures.
    """
    if not allowed():
        raise UserError(
            "Models of visitors' choice are switched off on public pages. Whoever runs the app "
            "may switch them on with --hub-models."
        )
    if scaling not in SCALINGS:
        raise UserError(f"The scaling is one of {', '.join(SCALINGS)}, not '{scaling}'.")
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
    names = _names(loaded.config["labels"], len(values))
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
            f"'{address.strip()}' is not the address of a model: write hf://user/name, or paste "
            "the address of its page on huggingface.co."
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
        raise UserError("The network's answer has values that are no numbers: try another scaling.")
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
    if (total := sum(files.values())) > MAX_BYTES:
        raise UserError(
            f"The model in {repo} has {total / 1e6:.0f} MB; at most {MAX_BYTES // 10**6} MB are "
            "fetched here. Choose a smaller one."
        )
    return Found(repo, commit, model, files)


def _choose(repo: str, sizes: dict[str, int]) -> str:
    if {CONFIG, METADATA, WEIGHTS} <= set(sizes):
        return CONFIG
    saved = sorted(path for path in sizes if path.endswith(".keras"))
    if not saved:
        raise UserError(
            f"{repo} holds no Keras 3 model: neither a .keras file, nor {CONFIG}, {METADATA} and "
            f'{WEIGHTS}, which model.save("hf://{repo}") leaves.'
        )
    if len(saved) > 1:
        raise UserError(
            f"{repo} holds several models: {', '.join(saved[:5])}. Choose a repository with one."
        )
    return saved[0]


def _load(found: Found, progress: Progress | None) -> runtime.Loaded:
    with _explained(found.repo, found.commit):
        path = _fetch(found, progress)
    folder = path.parents[len(Path(found.model).parts) - 1]
    labels = _stored_labels(folder)
    with _refused(found.repo):
        return applications.serve(_restore(found.repo, path), found.repo, folder, labels=labels)


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
                f"{repo} is given only to those who have accepted its terms, so it cannot be "
                "fetched here. Choose another model."
            ) from error
        except errors.RepositoryNotFoundError as error:
            raise UserError(
                f"There is no model {repo} on the Hub, or it is private. Check its name."
            ) from error
        except errors.RevisionNotFoundError as error:
            raise UserError(f"{repo} has no revision '{revision}'. Leave it out.") from error


# === The model ===


def _restore(repo: str, path: Path) -> keras.Model:
    """A network from a stranger's file; its shapes are checked before it takes memory."""
    import keras

    source = path if path.suffix == ".keras" else path.parent
    config = _read_config(repo, path) | {"compile_config": None}
    plan = applications.outline(
        lambda: keras.saving.deserialize_keras_object(config, safe_mode=True)
    )
    _check(repo, plan)
    _check_weights(repo, path)
    return keras.saving.load_model(source, custom_objects=None, compile=False, safe_mode=True)


def _read_config(repo: str, path: Path) -> dict[str, Any]:
    if path.suffix != ".keras":
        return json.loads(_text(path))
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
            raise UserError(
                f"The model in {repo} unpacks to more than {MAX_BYTES // 10**6} MB. Choose a "
                "smaller one."
            )
        _check_text(CONFIG, archive.getinfo(CONFIG).file_size)
        return json.loads(archive.read(CONFIG))


def _text(path: Path) -> str:
    _check_text(path.name, path.stat().st_size)
    return path.read_text(encoding="utf-8")


def _check_text(name: str, size: int) -> None:
    if size > MAX_TEXT:
        raise UserError(
            f"The file {name} of this model has {size / 1e6:.1f} MB; at most {MAX_TEXT / 1e6:.1f} "
            "MB are read here. Choose another model."
        )


def _check_weights(repo: str, path: Path) -> None:
    """Refuse arrays that unpack to too much: HDF5 keeps a huge one of zeros in next to nothing."""
    import h5py

    file: Any = path.parent / WEIGHTS
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            file = io.BytesIO(archive.read(WEIGHTS))
    sizes = []

    def note(_: str, stored: Any) -> None:
        if isinstance(stored, h5py.Dataset):
            sizes.append(stored.nbytes)

    with h5py.File(file) as weights:
        weights.visititems(note)
    if sum(sizes) > MAX_BYTES:
        raise UserError(
            f"The weights in {repo} unpack to more than {MAX_BYTES // 10**6} MB. Choose a smaller "
            "model."
        )


def _check(repo: str, plan: Any) -> None:
    """Refuse what is no classifier of colour pictures, or too large."""
    import keras

    if not isinstance(plan, keras.Model) or not plan.built:
        raise UserError(f"{repo} holds no Keras model that is ready to use.")
    inputs = [tuple(tensor.shape) for tensor in plan.inputs]
    outputs = [tuple(tensor.shape) for tensor in plan.outputs]
    pictures = len(inputs) == 1 and len(inputs[0]) == 4 and inputs[0][-1] == 3
    if not (pictures and len(outputs) == 1 and len(outputs[0]) == 2 and outputs[0][1]):
        raise UserError(
            f"{repo} is not a classifier of pictures, which takes one input (batch, height, width, "
            "3) and gives one output (batch, classes). It takes "
            f"{_shapes(inputs)} and gives {_shapes(outputs)}."
        )
    graph = _graph(plan)
    if not (_is_plain(graph.input) and _is_plain(graph.output)):
        raise UserError(
            f"{repo} takes its picture or gives its answer under a name, in a dictionary. Choose a "
            "model that takes and gives plain arrays."
        )
    if max(side or 0 for side in inputs[0][1:3]) > MAX_SIDE:
        raise UserError(
            f"{repo} takes pictures of {inputs[0][2]} x {inputs[0][1]} pixels; at most "
            f"{MAX_SIDE} x {MAX_SIDE} are possible here."
        )
    number = int(plan.count_params())
    if number * applications.FLOAT > MAX_BYTES or not applications.fits(number):
        raise UserError(
            f"{repo} has {number:,} parameters: too many for the memory that there is here. "
            "Choose a smaller one."
        )
    if outputs[0][1] > MAX_CLASSES:
        raise UserError(
            f"{repo} tells {outputs[0][1]:,} classes apart; at most {MAX_CLASSES:,} are possible "
            "here."
        )
    most = applications.outline(lambda: _most_values(repo, plan))
    if not applications.fits(number + most):
        raise UserError(
            f"A layer of {repo} holds {most:,} numbers at once: too many for the memory that there "
            "is here. Choose a smaller one."
        )


def _graph(operation: Any) -> Any:
    """What tells the layers of a network: itself, or what a `Sequential` keeps inside."""
    return getattr(operation, "_functional", None) or operation


def _is_plain(structure: Any) -> bool:
    """Whether a network takes or gives one tensor; Keras unpacks a list of one."""
    import keras

    if isinstance(structure, list | tuple) and len(structure) == 1:
        structure = structure[0]
    return isinstance(structure, keras.KerasTensor)


def _most_values(repo: str, plan: keras.Model) -> int:
    """Numbers that a layer holds at once at most, as one picture of the real size goes through.

    Raises:
        UserError: there are more than `MAX_VALUES`, or more layers than `MAX_LAYERS`.
    """
    import keras

    picture = plan.inputs[0]
    sides = (side or applications.SIDE for side in picture.shape[1:3])
    way = _Way(repo)
    way.through(plan)(keras.KerasTensor((1, *sides, 3), picture.dtype))
    return way.most


class _Way:
    """Of a picture through a network's layers, nested networks' too; counted and bounded."""

    def __init__(self, repo: str) -> None:
        self.repo = repo
        self.most = 0
        self.layers = 0

    def through(self, operation: Any, times: int = 1) -> Callable[..., Any]:
        """Stands in for an operation that is called so many times, and says what it would give."""
        import keras

        def call(*args: Any, **kwargs: Any) -> Any:
            taken = _tensors([args, kwargs])
            graph = _graph(operation)
            if isinstance(graph, keras.Function):  # a network in the network
                nested = functools.partial(self.through, times=times)
                return graph._run_through_graph(taken, operation_fn=nested)
            steps = 1
            if isinstance(operation, keras.layers.TimeDistributed):
                batch, steps, *rest = taken[0].shape
                self.through(operation.layer, times * steps)(keras.KerasTensor((batch, *rest)))
            elif getattr(getattr(operation, "forward_layer", operation), "unroll", False):
                steps = taken[0].shape[1]
            self._count_layers(times * steps)
            outputs = operation.compute_output_spec(*args, **kwargs)
            self._count_values(operation, taken, _tensors(outputs))
            return outputs

        return call

    def _count_layers(self, number: int) -> None:
        self.layers += number
        if self.layers > MAX_LAYERS:
            raise UserError(
                f"{self.repo} calls more than {MAX_LAYERS:,} layers from a picture to the answer. "
                "Choose a smaller one."
            )

    def _count_values(
        self, layer: Any, taken: list[keras.KerasTensor], given: list[keras.KerasTensor]
    ) -> None:
        held = sum(map(_values, taken + given)) + _inside(layer, taken, given)
        if held > MAX_VALUES:
            raise UserError(
                f"The layer {layer.name} of {self.repo} holds {held:,} numbers at once; at most "
                f"{MAX_VALUES:,} are possible here. Choose a smaller one."
            )
        self.most = max(self.most, held)


def _tensors(structure: Any) -> list[keras.KerasTensor]:
    import keras

    return [item for item in keras.tree.flatten(structure) if isinstance(item, keras.KerasTensor)]


def _values(tensor: keras.KerasTensor) -> int:
    return math.prod(applications.SIDE if side is None else side for side in tensor.shape)


def _inside(layer: Any, taken: list[keras.KerasTensor], given: list[keras.KerasTensor]) -> int:
    """Numbers of what attention and separable convolutions make between what they take and give."""
    from keras import layers

    if isinstance(layer, layers.SeparableConv1D | layers.SeparableConv2D):
        return _values(given[0]) // layer.filters * math.prod(layer.depthwise_kernel.shape[-2:])
    if isinstance(layer, layers.MultiHeadAttention):
        heads, width = layer.num_heads, max(layer.key_dim, layer.value_dim)
    elif isinstance(layer, layers.GroupQueryAttention):
        heads, width = layer.num_query_heads, layer.head_dim
    elif isinstance(layer, layers.Attention):
        heads, width = 1, 0  # it compares what it takes as it is
    else:
        return 0
    queries, keys = (_values(tensor) // (tensor.shape[-1] or 1) for tensor in taken[:2])
    if isinstance(layer, layers.AdditiveAttention):
        return queries * keys * (taken[0].shape[-1] or 1)
    return heads * (queries * keys + (queries + 2 * keys) * width)


def _shapes(shapes: Sequence[tuple[int | None, ...]]) -> str:
    return " and ".join(
        f"({', '.join('any' if side is None else str(side) for side in shape)})" for shape in shapes
    )


@contextlib.contextmanager
def _refused(repo: str) -> Iterator[None]:
    """A stranger's file may raise anything while it is read."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        text = str(error)
        if "safe_mode" in text or "lambda" in text.lower():
            raise UserError(
                f"{repo} has a layer that carries code of its own, such as Lambda. Strangers' code "
                "is not run here. Choose a model of Keras' own layers."
            ) from error
        first = next((line for line in text.splitlines() if line.strip()), type(error).__name__)
        raise UserError(
            f"{repo} cannot be loaded as a model of Keras' own layers. Keras says: {first[:200]}"
        ) from error


# === Labels ===


def _stored_labels(folder: Path) -> list[str] | None:
    """A repository's own labels, in the order of the outputs."""
    for name in (*LABELS, CONFIG):
        path = folder / name
        if not path.is_file():
            continue
        try:
            text = _text(path)
            labels = text.splitlines() if path.suffix == ".txt" else _ordered(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise UserError(f"The file {name} of this model cannot be read: {error}") from error
        if labels and len(labels) > MAX_CLASSES:
            raise UserError(
                f"The file {name} of this model has {len(labels):,} labels; at most "
                f"{MAX_CLASSES:,} are possible here."
            )
        if labels:
            return labels
    return None


def _ordered(stored: Any) -> list[str] | None:
    """Labels of a list, or of an object by the number of the output."""
    if isinstance(stored, dict):
        numbered = stored.get("id2label", stored)
        if not isinstance(numbered, dict) or not all(str(key).isdecimal() for key in numbered):
            return None
        stored = [label for _, label in sorted(numbered.items(), key=lambda item: int(item[0]))]
    return [str(label) for label in stored] if isinstance(stored, list) else None


def _names(stored: list[str] | None, classes: int) -> list[str]:
    if stored is not None and len(stored) == classes:
        return stored
    if classes == 1000 and (imagenet := applications.labels()) is not None:
        return imagenet
    return [f"class {number}" for number in range(classes)]
