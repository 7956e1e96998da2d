"""Recordings of the public sets, the splits that the figures come from, and features of both.

What reads a public set raises `DataMissing` where it is not in the data folder.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmdemo.core.data import datasets
from mmdemo.core.errors import DataMissing, UserError, naming
from mmdemo.core.media import audio

from . import features, synthesis
from .config import Config, Input

DOG, CAT = "dog bark", "cat"
FOLDS = (1, 2, 3, 4, 5)
MIN_OWN_CLIPS = 5

# cats_dogs_audio holds this recording twice, once in train and once in test.
DUPLICATE = "dog_barking_14"

# Clips cut from one recording, found by the peak of the whitened cross-correlation of all pairs of
# a kind: above 0.2 here, below 0.15 for all others. Numbers are Freesound identifiers in ESC-10,
# whose own file names tell the other clips that share a recording.
SAME_RECORDING = """
9032 dog_barking_22, 28314 30322, 30344 dog_barking_90 dog_barking_91, 97392 dog_barking_105,
117271 dog_barking_99, 151080 151085, 155312 dog_barking_14 dog_barking_15, 207124 dog_barking_23,
cat_1 cat_2 cat_3, cat_4 cat_100, cat_5 cat_6 cat_7, cat_11 cat_12 cat_13, cat_21 cat_22 cat_23,
cat_25 cat_26, cat_28 cat_29 cat_30, cat_35 cat_36 cat_37, cat_40 cat_41, cat_42 cat_43 cat_44,
cat_46 cat_47 cat_48, cat_49 cat_50 cat_51, cat_57 cat_58 cat_59, cat_61 cat_62 cat_63,
cat_64 cat_65, cat_72 cat_73 cat_74, cat_80 cat_81 cat_82, cat_87 cat_88 cat_89,
cat_94 cat_95 cat_96, cat_97 cat_98 cat_99, cat_101 cat_102 cat_103, cat_105 cat_106 cat_107,
cat_116 cat_117 cat_118, cat_126 cat_127 cat_128, cat_146 cat_147 cat_148, cat_152 cat_153,
cat_159 cat_160, cat_161 cat_162 cat_163, cat_165 cat_166 cat_167, dog_barking_1 dog_barking_2,
dog_barking_92 dog_barking_93,
sheep_35 sheep_38, sheep_29 sheep_31, sheep_18 sheep_19, sheep_08 sheep_13, sheep_01 sheep_30,
lion_26 lion_28, lion_22 lion_30, lion_21 lion_23, lion_09 lion_32, lion_08 lion_15,
lion_07 lion_14, lion_05 lion_16, frog_30 frog_32, cow_69 cow_70, cow_47 cow_61 cow_72,
cow_49 cow_64, cow_37 cow_50, cow_20 cow_62, cow_18 cow_53, cow_08 cow_42 cow_63
"""
_SOURCES = {clip: group.split()[0] for group in SAME_RECORDING.split(",") for clip in group.split()}


@dataclass(frozen=True)
class Recording:
    """One file of a set.

    Attributes:
        name: file name without its suffix; unique in a set.
        kind: what is heard.
        source: the recording that it was cut from; clips of one source never stand on both sides
            of a split, nor are they compared with each other.
        fold: official fold of ESC-10, 0 elsewhere.
        path: the file.
    """

    name: str
    kind: str
    source: str
    fold: int
    path: Path


# === Public sets ===


def esc10() -> list[Recording]:
    """ESC-10's 400 clips, in the order of its classes: `001 - Dog bark/1-30226-A.ogg`."""
    clips = []
    for folder in sorted(p for p in datasets.path("esc10").iterdir() if p.is_dir()):
        number, _, kind = folder.name.partition(" - ")
        if number.isdigit() and kind:
            for file in _files(folder):
                fold, clip = file.stem.split("-")[:2]
                clips.append(Recording(file.stem, kind.lower(), _source(clip), int(fold), file))
    return clips


def cats_dogs() -> list[Recording]:
    """Audio Cats and Dogs without its duplicate: `cat_1.*`, `dog_barking_0.*`."""
    files = (file for file in _files(datasets.path("cats_dogs_audio")) if file.stem != DUPLICATE)
    return [
        Recording(f.stem, CAT if f.stem.startswith("cat_") else DOG, _source(f.stem), 0, f)
        for f in files
    ]


