"""An answer goes as its question is changed by hand; an example's press answers at once."""

from __future__ import annotations

GONE = "The question or a setting has changed."
ARRIVED = ".mm-answer .mm-arrival:visible"
PAGES = {
    "sentiment": ("A review, in English", "Scathing"),
    "sentence_similarity": ("Second sentence", "Opposites"),
    "story_qa": ("Question", "Counting"),
    "author_profile": ("A film review, in English", "Let down"),
}
