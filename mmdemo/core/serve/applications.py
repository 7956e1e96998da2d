"""Keras Applications: the classifiers of the installed Keras, fetched when they are first asked.

Weights and class names come from Keras' own addresses and lie in Keras' own folder: `$KERAS_HOME`,
else `~/.keras`. Each network sees the photo through its own preprocessing.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import importlib.util
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PIL import Image, ImageOps

from mmdemo.core.data.datasets import Progress
from mmdemo.core.demo import ModelId
from mmdemo.core.errors import UserError
from mmdemo.core.language import _, sentences
from mmdemo.core.serve import gpu, runtime

if TYPE_CHECKING:
    import keras

Made = TypeVar("Made")

WIDTHS = ("MobileNet", "MobileNetV2")
"""Networks whose width, `alpha`, can be chosen."""
SIDE = 224
"""Of the pictures for a network that takes any, in pixels."""
FLOAT = 4
"""Bytes of a weight."""
HEADROOM = 3
"""Memory that a network takes while it is loaded, in sizes of its weights."""
PAUSE = 0.25
"""Seconds between two looks at a download."""

_loading = threading.Lock()


@dataclass(frozen=True, eq=False)
class Answer:
    """What a network says of a photo.

    Attributes:
        name: of the network.
        labels: most probable first.
        probabilities: theirs.
        milliseconds: of the compiled network's call, when it is warm; not of loading.
        parameters: numbers that were trained.
        megabytes: of the weights in memory, 10^6 bytes each.
        seen: uint8 `(height, width, 3)`: the photo as it was fed, before the network's own scaling.
    """

    name: str
    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    milliseconds: float
    parameters: int
    megabytes: float
    seen: np.ndarray

    def to_dict(self) -> dict[str, Any]:
        """All but the picture, for JSON."""
        kept = {name: value for name, value in vars(self).items() if name != "seen"}
        return kept | {"labels": list(self.labels), "probabilities": list(self.probabilities)}


# === Which there are ===


def names() -> list[str]:
    """The classifiers that the installed Keras has, read from its files without importing it."""
    return list(_modules())


@functools.cache
def _modules() -> dict[str, str]:
    """The module in `keras.applications` of each classifier."""
    spec = importlib.util.find_spec("keras")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("Keras is not installed: see requirements.txt")
    listing = Path(spec.submodule_search_locations[0]) / "applications" / "__init__.py"
    return {
        imported.asname or imported.name: node.module.rpartition(".")[2]
        for node in ast.parse(listing.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom) and node.module
        for imported in node.names
        if imported.name[0].isupper()
    }


def parameters(name: str, alpha: float | None = None) -> int:
    """Number of parameters, counted on a network that takes no memory for them.

    Raises:
        UserError: there is no such network, or not of this width, or not on this backend.
    """
    return _parameters(name, _width(name, alpha))


@functools.cache
def _parameters(name: str, alpha: float | None) -> int:
    with _explained(name):
        return int(outline(lambda: _construct(name, alpha, weights=None)).count_params())


def _width(name: str, alpha: float | None) -> float | None:
    if name not in _modules():
        said = _("Keras has no classifier '{name}'. It has {names}.")
        raise UserError(said.format(name=name, names=", ".join(names())))
    if alpha is not None and name not in WIDTHS:
        said = _("Only {names} come in several widths; {name} does not.")
        raise UserError(said.format(names=" and ".join(WIDTHS), name=name))
    return None if alpha == 1 else alpha


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"keras.applications.{_modules()[name]}")


def _construct(name: str, alpha: float | None, weights: str | None) -> keras.Model:
    import keras

    options = {} if alpha is None else {"alpha": alpha}
    return getattr(keras.applications, name)(weights=weights, **options)


# === Asking one ===


def classify(
    image: np.ndarray,
    name: str,
    *,
    alpha: float | None = None,
    top: int = 5,
    progress: Progress | None = None,
) -> Answer:
    """Ask a network of Keras Applications what a photo shows.

    Args:
        image: uint8 `(height, width, 3)`.
        name: one of `names()`.
        alpha: width, of a network in `WIDTHS`; default: 1.
        top: how many answers.
        progress: called a few times a second with the bytes that are there and those expected,
            while the weights are downloaded.

    Raises:
        UserError: there is no such network, too little memory for it, or no network connection to
            fetch its weights.
    """
    loaded = _load(name, _width(name, alpha), progress)
    module = _module(name)
    seen = fit(image, loaded.config["sides"])
    batch = module.preprocess_input(seen[None].astype(np.float32))
    output, milliseconds = timed(loaded, batch)
    decoded = module.decode_predictions(output, top=top)[0]
    return Answer(
        name=loaded.config["name"],
        labels=tuple(label.replace("_", " ") for _, label, _ in decoded),
        probabilities=tuple(float(probability) for *_, probability in decoded),
        milliseconds=milliseconds,
        parameters=loaded.config["parameters"],
        megabytes=loaded.nbytes / 1e6,
        seen=seen,
    )


def _load(name: str, alpha: float | None, progress: Progress | None) -> runtime.Loaded:
    title = name if alpha is None else f"{name} {alpha:g}"

    def load() -> runtime.Loaded:
        number = _parameters(name, alpha)
        _check_memory(name, number)
        before = _stored()
        with _explained(title):
            network = followed(
                lambda: _fetch(name, alpha), lambda: _stored() - before, number * FLOAT, progress
            )
        return serve(network, title, models_folder())

    return load_alone(("keras.applications", title), load)


def load_alone(key: tuple[str, str], load: Callable[[], runtime.Loaded]) -> runtime.Loaded:
    """Another's network from the cache; where it is missing, `load` checks, fetches and loads it.

    One at a time, whatever its source, so that each is measured against the memory that the one
    before it left, and takes no other's download for its own. What is in memory never waits.
    """

    def alone() -> runtime.Loaded:
        with _loading:
            return load()

    source, name = key
    return runtime.cache.get(ModelId(source, "", name), alone)


def _fetch(name: str, alpha: float | None) -> keras.Model:
    """The network with its weights and its labels in Keras' folder, downloaded where missing."""
    import keras

    keras.config.disable_interactive_logging()  # of this thread; it would write to standard output
    with _placed():
        network = _construct(name, alpha, weights="imagenet")
    _module(name).decode_predictions(np.zeros((1, network.output_shape[-1])), top=1)
    return network


