"""A stranger's network is tried out in a process of its own before this one loads it.

    python -m mmdemo.core.serve.trial

imports Keras, reads what to try as JSON from standard input, loads the network in Keras' safe mode,
has it look at one picture, and writes what it takes and gives as JSON to standard output. It may
take so much memory and time for that and no more: the system ends it where it wants to go on. So
nothing has to be known of what a layer does.

The bound on memory holds on Linux alone, that on the processor's time everywhere but on Windows,
that on the time in all everywhere.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from mmdemo.core import language
from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.serve import applications, hub_files

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)

MAX_SIDE = 1024
"""Of the pictures that a network takes."""
MAX_VALUES = 2 * 10**8
"""Numbers that a network may hold beside its weights while it is loaded and looks at one picture:
800 MB. With the weights' own share NASNetLarge may take 1.9 GB and takes 0.9, EfficientNetV2L 2.2
and 1.2."""
MAX_SECONDS = 120.0
"""Of the processor's time, to load a network and have it look at one picture: NASNetLarge takes 40.
A machine that is busy with other things takes no more."""
MAX_WAIT = 300.0
"""Seconds for all of it, Keras' import too."""

ENVIRONMENT = {
    # A GPU is this process's: TensorFlow would take all of its memory.
    **{"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu", "SPACES_ZERO_GPU": ""},
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # oneDNN waits ten seconds for memory that is not given, at each of a network's layers.
    "TF_ENABLE_ONEDNN_OPTS": "0",
}
_NO_MEMORY = re.compile(r"out of memory|OOM|RESOURCE_EXHAUSTED|unable to allocate|can't allocate")
"""What the backends say."""

_TIME_IS_UP = getattr(signal, "SIGPROF", 27)  # Windows has none

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Report:
    """A network that has looked at a picture.

    Attributes:
        inputs, outputs: shapes of what it takes and gives.
        parameters: its numbers.
    """

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    parameters: int


# === This process ===


class Trial:
    """A process that imports Keras while the network's files are still downloaded.

    It ends with the `with` block.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | ENVIRONMENT,
            cwd=Path(__file__).parents[3],  # where -m looks for this package
        )

    def __enter__(self) -> Trial:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:  # closes its pipes and waits for it
            self._process.kill()

    def of(self, repo: str, path: Path) -> Report:
        """Try a network out.

        Args:
            repo: what sentences call it.
            path: a `.keras` file, or the `config.json` of the folder layout.

        Raises:
            UserError: no classifier of colour pictures, one that carries code, that cannot be
                loaded, or that takes too much memory or time.
        """
        request = {"repo": repo, "path": str(path.absolute()), "seconds": MAX_SECONDS}
        request["language"] = language.current()
        code, answer = self._ask(json.dumps(request))
        if code == -_TIME_IS_UP:
            raise UserError(
                _(
                    "{repo} takes too long to load and to look at one picture: more than "
                    "{limit:g} s. Choose a smaller one."
                ).format(repo=repo, limit=MAX_SECONDS)
            )
        if code < 0:  # ended by the system, or by a backend that was given no memory
            raise _too_large(repo)
        if code > 0:
            logger.error("the trial of %s ended with code %d", repo, code)
            raise UserError(
                _("{repo} could not be tried out here. Choose another model.").format(repo=repo)
            )
        report = json.loads(answer)
        if "refused" in report:
            raise UserError(report["refused"])
        inputs, outputs = (tuple(map(tuple, report[key])) for key in ("inputs", "outputs"))
        return Report(inputs, outputs, report["parameters"])

    def _ask(self, request: str) -> tuple[int, str]:
        """The code that the process ends with, and what it answers."""
        try:
            answer, _ = self._process.communicate(request, MAX_WAIT)
        except subprocess.TimeoutExpired:
            return -_TIME_IS_UP, ""
        return self._process.returncode, answer


def _too_large(repo: str) -> UserError:
    return UserError(
        _(
            "{repo} takes more memory to look at one picture than there is for it "
            "here. Choose a smaller one."
        ).format(repo=repo)
    )


# === The process of its own ===


def main() -> None:
    """Try out one network: a request from standard input, an answer to standard output."""
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    import mmdemo.core.serve.backend  # noqa: F401  # Keras, while the request is on its way

    respond(sys.stdin.readline(), output)
    os._exit(0)  # with little memory left a backend may fail to tidy up


def respond(line: str, output: IO[str]) -> None:
    """Try out what a request names, and write the answer."""
    request = json.loads(line)
    _warm()
    _limit_time(request["seconds"])
    try:
        with language.speaking(request["language"]):
            answer = asdict(attempt(request["repo"], Path(request["path"])))
    except UserError as error:
        answer = {"refused": str(error)}
    json.dump(answer, output)
    output.flush()


def attempt(repo: str, path: Path) -> Report:
    """Check a network, load it, and have it look at a picture, in so much memory as it may take.

    Raises:
        UserError: as `Trial.of`.
    """
    with refused(repo):
        _limit_memory(MAX_VALUES * applications.FLOAT)
        report = check(repo, path)
        _limit_memory(memory(report.parameters))
        loaded = applications.serve(load(path), repo, path.parent)
        picture = np.zeros((1, *loaded.config["sides"], 3), loaded.config["dtype"])
        if np.shape(loaded.call(picture)) != (1, report.outputs[0][1]):
            raise _named(repo)
    return report


def load(path: Path) -> keras.Model:
    """A network in Keras' safe mode.

    Args:
        path: a `.keras` file, or the `config.json` of the folder layout.

    Raises:
        Exception: of any kind; `refused` makes a sentence of it.
    """
    import keras

    source = path if path.suffix == ".keras" else path.parent
    return keras.saving.load_model(source, custom_objects=None, compile=False, safe_mode=True)


def memory(parameters: int) -> int:
    """Bytes that a network of so many parameters may take while it looks at one picture."""
    bound = (parameters * applications.HEADROOM + MAX_VALUES) * applications.FLOAT
    free = applications.free_memory()
    return bound if free is None else min(bound, free)


def _limit_memory(number: int) -> None:
    """Let this process take so many bytes beside what it holds."""
    status = Path("/proc/self/status")
    if not status.exists():  # not on Linux
        return
    import resource

    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    held = int(lines["VmData"].split()[0]) * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = held + number if hard == resource.RLIM_INFINITY else min(held + number, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _limit_time(seconds: float) -> None:
    """Let this process take so many seconds more of the processor's time."""
    if hasattr(signal, "setitimer"):  # not on Windows
        signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal ends the process


