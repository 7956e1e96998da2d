"""A weights folder: write it, verify it, find it.

`weights/<demo>/<preset>/`, or `weights/<demo>/<task>/<preset>/` of a demo with several tasks, holds

    model.weights.h5    the network that is served
    config.json         the demo's `Config`; rebuilds the network
    preprocess.json     everything else that decides the result: scaling, thresholds, curves
    architecture.json   layers, shapes and parameters, so that a page shows them without Keras
    metrics.json        measured results and their provenance
    history.csv         one row per training epoch
    README.md           the card, generated from the above
    folds/              optional: the networks of a cross-validation, in half precision
    backbone.json       optional: whose weights the network stands on, by path and SHA-256
    manifest.json       size and SHA-256 of every other file
"""

from __future__ import annotations

import csv
import importlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmdemo.core.demo import Demo, ModelId
from mmdemo.core.errors import WeightsError
from mmdemo.core.language import _, sentences
from mmdemo.core.measure import report
from mmdemo.core.measure.report import Result
from mmdemo.core.weights import architecture, configuration, eight_bits, half_precision, pins
from mmdemo.core.weights.pins import Pin

if TYPE_CHECKING:
    import keras

EMBEDDED = Path(__file__).resolve().parents[3] / "weights"
WEIGHTS = "model.weights.h5"
MANIFEST = pins.FOLDER_MANIFEST
BACKBONE, HEADS = "backbone", "heads"
"""Names of the nested networks of one that stands on weights which are stored elsewhere."""
STANDS_ON = "backbone.json"
REQUIRED = (WEIGHTS, "config.json", "preprocess.json", "architecture.json", "metrics.json")


@dataclass(frozen=True)
class Artifacts:
    """A verified weights folder, read.

    Attributes:
        folder: where it is.
        config: the demo's `Config`.
        preprocess: the stored `preprocess.json`.
    """

    folder: Path
    config: Any
    preprocess: dict[str, Any]

    @property
    def weights(self) -> Path:
        return self.folder / WEIGHTS


# === Find ===


def locate(model_id: ModelId) -> Path:
    """Folder of a network's weights: `$MMDEMO_WEIGHTS`, then the embedded ones, then the Hub's.

    The embedded ones give way to those in the Hub's cache where `pins` lists others and names their
    commit there. Asks no server: `hub.fetch_missing` does that before the page is built.
    """
    return _override(model_id) or _published(model_id)


def checksum(folder: Path) -> str | None:
    """SHA-256 of a folder's weights; None where there are none."""
    path = folder / WEIGHTS
    return pins.sha256(path) if path.is_file() else None


def awaited(model_id: ModelId) -> Pin | None:
    """The pin of weights that should come from the Hub, since no folder here has them."""
    return None if _override(model_id) is not None else _elsewhere(model_id)


def _elsewhere(model_id: ModelId) -> Pin | None:
    """The pin of weights that the embedded ones are not."""
    pin = pins.find(model_id)
    if pin is None or pin.repo is None or pin.is_folder(EMBEDDED / str(model_id)):
        return None
    return pin


def _published(model_id: ModelId) -> Path:
    pin = _elsewhere(model_id)
    cached = None if pin is None else _cached(pin)
    return cached or EMBEDDED / str(model_id)


def _override(model_id: ModelId) -> Path | None:
    configured = os.environ.get("MMDEMO_WEIGHTS")
    folder = Path(configured, str(model_id)) if configured else None
    return folder if folder is not None and folder.is_dir() else None


def _cached(pin: Pin) -> Path | None:
    """The pinned commit's folder in the Hub's cache, where it is complete."""
    from huggingface_hub import try_to_load_from_cache

    name = f"{pin.model_id.name}/{MANIFEST}"
    cached = try_to_load_from_cache(str(pin.repo), name, revision=pin.revision)
    if not isinstance(cached, str):
        return None
    folder = Path(cached).parent
    # `load` checks the content of every file against this list.
    whole = pin.is_folder(folder) and all((folder / name).is_file() for name in pin.files)
    return folder if whole else None


def load(model_id: ModelId, sha256: str | None = None) -> Artifacts:
    """Verify and read a weights folder.

    Args:
        model_id: of the network.
        sha256: of the weights that it must have. Those in `$MMDEMO_WEIGHTS` give way to the
            published ones where these have it.

    Raises:
        WeightsError: a file is missing or does not match the manifest, or the configuration is of
            another version; names the remedy.
    """
    folder = locate(model_id)
    if sha256 is not None and checksum(folder) != sha256:
        folder = _published(model_id)
        if checksum(folder) != sha256:
            raise WeightsError(
                _("The weights of {network} are others than the ones needed.").format(
                    network=model_id
                )
            )
    verify(folder)
    config = read_config(model_id.demo, folder)
    return Artifacts(folder, config, read_json(folder, "preprocess.json"))


