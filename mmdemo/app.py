"""The shell: a gallery page, and a page per demo with its own address and three to five parts."""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from types import FrameType
from typing import Any

import gradio as gr
from gradio import queueing
from gradio.route_utils import FnIndexInferError
from gradio.tunneling import CURRENT_TUNNELS
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse

from mmdemo import catalog
from mmdemo.core.demo import Demo, Family
from mmdemo.core.errors import UserError, no_room
from mmdemo.core.language import N_, _
from mmdemo.core.serve import classroom, doors, public, scratch, surroundings
from mmdemo.core.serve.classroom import Address, Certificate, Classroom
from mmdemo.core.ui import (
    arrival,
    downloads,
    events,
    fair_queue,
    heads,
    inside,
    languages,
    lesson,
    page,
    scripts,
    teach,
    thumbnails,
    upkeep,
)
from mmdemo.core.ui.arguments import CheckedBlocks
from mmdemo.core.ui.fair_queue import FairQueue
from mmdemo.core.ui.languages import link
from mmdemo.core.ui.settings import settings_link
from mmdemo.core.ui.widgets import SEARCH, notice
from mmdemo.core.weights import artifacts, hub

logger = logging.getLogger(__name__)

TITLE = N_("Networks to touch")
PURPOSE = N_(
    "Try the networks that Keras tutorials describe on your own photos, sounds and sentences, see "
    "how good each one really is, and train it again on your own data."
)
GRACE = 5.0
"""Seconds from the order to stop until the process ends, whatever it is doing."""
HERE = Path(__file__).parent
STYLES = [HERE / "core" / "ui" / "style.css", *sorted(HERE.glob("demos/*/style.css"))]
"""The house's, and what a demo's page alone needs."""
THEME = gr.themes.Default(
    primary_hue="blue",
    neutral_hue="slate",
    font=["system-ui", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
).set(
    body_text_color_subdued="*neutral_600",  # Gradio's own is too pale to read
    body_text_color_subdued_dark="*neutral_300",
    input_placeholder_color="*neutral_500",
    input_placeholder_color_dark="*neutral_400",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_dark="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_primary_background_fill_hover_dark="*primary_700",
)


def build(demos: Sequence[Demo] = catalog.DEMOS, room: Classroom | None = None) -> gr.Blocks:
    """The whole app. Imports no network: pages are drawn from stored descriptions.

    Args:
        demos: in the order of the gallery.
        room: where a class finds it, for the gallery to say.
    """
    return languages.in_all(lambda: _build(demos, room))


def _build(demos: Sequence[Demo], room: Classroom | None = None) -> CheckedBlocks:
    """The app in the current language."""
    with CheckedBlocks(title=heads.APP, analytics_enabled=False) as blocks:
        gr.Navbar(visible=False, main_page_name=False)
        gr.HTML(_gallery(demos, room), padding=False, js_on_load=SEARCH)
    for demo in demos:
        with blocks.route(demo.title, f"/{demo.slug}", show_in_navbar=False):
            gr.Navbar(visible=False, main_page_name=False)
            _page(demo, blocks)
    with blocks.route(lesson.TITLE, f"/{lesson.SLUG}", show_in_navbar=False):
        gr.Navbar(visible=False, main_page_name=False)
        gr.HTML(_header(lesson.SLUG) + lesson.of_all(demos), padding=False)
    with blocks:
        blocks.unload(inside.forget)
        blocks.unload(teach.forget)
    return blocks


def launch(
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    root_path: str = "",
    share: bool = False,
    auth: tuple[str, str] | None = None,
    preload: str = "first",
    mcp: bool = False,
    rate_limit: int | None = None,
    tablets: Sequence[Address] = (),
    https: bool = False,
    block: bool = True,
) -> gr.Blocks:
    """Serve the app, then load TensorFlow and warm demos in the background.

    Args:
        host: address to listen on.
        port: port to listen on; where 0, any free one.
        root_path: the path or the whole address under which a proxy offers the app.
        share: ask Gradio for a public link.
        auth: user and password.
        preload: `none`, `first` or `all`: demos whose networks are loaded before use.
        mcp: offer the public endpoints as MCP tools too; wants the extra `gradio[mcp]`.
        rate_limit: requests per visitor and minute; where None, as `public.rate_limit` has it.
        tablets: addresses at which a class finds the app; none where it is for no class.
        https: speak HTTPS, with a certificate of its own for those addresses.
        block: stay here until the server is stopped.

    Raises:
        UserError: the address is not this computer's, the port is taken, or the disk is full.
    """
    if block:
        signal.signal(signal.SIGTERM, _stop)
    public.shared, public.classroom = share, bool(tablets)
    port = surroundings.free_port(host, port)
    room = Classroom(tuple(tablets), port, https) if tablets else None
    own = scratch.own()
    hub.fetch_missing(catalog.DEMOS)
    queueing.Queue = FairQueue
    upkeep.install()
    try:
        blocks = build(room=room)
    except OSError as error:
        if not no_room(error):
            raise
        raise UserError(
            f"There is no room for temporary files: {error.strerror}. Make some, or name another "
            "folder: $TMPDIR"
        ) from error
    scratch.watch(own)
    blocks.queue(
        default_concurrency_limit=events.LANES["inference"],
        max_size=fair_queue.bound(),
        api_open=False,  # what computes waits for its turn, whatever the route
    )
    rate_limit = rate_limit or public.rate_limit()
    pages = _heads()
    limits = [Middleware(heads.Compressed), Middleware(languages.Spoken)]
    if rate_limit:
        limits.append(Middleware(public.RateLimit, per_minute=rate_limit))
    functions = blocks.fns.values()
    limits.append(
        Middleware(
            doors.Doors,
            pages=[*pages, *map(heads.card_path, pages)],
            names={str(f.api_name) for f in functions if f.api_visibility == "public"},
            scratch=own,
            mcp=mcp,
            logged_in=_logged_in if auth else None,
        )
    )
    limits.append(Middleware(heads.Heads, pages=pages))  # sees the first page for a stranger's
    limits.append(Middleware(upkeep.Named))
    said = io.StringIO()  # Gradio prints why there is no public link
    try:
        with _certificate(https, own, tablets) as certificate, contextlib.redirect_stdout(said):
            _serve(blocks, host, port, root_path, share, auth, mcp, limits, certificate)
    except OSError as error:
        raise surroundings.taken(host, port) from error
    logger.info("mmdemo is at %s", blocks.share_url or blocks.local_url)
    if room:
        _say_where_to_join(room, certificate, auth is not None)
    if share and not public.is_space():
        _say_who_may_come(blocks, said.getvalue(), auth is not None)
    warm = {"none": (), "first": catalog.DEMOS[:1], "all": catalog.DEMOS}[preload]
    threading.Thread(target=_warm, args=(warm,), name="warm", daemon=True).start()
    if block:
        _wait(blocks)
    return blocks


def _wait(blocks: gr.Blocks) -> None:
    """Stay here until the server is told to stop; then close it and remove what visitors left."""
    code = 130
    try:
        threading.Event().wait()
    except SystemExit:
        code = 0
        raise
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # told once is enough
        blocks.close(verbose=False)
        scratch.own().close()
        for tunnel in CURRENT_TUNNELS:
            tunnel.kill()
        # Python waits for answers that are being worked out, and nobody waits for those any more.
        last = threading.Timer(GRACE, os._exit, [code])
        last.daemon = True
        last.start()


def _stop(number: int, frame: FrameType | None) -> None:
    """Told by the system to stop, as by `docker stop`: end as after the last line."""
    raise SystemExit(0)


def _logged_in(scope: public.Message) -> bool:
    """Whether a request carries the cookie that Gradio's login gave; see its `get_current_user`."""
    gradio: Any = scope["app"]
    cookies = HTTPConnection(scope).cookies
    names = f"access-token-{gradio.cookie_id}", f"access-token-unsecure-{gradio.cookie_id}"
    return any(cookies.get(name) in gradio.tokens for name in names)


def _serve(
    blocks: gr.Blocks,
    host: str,
    port: int,
    root_path: str,
    share: bool,
    auth: tuple[str, str] | None,
    mcp: bool,
    limits: list[Middleware],
    certificate: Certificate | None,
) -> None:
    secure: dict[str, Any] = {}
    if certificate:
        secure = {"ssl_certfile": str(certificate.file), "ssl_keyfile": str(certificate.key)}
        secure["ssl_verify"] = False  # it asks itself, over the loopback, once
    blocks.launch(
        **secure,
        server_name=surroundings.as_host(host),
        server_port=port,
        share=share and not public.is_space(),  # a Space is public by itself
        auth=auth,
        root_path=root_path,
        app_kwargs={
            "middleware": limits,
            "routes": [
                *arrival.routes(catalog.DEMOS),
                *downloads.routes(catalog.DEMOS),
                *thumbnails.routes(),
                *scripts.routes(),
            ],
            "exception_handlers": {FnIndexInferError: _not_found},
        },
        mcp_server=mcp,
        theme=THEME,
        css_paths=STYLES,
        max_file_size=events.MAX_UPLOAD,
        footer_links=["api", "settings"],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        show_error=False,
        prevent_thread_lock=True,
        quiet=True,
    )


def _not_found(request: Request, error: Exception) -> JSONResponse:
    """A direct call that names nothing that there is."""
    return JSONResponse({"detail": _(doors.NOTHING)}, 404)


def _certificate(
    https: bool, own: scratch.Scratch, tablets: Sequence[Address]
) -> contextlib.AbstractContextManager[Certificate | None]:
    """A certificate around the start of the server; none where it speaks plain HTTP."""
    if not https:
        return contextlib.nullcontext()
    return classroom.certified(own.folder, [address.ip for address in tablets])


def _say_where_to_join(room: Classroom, certificate: Certificate | None, password: bool) -> None:
    for address, url in zip(room.addresses, room.urls, strict=True):
        logger.info("Tablets join at %s%s", url, address.interface and f" ({address.interface})")
    classroom.print_code(room.urls[0], sys.stderr)
    if certificate:
        logger.info(
            "Browsers warn at first: this computer vouches for its address itself. The SHA-256 of "
            "its certificate, which they show under details, is %s",
            certificate.fingerprint,
        )
        return
    logger.info(
        "Cameras and microphones work on this computer alone: browsers want HTTPS for them, which "
        "--https offers to tablets."
    )
    if password:
        logger.warning("Without --https, whoever is in the network can read the password along.")


def _say_who_may_come(blocks: gr.Blocks, said: str, password: bool) -> None:
    if blocks.share_url is None:
        reason = " ".join(line.strip("* ") for line in said.splitlines() if line.strip())
        logger.warning(
            "There is no public link: the tunnel could not be made. The app goes on at %s. Check "
            "the network; Gradio fetches a helper program once, and says: %s",
            blocks.local_url,
            reason or "nothing",
        )
    elif password:
        logger.info("Whoever has the link and the password can use it, for up to a week.")
    else:
        logger.warning(
            "Whoever has the link can use it, for up to a week. --auth USER:PASS asks for a "
            "password."
        )


def _warm(demos: Sequence[Demo]) -> None:
    for demo in demos:
        try:
            demo.module("infer").warm()
        except UserError as error:
            logger.warning("%s cannot be used: %s", demo.slug, error)
        else:
            logger.info("%s is ready", demo.slug)
    if len(demos) > 1:
        logger.info("All demos are loaded.")


def _heads() -> dict[str, Callable[[], heads.Head]]:
    """What a link to each page shows."""

    def of(demo: Demo) -> heads.Head:
        return heads.Head(_(demo.title), _(demo.summary), artifacts.headline(demo))

    pages = {
        "/": lambda: heads.Head(_(TITLE), _(PURPOSE)),
        f"/{lesson.SLUG}": lambda: heads.Head(_(lesson.TITLE), _(lesson.PURPOSE)),
    }
    return pages | {f"/{demo.slug}": functools.partial(of, demo) for demo in catalog.DEMOS}


def _header(address: str = "") -> str:
    """The same on all pages; `address` is the page's own, below the app's."""
    families = "".join(
        f'<a href="{link(f"./#{family.name.lower()}")}">{_(family.value)}</a>'
        for family in Family
        if any(demo.family is family for demo in catalog.DEMOS)
    )
    return (
        f'<a class="mm-skip" href="{link(f"./{address}#content")}">{_("Skip to the content")}</a>'
        f'<header class="mm-header"><a class="mm-home" href="{link("./")}">mmdemo</a>'
        f'<nav aria-label="{_("Families of demos")}">{families}</nav>'
        f"{languages.switch(f'./{address}')}</header>"
    )


def _gallery(demos: Sequence[Demo], room: Classroom | None) -> str:
    parts = [
        _header(),
        f'<div class="mm-intro"><h1>{_(TITLE)}</h1><p>{_(PURPOSE)}</p></div>'
        f"{lesson.invitation(room) if room else ''}"
        f'<input class="mm-search" type="search" placeholder="{_("Search the demos")}" '
        f'aria-label="{_("Search the demos")}"><p class="mm-note mm-nothing" role="status" hidden>'
        f"{_('No demo is about that.')}</p>",
    ]
    parts.append('<div id="content">')
    for family in Family:
        members = [demo for demo in demos if demo.family is family]
        if members:
            cards = "".join(_card(demo) for demo in members)
            parts.append(
                f'<section><h2 class="mm-family" id="{family.name.lower()}">{_(family.value)}</h2>'
                f'<div class="mm-cards">{cards}</div></section>'
            )
    parts.append(
        '</div><p class="mm-footer">'
        + _("What you upload is used to answer you and is not kept after your session.")
        + f' <a href="{link(f"./{lesson.SLUG}")}">{_(lesson.TITLE)}</a></p>'
    )
    return "".join(parts)


def _card(demo: Demo) -> str:
    """A demo in the gallery, with a picture of what it answered."""
    address = arrival.card(demo)
    picture = (
        f'<svg viewBox="0 0 24 24" aria-hidden="true">{demo.icon}</svg>'
        if address is None
        else f'<img src="{address}" alt="" loading="lazy" width="320" height="180">'
    )
    return (
        f'<a class="mm-card" href="{link(f"./{demo.slug}")}">{picture}'
        f"<b>{escape(_(demo.title))}</b>"
        f"<span>{escape(_(demo.summary))}</span><em>{escape(artifacts.headline(demo))}</em></a>"
    )


def _page(demo: Demo, blocks: gr.Blocks) -> None:
    gr.HTML(
        f'{_header(demo.slug)}<div class="mm-intro"><h1>{escape(_(demo.title))}</h1>'
        f"<p>{escape(_(demo.summary))}</p>"
        f'<p class="mm-source">{escape(page.source(demo))}</p></div>'
        f'<div class="mm-folds">{page.limits(demo)}{lesson.folded(demo)}</div>'
        f"{lesson.without_camera(demo)}{page.share()}{page.unseen()}",
        padding=False,
    )
    for model_id in demo.model_ids:
        if model_id in hub.unfetched:
            said = _(
                "The weights of {network} that this page should use are on the Hub and could not "
                "be fetched; it uses those that came with it, where there are any."
            )
            gr.HTML(notice(said.format(network=demo.label(model_id))), padding=False)
    tab = demo.module("tab")
    with gr.Tabs(elem_id="content", overflow_behavior="wrap"):
        with gr.Tab(_("Try it"), id="try"), settings_link(blocks), arrival.page(demo) as drawn:
            tab.render()
        if teacher := getattr(tab, "TEACHER", None):
            with gr.Tab(_("Teach it"), id="teach"):
                teach.render(teacher)
        with gr.Tab(_("How it works"), id="how") as how:
            page.how_it_works(demo, drawn.asking, how)
        if demo.tasks:
            with gr.Tab(_("How good it is"), id="good"):
                page.how_good_it_is(demo)
        with gr.Tab(_("Use it"), id="use"):
            page.use_it(demo, tab.API_EXAMPLE)
