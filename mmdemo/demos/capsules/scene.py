"""The page's answers as HTML: lengths, poses, two digits apart, rounds of routing, parts displaced.

Imports no Keras and no Gradio. Pictures are as the networks see them, white on black.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import numpy as np

from mmdemo.core.language import N_, _, sentences
from mmdemo.core.ui import pictures
from mmdemo.core.ui.widgets import notice

from .asked import packed
from .drawn import digit as drawn_digit
from .infer import Pulled, Reading, Rounds

STEPS = 11
REACH = 0.25
"""A number of a pose is shown at so many places, up to so far from its own: the paper's figure."""
SHIFTS = np.linspace(-REACH, REACH, STEPS, dtype=np.float32)
SEEN = 0.5
"""Length from which a capsule says that its digit is there: the middle between the .1 and .9 that
training asks of absent and present ones."""
MARGIN = 0.1
"""By which the second digit of two must be ahead of the third: as far as an absent one may go."""
COLOURS = ((255, 128, 0), (0, 127, 255))
"""Of two digits over each other: together they are white."""
SEEDS = (1, 2)
"""Of the drawn digits on the stage: each of the two is by another hand."""
NETWORKS = {"default": "DEFAULT", "book": "BOOK", "cnn": N_("CNN")}


# === Draw ===


def reading(found: Reading, preset: str, sheet: str, peer: Reading) -> str:
    """What the capsules say of a drawing, and sliders for the pose of the longest.

    Args:
        found: of a network with capsules.
        preset: of that network.
        sheet: as `sheet` makes it, nothing moved.
        peer: of the CNN.
    """
    heads = (_("Length of its capsule"), _("Probability by the CNN"))
    return (
        f"{_told(found)}{_bars([found.lengths, peer.lengths], heads, found.digit)}"
        f"{_pose(found, preset, sheet)}"
    )


def plain(found: Reading) -> str:
    """What a network without capsules says of a drawing: no pose, and nothing redrawn."""
    said = _("{percent} % for this digit. It has no capsules: no pose, and nothing to redraw.")
    text = said.format(percent=f"{100 * found.lengths[found.digit]:.0f}")
    sure = found.lengths[found.digit] >= 0.5
    return (
        _verdict(_name(found.digit, bool(sure)), bool(sure), text)
        + _row(_figure(found.seen, _("What it saw")))
        + _bars([found.lengths], (_("Probability"),), found.digit)
    )


def _told(found: Reading) -> str:
    first, second = np.argsort(-found.lengths, kind="stable")[:2]
    length, other = found.lengths[first], found.lengths[second]
    sure = bool(length >= SEEN and length - other >= MARGIN)
    said = [_("Its capsule is {length:.2f} long.").format(length=length)]
    if length < SEEN:
        said.append(_("That is short: no digit is clearly here."))
    elif other >= SEEN:
        said.append(
            _("That of {digit} is long, too: {length:.2f}.").format(digit=second, length=other)
        )
    return _verdict(_name(int(first), sure), sure, sentences(*said))


def varied(pose: np.ndarray, moved: np.ndarray | None = None) -> np.ndarray:
    """A pose with each of its numbers in turn at `SHIFTS` from its own: `(16 * 11, 16)`.

    Args:
        pose: `(16,)`.
        moved: by how much the others are moved meanwhile, `(16,)`.
    """
    numbers = len(pose)
    poses = np.tile(pose if moved is None else pose + moved, (numbers, STEPS, 1))
    rows = np.arange(numbers)
    poses[rows, :, rows] = pose[:, None] + SHIFTS
    return poses.reshape(numbers * STEPS, numbers)


def sheet(redrawn: np.ndarray) -> str:
    """The pictures of `varied` poses, `(16 * 11, 28, 28)` in 0..1, as one, a row per number."""
    side = redrawn.shape[-1]
    rows = _grey(redrawn).reshape(-1, STEPS, side, side).transpose(0, 2, 1, 3)
    return pictures.picture(np.ascontiguousarray(rows).reshape(-1, STEPS * side))


