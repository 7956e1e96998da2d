"""Negated praise and blame of our own: pairs that measure, and made sentences that teach."""

from __future__ import annotations

import numpy as np

from .data import Reviews

PAIRS = (
    ("This is not bad at all.", "This is not good at all."),
    ("Not bad at all.", "Not good at all."),
    ("I was never bored.", "I was never entertained."),
    ("You will not regret it.", "You will not enjoy it."),
    ("It does not disappoint.", "It does not deliver."),
    ("I can't recommend it enough.", "I can't recommend it."),
    ("Nothing about it is boring.", "Nothing about it is interesting."),
    ("There is not a dull moment.", "There is not a funny moment."),
    ("I had no problems with it.", "I had no fun with it."),
    ("It isn't terrible.", "It isn't great."),
    ("I could not stop laughing.", "I could not stop yawning."),
    ("It is hard not to like.", "It is hard to like."),
    ("Nobody in it is bad.", "Nobody in it is good."),
    ("It never feels stupid.", "It never feels clever."),
    ("The ending is not a letdown.", "The ending is not a success."),
    ("I don't hate it; I love it.", "I don't love it; I hate it."),
    ("It was far from awful.", "It was far from perfect."),
    ("Without a single flaw.", "Without a single redeeming feature."),
    ("You won't be disappointed.", "You won't be impressed."),
    ("It is not without charm.", "It is without charm."),
)
"""The positive one first. No network learns from them."""
PRAISE = (
    "good great excellent wonderful funny clever interesting exciting moving brilliant charming "
    "entertaining enjoyable perfect fun original convincing"
)
BLAME = (
    "bad terrible awful boring dull stupid horrible annoying predictable disappointing poor weak "
    "silly pointless tedious ridiculous pretentious"
)
OPENINGS = (
    *("It is", "It was", "This is", "This was", "The film is", "The film was"),
    *("The acting is", "The story is", "The ending was", "I thought it was"),
)
PLAIN = ("{opening} {word}.", "{opening} very {word}.")
NEGATED = (
    "{opening} not {word}.",
    "{opening} not {word} at all.",
    "{opening}n't {word}.",
    "{opening}n't {word} at all.",
    "{opening} never {word}.",
    "{opening} far from {word}.",
)
ALONE = (
    "Not {word}.",
    "Not {word} at all.",
    "Nothing about it is {word}.",
    "There is nothing {word} about it.",
    "I don't find it {word}.",
)


def texts() -> Reviews:
    """Both of every pair, one after the other."""
    every = tuple(text for pair in PAIRS for text in pair)
    return Reviews(every, np.tile(np.array([1, 0], np.int32), len(PAIRS)))


def made() -> Reviews:
    """Some three thousand plain and negated verdicts, none of which stands in a pair.

    Reviews rarely negate what they mean, so that "not bad" is seldom praise in what they teach.
    """
    kept_out = {text for pair in PAIRS for text in pair}
    found: dict[str, int] = {}
    for words, praises in ((PRAISE, 1), (BLAME, 0)):
        for word in words.split():
            for opening in OPENINGS:
                for form in PLAIN:
                    found[form.format(opening=opening, word=word)] = praises
                for form in NEGATED:
                    found[form.format(opening=opening, word=word)] = 1 - praises
            for form in ALONE:
                found[form.format(word=word)] = 1 - praises
    texts = tuple(text for text in found if text not in kept_out)
    return Reviews(texts, np.array([found[text] for text in texts], np.int32))
