"""What a class sees: how to join, the questions of each demo, and what a camera wants."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mmdemo.core.demo import Demo, Family
from mmdemo.core.language import N_, _, sentences
from mmdemo.core.serve.classroom import Classroom, code
from mmdemo.core.ui.languages import link

TITLE = N_("Questions for a lesson")
PURPOSE = N_(
    "Something to try and something to think about, for each demo. Guess before you press."
)
SLUG = "lesson"
"""Of the page with the questions of all demos."""


def invitation(room: Classroom) -> str:
    """How a tablet joins, for the gallery page: the code to scan and the addresses."""
    first, *others = room.urls
    drawn = code(first).svg_inline(omitsize=True, border=3, light="#fff", svgclass="mm-code")
    elsewhere = ""
    if others:
        addresses = ", ".join(f"<span translate='no'>{escape(url)}</span>" for url in others)
        elsewhere = _("Where that is not reached: {addresses}").format(addresses=addresses)
        elsewhere = f'<p class="mm-note">{elsewhere}</p>'
    if room.https:
        note = _(
            "The browser warns at first: this computer vouches for its address itself, and no "
            "browser knows it. Choose “Advanced”, then go on to the page."
        )
    else:
        note = sentences(_(CAMERA), _("Started with `--https`, the app is served that way."))
    return (
        f'<section class="mm-join" aria-labelledby="join"><div aria-hidden="true">{drawn}</div>'
        f'<div><h2 id="join">{_("Join with a tablet")}</h2>'
        f"<p>{_('Scan the code, or open this address in the same network:')}</p>"
        f'<p class="mm-address" translate="no">{escape(first)}</p>{elsewhere}'
        f'<p class="mm-note">{_in_code(note)}</p>{_more()}</div></section>'
    )


def _more() -> str:
    """A link to the page with the questions of all demos."""
    return f'<p><a href="{link(f"./{SLUG}")}">{_(TITLE)}</a></p>'


CAMERA = N_(
    "Browsers give a page the camera and the microphone over HTTPS only, or on the computer that "
    "serves it."
)


def without_camera(demo: Demo) -> str:
    """What a page says where its browser keeps the camera from it, as `parts.js` finds out."""
    if demo.family is Family.TEXT:
        return ""
    said = sentences(
        _(CAMERA),
        _("You can still upload: many tablets offer their own camera and recorder there."),
    )
    return f'<p class="mm-notice mm-no-camera">{said}</p>'


def folded(demo: Demo) -> str:
    """The questions of one demo, for its own page."""
    if not demo.lesson:
        return ""
    return (
        f'<details class="mm-limits"><summary>{_(TITLE)}</summary>{_asked(demo)}'
        f'<p><a href="{link(f"./{SLUG}")}">{_("Those of all demos")}</a></p></details>'
    )


def of_all(demos: Sequence[Demo]) -> str:
    """The questions of all demos, to be read or printed."""
    parts = "".join(
        f'<section><h2 id="{demo.slug}"><a href="{link(f"./{demo.slug}")}">'
        f"{escape(_(demo.title))}</a></h2>{_asked(demo)}</section>"
        for demo in demos
        if demo.lesson
    )
    return (
        f'<div class="mm-intro"><h1>{_(TITLE)}</h1><p>{_(PURPOSE)}</p></div>'
        f'<div id="content" class="mm-lesson">{parts}</div>'
    )


def _asked(demo: Demo) -> str:
    return f"<ol>{''.join(f'<li>{escape(_(text))}</li>' for text in demo.lesson)}</ol>"


def _in_code(text: str) -> str:
    """A text as HTML, what stands between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