def _pose(found: Reading, preset: str, address: str) -> str:
    """The drawing beside what the capsule makes of it, and a slider per number of its pose."""
    pose = [round(float(number), 5) for number in found.poses[found.digit]]
    rows = "".join(
        f'<div class="mm-caps-row" style="--row:{place}"><span aria-hidden="true">{place + 1}'
        f'</span><input type="range" min="0" max="{STEPS - 1}" value="{STEPS // 2}" '
        f'data-number="{place}" aria-label="{_("Number {n}").format(n=place + 1)}" '
        f'aria-valuetext="0"><div class="mm-caps-strip" data-number="{place}"><i></i></div></div>'
        for place in range(len(pose))
    )
    figures = _figure(found.seen, _("What it saw")) + _figure(
        _grey(found.redrawn), _("What its capsule draws"), "now"
    )
    hint = _(
        "Move a number up to {reach} to either side: what does it stand for? Nobody told the "
        "network what they should mean. Beside each slider is all that it can do."
    )
    title = _("Its pose, 16 numbers")
    return (
        f'<h3 class="mm-caps-head">{title}</h3>'
        f'<p class="mm-note">{hint.format(reach=REACH)}</p>'
        f'<div class="mm-caps" data-pose="{json.dumps(pose)}" data-digit="{found.digit}" '
        f'data-preset="{escape(preset)}" data-sheet="{address}">'
        f'<div class="mm-caps-shown">{figures}'
        f'<button type="button" data-part="back" disabled>{_("Back to its own pose")}</button>'
        f'</div><fieldset class="mm-caps-rows" aria-label="{title}">{rows}</fieldset></div>'
    )


# === Pull apart ===


def stage() -> str:
    """Two digits that can be dragged over each other; `stage.js` fills it."""
    digits = np.stack([[drawn_digit(value, seed) for value in range(10)] for seed in SEEDS])
    hands = "".join(
        _hand(which, name, value)
        for which, (name, value) in enumerate(((_("First"), 3), (_("Second"), 5)))
    )
    what = _("Two digits over each other, white on black")
    said = {"place": _("{name}: {x} across, {y} down.")}
    return (
        f'<div class="mm-stage" data-digits="{packed(digits)}" '
        f'data-said="{escape(json.dumps(said, ensure_ascii=False))}">'
        f'<canvas width="36" height="36" role="img" aria-label="{what}"></canvas>'
        f'<div class="mm-stage-hands">{hands}</div>'
        f'<p class="mm-note" role="status" data-part="place">{_(DRAG)}</p></div>'
    )


DRAG = N_("Drag a digit, or choose one and use the arrow keys. When you let go it is asked.")


def _hand(which: int, name: str, value: int) -> str:
    options = "".join(
        f"<option{' selected' if digit == value else ''}>{digit}</option>" for digit in range(10)
    )
    colour = "rgb({} {} {})".format(*COLOURS[which])
    return (
        f'<div style="--hand:{colour}"><label>{name} <select data-which="{which}" translate="no">'
        f'{options}<option value="drawn" hidden>✎ {_("drawn")}</option></select></label>'
        f'<button type="button" data-which="{which}" data-name="{name}" aria-label="'
        f'{_("{name}: move it with the arrow keys").format(name=name)}">✥</button></div>'
    )


def pulled(found: Pulled, wanted: tuple[int | None, int | None]) -> str:
    """Two digits apart, each in its colour, and how sure that is.

    Args:
        found: what the network says.
        wanted: the digits that were laid, None where nobody knows.
    """
    order = np.argsort(-found.lengths, kind="stable")
    second, third = found.lengths[order[1]], found.lengths[order[2]]
    sure = bool(second - third >= MARGIN and second >= SEEN)
    known = [each for each in wanted if each is not None]
    wrong = not set(known) <= set(found.digits)
    one, other = sorted(found.digits)
    name = _("{one} and {other}") if sure else _("Perhaps {one} and {other}")
    lengths = _(
        "Their capsules are {one:.2f} and {other:.2f} long; the next is {digit}: {third:.2f}."
    )
    said = [
        lengths.format(
            one=found.lengths[one], other=found.lengths[other], digit=order[2], third=third
        )
    ]
    if len(known) == 2 and known[0] == known[1]:
        said.append(
            _(
                "Both are a {digit}: it was only ever shown two different digits, and names two."
            ).format(digit=known[0])
        )
    elif wrong:
        missed = ", ".join(str(each) for each in known if each not in found.digits)
        said.append(
            _("That is wrong: {digits} lies there, and was not found.").format(digits=missed)
        )
    elif not sure:
        said.append(_("The second is hardly longer than the third, or short: it is not sure."))
    kinds = {True: "mm-no", False: "mm-yes" if sure else "mm-unsure"}
    apart = list(zip(found.digits, found.apart, strict=True))
    if found.digits[0] == wanted[1] or found.digits[1] == wanted[0]:
        apart.reverse()  # to the colours that they had on the stage
    inks = [
        np.clip(part, 0, 1)[..., None] * colour
        for (_digit, part), colour in zip(apart, np.array(COLOURS), strict=True)
    ]
    shown = [
        _figure(found.seen, _("What it saw")),
        _figure(_bytes(inks[0] + inks[1]), _("What it says lies there")),
        *(
            _figure(_bytes(ink), _("The {digit} alone").format(digit=digit))
            for (digit, _part), ink in zip(apart, inks, strict=True)
        ),
    ]
    return (
        _verdict(name.format(one=one, other=other), sure, sentences(*said), kinds[wrong])
        + _row(*shown)
        + _bars([found.lengths], (_("Length of its capsule"),), *found.digits)
    )