def verify(folder: Path) -> None:
    """Compare every file with the manifest.

    Raises:
        WeightsError: with the file's path and the remedy.
    """
    for name in (*REQUIRED, MANIFEST):
        if not (folder / name).is_file():
            raise _missing(folder / name, folder)
    manifest = read_json(folder, MANIFEST)
    try:
        entries = {name: (int(e["size"]), str(e["sha256"])) for name, e in manifest.items()}
        unlisted = next((name for name in REQUIRED if name not in entries), None)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _corrupted(folder / MANIFEST, _("it is not a list of files")) from error
    if unlisted is not None:
        raise _corrupted(folder / MANIFEST, _("it does not list {name}").format(name=unlisted))
    for name, (size, digest) in entries.items():
        path = folder / name
        if not path.is_file():
            raise _missing(path, folder)
        if path.stat().st_size != size or pins.sha256(path) != digest:
            raise _corrupted(path, _("its checksum is wrong"))


def read_json(folder: Path, name: str) -> Any:
    """Read one of the folder's JSON files.

    Raises:
        WeightsError: it is missing or is not JSON.
    """
    try:
        return json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise _missing(folder / name, folder) from error
    except ValueError as error:  # not JSON, or not UTF-8
        raise _corrupted(folder / name, _("it is not JSON")) from error


def read_config(demo: str, folder: Path) -> Any:
    """The configuration of a weights folder, as the demo's `Config`.

    Raises:
        WeightsError: it is missing, corrupted or of another version of the code.
    """
    config = importlib.import_module(f"mmdemo.demos.{demo}.config").Config
    stored = read_json(folder, "config.json")
    try:
        return configuration.from_dict(config, stored)
    except (TypeError, AttributeError) as error:
        misfit = _("The weights in {folder} do not fit the network of {demo}: {error}.")
        said = misfit.format(folder=folder, demo=demo, error=error)
        raise WeightsError(sentences(said, remedy(folder))) from error


def read_results(folder: Path) -> list[Result]:
    """The measured results of a weights folder.

    Raises:
        WeightsError: the file is missing or corrupted.
    """
    stored = read_json(folder, "metrics.json")
    try:
        return [Result.from_dict(entry) for entry in stored["results"]]
    except (KeyError, TypeError) as error:
        raise _corrupted(folder / "metrics.json", _("it holds no results")) from error


def output_length(model_id: ModelId) -> int:
    """Length of the vector that a network gives, read without Keras.

    Raises:
        WeightsError: the weights folder is missing.
    """
    return int(read_json(locate(model_id), "architecture.json")[-1]["shape"][-1])


def all_results(demo: Demo) -> list[Result]:
    """Results of all networks of a demo; what several runs measured alike is listed once.

    Raises:
        WeightsError: a network has no results.
    """
    return report.merge(read_results(locate(model_id)) for model_id in demo.model_ids)


def headline(demo: Demo) -> str:
    """The one figure that stands for a demo, read from its measured results.

    A demo without networks says in a sentence what it has instead.
    """
    task, metric, sentence = demo.headline
    if not demo.tasks:
        return _(sentence)
    try:
        results = all_results(demo)
    except WeightsError:
        return _("no weights yet")
    for result in results:
        if (result.task, result.metric, result.method) == (task, metric, "default"):
            return _(sentence).format(value=report.metric(metric, demo).format(result.value))
    return ""


def read_history(folder: Path) -> list[dict[str, float]]:
    """Rows of `history.csv`; an empty list when training left none."""
    path = folder / "history.csv"
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {key: float(value) for key, value in row.items() if value}
            for row in csv.DictReader(file)
        ]


def _corrupted(path: Path, how: str) -> WeightsError:
    said = _("The file {path} is corrupted: {how}.").format(path=path, how=how)
    return WeightsError(sentences(said, remedy(path.parent)))


def _missing(path: Path, folder: Path) -> WeightsError:
    said = _("The file {path} is missing.").format(path=path)
    return WeightsError(sentences(said, remedy(folder)))


def remedy(folder: Path) -> str:
    """What to do about a bad weights folder."""
    own = Path(os.environ.get("MMDEMO_WEIGHTS") or folder.parents[1])
    root = next((r for r in (EMBEDDED, own) if folder.is_relative_to(r)), folder.parents[1])
    model_id = ModelId.parse(folder.relative_to(root).as_posix())
    train = f"python -m mmdemo train {model_id.training_target} --out"
    if root == EMBEDDED:
        stored = folder.relative_to(EMBEDDED.parent).as_posix()
        return _("Restore it ({restore}), or train it again: {train}").format(
            restore=f"git checkout -- {stored}", train=f"{train} {EMBEDDED.name}"
        )
    if "snapshots" in folder.parts:  # the Hub's cache
        return _("Remove {folder}, and fetch it again: {fetch}").format(
            folder=folder, fetch="python -m mmdemo pull"
        )
    return _("Copy the folder here again, or train it again: {train}").format(
        train=f"{train} {root}"
    )


# === Write ===


