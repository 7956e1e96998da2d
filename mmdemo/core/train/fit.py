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
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm.auto import tqdm

from mmdemo.core.weights import artifacts

PACKAGES = ("tensorflow", "keras", "numpy", "librosa", "scikit-learn")


@dataclass(frozen=True)
class Run:
    """One call of `train` or `evaluate`.

    Attributes:
        demo: slug.
        preset: `default` or `book`.
        folder: the weights folder to write (train) or to read (evaluate).
        work: folder for checkpoints; what is finished there is not trained again.
        data: the user's own data, in the layout that the demo's `train` documents, or None for
            the public sets.
        targets: `COLUMN:KIND` of a table in `data`, for a demo that takes tables.
        seed: of every random choice.
        epochs: in place of the preset's own number.
        started: clock at the start of the run, for the provenance.
        stages: checkpoint folders of the networks that the run has trained or taken up.
    """

    demo: str
    preset: str
    folder: Path
    work: Path
    data: Path | None = None
    targets: tuple[str, ...] = ()
    seed: int = 0
    epochs: int | None = None
    started: float = field(default_factory=time.time)
    stages: list[Path] = field(default_factory=list)

    def stage(self, name: str, config: Any, *further: str) -> Path:
        """Checkpoint folder of one network of the run.

        Its name carries a digest of everything that decides the weights, so that a checkpoint is
        never taken up under another configuration, seed or data set, nor with other things that
        decide them: `further`, such as the checksum of the weights that it starts from.
        """
        decides = [asdict(config), self.seed, self.epochs, str(self.data), *self.targets, *further]
        digest = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:10]
        folder = self.work / f"{self.preset}-{digest}" / name
        self.stages.append(folder)
        return folder


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
        data: as the first argument of `keras.Model.fit`.
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
            *callbacks,
        ],
        **options,
    )
    partial = stage / "partial.weights.h5"
    artifacts.save_weights(model, partial)
    partial.replace(finished)
    shutil.rmtree(backup)
    return _read(history)


class ByLength(keras.utils.PyDataset):
    """Batches of sequences of similar length, drawn anew each epoch; in one order without a seed.

    Args:
        lengths: of the sequences, `(n,)`.
        size: sequences of a batch, at most.
        take: rows of the set to one batch of `(inputs, targets)`.
        seed: of the order.
    """

    def __init__(
        self,
        lengths: Sequence[int] | np.ndarray,
        size: int,
        take: Callable[[np.ndarray], Any],
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.lengths = np.asarray(lengths, float)
        self.size = size
        self.take = take
        self.seed = seed
        self.epoch = 0
        self._arrange()

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.size)

    def rows(self, index: int) -> np.ndarray:
        """Which sequences stand in a batch."""
        return self.batches[index]

    def __getitem__(self, index: int) -> Any:
        return self.take(self.batches[index])

    def on_epoch_end(self) -> None:
        self.epoch += 1
        self._arrange()

    def _arrange(self) -> None:
        lengths = self.lengths
        if self.seed is not None:
            rng = np.random.default_rng([self.seed, self.epoch])
            lengths = lengths * rng.uniform(0.8, 1.25, len(lengths))
        longest, *others = np.array_split(np.argsort(-lengths, kind="stable"), len(self))
        if others:
            # Keras takes the input's shape from the first two batches: they must differ in length.
            shortest = others.pop(int(np.argmin([self.lengths[rows].max() for rows in others])))
            if self.seed is not None:
                rng.shuffle(others)
            others.insert(0, shortest)
        self.batches = [longest, *others]


class Clock(keras.callbacks.Callback):
    """Tells a set of batches which epoch it is, in a training that was taken up again, too."""

    def __init__(self, batches: Any) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.batches.epoch = epoch


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


def forget(run: Run) -> None:
    """Delete the checkpoints of a run, so that it starts from the beginning."""
    for folder in run.work.glob(f"{run.preset}-*"):
        shutil.rmtree(folder)


def provenance(run: Run) -> dict[str, Any]:
    """Who made these figures: command, seed, time, hardware, versions, revision, data."""
    data = None if run.data is None else run.data.resolve().name
    command = f"python -m mmdemo train {run.demo} --preset {run.preset}"
    if data is not None:
        command += f" --data {data}" + "".join(f" --target {t}" for t in run.targets)
    if run.seed:
        command += f" --seed {run.seed}"
    if run.epochs is not None:
        command += f" --epochs {run.epochs}"
    return {
        "command": command,
        "seed": run.seed,
        "wall_time_seconds": round(time.time() - run.started + _earlier_seconds(run), 1),
        "hardware": f"{os.cpu_count()} cores of {_processor()}",
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
