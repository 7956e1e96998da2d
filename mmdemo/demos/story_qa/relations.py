"""Stories of how things stand to each other: on a map, in size, in kind; and of motives."""

from __future__ import annotations

import random
from itertools import pairwise

from .people import GO, PLACES, TAKE, Told

# === Maps, shapes and sizes ===

COMPASS = {"north": (0, 1), "south": (0, -1), "east": (1, 0), "west": (-1, 0)}
OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}


def two_relations(rng: random.Random) -> Told:
    """Three places in a line; what lies at some side of the place that a sentence ends with?"""
    side = rng.choice(list(COMPASS))
    line = rng.sample(PLACES, 3)  # each lies on that side of the next
    facts = [
        rng.choice(((one, side, two), (two, OPPOSITE[side], one))) for one, two in pairwise(line)
    ]
    rng.shuffle(facts)
    told = [f"The {one} is {way} of the {other}." for one, way, other in facts]
    answer, way, known = rng.choice(facts)
    question = rng.choice(
        (f"What is {way} of the {known}?", f"What is the {known} {OPPOSITE[way]} of?")
    )
    return told, question, answer


def finding_a_way(rng: random.Random) -> Told:
    """Five neighbouring places of a map; two steps lead from one to another."""
    places = rng.sample(PLACES, 6)
    at = {places[0]: (0, 0)}
    told, links = [], {}
    for place in places[1:]:
        free = [
            (other, name, (x + dx, y + dy))
            for other, (x, y) in at.items()
            for name, (dx, dy) in COMPASS.items()
            if (x + dx, y + dy) not in at.values()
        ]
        other, name, spot = rng.choice(free)
        at[place] = spot
        back = OPPOSITE[name]
        links.setdefault(other, {})[place] = name
        links.setdefault(place, {})[other] = back
        told.append(
            rng.choice(
                (f"The {place} is {name} of the {other}.", f"The {other} is {back} of the {place}.")
            )
        )
    rng.shuffle(told)
    ways = [
        (start, end, f"{first[0]},{links[middle][end][0]}")
        for start in links
        for middle, first in links[start].items()
        for end in links[middle]
        if end != start
    ]
    start, end, steps = rng.choice(ways)
    return told, f"How do you go from the {start} to the {end}?", steps


SHAPES = ("triangle", "pink rectangle", "blue square", "red sphere", "yellow square", "red square")
SIDES = {
    "above": (0, 1),
    "below": (0, -1),
    "to the left of": (-1, 0),
    "to the right of": (1, 0),
}


def positions(rng: random.Random) -> Told:
    middle, a, b = rng.sample(SHAPES, 3)
    at, told = {middle: (0, 0)}, []
    for shape, (name, (x, y)) in zip((a, b), rng.sample(list(SIDES.items()), 2), strict=True):
        if rng.random() < 0.5:
            told.append(f"The {shape} is {name} the {middle}.")
            at[shape] = (x, y)
        else:
            told.append(f"The {middle} is {name} the {shape}.")
            at[shape] = (-x, -y)
    if at[a] == at[b]:
        return positions(rng)
    difference = at[a][0] - at[b][0], at[a][1] - at[b][1]
    asked = [n for n, (x, y) in SIDES.items() if x * difference[0] + y * difference[1]]
    name = rng.choice(asked)
    x, y = SIDES[name]
    right = x * difference[0] + y * difference[1] > 0
    return told, f"Is the {a} {name} the {b}?", "yes" if right else "no"


def sizes(rng: random.Random) -> Told:
    """One chain from small to large, of which neighbours and others are compared."""
    things = ["chocolate", "box of chocolates"]
    things += rng.sample(["box", "chest", "container", "suitcase"], 3)
    told = [_bigger(rng, small, large) for small, large in pairwise(things)]
    for _ in range(rng.randint(1, 3)):
        small, large = sorted(rng.sample(range(len(things)), 2))
        told.append(_bigger(rng, things[small], things[large]))
    rng.shuffle(told)
    first = rng.randrange(len(things))
    second = rng.choice([i for i in range(len(things)) if 1 <= abs(i - first) <= 2])
    if rng.random() < 0.5:
        question = f"Is the {things[first]} bigger than the {things[second]}?"
        return told, question, "yes" if first > second else "no"
    question = f"Does the {things[first]} fit in the {things[second]}?"
    return told, question, "yes" if first < second else "no"


def _bigger(rng: random.Random, small: str, large: str) -> str:
    return rng.choice(
        (f"The {large} is bigger than the {small}.", f"The {small} fits inside the {large}.")
    )


# === Kinds and motives ===


def deduction(rng: random.Random) -> Told:
    kinds = {"mouse": "mice", "cat": "cats", "sheep": "sheep", "wolf": "wolves"}
    names = ("Gertrude", "Winona", "Jessica", "Emily")
    feared, told = {}, []
    for kind in rng.sample(list(kinds), 4):
        feared[kind] = rng.choice([other for other in kinds if other != kind])
        told.append(f"{kinds[kind].capitalize()} are afraid of {kinds[feared[kind]]}.")
    of = {name: rng.choice(list(kinds)) for name in names}
    for name in rng.sample(names, 4):
        told.insert(rng.randint(2, len(told)), f"{name} is a {of[name]}.")
    name = rng.choice(names)
    return told, f"What is {name.lower()} afraid of?", feared[of[name]]


def induction(rng: random.Random) -> Told:
    """One of a kind shows its colour, another of that kind is asked for."""
    names = rng.sample(("Lily", "Bernhard", "Brian", "Julius", "Greg"), 5)
    kinds = rng.sample(("frog", "lion", "swan", "rhino"), 3)
    colors = dict(zip(kinds, rng.sample(("green", "yellow", "white", "gray"), 3), strict=True))
    asked, *others = names
    of = dict(zip(others, (kinds[0], kinds[1], kinds[1], kinds[2]), strict=True))
    order = rng.sample(others * 2, 8)  # of each, the kind is told before the colour
    told = [
        f"{name} is {colors[of[name]]}." if name in order[:place] else f"{name} is a {of[name]}."
        for place, name in enumerate(order)
    ]
    told.insert(rng.choice((rng.randint(0, 8), 8)), f"{asked} is a {kinds[0]}.")
    return told, f"What color is {asked}?", colors[kinds[0]]


MOTIVES = {
    "hungry": ("kitchen", "apple"),
    "thirsty": ("kitchen", "milk"),
    "tired": ("bedroom", "pajamas"),
    "bored": ("garden", "football"),
}


def motives(rng: random.Random) -> Told:
    told, questions = [], []
    for name in rng.sample(("Sumit", "Yann", "Jason", "Antoine"), rng.randint(1, 3)):
        motive, (place, thing) = rng.choice(list(MOTIVES.items()))
        low = name.lower()
        told.append(f"{name} is {motive}.")
        far = rng.randrange(3)
        if far > 0:
            told.append(f"{name} {rng.choice(GO)} the {place}.")
        if far > 1:
            told.append(f"{name} {rng.choice(TAKE)} the {thing} there.")
        questions.append(
            (
                (f"Where will {low} go?", place),
                (f"Why did {low} go to the {place}?", motive),
                (f"Why did {low} get the {thing}?", motive),
            )[far]
        )
    return told, *rng.choice(questions)