def save_weights(
    model: keras.Model, path: Path, *, half: bool = False, quarter: bool = False
) -> None:
    """Save a model's weights without its optimiser's, which Keras would add.

    `half` stores them as float16, which Keras widens on loading; `quarter` their kernels in eight
    bits, which `load_weights` widens.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _without_optimizer(model):
        model.save_weights(path)
    if quarter:
        eight_bits.pack(path)
    elif half:
        half_precision.halve(path)


def load_weights(model: keras.Model, path: Path) -> None:
    """Load what `save_weights` stored; the model may be compiled."""
    with _without_optimizer(model), eight_bits.readable(path) as wide:
        model.load_weights(wide)


def own_part(model: keras.Model) -> keras.Model:
    """What is stored of a network: of one that consists of `backbone` and `heads`, the heads."""
    names = {layer.name for layer in model.layers}
    return model.get_layer(HEADS) if {BACKBONE, HEADS} <= names else model


@contextmanager
def _without_optimizer(model: keras.Model) -> Iterator[None]:
    optimizer = getattr(model, "optimizer", None)
    model.optimizer = None
    try:
        yield
    finally:
        model.optimizer = optimizer


def write(
    folder: Path,
    *,
    demo: Demo,
    model_id: ModelId,
    model: keras.Model,
    config: Any,
    preprocess: Mapping[str, Any],
    results: Sequence[Result],
    history: Sequence[Mapping[str, float]],
    provenance: Mapping[str, Any],
    folds: Mapping[str, keras.Model] | None = None,
    texts: Mapping[str, str] | None = None,
    half: bool = False,
    quarter: bool = False,
    stands_on: Mapping[str, str] | None = None,
) -> None:
    """Write a whole weights folder; an existing one is replaced only once the new one is complete.

    Args:
        folder: where it goes.
        demo: names the source and the data sets for the card.
        model_id: which network of the demo it is.
        model: that is served; of a nested `backbone` and `heads` the heads alone are stored.
        config: the demo's frozen `Config` dataclass.
        preprocess: JSON-able values that inference needs beside the network.
        results: measured, never typed.
        history: one mapping per epoch.
        provenance: from `core.train.fit.provenance`.
        folds: networks of a cross-validation by name, stored in half precision.
        texts: further files by name, such as a vocabulary.
        half: store the weights in half precision; call its `round_weights` before measuring.
        quarter: store kernels in eight bits; call `eight_bits.round_weights` before.
        stands_on: whose weights the backbone has, from `core.serve.pretrained.record`.

    Raises:
        ValueError: a backbone is not to be stored, and nothing says whose weights it has.
    """
    if own_part(model) is not model and stands_on is None:
        raise ValueError(f"{model_id} has a backbone, and stands on no weights")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        new = Path(scratch) / "new"
        save_weights(own_part(model), new / WEIGHTS, half=half, quarter=quarter)
        if own_part(model) is not model:
            _write_json(new / STANDS_ON, stands_on)
        for name, fold in (folds or {}).items():
            save_weights(fold, new / "folds" / f"{name}.weights.h5", half=True)
        for name, text in (texts or {}).items():
            (new / name).write_text(text, encoding="utf-8")
        _write_json(new / "config.json", asdict(config))
        _write_json(new / "preprocess.json", preprocess)
        _write_json(new / "architecture.json", architecture.describe(model))
        metrics = {"results": [r.to_dict() for r in results], "provenance": dict(provenance)}
        _write_json(new / "metrics.json", metrics)
        _write_history(new / "history.csv", history)
        card = report.card(demo, model_id, results, provenance, parameters=model.count_params())
        (new / "README.md").write_text(card, encoding="utf-8")
        _write_manifest(new)
        if folder.exists():
            folder.replace(Path(scratch) / "old")
        new.replace(folder)


def rewrite_metrics(
    folder: Path,
    demo: Demo,
    model_id: ModelId,
    results: Sequence[Result],
    provenance: Mapping[str, Any],
    preprocess: Mapping[str, Any] | None = None,
) -> None:
    """Replace the results, card and manifest of a folder whose weights stay, and `preprocess`."""
    if preprocess is not None:
        _write_json(folder / "preprocess.json", preprocess)
    metrics = {"results": [r.to_dict() for r in results], "provenance": dict(provenance)}
    _write_json(folder / "metrics.json", metrics)
    count = sum(row["parameters"] for row in read_json(folder, "architecture.json"))
    card = report.card(demo, model_id, results, provenance, parameters=count)
    (folder / "README.md").write_text(card, encoding="utf-8")
    _write_manifest(folder)


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_history(path: Path, rows: Sequence[Mapping[str, float]]) -> None:
    if not rows:
        return
    columns = dict.fromkeys(key for row in rows for key in row)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(columns))
        writer.writeheader()
        writer.writerows({key: f"{value:.6g}" for key, value in row.items()} for row in rows)


def _write_manifest(folder: Path) -> None:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST)
    entries = {
        p.relative_to(folder).as_posix(): {"size": p.stat().st_size, "sha256": pins.sha256(p)}
        for p in files
    }
    _write_json(folder / MANIFEST, entries)
