"""A weights folder: write it, verify it, find it.

`weights/<demo>/<preset>/` holds

    model.weights.h5    the network that is served
    config.json         arguments of the demo's `Config`; rebuilds the network
    preprocess.json     everything else that decides the result: scaling, thresholds, curves
    architecture.json   layers, shapes and parameters, so that a page shows them without Keras
    metrics.json        measured results and their provenance
    history.csv         one row per training epoch
    README.md           the card, generated from the above
    folds/              optional: the networks of a cross-validation, in half precision
    backbone.json       optional: whose weights the network stands on, and their SHA-256
    manifest.json       size and SHA-256 of every other file
"""

from __future__ import annotations

import csv
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.core.demo import Demo
from mmdemo.core.errors import WeightsError
from mmdemo.core.measure import report
from mmdemo.core.measure.report import Result
from mmdemo.core.weights import pins
from mmdemo.core.weights.pins import Pin

if TYPE_CHECKING:
    import keras

EMBEDDED = Path(__file__).resolve().parents[3] / "weights"
WEIGHTS = "model.weights.h5"
MANIFEST = pins.FOLDER_MANIFEST
BACKBONE = "backbone.json"
REQUIRED = (WEIGHTS, "config.json", "preprocess.json", "architecture.json", "metrics.json")


@dataclass(frozen=True)
class Artifacts:
    """A verified weights folder, read."""

    folder: Path
    config: dict[str, Any]
    preprocess: dict[str, Any]

    @property
    def weights(self) -> Path:
        return self.folder / WEIGHTS


# === Find ===


def locate(slug: str, preset: str) -> Path:
    """Folder of a demo's weights: `$MMDEMO_WEIGHTS`, then the embedded ones, then the Hub's.

    The embedded ones give way to those in the Hub's cache where `pins` lists others and names their
    commit there. Asks no server: `hub.fetch_missing` does that before the page is built.
    """
    return _override(slug, preset) or _published(slug, preset)


def _checksum(folder: Path) -> str | None:
    path = folder / WEIGHTS
    return pins.sha256(path) if path.is_file() else None


def awaited(slug: str, preset: str) -> Pin | None:
    """The pin of weights that should come from the Hub, since no folder here has them."""
    return None if _override(slug, preset) is not None else _elsewhere(slug, preset)


def _elsewhere(slug: str, preset: str) -> Pin | None:
    """The pin of weights that the embedded ones are not."""
    pin = pins.find(slug, preset)
    if pin is None or pin.repo is None or pin.is_folder(EMBEDDED / slug / preset):
        return None
    return pin


def _published(slug: str, preset: str) -> Path:
    pin = _elsewhere(slug, preset)
    cached = None if pin is None else _cached(pin)
    return cached or EMBEDDED / slug / preset


def _override(slug: str, preset: str) -> Path | None:
    configured = os.environ.get("MMDEMO_WEIGHTS")
    folder = Path(configured) / slug / preset if configured else None
    return folder if folder is not None and folder.is_dir() else None


def _cached(pin: Pin) -> Path | None:
    """The pinned commit's folder in the Hub's cache, where it is complete."""
    from huggingface_hub import try_to_load_from_cache

    name = f"{pin.preset}/{MANIFEST}"
    found = try_to_load_from_cache(str(pin.repo), name, revision=pin.revision)
    if not isinstance(found, str):
        return None
    folder = Path(found).parent
    # `load` checks the content of every file against this list.
    whole = pin.is_folder(folder) and all((folder / name).is_file() for name in pin.files)
    return folder if whole else None


def load(slug: str, preset: str, checksum: str | None = None) -> Artifacts:
    """Verify and read a weights folder.

    Args:
        slug, preset: of the network.
        checksum: SHA-256 that its weights must have. Those in `$MMDEMO_WEIGHTS` give way to the
            published ones where these have it.

    Raises:
        WeightsError: a file is missing or does not match the manifest; names it and the remedy.
    """
    folder = locate(slug, preset)
    if checksum is not None and _checksum(folder) != checksum:
        folder = _published(slug, preset)
        if _checksum(folder) != checksum:
            raise WeightsError(f"The weights of {slug}/{preset} are others than the ones needed.")
    verify(folder)
    return Artifacts(folder, read_json(folder, "config.json"), read_json(folder, "preprocess.json"))


