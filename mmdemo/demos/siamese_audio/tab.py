"""The "Try it" part: compare two sounds, enrol sounds and have recordings named."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.media.audio import Clip
from mmdemo.core.ui import enrolment, page, pictures, widgets
from mmdemo.core.ui.endpoints import Sound, endpoints
from mmdemo.core.ui.events import on, require_file
from mmdemo.core.ui.gallery import Gallery

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
    with gr.Accordion("Settings: network, threshold", open=False):
        preset = page.preset_choice(DEMO)
        threshold = page.threshold_slider(DEMO, preset)
    with gr.Tabs():
        with gr.Tab("Compare two sounds"):
            _compare_panel(preset, threshold)
        with gr.Tab("What is it?"):
            enrolment.render(
                enrolment.Recogniser(
                    demo=DEMO,
                    example="recording",
                    kind="sound",
                    make_input=lambda label: [_sound_input(label)],
                    describe=_describe,
                    identify=infer.identify,
                    dimensions=infer.dimensions,
                ),
                preset,
                threshold,
            )
    _endpoints()


def _sound_input(label: str) -> gr.Audio:
    return gr.Audio(
        type="filepath", label=label, sources=["upload", "microphone"], buttons=[], editable=True
    )


def _compare_panel(preset: gr.Radio, threshold: gr.Slider) -> None:
    with gr.Row():
        sound_a = _sound_input("First sound")
        sound_b = _sound_input("Second sound")
    pairs = examples.pairs()
    gr.Examples(
        [[str(pair.first), str(pair.second)] for pair in pairs],
        [sound_a, sound_b],
        example_labels=[pair.label for pair in pairs],
        label="Examples: generated sounds",
    )
    button = gr.Button("Compare", variant="primary", size="lg")
    result = gr.HTML(padding=False)
    inputs = [sound_a, sound_b, preset, threshold]

    def compare(path_a: Path | None, path_b: Path | None, chosen: str, limit: float) -> str:
        if path_a is None or path_b is None:  # the threshold was moved before there are sounds
            return ""
        clip_a, clip_b = infer.load(path_a), infer.load(path_b)
        found = infer.verify(clip_a, clip_b, chosen, threshold=limit)
        return (
            widgets.verdict(
                same=found.same,
                yes="The same kind of sound",
                no="Different kinds of sound",
                probability=found.probability,
                distance=found.distance,
                threshold=found.threshold,
                far=found.far,
                frr=found.frr,
            )
            + (widgets.notice(found.note) if found.note else "")
            + '<div class="mm-pair">'
            + _sound("First sound", clip_a, found.mel_a)
            + _sound("Second sound", clip_b, found.mel_b)
            + "</div>"
            + page.held_out_curve(DEMO, chosen, found.threshold)
        )

    required = require_file("the first sound", "the second sound", "", "")
    on(
        button.click,
        compare,
        inputs,
        [result],
        network=DEMO.slug,
        validator=required,
        scroll_to_output=True,
    )
    on(
        threshold.release,
        compare,
        inputs,
        [result],
        network=DEMO.slug,
        trigger_mode="always_last",  # else a second move during the first answer is lost
    )


def _sound(title: str, clip: Clip, mel: np.ndarray) -> str:
    """Waveform above the picture that the network sees."""
    return (
        f'<figure class="mm-figure mm-sound"><figcaption>{escape(title)}, '
        f"{clip.seconds:.1f} s</figcaption>{pictures.waveform(clip.samples)}"
        f'<img src="{pictures.spectrogram(mel)}" alt="Log-mel picture of the '
        f"{escape(title.lower())}: "
        'time to the right, pitch upwards, brighter is louder"></figure>'
    )


def _describe(path: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    clip = infer.load(path)
    return infer.embed_all(clip), infer.picture(clip)


def _endpoints() -> None:
    def verify(
        sound_a: Sound, sound_b: Sound, preset: str = "default", threshold: float | None = None
    ) -> dict[str, Any]:
        """Are two recordings of one kind of sound? Without a threshold the stored one decides.

        Answers same, probability, distance, threshold, and the false accept and reject rates (far,
        frr) that held-out sounds gave at that threshold.
        """
        first, second = infer.load(sound_a), infer.load(sound_b)
        return infer.verify(first, second, preset, threshold=threshold).to_dict()

    def embed(sound: Sound) -> dict[str, Any]:
        """The embedding of a recording under each preset, to compare in your own program."""
        vectors = infer.embed_all(infer.load(sound))
        return {preset: vector.tolist() for preset, vector in vectors.items()}

    def identify(sound: Sound, gallery: Path, preset: str = "default") -> list[dict[str, Any]]:
        """The names of a saved gallery file, the nearest to the recording first."""
        enrolled = Gallery.read(gallery, DEMO.slug, infer.dimensions())
        if not enrolled.entries:
            raise UserError("This gallery file holds no sound.")
        preset = DEMO.model_id(preset).name
        vector = infer.embed_all(infer.load(sound))[preset]
        names = [entry.name for entry in enrolled.entries]
        matches = infer.identify(vector, enrolled.matrix(preset), names, preset)
        return [match.to_dict() for match in matches]

    endpoints(DEMO, verify, embed, identify)