# === Routing ===


def routed(found: Rounds, seen: np.ndarray, other: int | None, peer: Reading) -> str:
    """How parts agree on a digit, round by round.

    Args:
        found: of the network that routes.
        seen: the drawing as it saw it.
        other: the digit beside the winner; None for the runner-up.
        peer: of the CNN.
    """
    order = np.argsort(-found.lengths[-1], kind="stable")
    winner = int(order[0])
    if other is None or other == winner:
        other = int(order[1])
    count = len(found.weights)
    rows, columns = found.places
    shares = found.weights.reshape(count, rows, columns, found.kinds, -1).mean(axis=3)
    shown = shares[..., [winner, other]].transpose(3, 1, 0, 2)  # (digits, rows, rounds, columns)
    maps = pictures.plane(
        np.concatenate([shown, np.zeros_like(shown[:1])]).reshape(3 * rows, count * columns)
    )  # the row of zeros, which nobody sees, is where the colours begin
    heads = "".join(f"<b>{_('Round {n}').format(n=n + 1)}</b>" for n in range(count))
    cells = ""
    for line, value in enumerate((winner, other)):
        cells += f"<b>{value}</b>"
        for turn in range(count):
            share = f"{100 * shares[turn, ..., value].mean():.0f} %"
            said = _("Round {n}, digit {digit}: {share} of what the parts say, on average")
            cells += (
                f'<figure><svg viewBox="{turn * columns} {line * rows} {columns} {rows}" '
                f'role="img" aria-label="'
                f'{said.format(n=turn + 1, digit=value, share=share)}"><image href="{maps}" '
                f'width="{count * columns}" height="{3 * rows}" preserveAspectRatio="none"/>'
                f"</svg><figcaption>{share}</figcaption></figure>"
            )
    told = _(
        "Each square is a place of the drawing, where {kinds} kinds of parts look. Bright ones "
        "speak for this digit: the brightest with {top} of their voice, dark ones not at all. In "
        "the first round all speak for all ten alike, 10 %. Who foretells what the others "
        "foretell, too, is heard more in the next."
    ).format(kinds=found.kinds, top=f"{100 * shown.max():.0f} %")
    lengths = [*found.lengths, peer.lengths]
    titles = (*(_("Round {n}").format(n=n + 1) for n in range(count)), _("CNN"))
    return (
        f'<div class="mm-caps-rounds" style="--rounds:{count}">'
        f"{_figure(seen, _('What it saw'))}"
        f'<div class="mm-caps-maps"><span></span>{heads}{cells}</div></div>'
        f'<p class="mm-note">{told}</p><h3 class="mm-caps-head">'
        f"{_('Lengths round by round, and what the CNN says')}</h3>"
        f"{_bars(lengths, titles, winner)}"
    )


# === Scrambled ===