def verify(folder: Path) -> None:
    """Compare every file with the manifest.

    Raises:
        WeightsError: with the file's path and the remedy.
    """
    for name in (*REQUIRED, MANIFEST):
        if not (folder / name).is_file():
            raise WeightsError(f"The file {folder / name} is missing. {_remedy(folder)}")
    manifest = read_json(folder, MANIFEST)
    try:
        entries = {name: (int(e["size"]), str(e["sha256"])) for name, e in manifest.items()}
        unlisted = next((name for name in REQUIRED if name not in entries), None)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _corrupted(folder / MANIFEST, "it is not a list of files") from error
    if unlisted is not None:
        raise _corrupted(folder / MANIFEST, f"it does not list {unlisted}")
    for name, (size, digest) in entries.items():
        path = folder / name
        if not path.is_file():
            raise WeightsError(f"The file {path} is missing. {_remedy(folder)}")
        if path.stat().st_size != size or pins.sha256(path) != digest:
            raise _corrupted(path, "its checksum is wrong")


def read_json(folder: Path, name: str) -> Any:
    """Read one of the folder's JSON files.

    Raises:
        WeightsError: it is missing or is not JSON.
    """
    try:
        return json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = f"The file {folder / name} is missing. {_remedy(folder)}"
        raise WeightsError(message) from error
    except ValueError as error:  # not JSON, or not UTF-8
        raise _corrupted(folder / name, "it is not JSON") from error


def read_results(folder: Path) -> list[Result]:
    """The measured results of a weights folder.

    Raises:
        WeightsError: the file is missing or corrupted.
    """
    stored = read_json(folder, "metrics.json")
    try:
        return [Result.from_dict(entry) for entry in stored["results"]]
    except (KeyError, TypeError) as error:
        raise _corrupted(folder / "metrics.json", "it holds no results") from error


def output_length(slug: str, preset: str) -> int:
    """Length of the vector that a network gives, read without Keras.

    Raises:
        WeightsError: the weights folder is missing.
    """
    return int(read_json(locate(slug, preset), "architecture.json")[-1]["shape"][-1])


def all_results(demo: Demo) -> list[Result]:
    """Results of all presets of a demo; what several runs measured alike is listed once.

    Raises:
        WeightsError: a preset has no results.
    """
    return report.merge(read_results(locate(demo.slug, preset)) for preset in demo.presets)


def headline(demo: Demo) -> str:
    """The one figure that stands for a demo, read from its measured results."""
    task, metric, sentence = demo.headline
    try:
        results = all_results(demo)
    except WeightsError:
        return "no weights yet"
    for result in results:
        if (result.task, result.metric, result.method) == (task, metric, "default"):
            return sentence.format(value=report.metric(metric).format(result.value))
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
    return WeightsError(f"The file {path} is corrupted: {how}. {_remedy(path.parent)}")


def _remedy(folder: Path) -> str:
    """What to do about a bad folder DEMO/PRESET."""
    again = f"train it again: python -m mmdemo train {folder.parent.name} --preset {folder.name}"
    if folder.is_relative_to(EMBEDDED):
        stored = folder.relative_to(EMBEDDED.parent).as_posix()
        return f"Restore it (git checkout -- {stored}), or {again}"
    if "snapshots" in folder.parts:  # the Hub's cache
        return f"Remove {folder}, and fetch it again: python -m mmdemo pull"
    return f"Copy the folder here again, or {again} --out {folder.parents[1]}"


# === Write ===


