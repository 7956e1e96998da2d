"""Words that the speech synthesiser espeak-ng speaks: digits, and what is not a digit.

https://github.com/espeak-ng/espeak-ng; Debian's package has the same name. Training and measuring
call it, serving does not.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmdemo.core.errors import DataMissing, UserError
from mmdemo.core.media.audio import resampled

from . import speech

SPOKEN = Path(__file__).parent / "spoken"
DIGITS = tuple(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])
ACCENTS = (
    *("en-gb", "en-us", "en-gb-x-rp", "en-gb-scotland"),
    *("en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029", "en-us-nyc"),
)
VOICES = {
    "train": (
        *("m1", "m2", "m3", "m4", "m5", "f1", "f2", "f3", "adam", "Alicia", "Andy", "belinda"),
        *("boris", "caleb", "david", "Denis", "ed", "edward", "Gene", "Gustave", "Hugo", "iven"),
        *("iven3", "Jacky", "kaukovalta", "Linda", "marcelo", "Mario", "Max", "michel", "Mr"),
        *("norbert", "pablo", "pedro", "rob", "robert", "sandro", "shelby", "steph", "Storm"),
        *("travis", "victor", "grandpa", "anika"),
    ),
    "test": (
        *("m6", "m7", "m8", "f4", "f5", "Alex", "Andrea", "Annie", "benjamin", "john", "Lee"),
        *("Marco", "michael", "paul", "quincy", "steph3", "zac", "aunty"),
    ),
}
"""espeak-ng's variants of a voice: the speakers of training, and those of the test."""
TEST_WORDS, TEST_NAMES, TEST_PHRASES = 60, 20, 20
_SAMPLE_RATE = 22_050
_HEADER = 44
"""Bytes of the WAV header that precede the samples."""


@dataclass(frozen=True)
class Utterance:
    """What is spoken, and how.

    Attributes:
        text: English words.
        voice: accent and variant, as `espeak-ng -v` takes them.
        speed: words per minute.
        pitch: 0 to 99.
    """

    text: str
    voice: str
    speed: int
    pitch: int


def vocabulary(split: str) -> tuple[list[str], list[str], list[str]]:
    """Words, names and phrases of two words, none of them a digit: `train` or `test`.

    The two splits share no word: which are tested was drawn at random.
    """
    rng = np.random.default_rng(0)
    parts = []
    for name, count in (("words", TEST_WORDS + TEST_PHRASES), ("names", TEST_NAMES)):
        every = (SPOKEN / f"{name}.txt").read_text(encoding="utf-8").split()
        order = [every[index] for index in rng.permutation(len(every))]
        parts.append(order[:count] if split == "test" else order[count:])
    words, names = parts
    alone = words[:TEST_WORDS] if split == "test" else words
    firsts, seconds = words[-TEST_PHRASES:], rng.permutation(words[:TEST_WORDS])
    if split == "train":
        firsts, seconds = words, rng.permutation(words)
    phrases = [f"{first} {second}" for first, second in zip(firsts, seconds, strict=False)]
    return alone, names, phrases


def spoken_by(split: str, texts: Iterable[str], times: int) -> list[Utterance]:
    """Each text `times` over, by voices of a split drawn at random, fast or slow, high or low."""
    rng = np.random.default_rng(1)
    return [
        Utterance(
            text,
            f"{rng.choice(ACCENTS)}+{rng.choice(VOICES[split])}",
            int(rng.integers(110, 220)),
            int(rng.integers(20, 80)),
        )
        for text in texts
        for _ in range(times)
    ]


def samples(utterance: Utterance) -> np.ndarray:
    """The sound: float32 `(n,)` at 8 kHz.

    Raises:
        DataMissing: espeak-ng is not installed, or cannot speak this.
    """
    options = ["-v", utterance.voice, "-s", str(utterance.speed), "-p", str(utterance.pitch)]
    try:
        wave = subprocess.run(
            ["espeak-ng", "--stdout", *options, utterance.text], capture_output=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise DataMissing(
            f"What is not a digit is spoken by espeak-ng, which does not work here ({error}). "
            "Install it, with Debian by: apt-get install espeak-ng"
        ) from error
    sound = np.frombuffer(wave[_HEADER:], "<i2").astype(np.float32) / 32768
    return resampled(sound, _SAMPLE_RATE, speech.RATE)


def words(utterances: Iterable[Utterance]) -> list[np.ndarray | None]:
    """What the page would find in each: decibels `(frames, bands)`, or None for no short word."""
    found: list[np.ndarray | None] = []
    for utterance in utterances:
        try:
            found.append(speech.find_word(samples(utterance)).decibels)
        except UserError:
            found.append(None)
    return found