def serve(network: keras.Model, title: str, folder: Path, **config: Any) -> runtime.Loaded:
    """A classifier of pictures, compiled and warm.

    Args:
        network: pictures `(n, height, width, 3)` in, a row per picture out.
        title: what the page calls it.
        folder: where it came from.
        config: more to keep in `Loaded.config`, beside `name`, `parameters`, `sides` and `dtype`.
    """
    from mmdemo.core.serve.backend import compile_call

    sides = tuple(side or SIDE for side in network.input_shape[1:3])
    dtype = network.inputs[0].dtype if "int" in network.inputs[0].dtype else "float32"
    with _placed():
        call = compile_call(network)
        if None in network.input_shape[1:3]:  # it was warmed at another size
            call(np.zeros((1, *sides, 3), dtype))
    number = int(network.count_params())
    return runtime.Loaded(
        call=call,
        config={"name": title, "parameters": number, "sides": sides, "dtype": dtype, **config},
        preprocess={},
        folder=folder,
        input_shape=tuple(network.input_shape[1:]),
        nbytes=number * FLOAT,
        network=network,
    )


def timed(loaded: runtime.Loaded, batch: np.ndarray) -> tuple[np.ndarray, float]:
    """What a network answers, as float32, and the milliseconds it took."""
    with _placed():
        started = time.perf_counter()
        output = loaded.call(batch)
        milliseconds = (time.perf_counter() - started) * 1e3
    return output.astype(np.float32), milliseconds


def _placed() -> contextlib.AbstractContextManager[Any]:
    """ZeroGPU lends its GPU to processes of their own only; these networks stay in this one."""
    import keras

    return keras.device("cpu") if gpu.is_zero() else contextlib.nullcontext()


def fit(image: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """The middle of a photo at a network's size.

    Args:
        image: uint8 `(h, w, 3)`.
        sides: height and width.

    Returns:
        uint8 `(height, width, 3)`: scaled so that the tighter side fits, the rest cut off evenly.
    """
    height, width = sides
    picture = Image.fromarray(image)
    return np.asarray(ImageOps.fit(picture, (width, height), Image.Resampling.BICUBIC))


def labels() -> list[str] | None:
    """ImageNet's 1000 class names, where Keras has fetched them."""
    path = models_folder() / "imagenet_class_index.json"
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):  # not there, or on its way
        return None
    return [index[str(number)][1].replace("_", " ") for number in range(len(index))]


# === Memory and downloads ===


