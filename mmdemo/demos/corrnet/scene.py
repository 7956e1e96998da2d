"""The joint space as inline SVG, and generated pictures as HTML. Imports no Keras and no Gradio."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from mmdemo.core.language import _
from mmdemo.core.ui import charts, pictures

COLOURS = (*charts.COLOURS, "#57534e", "#ca8a04")
_WIDTH, _HEIGHT, _EDGE = 520, 380, 18


def joint_space(stored: dict[str, Any], place: tuple[float, float], label: str) -> str:
    """Both senses in one plane: dots are pictures, triangles are words, a ring is the input.

    Args:
        stored: from `infer.joint_map`.
        place: of the input.
        label: of the input.
    """
    pictures, words = np.array(stored["pictures"]), np.array(stored["words"])
    everything = np.concatenate([pictures, words, [place]])
    low, high = everything.min(axis=0), everything.max(axis=0)
    scale = min(
        (_WIDTH - 2 * _EDGE) / max(high[0] - low[0], 1e-9),
        (_HEIGHT - 2 * _EDGE) / max(high[1] - low[1], 1e-9),
    )
    middle = (low + high) / 2

    def at(point: Sequence[float]) -> tuple[float, float]:
        return (
            _WIDTH / 2 + (point[0] - middle[0]) * scale,
            _HEIGHT / 2 - (point[1] - middle[1]) * scale,
        )

    parts = []
    for point, digit in zip(pictures, stored["picture_digits"], strict=True):
        x, y = at(point)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.6" fill="{COLOURS[digit]}" opacity=".75"/>'
        )
    for point, digit in zip(words, stored["word_digits"], strict=True):
        x, y = at(point)
        parts.append(
            f'<path d="M{x:.1f} {y - 5:.1f}l4.6 8h-9.2z" fill="none" stroke="{COLOURS[digit]}" '
            'stroke-width="1.4"/>'
        )
    digits = np.concatenate([stored["picture_digits"], stored["word_digits"]])
    for digit in range(10):
        x, y = at(np.median(np.concatenate([pictures, words])[digits == digit], axis=0))
        parts.append(
            f'<text x="{x:.1f}" y="{y + 7:.1f}" text-anchor="middle" font-size="20" '
            f'font-weight="700" fill="{COLOURS[digit]}" stroke="var(--block-background-fill, '
            f'#fff)" stroke-width="4" paint-order="stroke">{digit}</text>'
        )
    x, y = at(place)
    anchor, shift = ("end", -15) if x > _WIDTH * 0.7 else ("start", 15)
    parts.append(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="11" fill="none" stroke="currentColor" '
        f'stroke-width="3"/><circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="currentColor"/>'
        f'<text x="{x + shift:.1f}" y="{y + 6:.1f}" text-anchor="{anchor}" font-size="17" '
        'font-weight="700" fill="currentColor" stroke="var(--block-background-fill, #fff)" '
        f'stroke-width="4" paint-order="stroke">{escape(label)}</text>'
    )
    title = _("The joint space: both senses in one plane")
    described = _("Map of the joint space; {sample} is marked").format(sample=label)
    return (
        f'<figure class="mm-figure"><figcaption>{title}</figcaption>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(described)}">'
        f'{"".join(parts)}</svg><div class="mm-legend"><span>● {_("held-out pictures")}</span>'
        f"<span>△ {_('held-out words')}</span><span>◉ {_('yours')}</span></div></figure>"
    )


def digit_picture(picture: np.ndarray, caption: str, hidden: str | None = None) -> str:
    """A `(28, 28)` picture in [0, 1], enlarged, dark ink on light paper, with its caption.

    Args:
        picture: ink bright.
        caption: below it.
        hidden: `left` or `right`: a line marks the half that was made up.
    """
    grey = (255 - np.clip(picture, 0, 1) * 255).round().astype(np.uint8)
    address = pictures.picture(np.kron(grey, np.ones((6, 6), np.uint8)))
    mark = ""
    if hidden:
        side = "left:0" if hidden == "left" else "left:50%"
        mark = (
            f'<i style="position:absolute;top:0;bottom:0;{side};width:50%;'
            'border:2px dashed var(--color-accent);border-radius:6px"></i>'
        )
    return (
        '<figure style="margin:0;width:min(100%,10.5rem)"><div style="position:relative">'
        f'<img src="{address}" alt="{escape(caption)}" style="width:100%;border-radius:8px;'
        f'display:block;border:1px solid var(--border-color-primary)">{mark}</div>'
        f'<figcaption style="font-size:.85rem">{escape(caption)}</figcaption></figure>'
    )


def word_picture(mel: np.ndarray, caption: str) -> str:
    """A `(32, 40)` view in [0, 1] as a spectrogram, with its caption."""
    address = pictures.spectrogram(mel.T, height=168, width=252)
    described = _("{caption}: time to the right, pitch upwards, brighter is louder").format(
        caption=caption
    )
    return (
        '<figure style="margin:0;width:min(100%,15.75rem)">'
        f'<img src="{address}" alt="{escape(described)}" '
        'style="width:100%;border-radius:8px;display:block">'
        f'<figcaption style="font-size:.85rem">{escape(caption)}</figcaption></figure>'
    )


def row(*parts: str) -> str:
    """Pictures side by side, wrapping on a phone."""
    return f'<div style="display:flex;flex-wrap:wrap;gap:.8rem">{"".join(parts)}</div>'