def save_weights(model: keras.Model, path: Path, *, half: bool = False) -> None:
    """Save a model's weights without its optimiser's, which Keras would add.

    `half` stores them as float16, which Keras widens on loading.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _without_optimizer(model):
        model.save_weights(path)
    if half:
        _halve(path)


def load_weights(model: keras.Model, path: Path) -> None:
    """Load what `save_weights` stored; the model may be compiled."""
    with _without_optimizer(model):
        model.load_weights(path)


def restore(model: keras.Model, folder: Path) -> None:
    """Load a weights folder into its network; a borrowed backbone comes from where it lives.

    Raises:
        WeightsError: the backbone is not the one that the rest was trained on.
    """
    load_weights(own_part(model), folder / WEIGHTS)
    if own_part(model) is not model:
        from mmdemo.core.nets import backbone

        try:
            backbone.fill(model, read_json(folder, BACKBONE)["sha256"])
        except WeightsError as error:
            raise WeightsError(f"{error} {folder} stands on them. {_remedy(folder)}") from error


def own_part(model: keras.Model) -> keras.Model:
    """What is stored of a network: of one that consists of `backbone` and `heads`, the heads."""
    names = {layer.name for layer in model.layers}
    return model.get_layer("heads") if {"backbone", "heads"} <= names else model


def round_to_half(model: keras.Model) -> None:
    """Round a model's weights as half precision stores them, to measure what will be served."""
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(np.asarray(weight).astype(np.float16).astype(np.float32))


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
    preset: str,
    model: keras.Model,
    config: Any,
    preprocess: Mapping[str, Any],
    results: Sequence[Result],
    history: Sequence[Mapping[str, float]],
    provenance: Mapping[str, Any],
    folds: Mapping[str, keras.Model] | None = None,
    texts: Mapping[str, str] | None = None,
    half: bool = False,
) -> None:
    """Write a whole weights folder; an existing one is replaced only once the new one is complete.

    Args:
        folder: where it goes.
        demo: names the source and the data sets for the card.
        preset: `default`, `book` or a name of the user's own.
        model: the network that is served. Where it consists of a nested `backbone` and `heads`,
            only the heads are stored, and the backbone's weights are those of its home.
        config: the demo's frozen `Config` dataclass.
        preprocess: JSON-able values that inference needs beside the network.
        results: measured, never typed.
        history: one mapping per epoch.
        provenance: from `core.training.provenance`.
        folds: networks of a cross-validation by name, stored in half precision.
        texts: further files by name, such as a vocabulary.
        half: store the weights in half precision; call `round_to_half` before measuring.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        new = Path(scratch) / "new"
        save_weights(own_part(model), new / WEIGHTS, half=half)
        if own_part(model) is not model:
            from mmdemo.core.nets import backbone

            borrowed = {"weights": "/".join(backbone.HOME), "sha256": backbone.checksum()}
            _write_json(new / BACKBONE, borrowed)
        for name, fold in (folds or {}).items():
            save_weights(fold, new / "folds" / f"{name}.weights.h5", half=True)
        for name, text in (texts or {}).items():
            (new / name).write_text(text, encoding="utf-8")
        _write_json(new / "config.json", asdict(config))
        _write_json(new / "preprocess.json", preprocess)
        _write_json(new / "architecture.json", describe(model))
        metrics = {"results": [r.to_dict() for r in results], "provenance": dict(provenance)}
        _write_json(new / "metrics.json", metrics)
        _write_history(new / "history.csv", history)
        card = report.card(demo, preset, results, provenance, parameters=model.count_params())
        (new / "README.md").write_text(card, encoding="utf-8")
        _write_manifest(new)
        if folder.exists():
            folder.replace(Path(scratch) / "old")
        new.replace(folder)


def rewrite_metrics(
    folder: Path, demo: Demo, preset: str, results: Sequence[Result], provenance: Mapping[str, Any]
) -> None:
    """Replace the results of a folder whose weights stay, with its card and manifest."""
    metrics = {"results": [r.to_dict() for r in results], "provenance": dict(provenance)}
    _write_json(folder / "metrics.json", metrics)
    parameters = sum(row["parameters"] for row in read_json(folder, "architecture.json"))
    card = report.card(demo, preset, results, provenance, parameters=parameters)
    (folder / "README.md").write_text(card, encoding="utf-8")
    _write_manifest(folder)


def describe(model: keras.Model) -> list[dict[str, Any]]:
    """Layers in order, nested models flattened: what `architecture.json` holds.

    Each row: `name`, `type`, `detail` (kernel, units, rate), `shape` (without the batch),
    `parameters`, `inputs` (names of the rows that feed it).
    """
    import keras

    rows: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()

    def name_of(layer: keras.Operation) -> str:
        """Keras numbers layers without a name by what else the process has built: count anew."""
        plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(layer).__name__).lower()
        kind = re.sub(r"_\d+$", "", layer.name)
        if kind.replace("_", "") != plain.replace("_", ""):
            return layer.name
        counts[kind] += 1
        return kind if counts[kind] == 1 else f"{kind}_{counts[kind] - 1}"

    def visit(network: keras.Model, prefix: str, feeds: list[str]) -> list[str]:
        """Append the rows of a network that `feeds` lead into; return the rows of its outputs."""
        # A nested network's inputs are what feeds it. A Function lists what a Model's `layers`
        # leave out: plain operations of keras.ops, and the input of a Sequential.
        inputs = [tensor._keras_history.operation for tensor in network.inputs]
        # id of an operation -> the row of each of its outputs
        names = {id(i): [feed] for i, feed in zip(inputs, feeds, strict=False)}

        def row_of(tensor: keras.KerasTensor) -> str:
            history = tensor._keras_history
            outputs = names[id(history.operation)]
            return outputs[min(history.tensor_index, len(outputs) - 1)]

        for layer in keras.Function(network.inputs, network.outputs).operations:
            if id(layer) in names:
                continue
            sources = [
                row_of(tensor)
                for node in layer._inbound_nodes
                for tensor in node.input_tensors
                if id(tensor._keras_history.operation) in names  # else of another network
            ]
            if isinstance(layer, keras.Model):
                names[id(layer)] = visit(layer, f"{prefix}{layer.name}/", sources)
                continue
            name = f"{prefix}{name_of(layer)}"
            names[id(layer)] = [name]
            output = layer.output if not isinstance(layer.output, list) else layer.output[0]
            rows.append(
                {
                    "name": name,
                    "type": type(layer).__name__,
                    "detail": _detail(layer),
                    "shape": list(output.shape[1:]),
                    "parameters": layer.count_params() if hasattr(layer, "count_params") else 0,
                    "inputs": list(dict.fromkeys(sources)),
                }
            )
        return [row_of(tensor) for tensor in network.outputs]

    visit(model, "", [])
    return rows


def _detail(layer: keras.Operation) -> str:
    """The settings that a reader of a paper looks for."""
    config = layer.get_config() if hasattr(layer, "count_params") else {}
    parts: list[str] = []
    if "kernel_size" in config:
        parts.append("×".join(str(side) for side in config["kernel_size"]))
    elif "pool_size" in config:
        parts.append("×".join(str(side) for side in config["pool_size"]))
    parts += [str(config[key]) for key in ("filters", "units", "rate") if key in config]
    strides = config.get("strides")
    if strides is not None and "pool_size" not in config and any(s != 1 for s in strides):
        parts.append(f"stride {strides[0]}")
    activation = config.get("activation")
    if isinstance(activation, str) and activation != "linear":
        parts.append(activation)
    return ", ".join(parts)


def _halve(path: Path) -> None:
    import h5py

    def copy(source: h5py.Group, target: h5py.Group) -> None:
        for key, value in source.attrs.items():
            target.attrs[key] = value
        for key, value in source.items():
            if isinstance(value, h5py.Group):
                copy(value, target.create_group(key))
            elif value.dtype == np.float32:
                # A scalar takes no compression.
                packed = {"compression": "gzip", "shuffle": True} if value.shape else {}
                target.create_dataset(key, data=value[()].astype(np.float16), **packed)
            else:
                target.create_dataset(key, data=value[()])

    small = path.with_suffix(".tmp")
    # Of HDF5 1.10, whose groups are compact: files of a later version are closed to earlier ones.
    libver = ("v110", "v110")
    with h5py.File(path, "r") as source, h5py.File(small, "w", libver=libver) as target:
        copy(source, target)
    small.replace(path)


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