def animals() -> list[Recording]:
    """Animal Sound Dataset: lions, cows, sheep and frogs, which no network hears in training."""
    folders = sorted(p for p in datasets.path("animal_sounds").iterdir() if p.is_dir())
    return [
        Recording(file.stem, folder.name, _source(file.stem), 0, file)
        for folder in folders
        for file in _files(folder)
    ]


def notes() -> list[Recording]:
    """Every sixth of the Philharmonia Orchestra's single notes, of fourteen instruments."""
    folder = datasets.path("philharmonia")
    with (folder / "notes.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::6]
    return [
        Recording(row["file"], row["instrument"], row["file"], 0, folder / "notes" / row["file"])
        for row in rows
    ]


def speech() -> dict[str, list[Recording]]:
    """People who speak: the first ten takes of each talker of the Free Spoken Digit Dataset, every
    fifth sentence of GRID's, and LJ Speech."""
    talkers: dict[str, list[Path]] = {}
    for file in _files(datasets.path("fsdd") / "recordings"):
        _, talker, take = file.stem.split("_")
        if int(take) < 10:
            talkers.setdefault(talker, []).append(file)
    talkers["grid"] = _files(datasets.path("grid_s1") / "audio")[::5]
    talkers["lj"] = _files(datasets.path("ljspeech_32") / "wavs")
    return {
        talker: [Recording(file.stem, "speech", talker, 0, file) for file in files]
        for talker, files in talkers.items()
    }


def narrow_band(samples: np.ndarray, config: Input) -> np.ndarray:
    """`features.extract` of a recording as a telephone would pass it on: nothing above 4 kHz."""
    low = audio.resampled(samples, config.sample_rate, 8000)
    return features.extract(audio.resampled(low, 8000, config.sample_rate), config)


def _source(clip: str) -> str:
    return _SOURCES.get(clip, clip)


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in audio.SUFFIXES)


# === Splits ===


@dataclass(frozen=True)
class Split:
    """Recordings to train on and recordings to measure on; no source is in both."""

    name: str
    train: tuple[Recording, ...]
    test: tuple[Recording, ...]

    @property
    def parts(self) -> tuple[tuple[Recording, ...], tuple[Recording, ...]]:
        """Both."""
        return self.train, self.test


def _split(name: str, train: Sequence[Recording], test: Sequence[Recording]) -> Split:
    """Drops from `train` what shares a source with `test`."""
    sources = {recording.source for recording in test}
    return Split(name, tuple(r for r in train if r.source not in sources), tuple(test))


def dog_or_not() -> Split:
    """Verification of dogs against cats, on the test columns of the set's own CSV.

    The rest of the set is for training, with ESC-10, but for clips that share a recording with the
    test: the set's own split parts clips of one recording.
    """
    table = datasets.path("cats_dogs_audio") / "train_test_split.csv"
    if not table.is_file():
        raise DataMissing(
            f"{table} is missing. Get the set again: "
            "python -m mmdemo data get cats_dogs_audio --archive FILE"
        )
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    held_out = {Path(row[column]).stem for row in rows for column in ("test_cat", "test_dog")}
    clips = cats_dogs()
    train = [r for r in clips if r.name not in held_out] + esc10()
    return _split("dogs", train, [r for r in clips if r.name in held_out])


def unseen_kinds() -> tuple[Split, Split]:
    """Every second class of ESC-10 is for testing, then the others; training on the rest.

    Cats, and dogs where they are in the training half, are added from cats_dogs_audio.
    """
    clips, animals = esc10(), cats_dogs()
    kinds = list(dict.fromkeys(r.kind for r in clips))

    def split(name: str, unseen: list[str]) -> Split:
        train = [r for r in clips + animals if r.kind not in unseen]
        return _split(name, train, [r for r in clips if r.kind in unseen])

    return split("half_1", kinds[0::2]), split("half_2", kinds[1::2])