def outline(build: Callable[[], Made]) -> Made:
    """A network that says its shapes but has no weights: a large one takes no memory.

    Built in a thread of its own, since what Keras keeps of unfinished weights ends with the thread.
    """
    import keras

    def make() -> Made:
        with keras.StatelessScope(initialize_variables=False):
            return build()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(make).result()


def followed(
    work: Callable[[], Made],
    done: Callable[[], int],
    expected: int,
    progress: Progress | None,
) -> Made:
    """Do some work in a thread and tell how it goes on from this one.

    Args:
        work: what to do; its answer is this function's.
        done: bytes that are there by now.
        expected: bytes in the end.
        progress: told `(done, expected)` whenever there is more.
    """
    told = 0
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        while wait([future], PAUSE).not_done:
            if progress is not None and (now := min(done(), expected)) > told:
                told = now
                progress(now, expected)
    made = future.result()
    if progress is not None and 0 < told < expected:
        progress(expected, expected)
    return made


def models_folder() -> Path:
    """Where Keras keeps what it downloads for its applications, by its own rule."""
    home = os.environ.get("KERAS_HOME")
    if home is None:
        user = os.path.expanduser("~")
        home = os.path.join(user if os.access(user, os.W_OK) else "/tmp", ".keras")
    home = os.path.expanduser(home)
    if not os.access(home, os.W_OK):
        home = os.path.join("/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir(), ".keras")
    return Path(home) / "models"


def _stored() -> int:
    """Bytes in Keras' folder, with a download that is under way."""
    total = 0
    for path in models_folder().glob("*"):
        with contextlib.suppress(FileNotFoundError):  # Keras removes what it could not finish
            total += path.stat().st_size
    return total


def free_memory() -> int | None:
    """Bytes that this process can still get; None where the system does not say."""
    free = []
    with contextlib.suppress(OSError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    with contextlib.suppress(OSError, ValueError):  # a container without a limit says "max"
        group = Path("/sys/fs/cgroup")
        limit = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
        free.append(limit - used + _reclaimable(group))
    return min(free, default=None)


def _reclaimable(group: Path) -> int:
    """Bytes of files that a container has read and that give way to whoever needs memory."""
    with contextlib.suppress(OSError, ValueError):
        lines = (group / "memory.stat").read_text(encoding="ascii").splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
    return 0


def fits(number: int) -> bool:
    """Whether there is memory to load so many parameters."""
    free = free_memory()
    return free is None or number * FLOAT * HEADROOM <= free


def _check_memory(name: str, number: int) -> None:
    if fits(number):
        return
    smaller = next((other for other in _relatives(name) if _may_be_loaded(other)), None)
    said = _("{name} needs about {needed:.1f} GB of memory, and {free:.1f} GB are free.").format(
        name=name, needed=number * FLOAT * HEADROOM / 1e9, free=(free_memory() or 0) / 1e9
    )
    advice = _("None of the others fits now.")
    if smaller:
        advice = _("Choose a smaller one: {name}.").format(name=smaller)
    raise UserError(sentences(said, advice))


def _relatives(name: str) -> list[str]:
    """Networks of the same family, then those made for small machines."""
    modules = _modules()
    return [other for other in modules if other != name and modules[other] == modules[name]] + [
        other for other in modules if "Mobile" in other
    ]


def _may_be_loaded(name: str) -> bool:
    try:
        return fits(_parameters(name, None))
    except UserError:  # not on this backend
        return False


@contextlib.contextmanager
def _explained(title: str) -> Iterator[None]:
    """Turn what Keras raises while it fetches and builds into one sentence that says what to do."""
    away = _(
        "The weights of {title} are not here, and Keras could not download them: check the network "
        "connection and try again."
    ).format(title=title)
    try:
        yield
    except (ConnectionError, TimeoutError, HTTPException) as error:
        raise UserError(away) from error
    except OSError as error:
        if error.errno is None:  # of HDF5
            said = _(
                "The weights of {title} in {folder} are damaged, as after a download that was cut "
                "off. Remove their file, so that Keras fetches it again."
            )
        else:
            said = _(
                "The weights of {title} cannot be kept in {folder}: {reason}. Make room there, or "
                "set KERAS_HOME to another folder."
            )
        folder, reason = models_folder(), error.strerror
        raise UserError(said.format(title=title, folder=folder, reason=reason)) from error
    except (ValueError, OverflowError) as error:
        said = _("{title} cannot be had here. Keras says: {error}")
        raise UserError(said.format(title=title, error=error)) from error
    except Exception as error:
        if "URL fetch failure" not in str(error):
            raise
        raise UserError(away) from error
