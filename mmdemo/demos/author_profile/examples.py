"""Example texts, of our own writing."""

from __future__ import annotations

from pathlib import Path

from mmdemo.core.data import examples
from mmdemo.core.language import N_

REVIEWS = {
    N_("Liked, with reserve"): (
        "A pleasant surprise. The first half hour takes its time and one of the subplots goes "
        "nowhere, but the two leads are charming and the humour is warm. Not a classic, though a "
        "good film for a rainy evening."
    ),
    N_("A rave"): (
        "One of the best films I have seen in years. Every scene is shot with love, the cast is "
        "perfect down to the smallest part, and the ending moved me to tears. I went back the next "
        "day with my whole family. A masterpiece."
    ),
    N_("Mixed"): (
        "There are some nice ideas here and the music is good. Sadly the script does not know what "
        "to do with them, the pacing is slow, and I never cared for the hero. It is watchable, "
        "no more."
    ),
    N_("Disliked"): (
        "I wanted to like it, since the book is lovely. But the acting is wooden, the jokes fall "
        "flat, and half of the plot was cut, so that the rest makes little sense. Disappointing."
    ),
    N_("A slating"): (
        "Awful. The worst two hours of my year: terrible dialogue, laughable effects, no plot at "
        "all. I would ask for my money back, but I would rather forget that I ever saw it. Avoid."
    ),
}

POSTS = {
    N_("An evening after work"): (
        "Finally home. The server went down again at four, so the whole office stayed until the "
        "backup had run, and I ate a cold sandwich at my desk. My husband had kept some soup for "
        "me. Tomorrow I will take the day off and do nothing but read in the garden."
    ),
    N_("Exam week"): (
        "Three exams down, one to go! I have lived on coffee and noodles since Sunday, my room "
        "looks like a storm went through it, and my flatmate sings in the shower at two in the "
        "morning. After Friday we are going out dancing and nobody can stop us."
    ),
}


def requests() -> tuple[examples.Request, ...]:
    """A review to read: what `bench` asks."""
    file = examples.folder("author_profile", _make) / "mixed.txt"
    return (examples.Request("author_profile_read", {"text": REVIEWS["Mixed"]}, (file,)),)


def _make(folder: Path) -> None:
    (folder / "mixed.txt").write_text(REVIEWS["Mixed"], encoding="utf-8")