def scrambled(
    figures: Sequence[tuple[int, np.ndarray, np.ndarray]],
    said: Sequence[dict[str, tuple[Reading, Reading]]] = (),
) -> str:
    """Digits beside the same with their parts displaced, and what networks say of both.

    Args:
        figures: the digit, whole, and scrambled, uint8 `(28, 28)` each.
        said: for each of these, by preset; empty before anybody was asked.
    """
    cards = ""
    for place, (value, whole, displaced) in enumerate(figures):
        named = (_("{digit}, whole"), _("{digit}, scrambled"))
        shown = "".join(
            f'<td><img class="mm-caps-picture" src="{_exact(picture)}" width="28" height="28" '
            f'alt="{name.format(digit=value)}"></td>'
            for picture, name in zip((whole, displaced), named, strict=True)
        )
        body = "".join(
            f'<tr><th scope="row">{_(NETWORKS[preset])}</th>'
            f"{''.join(_guess(reading, value) for reading in pair)}</tr>"
            for preset, pair in (said[place] if said else {}).items()
        )
        cards += (
            f'<table class="mm-table mm-caps-parts"><thead><tr><td></td>'
            f'<th scope="col">{_("Whole")}</th><th scope="col">{_("Scrambled")}</th></tr>'
            f"</thead><tbody><tr><td></td>{shown}</tr>{body}</tbody></table>"
        )
    summary = _summary(figures, said) if said else ""
    return f'{summary}<div class="mm-caps-figures">{cards}</div>'


def _guess(found: Reading, value: int) -> str:
    """A network's first answer: its digit, and a bar of how long or likely."""
    strength = float(found.lengths[found.digit])
    same = ' class="mm-caps-same"' if found.digit == value else ""
    return f"<td{same}><b>{found.digit}</b> {_bar(strength)}</td>"


def _summary(
    figures: Sequence[tuple[int, np.ndarray, np.ndarray]],
    said: Sequence[dict[str, tuple[Reading, Reading]]],
) -> str:
    """How strongly each network still says the old digit, as a sentence."""
    told = []
    for preset in said[0]:
        pairs = [
            [reading.lengths[value] for reading in answers[preset]]
            for (value, _whole, _displaced), answers in zip(figures, said, strict=True)
        ]
        whole, displaced = np.mean(pairs, axis=0)
        told.append(
            _("{network} {whole:.2f} and {scrambled:.2f}").format(
                network=_(NETWORKS[preset]), whole=whole, scrambled=displaced
            )
        )
    text = _("How strongly they say the old digit, on average, whole and scrambled: {told}.")
    return notice(text.format(told="; ".join(told)))


# === Parts of these ===


def _bars(columns: Sequence[np.ndarray], heads: Sequence[str], *marked: int) -> str:
    """A table with a row per digit, and a bar for each column's number of it."""
    body = "".join(
        f'<tr{" class=mm-ours" if value in marked else ""}><th scope="row">{value}</th>'
        f"{''.join(f'<td>{_bar(float(column[value]))}</td>' for column in columns)}</tr>"
        for value in range(10)
    )
    titles = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return (
        f'<table class="mm-table mm-caps-bars"><thead><tr><th scope="col">{_("Digit")}</th>'
        f"{titles}</tr></thead><tbody>{body}</tbody></table>"
    )


def _bar(share: float) -> str:
    return (
        f'<div class="mm-caps-bar"><div class="mm-bar"><i style="width:{100 * share:.0f}%"></i>'
        f"</div><span>{share:.2f}</span></div>"
    )


def _name(value: int, sure: bool) -> str:
    return str(value) if sure else _("Perhaps {digit}").format(digit=value)


def _verdict(name: str, sure: bool, said: str, kind: str = "") -> str:
    kind = kind or ("mm-yes" if sure else "mm-unsure")
    return (
        f'<section class="mm-verdict {kind}" aria-live="polite"><h3>{escape(name)}</h3>'
        f"<p>{escape(said)}</p></section>"
    )


def _row(*figures: str) -> str:
    return f'<div class="mm-caps-row-of">{"".join(figures)}</div>'


def _figure(picture: np.ndarray, caption: str, part: str = "") -> str:
    """A small picture, each of its pixels to be seen, and what the scripts call it."""
    height, width = picture.shape[:2]
    return (
        f'<figure><img class="mm-caps-picture" data-part="{part}" src="{_exact(picture)}" '
        f'width="{width}" height="{height}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _exact(picture: np.ndarray) -> str:
    """A picture's address, to be stored bit by bit: it has few pixels, and each is seen."""
    return pictures.EXACT + pictures.picture(picture).partition(",")[2]


def _grey(shares: np.ndarray) -> np.ndarray:
    return _bytes(255 * shares)


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(values, 0, 255).round().astype(np.uint8)
