"""The "Try it" part: compare two sounds, enrol sounds and have recordings named."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from mmdemo.core.language import N_, _
from mmdemo.core.media.audio import Clip
from mmdemo.core.ui import one_shot, pictures, widgets
from mmdemo.core.ui.comparison import Comparer
from mmdemo.core.ui.endpoints import Sound, endpoints
from mmdemo.core.ui.enrolment import Recogniser, identify_in

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
    sources = ["upload", "microphone"]
    return [gr.Audio(type="filepath", label=label, sources=sources, buttons=[], editable=True)]


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
