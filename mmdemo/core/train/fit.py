"""One fit loop for every demo: resumable, with a history, a progress bar and provenance."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
from tqdm.auto import tqdm

from mmdemo.core.demo import ModelId
from mmdemo.core.serve import backend
from mmdemo.core.train.batches import Batches, Clock
from mmdemo.core.weights import artifacts

TRAINED_ON = "hardware.txt"
"""In a checkpoint folder: what the network was trained on."""
PACKAGES = ("tensorflow", "keras", "numpy", "librosa", "scikit-learn")


@dataclass(frozen=True)
class Run:
    """One call of `train` or `evaluate`.

    Attributes:
        model_id: which network.
        folder: the weights folder to write (train) or to read (evaluate).
        work: folder for checkpoints; what is finished there is not trained again.
        data: the user's own data, in the layout that the demo documents, or None for the public
            sets.
        options: values of the demo's `train_options` that were given, by their names.
        seed: of every random choice.
        epochs: in place of the preset's own number.
        started: clock at the start of the run, for the provenance.
        stages: checkpoint folders of the networks that the run has trained or taken up.
    """

    model_id: ModelId
    folder: Path
    work: Path
    data: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    epochs: int | None = None
    started: float = field(default_factory=time.time)
    stages: list[Path] = field(default_factory=list)

    @property
    def preset(self) -> str:
        """What measured results call the network: `default` or `book`."""
        return self.model_id.preset

    def stage(self, name: str, config: Any, *further: str) -> Path:
        """Checkpoint folder of one network of the run.

        Its name carries a digest of everything that decides the weights, so that a checkpoint is
        never taken up under another configuration, seed or data set, nor with other things that
        decide them: `further`, such as the checksum of the weights that it starts from.
        """
        settings = [asdict(config), self.seed, self.epochs, str(self.data), dict(self.options)]
        decides = json.dumps([*settings, *further], sort_keys=True)
        digest = hashlib.sha256(decides.encode()).hexdigest()[:10]
        folder = self.work / f"{self._prefix}-{digest}" / name
        self.stages.append(folder)
        return folder

    def forget(self) -> None:
        """Delete the network's checkpoints, so that its training starts from the beginning."""
        for folder in self.work.glob(f"{self._prefix}-*"):
            shutil.rmtree(folder)

    @property
    def _prefix(self) -> str:
        return self.model_id.name.replace("/", "-")


def default_work() -> Path:
    """Where checkpoints go: `$MMDEMO_WORK`, else a folder in the user's cache."""
    configured = os.environ.get("MMDEMO_WORK")
    return Path(configured) if configured else Path.home() / ".cache" / "mmdemo" / "work"


def fit(
    model: keras.Model,
    data: Any,
    *,
    stage: Path,
    epochs: int,
    seed: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    **options: Any,
) -> list[dict[str, float]]:
    """`model.fit` that resumes from its last epoch and returns at once when it had finished.

    Args:
        model: compiled.
        data: as the first argument of `keras.Model.fit`; `Batches` are told the epoch.
        stage: checkpoint folder, from `Run.stage`.
        epochs: number of epochs in all, those of an interrupted call included.
        seed: of the order of the data, dropout and augmentation.
        callbacks: further callbacks. One that changes the weights at the end must come last.
        options: further arguments of `keras.Model.fit`.

    Returns:
        One mapping of losses and metrics per epoch.
    """
    finished = stage / "finished.weights.h5"
    backup = stage / "backup"
    history = stage / "history.csv"
    if finished.is_file():
        artifacts.load_weights(model, finished)
        return _read(history)
    stage.mkdir(parents=True, exist_ok=True)
    (stage / TRAINED_ON).write_text(_hardware(), encoding="utf-8")
    if isinstance(data, Batches):
        _make_variables(model, data[0])
    keras.utils.set_random_seed(seed)
    # A stage that was taken up leaves its epoch on the model, where this one would begin.
    model._initial_epoch = None
    model.fit(
        data,
        epochs=epochs,
        verbose=0,
        callbacks=[
            # The row first: one that is written again is dropped when read, a lost one is lost.
            HistoryFile(history),
            keras.callbacks.BackupAndRestore(backup, delete_checkpoint=False),
            ProgressBar(stage.name),
            *([Clock(data)] if isinstance(data, Batches) else []),
            *callbacks,
        ],
        **options,
    )
    partial = stage / "partial.weights.h5"
    artifacts.save_weights(model, partial)
    partial.replace(finished)
    shutil.rmtree(backup)
    return _read(history)


