"""Known questions in other words, to measure with: other order, synonyms, typing errors. No Keras.

They were written when the front was done, and it was not changed for them.
"""

from __future__ import annotations

import numpy as np

from .questions import COLOUR, COUNT, FARTHEST, KNOWN, LEFT, NEAREST, SHAPE, THERE, TOP, About

MISTYPED = 0.3
"""Share of questions with a typing error in their longest word."""
_SAID: dict[tuple[str, bool], tuple[str, ...]] = {
    (THERE, False): (
        "Can you see anything {} here?",
        "Do you find some {} in this drawing?",
        "In the scene, is something {}?",
        "Is the thing {}?",
        "Tell me whether a {} object is there",
    ),
    (THERE, True): (
        "Is there nothing {} here, not even a bit? No {}?",
        "Isn't there anything {}?",
        "Does the scene show no {}?",
        "Is the {} missing?",
        "The drawing has not got a {} in it?",
    ),
    (SHAPE, False): (
        "Which form has the {} thing?",
        "What kind of figure is the {} item?",
        "The {} one, what is it?",
        "Please tell me the shape of the {} object",
    ),
    (COLOUR, False): (
        "Which hue has the {}?",
        "The {}, what colour is it?",
        "Tell me the colour of the {}, please",
        "In what color is the {} painted?",
    ),
    (LEFT, False): (
        "Does the {} thing lie on the left side?",
        "Is {} in the left half of the picture?",
        "On the left, is that the {} one?",
    ),
    (TOP, False): (
        "Is the {} thing in the upper half?",
        "Does the {} one lie above the middle?",
        "Top half: is {} there?",
    ),
    (NEAREST, False): (
        "What lies closest to the {} thing?",
        "Which form is next to the {} one?",
        "The {} object: what shape is its closest neighbour?",
    ),
    (FARTHEST, False): (
        "What lies furthest away from the {} thing?",
        "Which form is the farthest from {}?",
        "The {} object: what shape is furthest from it?",
    ),
    (COUNT, False): (
        "How many things look like the {} one?",
        "Count all that have the same shape as the {} item",
        "How often is the form of the {} object there, what number?",
    ),
}
_OTHER = {"gray": "grey", "circle": "disc", "rectangle": "box", "teal": "turquoise"}


def worded(question: str, task: str, rng: np.random.Generator) -> str:
    """A known question of a task in other words, in one of three to five ways."""
    about: About = KNOWN[task][question]
    ways = _SAID[about.kind, about.negated]
    text = ways[rng.integers(len(ways))]
    thing = about.thing or ("shape" if about.kind == COLOUR else "")
    if rng.random() < 0.5:
        thing = _OTHER.get(thing, thing)
    text = " ".join(text.format(thing, thing).split())
    return _mistyped(text, rng) if rng.random() < MISTYPED else text


def _mistyped(text: str, rng: np.random.Generator) -> str:
    """Two letters next to each other in the longest word change places."""
    word = max(text.split(), key=len)
    place = int(rng.integers(1, len(word) - 2))
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return text.replace(word, swapped, 1)
