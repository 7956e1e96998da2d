"""Live answers from a visitor's camera: a frame at a time, never a queue of stale ones.

A press opens the camera and asks one question, which waits in the queue and counts for the rate
limit as any other. Once it is answered, the visitor may send frames for `SECONDS`: the browser
(`live.js`) takes the next frame when the last is answered. These neither wait nor count. At most
`PLACES` are worked on at once, and one for each press; what comes beyond is dropped. A frame lies
in memory only.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
import time
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import gradio as gr

from mmdemo.core.demo import Demo
from mmdemo.core.errors import UserError, for_visitors
from mmdemo.core.language import _
from mmdemo.core.serve import gpu
from mmdemo.core.serve.inputs import Record, recorded
from mmdemo.core.ui.events import on
from mmdemo.core.ui.scripts import calling
from mmdemo.core.ui.widgets import notice

SECONDS = 30
"""How long frames are answered after a press."""
PLACES = 2
"""Frames at once, of all visitors."""
SEVERAL = 3
"""Frames that enrol somebody together."""
MAX_FRAME = 200_000
"""Characters of a frame; the browser's 320 pixels take a tenth."""
_START = "data:image/jpeg;base64,"
_places = threading.BoundedSemaphore(PLACES)


class Session:
    """What a press allows.

    Args:
        clock: seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock() + SECONDS
        self._busy = threading.Lock()

    def __deepcopy__(self, memo: Any) -> Session:
        return self

    def answer(self, handler: Callable[..., str], frame: str, *values: Any) -> str | None:
        """The answer to a frame; None where it comes too late, or while others are worked on.

        Args:
            handler: gets the JPEG file's bytes, and the values.
            frame: as a data address.

        Raises:
            UserError: this is no frame.
        """
        if self._clock() > self._until or not self._busy.acquire(blocking=False):
            return None
        try:
            if not _places.acquire(blocking=False):
                return None
            try:
                return answered(handler, frame, *values)
            finally:
                _places.release()
        finally:
            self._busy.release()


def answered(handler: Callable[..., str], frame: str, *values: Any) -> str:
    """The answer to a frame, or why there is none: the next one may show more.

    Raises:
        UserError: this is no frame.
    """
    jpeg = _jpeg(frame)
    try:
        with recorded(Record()):  # which nobody reads: a frame is not kept to look inside
            html = handler(jpeg, *values)
        return html.replace(' aria-live="polite"', "")  # nobody can listen to ten of these a second
    except UserError as error:
        return notice(for_visitors(error))


def several(frames: str) -> list[bytes]:
    """JPEG files of the `SEVERAL` frames that `live.js` takes one after another.

    Args:
        frames: a JSON list of data addresses; empty where there is no camera.

    Raises:
        UserError: they are not these.
    """
    if not frames:
        raise UserError(_("There is no camera here, or this page may not use it."))
    try:
        found = json.loads(frames) if len(frames) <= SEVERAL * (MAX_FRAME + 4) else None
    except ValueError:
        found = None
    if not isinstance(found, list) or len(found) != SEVERAL:
        raise UserError(_("This is no picture of the camera."))
    return [_jpeg(str(frame)) for frame in found]


def _jpeg(frame: str) -> bytes:
    if not frame.startswith(_START) or len(frame) > MAX_FRAME:
        raise UserError(_("This is no picture of the camera."))
    try:
        return base64.b64decode(frame.removeprefix(_START), validate=True)
    except binascii.Error as error:
        raise UserError(_("This is no picture of the camera.")) from error


def panel(
    demo: Demo,
    handler: Callable[..., str],
    inputs: Sequence[Any],
    *,
    facing: str = "environment",
    title: str = "",
    idle: str = "",
    more: Callable[[], None] | None = None,
) -> Any:
    """Draw the folded part of a page in which the camera is answered live.

    Args:
        demo: whose networks answer.
        handler: a JPEG file's bytes and the values of the inputs to HTML.
        inputs: components.
        facing: which of a phone's cameras: `environment`, or `user` for the one beside the screen.
        title: of the part.
        idle: what is said before it is started, where that is not an answer; `count` stands for
            the seconds.
        more: draws what else can be done with the camera, below its picture.

    Returns:
        The event of each further frame that was answered; None where there is no such part.
    """
    if gpu.is_zero():  # each frame would wait for a processor of its own
        return None
    title = title or _("Live, with the camera")
    with gr.Accordion(title, open=False, elem_classes="mm-live-panel"):
        begin = gr.Button(_("Start the camera"), elem_classes="mm-begin")
        gr.HTML(_view(facing, idle), padding=False)
        result = gr.HTML(padding=False)
        frame = gr.Textbox(visible=False)
        session = gr.State(None, time_to_live=10 * SECONDS)
        another = gr.Button(visible="hidden", elem_classes="mm-next")
        if more is not None:
            more()

    def first(picture: str, *values: Any) -> tuple[Session | None, str]:
        if not picture:  # the browser has said why
            return None, ""
        html = answered(handler, picture, *values)
        return Session(), html

    def following(picture: str, allowed: Session | None, *values: Any) -> Any:
        html = allowed.answer(handler, picture, *values) if allowed and picture else None
        return gr.skip() if html is None else html

    started = on(
        begin.click,
        first,
        [frame, *inputs],
        [session, result],
        network=demo.slug,
        js=calling("live.js", "start(values)"),
    )
    started.success(None, js=calling("live.js", "go()"), api_visibility="private")
    started.failure(None, js=calling("live.js", "stop()"), api_visibility="private")
    sent = on(
        another.click,
        following,
        [frame, session, *inputs],
        [result],
        queue=False,
        show_progress="hidden",
        js=calling("live.js", "frame(values)"),
    )
    sent.then(None, js=calling("live.js", "next()"), api_visibility="private")
    return sent


def _view(facing: str, idle: str = "") -> str:
    idle = idle or _(
        "The camera starts at your press, and stops by itself after {count} seconds. Its "
        "pictures are answered one at a time, and not kept."
    )
    idle = idle.format(count=SECONDS)
    said = {
        "idle": idle,
        "rate": _("{rate} pictures per second are answered."),
        "over": _("The camera was stopped after {count} seconds.").format(count=SECONDS),
        "denied": _("There is no camera here, or this page may not use it."),
        "facing": facing,
        "seconds": str(SECONDS),
    }
    data = "".join(f' data-{name}="{escape(text)}"' for name, text in said.items())
    return (
        f'<div class="mm-live"{data}>'
        f'<video playsinline muted aria-label="{_("Your camera")}"></video>'
        f'<button type="button">{_("Stop the camera")}</button>'
        f'<p class="mm-note" role="status">{idle}</p></div>'
    )