def _warm() -> None:
    """Have the backend start its threads and take what every network takes."""
    import keras

    from mmdemo.core.serve.backend import compile_call

    picture = keras.Input((8, 8, 3))
    maps = keras.layers.Conv2D(4, 3)(picture)
    compile_call(keras.Model(picture, keras.layers.GlobalAveragePooling2D()(maps)))


# === What may be tried ===


def check(repo: str, path: Path) -> Report:
    """Refuse what is no classifier of colour pictures, or too large, by its shapes.

    The network is built without weights, so that a huge one takes no memory.

    Raises:
        UserError: it is refused.
        Exception: of any kind; `refused` makes a sentence of it.
    """
    import keras

    config = hub_files.read_config(repo, path) | {"compile_config": None}
    plan = applications.outline(
        lambda: keras.saving.deserialize_keras_object(config, safe_mode=True)
    )
    if not isinstance(plan, keras.Model) or not plan.built:
        raise UserError(_("{repo} holds no Keras model that is ready to use.").format(repo=repo))
    inputs = tuple(tuple(tensor.shape) for tensor in plan.inputs)
    outputs = tuple(tuple(tensor.shape) for tensor in plan.outputs)
    report = Report(inputs, outputs, int(plan.count_params()))
    _check_shapes(repo, report)
    if not (
        isinstance(plan, keras.Sequential) or (_is_plain(plan.input) and _is_plain(plan.output))
    ):
        raise _named(repo)
    number = report.parameters
    if number * applications.FLOAT > hub_files.MAX_BYTES or not applications.fits(number):
        raise UserError(
            _(
                "{repo} has {number:,} parameters: too many for the memory that there is "
                "here. Choose a smaller one."
            ).format(repo=repo, number=number)
        )
    if (classes := outputs[0][1] or 0) > hub_files.MAX_CLASSES:
        raise UserError(
            _(
                "{repo} tells {classes:,} classes apart; at most {limit:,} are possible here."
            ).format(repo=repo, classes=classes, limit=hub_files.MAX_CLASSES)
        )
    hub_files.check_weights(repo, path)
    return report


def _check_shapes(repo: str, report: Report) -> None:
    inputs, outputs = report.inputs, report.outputs
    pictures = len(inputs) == 1 and len(inputs[0]) == 4 and inputs[0][-1] == 3
    if not (pictures and len(outputs) == 1 and len(outputs[0]) == 2 and outputs[0][1]):
        raise UserError(
            _(
                "{repo} is not a classifier of pictures, which takes one input (batch, "
                "height, width, 3) and gives one output (batch, classes). It takes "
                "{inputs} and gives {outputs}."
            ).format(repo=repo, inputs=_shapes(inputs), outputs=_shapes(outputs))
        )
    if max(side or 0 for side in inputs[0][1:3]) > MAX_SIDE:
        raise UserError(
            _(
                "{repo} takes pictures of {width} x {height} pixels; at most {side} x "
                "{side} are possible here."
            ).format(repo=repo, width=inputs[0][2], height=inputs[0][1], side=MAX_SIDE)
        )


def _shapes(shapes: Sequence[Shape]) -> str:
    return " and ".join(
        f"({', '.join('any' if side is None else str(side) for side in shape)})" for shape in shapes
    )


def _is_plain(structure: Any) -> bool:
    """Whether a network takes or gives one tensor; Keras unpacks a list of one."""
    import keras

    if isinstance(structure, list | tuple) and len(structure) == 1:
        structure = structure[0]
    return isinstance(structure, keras.KerasTensor)


def _named(repo: str) -> UserError:
    return UserError(
        _(
            "{repo} takes its picture or gives its answer under a name, in a "
            "dictionary. Choose a model that takes and gives plain arrays."
        ).format(repo=repo)
    )


@contextlib.contextmanager
def refused(repo: str) -> Iterator[None]:
    """A stranger's file may raise anything while it is read: a sentence of it, as a `UserError`."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        text = str(error)
        if isinstance(error, MemoryError) or _NO_MEMORY.search(text):
            raise _too_large(repo) from error
        if "safe_mode" in text or "lambda" in text.lower():
            raise UserError(
                _(
                    "{repo} has a layer that carries code of its own, such as Lambda. "
                    "Strangers' code is not run here. Choose a model of Keras' own layers."
                ).format(repo=repo)
            ) from error
        first = next((line for line in text.splitlines() if line.strip()), "nothing more")
        raise UserError(
            _(
                "{repo} cannot be loaded as a model of Keras' own layers. Keras says: {first}"
            ).format(repo=repo, first=first[:200])
        ) from error


if __name__ == "__main__":
    main()