def _make_variables(model: keras.Model, batch: Any) -> None:
    """Make what the first step would make. TensorFlow traces a step that makes variables twice."""
    inputs, targets, weights = keras.utils.unpack_x_y_sample_weight(batch)
    outputs = model(inputs)
    model.compute_loss(inputs, targets, outputs, weights)
    model.compute_metrics(inputs, targets, outputs, weights)
    model.optimizer.build(model.trainable_variables)


class HistoryFile(keras.callbacks.Callback):
    """A row of `history.csv` per epoch, on disk as soon as the epoch ends.

    Beside the losses: `seconds` that the epoch took, and the clock when it `ended`.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.started = time.time()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.started = time.time()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        now = time.time()
        clock = {"seconds": now - self.started, "ended": now}
        row = {"epoch": epoch, **(logs or {}), **clock}
        with self.path.open("a+", newline="", encoding="utf-8") as file:
            file.seek(0)
            columns = next(csv.reader(file), None)  # those of the first epoch, whoever wrote it
            writer = csv.DictWriter(file, fieldnames=columns or list(row), extrasaction="ignore")
            if columns is None:
                writer.writeheader()
            writer.writerow(row)


class ProgressBar(keras.callbacks.Callback):
    """A bar per network: epochs done, losses, time left; silent where nobody watches."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.bar: tqdm | None = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self.bar = tqdm(total=self.params["epochs"], desc=self.name, unit="epoch", disable=None)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self.bar is not None:
            self.bar.update(epoch + 1 - self.bar.n)
            self.bar.set_postfix({key: f"{value:.4g}" for key, value in (logs or {}).items()})

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        if self.bar is not None:
            self.bar.close()


def provenance(run: Run) -> dict[str, Any]:
    """Who made these figures: command, seed, time, hardware, versions, revision, data."""
    data = None if run.data is None else run.data.resolve().name
    command = f"python -m mmdemo train {run.model_id.training_target}"
    if data is not None:
        command += f" --data {data}"
    for name, value in run.options.items():
        values = value if isinstance(value, tuple) else (value,)
        command += "".join(f" --{name.replace('_', '-')} {each}" for each in values)
    if run.seed:
        command += f" --seed {run.seed}"
    if run.epochs is not None:
        command += f" --epochs {run.epochs}"
    return {
        "command": command,
        "seed": run.seed,
        "wall_time_seconds": round(time.time() - run.started + _earlier_seconds(run), 1),
        "hardware": "; ".join(dict.fromkeys([*_trained_on(run), _hardware()])),
        "backend": keras.backend.backend(),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "git_revision": _revision(),
        "data": data,
    }


def _earlier_seconds(run: Run) -> float:
    """What earlier calls of a run that was interrupted spent on the epochs that it took up."""
    return sum(
        row["seconds"]
        for folder in dict.fromkeys(run.stages)
        if (folder / "history.csv").is_file()
        for row in _rows(folder / "history.csv")
        if row.get("ended", run.started) < run.started
    )


def _read(path: Path) -> list[dict[str, float]]:
    """Losses and metrics, one row per epoch."""
    clock = ("seconds", "ended")
    return [{k: v for k, v in row.items() if k not in clock} for row in _rows(path)]


def _rows(path: Path) -> list[dict[str, float]]:
    """One row per epoch, the last one written."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [
            {k: float(v) for k, v in row.items() if v and v != "NA"}  # CSVLogger's word for none
            for row in csv.DictReader(file)
        ]
    return list({row["epoch"]: row for row in rows}.values())


def _trained_on(run: Run) -> list[str]:
    """The hardware of the networks' trainings, which may be that of earlier calls."""
    files = [folder / TRAINED_ON for folder in run.stages]
    return [file.read_text(encoding="utf-8") for file in files if file.is_file()]


def _hardware() -> str:
    accelerator = backend.accelerator()
    cores = f"{os.cpu_count()} cores of {_processor()}"
    return f"{accelerator}, {cores}" if accelerator else cores


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _revision() -> str | None:
    """Commit of the code, or None outside a git checkout."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=artifacts.EMBEDDED.parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
