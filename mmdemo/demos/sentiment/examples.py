"""Example reviews, of our own writing."""

from __future__ import annotations

from mmdemo.core.data import examples
from mmdemo.core.language import N_

REVIEWS = {
    N_("Delighted"): (
        "I loved every minute of it. The two leads are wonderful together, the jokes land, and the "
        "last ten minutes are simply beautiful. I would see it again tomorrow."
    ),
    N_("Delighted, in other words"): (
        "I went in expecting little and came out humming. The two leads have a warmth that no "
        "script can fake, the jokes land, and the last ten minutes are simply beautiful. "
        "I would see it again tomorrow."
    ),
    N_("Scathing"): (
        "What a waste of an evening. The plot makes no sense, the dialogue is wooden, and the "
        "villain explains his plan twice, as if once had not been dull enough. Avoid it."
    ),
    N_("Torn"): (
        "The photography is gorgeous and the score stayed with me for days. But the story drags, "
        "half of the cast looks bored, and the ending is a cheat. Worth a look for the pictures "
        "alone, I suppose, though I cannot quite recommend it."
    ),
    N_("With negations"): (
        "This is not a bad film. It is not boring for a minute, and nobody in it is less than "
        "good. I could not find a scene that I would cut."
    ),
    N_("Ironic"): (
        "Oh, wonderful, another superhero who broods on a rooftop. Two and a half hours of it. "
        "The best part was the popcorn."
    ),
}


def requests() -> tuple[examples.Request, ...]:
    """A review to score and to explain: what `bench` asks."""
    file = examples.text_file("sentiment", "torn.txt", REVIEWS["Torn"])
    review = {"text": REVIEWS["Torn"]}
    return (
        examples.Request("sentiment_score", review, (file,)),
        examples.Request("sentiment_explain", review, (file,)),
    )
