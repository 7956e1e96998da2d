"""Networks to take home: a link per network on its page, and the route that answers it."""

from __future__ import annotations

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
    """What packs and sends an archive."""
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

    return [Route(f"{ADDRESS}/{{network:path}}.zip", send, methods=["GET", "HEAD"])]