def official_folds() -> list[Split]:
    """ESC-10's five folds, each the test once; training on the other four."""
    clips = esc10()
    return [
        _split(f"fold_{k}", [r for r in clips if r.fold != k], [r for r in clips if r.fold == k])
        for k in FOLDS
    ]


def own(folder: Path, seed: int) -> Split:
    """A folder with one sub-folder of recordings per kind; a fifth of each kind is for testing.

    Raises:
        UserError: fewer than two kinds, or a kind with fewer than five recordings.
    """
    if not folder.is_dir():
        raise UserError(f"There is no folder at {folder}.")
    rng = np.random.default_rng(seed)
    train, test = [], []
    kinds = [p for p in sorted(folder.iterdir()) if p.is_dir() and _files(p)]
    if len(kinds) < 2:
        raise UserError(f"{folder} needs two or more sub-folders with recordings, one per kind.")
    for kind in kinds:
        files = _files(kind)
        if len(files) < MIN_OWN_CLIPS:
            raise UserError(
                f"{kind} holds {len(files)} recordings; {MIN_OWN_CLIPS} or more are needed."
            )
        held_out = rng.permutation(len(files))[: max(2, len(files) // 5)]
        for index, file in enumerate(files):
            name = f"{kind.name}/{file.stem}"
            recording = Recording(name, kind.name, f"{name}{file.suffix}", 0, file)
            (test if index in held_out else train).append(recording)
    return Split("own", tuple(train), tuple(test))


# === Features ===


def pictures(
    recordings: Sequence[Recording],
    config: Input,
    extract: Callable[[np.ndarray, Input], np.ndarray] = features.extract,
) -> dict[Path, np.ndarray]:
    """Features of every recording by its file: what augmentation or the network starts from.

    Args:
        recordings: any, in any number of splits; each file is read once.
        config: the network's input.
        extract: `(samples, config) -> features`.

    Raises:
        UserError: a file cannot be decoded or is silent; names it.
    """
    extracted: dict[Path, np.ndarray] = {}
    for path in dict.fromkeys(recording.path for recording in recordings):
        with naming(path):
            samples = audio.load(path, config.sample_rate).samples
            extracted[path] = extract(samples, config)
    return extracted


def mfcc_statistics(samples: np.ndarray, config: Input) -> np.ndarray:
    """Means and standard deviations over time of 20 MFCC: the baseline's features `(40,)`."""
    import librosa

    values = librosa.feature.mfcc(y=samples, sr=config.sample_rate, n_mfcc=20)
    return np.concatenate([values.mean(axis=1), values.std(axis=1)])


def generated(config: Config, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Log-mel pictures of generated kinds of sound.

    Returns:
        `generated_kinds * variations` pictures `(frames, bands)`, float16, and their kinds `(n,)`.
    """
    rng = np.random.default_rng(seed)
    count, variations = config.generated.generated_kinds, config.generated.variations
    drawn = []
    for recipes in synthesis.kinds(count, rng):
        for _ in range(variations):
            sound = synthesis.sound(recipes, rng, config.input.sample_rate)
            drawn.append(features.extract(sound, config.input).astype(np.float16))
    return drawn, np.repeat(np.arange(count), variations)


# === Pairs ===


def pairs(
    recordings: Sequence[Recording], count: int, rng: np.random.Generator, anchor: str | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random pairs of recordings of different sources, same and different kinds in turn.

    Args:
        recordings: to draw from.
        count: pairs of each sort.
        rng: of the draws.
        anchor: kind of the first of every pair, or None for any.

    Returns:
        Indices `(2 count,)` of both sides, and 1.0 where the kinds are the same.
    """
    kinds = np.array([r.kind for r in recordings])
    sources = np.array([r.source for r in recordings])
    anchors = np.flatnonzero(kinds == anchor) if anchor else np.arange(len(kinds))
    left, right = np.empty(2 * count, int), np.empty(2 * count, int)
    same = np.arange(2 * count) % 2
    for row in range(2 * count):
        left[row] = first = rng.choice(anchors)
        alike = (kinds == kinds[first]) == bool(same[row])
        right[row] = rng.choice(np.flatnonzero(alike & (sources != sources[first])))
    return left, right, same.astype(np.float32)
