"""The "Try it" part: compare two sounds, enrol sounds and have recordings named."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from mmdemo.core.language import N_, _
from mmdemo.core.media.audio import Clip
from mmdemo.core.ui import one_shot, pictures, widgets
from mmdemo.core.ui.comparison import Comparer
from mmdemo.core.ui.endpoints import Sound, endpoints
from mmdemo.core.ui.enrolment import Recogniser, identify_in
from mmdemo.core.ui.teach import Teacher

from . import DEMO, examples, infer

API_EXAMPLE = """\
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
answer = client.predict(
    sound_a=handle_file("a.wav"),
    sound_b=handle_file("b.wav"),
    api_name="/siamese_audio_verify",
)
print(answer["same"], answer["probability"], answer["distance"])
"""


USAGE = """\
import librosa

samples, _rate = librosa.load("sound.wav", sr=16_000, mono=True)
piece = samples[None, :40_640]  # 2.54 seconds at 16 kHz

import keras  # a probability for each class, in the order of the page

print(keras.saving.load_model("siamese_audio-taught.keras")(piece))

import onnxruntime  # the same, and the file knows the names

network = onnxruntime.InferenceSession("siamese_audio-taught.onnx")
print(network.get_modelmeta().custom_metadata_map["classes"])
print(network.run(None, {"sound": piece})[0])
"""


def _field(label: str) -> gr.Audio:
    sources: list[Literal["upload", "microphone"]] = ["upload", "microphone"]
    return gr.Audio(type="filepath", label=label, sources=sources, buttons=[], editable=True)


TEACHER = Teacher(
    demo=DEMO,
    example=N_("sound"),
    examples=N_("sounds"),
    read=infer.teachable,
    picture=infer.piece_picture,
    make_input=_field,
    files=["audio"],
    usage=USAGE,
    several=N_(
        "A recording is cut into pieces of 2.5 seconds, each an example for itself; quiet ones are "
        "left out. Of a new sound, the loudest piece is named."
    ),
)


def render() -> None:
    """Widgets and events."""
    recogniser = Recogniser(
        networks=infer.NETWORKS,
        example=N_("recording"),
        kind=N_("sound"),
        make_input=_sound_input,
        read=infer.load,
        picture=infer.picture,
        unlike=infer.strange,
    )
    comparer = Comparer(
        noun=N_("sound"),
        yes=N_("The same kind of sound"),
        no=N_("Different kinds of sound"),
        show=_show,
        unlike=infer.strange,
        pairs=examples.pairs(),
        source=N_("Examples: generated sounds"),
    )
    one_shot.render(recogniser, comparer, N_("What is it?"))
    endpoints(DEMO, verify, embed, identify)


def _sound_input(label: str) -> list[Any]:
    return [_field(label)]


def _show(clip_a: Clip, clip_b: Clip) -> tuple[str, str]:
    note = infer.cut(clip_a, clip_b)
    sounds = _sound(_("First sound"), clip_a) + _sound(_("Second sound"), clip_b)
    return "", (widgets.notice(note) if note else "") + f'<div class="mm-pair">{sounds}</div>'


def _sound(title: str, clip: Clip) -> str:
    """Waveform above the picture that the network sees."""
    caption = _("{sound}, {seconds:.1f} s").format(sound=title, seconds=clip.seconds)
    seen = _(
        "Log-mel picture of the {sound}: time to the right, pitch upwards, brighter is louder"
    ).format(sound=title.lower())
    return (
        f'<figure class="mm-figure mm-sound"><figcaption>{escape(caption)}</figcaption>'
        f"{pictures.waveform(clip.samples)}"
        f'<img src="{pictures.spectrogram(infer.mel(clip))}" alt="{escape(seen)}"></figure>'
    )


# === Endpoints ===


def verify(
    sound_a: Sound, sound_b: Sound, preset: str = "default", threshold: float | None = None
) -> dict[str, Any]:
    """Are two recordings of one kind of sound? Without a threshold the stored one decides.

    Answers same, probability, distance, threshold, and the false accept and reject rates (far,
    frr) that held-out sounds gave at that threshold.
    """
    return infer.compare(infer.load(sound_a), infer.load(sound_b), preset, threshold)


def embed(sound: Sound) -> dict[str, Any]:
    """The embedding of a recording under each preset, to compare in your own program."""
    return {preset: v.tolist() for preset, v in infer.embed_all(infer.load(sound)).items()}


def identify(sound: Sound, gallery: Path, preset: str = "default") -> list[dict[str, Any]]:
    """The names of a saved gallery file, the nearest to the recording first."""
    return identify_in(infer.NETWORKS, gallery, infer.load(sound), preset)
