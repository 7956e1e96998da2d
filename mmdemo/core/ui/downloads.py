"""What visitors take home: a link per network on its page, files made for one, and their routes."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from html import escape

import gradio as gr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from mmdemo.core.demo import Demo, ModelId
from mmdemo.core.language import _
from mmdemo.core.ui.widgets import notice
from mmdemo.core.weights import artifacts, parcel

ADDRESS = "/weights"
TAKEN = "/taken"
SECONDS = 600.0
"""How long a file of a visitor's own waits for them."""
ALL_BYTES = 128 * 1024**2
"""Of such files together; the oldest goes first."""
SAVE = """text => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {type: "application/json"}));
    link.download = "NAME";
    link.click();
    URL.revokeObjectURL(link.href);
}"""
"""Made in the visitor's browser, so that it never lies on the server as a file."""
FETCH = """address => {
    const link = document.createElement("a");
    link.href = address;
    link.download = address.split("/").pop();
    link.click();
}"""
"""For what `Parcels` offer."""


class Parcels:
    """Files that were made for one visitor each, in memory alone and for some minutes."""

    def __init__(self, max_bytes: int = ALL_BYTES, seconds: float = SECONDS) -> None:
        self.max_bytes = max_bytes
        self.seconds = seconds
        self._files: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def offer(self, name: str, content: bytes) -> str:
        """Where the file is found, from a demo's page; nobody else can guess it."""
        address = f"{secrets.token_urlsafe(24)}/{name}"
        with self._lock:
            self._files[address] = time.monotonic(), content
            self._sweep()
        return f".{TAKEN}/{address}"

    def find(self, address: str) -> bytes | None:
        """The file; None where it is not, or no longer."""
        with self._lock:
            self._sweep()
            return self._files.get(address, (0.0, None))[1]

    def _sweep(self) -> None:
        old = time.monotonic() - self.seconds
        total = sum(len(content) for _since, content in self._files.values())
        while self._files:
            since, content = next(iter(self._files.values()))
            if since >= old and (total <= self.max_bytes or len(self._files) == 1):
                return
            total -= len(content)
            self._files.popitem(last=False)


parcels = Parcels()


def weights(demo: Demo) -> None:
    """The cards of a demo's networks, and their archives."""
    for model_id in demo.model_ids:
        folder, label = artifacts.locate(model_id), demo.label(model_id)
        if not (folder / artifacts.WEIGHTS).is_file():
            gr.HTML(notice(_("There are no weights for {network} yet.").format(network=label)))
            continue
        with gr.Accordion(_("{network}: model card").format(network=label), open=False):
            gr.Markdown((folder / "README.md").read_text(encoding="utf-8"))
        with gr.Accordion(_("{network}: take it home").format(network=label), open=False):
            gr.HTML(_link(model_id, label), padding=False)
            gr.Code(
                parcel.serving(model_id),
                language="shell",
                label=_("Serve it"),
                lines=1,
                interactive=False,
                wrap_lines=True,
            )
            gr.Code(
                parcel.loading(model_id),
                language="python",
                label=_("Load it as a Keras model"),
                lines=10,
                interactive=False,
                wrap_lines=True,
            )


def _link(model_id: ModelId, label: str) -> str:
    name = f"{parcel.name(model_id)}.zip"
    unpack = _(
        "The weights with their settings, figures and card. Unpack it in a checkout of mmdemo."
    )
    return (
        f'<p><a class="mm-download" href=".{ADDRESS}/{model_id}.zip" download="{name}">'
        f"{escape(_('Download {network}: {file}').format(network=label, file=name))}</a></p>"
        f'<p class="mm-note">{unpack}</p>'
    )


def routes(demos: Sequence[Demo]) -> list[BaseRoute]:
    """What packs and sends an archive, and what sends a visitor's own file."""
    known = {str(model_id): demo for demo in demos for model_id in demo.model_ids}

    def send(request: Request) -> Response:
        path = str(request.path_params["network"])
        demo = known.get(path)
        if demo is None:
            return PlainTextResponse(_("There is no such network."), 404)
        model_id = ModelId.parse(path)
        if not (artifacts.locate(model_id) / artifacts.WEIGHTS).is_file():
            return PlainTextResponse(_("There are no weights for it yet."), 404)
        name = f"{parcel.name(model_id)}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        if request.method == "HEAD":
            return Response(media_type="application/zip", headers=headers)
        packed = parcel.pack(demo, model_id)
        return StreamingResponse(packed, media_type="application/zip", headers=headers)

    def take(request: Request) -> Response:
        token, name = request.path_params["token"], request.path_params["name"]
        content = parcels.find(f"{token}/{name}")
        if content is None:
            return PlainTextResponse(_("This file is no longer here. Make it again."), 404)
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        return Response(content, media_type="application/octet-stream", headers=headers)

    return [
        Route(f"{ADDRESS}/{{network:path}}.zip", send, methods=["GET", "HEAD"]),
        Route(f"{TAKEN}/{{token}}/{{name}}", take, methods=["GET"]),
    ]
