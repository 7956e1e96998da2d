"""A story-teller for each of the 20 tasks: fresh stories whose answers are known.

Written from the description of the tasks in Weston et al. 2016, "Towards AI-complete question
answering", with the words that the networks know. A small world (who is where, who holds what) is
moved at random and put into sentences; the question is asked about the world.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

TITLES = {
    "qa1": "One supporting fact",
    "qa2": "Two supporting facts",
    "qa3": "Three supporting facts",
    "qa4": "Relations of two things",
    "qa5": "Who gave what to whom",
    "qa6": "Yes or no",
    "qa7": "Counting",
    "qa8": "Lists",
    "qa9": "Negation",
    "qa10": "Uncertain knowledge",
    "qa11": "He and she",
    "qa12": "Two at once",
    "qa13": "They",
    "qa14": "Times of day",
    "qa15": "Deduction",
    "qa16": "Induction",
    "qa17": "Above, below, left, right",
    "qa18": "Sizes",
    "qa19": "Finding a way",
    "qa20": "Motives",
}
"""The public tasks by their short names, in their order."""

PEOPLE = ("John", "Mary", "Sandra", "Daniel")
GIVERS = ("Bill", "Fred", "Jeff", "Mary")
PLACES = ("bathroom", "bedroom", "garden", "hallway", "kitchen", "office")
THINGS = ("apple", "football", "milk")
GO = ("moved to", "went to", "went back to", "journeyed to", "travelled to")
TAKE = ("got", "took", "grabbed", "picked up")
DROP = ("dropped", "left", "discarded", "put down")
GIVE = ("gave", "handed", "passed")
THEN = ("Then", "After that", "Afterwards", "Following that")
NUMBERS = ("none", "one", "two", "three")


@dataclass(frozen=True)
class Story:
    """A story, one sentence each, with a question and its answer as the networks name it."""

    task: str
    story: tuple[str, ...]
    question: str
    answer: str


def tell(task: str, rng: random.Random) -> Story:
    """A fresh story.

    Args:
        task: a key of `TELLERS`.
        rng: source of every choice.
    """
    sentences, question, answer = TELLERS[task](rng)
    return Story(task, tuple(sentences), question, answer)


Told = tuple[list[str], str, str]
"""Sentences, question, answer."""


# === People, places and things ===


@dataclass
class World:
    """People who walk about, take things and put them down; every change is told.

    Attributes:
        rng: source of every choice.
        people: names.
        at: where a person is, once that was told.
        holder: who holds a thing.
        held: what a person holds, in the order of taking it.
        seen: the places of a thing, in order.
        told: the sentences.
    """

    rng: random.Random
    people: tuple[str, ...] = PEOPLE
    at: dict[str, str] = field(default_factory=dict)
    holder: dict[str, str] = field(default_factory=dict)
    held: dict[str, list[str]] = field(default_factory=dict)
    seen: dict[str, list[str]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def walk(self, person: str | None = None) -> None:
        person = person or self.rng.choice(self.people)
        place = self.rng.choice([p for p in PLACES if p != self.at.get(person)])
        self.told.append(f"{person} {self.rng.choice(GO)} the {place}.")
        self.at[person] = place
        for thing in self.held.get(person, ()):
            self.seen[thing].append(place)

    def take(self) -> None:
        """Someone whose place is known takes a thing that nobody holds and that lies there."""
        free = [
            (person, thing)
            for person in self.at
            for thing in THINGS
            if thing not in self.holder
            and self.seen.get(thing, [self.at[person]])[-1] == self.at[person]
        ]
        if not free:
            return self.walk()
        person, thing = self.rng.choice(free)
        self.told.append(f"{person} {self.rng.choice(TAKE)} the {thing} there.")
        self.holder[thing] = person
        self.held.setdefault(person, []).append(thing)
        self.seen.setdefault(thing, [self.at[person]])
        return None

    def drop(self) -> None:
        if not self.holder:
            return self.take()
        thing = self.rng.choice(list(self.holder))
        person = self.holder.pop(thing)
        self.held[person].remove(thing)
        there = self.rng.choice(("", "", "", " there"))
        self.told.append(f"{person} {self.rng.choice(DROP)} the {thing}{there}.")
        return None

    def give(self) -> tuple[str, str, str] | None:
        """Who gave what to whom: both are where the giver is."""
        pairs = [
            (thing, giver, taker)
            for thing, giver in self.holder.items()
            for taker in self.people
            if taker != giver and self.at.get(taker) in (None, self.at[giver])
        ]
        if not pairs:
            self.take()
            return None
        thing, giver, taker = self.rng.choice(pairs)
        self.told.append(f"{giver} {self.rng.choice(GIVE)} the {thing} to {taker}.")
        self.at[taker] = self.at[giver]
        self.holder[thing] = taker
        self.held[giver].remove(thing)
        self.held.setdefault(taker, []).append(thing)
        return giver, thing, taker


def _one_fact(rng: random.Random) -> Told:
    world = World(rng)
    for _ in range(rng.randint(2, 8)):
        world.walk()
    person = rng.choice(list(world.at))
    return world.told, f"Where is {person}?", world.at[person]


def _two_facts(rng: random.Random) -> Told:
    world = World(rng)
    world.walk()
    while len(world.told) < 6 or not world.seen:
        rng.choice((world.walk, world.walk, world.take, world.drop))()
    thing = rng.choice(list(world.seen))
    return world.told, f"Where is the {thing}?", world.seen[thing][-1]


def _three_facts(rng: random.Random) -> Told:
    world = World(rng)
    world.walk()
    while len(world.told) < 60:
        rng.choice((world.walk, world.walk, world.take, world.drop))()
        known = [thing for thing, places in world.seen.items() if len(set(places)) > 2]
        if len(world.told) >= 12 and known:
            break
    moved = [thing for thing, places in world.seen.items() if len(places) > 1]
    if not moved:
        return _three_facts(rng)
    thing = rng.choice(moved)
    places = world.seen[thing]
    return world.told, f"Where was the {thing} before the {places[-1]}?", places[-2]


def _giving(rng: random.Random) -> Told:
    world = World(rng, GIVERS)
    world.walk()
    given = None
    while given is None or len(world.told) < 6:
        given = rng.choice((world.give, world.walk, world.take, world.give))() or given
    giver, thing, taker = given
    question, answer = rng.choice(
        (
            (f"What did {giver} give to {taker}?", thing),
            (f"Who received the {thing}?", taker),
            (f"Who gave the {thing}?", giver),
            (f"Who did {giver} give the {thing} to?", taker),
            (f"Who gave the {thing} to {taker}?", giver),
        )
    )
    return world.told, question, answer.lower()


def _yes_no(rng: random.Random) -> Told:
    world = World(rng)
    for _ in range(rng.randint(3, 9)):
        rng.choice((world.walk, world.walk, world.take, world.drop))()
    return world.told, *_is_in(rng, world.at)


def _is_in(rng: random.Random, at: dict[str, str]) -> tuple[str, str]:
    person = rng.choice(list(at))
    place = rng.choice((at[person], rng.choice(PLACES)))
    return f"Is {person} in the {place}?", "yes" if place == at[person] else "no"


def _carrying(rng: random.Random) -> World:
    world = World(rng)
    world.walk()
    while len(world.told) < rng.randint(5, 10) or not world.held:
        rng.choice((world.walk, world.take, world.take, world.drop))()
    return world


def _counting(rng: random.Random) -> Told:
    world = _carrying(rng)
    person = rng.choice(list(world.held))
    question = f"How many objects is {person} carrying?"
    return world.told, question, NUMBERS[len(world.held[person])]


def _lists(rng: random.Random) -> Told:
    world = _carrying(rng)
    person = rng.choice(list(world.held))
    answer = ",".join(world.held[person]) or "nothing"
    return world.told, f"What is {person} carrying?", answer


# === Ways of saying where someone is ===


def _negation(rng: random.Random) -> Told:
    told, known = [], {}
    for _ in range(rng.randint(2, 8)):
        person, place = rng.choice(PEOPLE), rng.choice(PLACES)
        kind = rng.randrange(4)
        if kind == 0:
            told.append(f"{person} is {rng.choice(('not', 'no longer'))} in the {place}.")
            known[person] = (place, False)
        else:
            verb = "is in" if kind == 1 else rng.choice(GO)
            told.append(f"{person} {verb} the {place}.")
            known[person] = (place, True)
    person = rng.choice(list(known))
    place, there = known[person]
    if there:
        place = rng.choice((place, rng.choice([p for p in PLACES if p != place])))
        there = place == known[person][0]
    return told, f"Is {person} in the {place}?", "yes" if there else "no"


def _uncertain(rng: random.Random) -> Told:
    people, places = ("Bill", "Fred", "Julie", "Mary"), PLACES_OF_A_TOWN
    told, known = [], {}
    for _ in range(rng.randint(2, 8)):
        person = rng.choice(people)
        first, second = rng.sample(places, 2)
        kind = rng.randrange(3)
        if kind == 0:
            told.append(f"{person} is either in the {first} or the {second}.")
            known[person] = (first, second)
        else:
            verb = "is in" if kind == 1 else rng.choice(GO)
            told.append(f"{person} {verb} the {first}.")
            known[person] = (first,)
    person = rng.choice(list(known))
    place = rng.choice((*known[person], rng.choice(places)))
    sure = "yes" if len(known[person]) == 1 else "maybe"
    return told, f"Is {person} in the {place}?", sure if place in known[person] else "no"


PLACES_OF_A_TOWN = ("bedroom", "cinema", "kitchen", "office", "park", "school")


def _pronouns(rng: random.Random) -> Told:
    """Every second sentence says he or she of the one before."""
    told, at = [], {}
    for _ in range(rng.randint(1, 5)):
        person = rng.choice(PEOPLE)
        first, second = rng.sample(PLACES, 2)
        pronoun = "she" if person in ("Mary", "Sandra") else "he"
        told.append(f"{person} {rng.choice(GO)} the {first}.")
        told.append(f"{rng.choice(THEN)} {pronoun} {rng.choice(GO)} the {second}.")
        at[person] = second
    person = rng.choice(list(at))
    return told, f"Where is {person}?", at[person]


def _pairs(rng: random.Random) -> Told:
    told, at = [], {}
    for _ in range(rng.randint(2, 8)):
        first, second = rng.sample(PEOPLE, 2)
        place = rng.choice(PLACES)
        told.append(f"{first} and {second} {rng.choice(GO)} the {place}.")
        at[first] = at[second] = place
    person = rng.choice(list(at))
    return told, f"Where is {person}?", at[person]


def _they(rng: random.Random) -> Told:
    told, at = [], {}
    for _ in range(rng.randint(1, 5)):
        first, second = rng.sample(PEOPLE, 2)
        before, after = rng.sample(PLACES, 2)
        told.append(f"{first} and {second} {rng.choice(GO)} the {before}.")
        told.append(f"{rng.choice(THEN)} they {rng.choice(GO)} the {after}.")
        at[first] = at[second] = after
    person = rng.choice(list(at))
    return told, f"Where is {person}?", at[person]


def _times(rng: random.Random) -> Told:
    """Sentences in any order, each with its time of day."""
    times = ("yesterday", "this morning", "this afternoon", "this evening")
    ways = {}
    events = []
    for person in rng.sample(("Bill", "Fred", "Julie", "Mary"), rng.randint(1, 3)):
        count = rng.randint(2, 4)
        ways[person] = _walk_without_return(rng, count)
        events += [(person, place, times[i]) for i, place in enumerate(ways[person])]
    rng.shuffle(events)
    told = []
    for person, place, time in events:
        walk = f"{person} {rng.choice(GO)} the {place}"
        told.append(rng.choice((f"{walk} {time}.", f"{time.capitalize()} {walk}.")))
    person = rng.choice(list(ways))
    step = rng.randrange(1, len(ways[person]))
    return told, f"Where was {person} before the {ways[person][step]}?", ways[person][step - 1]


def _walk_without_return(rng: random.Random, count: int) -> list[str]:
    return rng.sample(PLACES_OF_A_TOWN, count)


# === Maps, shapes and sizes ===

COMPASS = {"north": (0, 1), "south": (0, -1), "east": (1, 0), "west": (-1, 0)}


OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}


def _two_relations(rng: random.Random) -> Told:
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


def _way(rng: random.Random) -> Told:
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
        back = next(n for n, (x, y) in COMPASS.items() if (-x, -y) == COMPASS[name])
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


def _positions(rng: random.Random) -> Told:
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
        return _positions(rng)
    difference = at[a][0] - at[b][0], at[a][1] - at[b][1]
    asked = [n for n, (x, y) in SIDES.items() if x * difference[0] + y * difference[1]]
    name = rng.choice(asked)
    x, y = SIDES[name]
    right = x * difference[0] + y * difference[1] > 0
    return told, f"Is the {a} {name} the {b}?", "yes" if right else "no"


def _sizes(rng: random.Random) -> Told:
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


def _deduction(rng: random.Random) -> Told:
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


def _induction(rng: random.Random) -> Told:
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


def _motives(rng: random.Random) -> Told:
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


TELLERS: dict[str, Callable[[random.Random], Told]] = {
    "qa1": _one_fact,
    "qa2": _two_facts,
    "qa3": _three_facts,
    "qa4": _two_relations,
    "qa5": _giving,
    "qa6": _yes_no,
    "qa7": _counting,
    "qa8": _lists,
    "qa9": _negation,
    "qa10": _uncertain,
    "qa11": _pronouns,
    "qa12": _pairs,
    "qa13": _they,
    "qa14": _times,
    "qa15": _deduction,
    "qa16": _induction,
    "qa17": _positions,
    "qa18": _sizes,
    "qa19": _way,
    "qa20": _motives,
}
"""A teller per task."""
