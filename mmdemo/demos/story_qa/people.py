"""Stories of people who walk about and carry things, told in the words that the networks know.

A small world (who is where, who holds what) is moved at random and put into sentences; the question
is asked about the world.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

PEOPLE = ("John", "Mary", "Sandra", "Daniel")
GIVERS = ("Bill", "Fred", "Jeff", "Mary")
TOWNSPEOPLE = ("Bill", "Fred", "Julie", "Mary")
PLACES = ("bathroom", "bedroom", "garden", "hallway", "kitchen", "office")
TOWN = ("bedroom", "cinema", "kitchen", "office", "park", "school")
THINGS = ("apple", "football", "milk")
GO = ("moved to", "went to", "went back to", "journeyed to", "travelled to")
TAKE = ("got", "took", "grabbed", "picked up")
DROP = ("dropped", "left", "discarded", "put down")
GIVE = ("gave", "handed", "passed")
THEN = ("Then", "After that", "Afterwards", "Following that")
NUMBERS = ("none", "one", "two", "three")

Told = tuple[list[str], str, str]
"""What a teller gives: sentences, question, answer."""


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


def one_fact(rng: random.Random) -> Told:
    world = World(rng)
    for _ in range(rng.randint(2, 8)):
        world.walk()
    return _where_is(rng, world.told, world.at)


def _where_is(rng: random.Random, told: list[str], at: dict[str, str]) -> Told:
    """The question where somebody is whose place was told."""
    person = rng.choice(list(at))
    return told, f"Where is {person}?", at[person]


def two_facts(rng: random.Random) -> Told:
    world = World(rng)
    world.walk()
    while len(world.told) < 6 or not world.seen:
        rng.choice((world.walk, world.walk, world.take, world.drop))()
    thing = rng.choice(list(world.seen))
    return world.told, f"Where is the {thing}?", world.seen[thing][-1]


def three_facts(rng: random.Random) -> Told:
    world = World(rng)
    world.walk()
    while len(world.told) < 60:
        rng.choice((world.walk, world.walk, world.take, world.drop))()
        known = [thing for thing, places in world.seen.items() if len(set(places)) > 2]
        if len(world.told) >= 12 and known:
            break
    moved = [thing for thing, places in world.seen.items() if len(places) > 1]
    if not moved:
        return three_facts(rng)
    thing = rng.choice(moved)
    places = world.seen[thing]
    return world.told, f"Where was the {thing} before the {places[-1]}?", places[-2]


def giving(rng: random.Random) -> Told:
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


def yes_no(rng: random.Random) -> Told:
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


def counting(rng: random.Random) -> Told:
    world = _carrying(rng)
    person = rng.choice(list(world.held))
    question = f"How many objects is {person} carrying?"
    return world.told, question, NUMBERS[len(world.held[person])]


def lists(rng: random.Random) -> Told:
    world = _carrying(rng)
    person = rng.choice(list(world.held))
    answer = ",".join(world.held[person]) or "nothing"
    return world.told, f"What is {person} carrying?", answer


# === Ways of saying where someone is ===


def negation(rng: random.Random) -> Told:
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


def uncertain(rng: random.Random) -> Told:
    told, known = [], {}
    for _ in range(rng.randint(2, 8)):
        person = rng.choice(TOWNSPEOPLE)
        first, second = rng.sample(TOWN, 2)
        kind = rng.randrange(3)
        if kind == 0:
            told.append(f"{person} is either in the {first} or the {second}.")
            known[person] = (first, second)
        else:
            verb = "is in" if kind == 1 else rng.choice(GO)
            told.append(f"{person} {verb} the {first}.")
            known[person] = (first,)
    person = rng.choice(list(known))
    place = rng.choice((*known[person], rng.choice(TOWN)))
    sure = "yes" if len(known[person]) == 1 else "maybe"
    return told, f"Is {person} in the {place}?", sure if place in known[person] else "no"


def pronouns(rng: random.Random) -> Told:
    """Every second sentence says he or she of the one before."""
    told, at = [], {}
    for _ in range(rng.randint(1, 5)):
        person = rng.choice(PEOPLE)
        pronoun = "she" if person in ("Mary", "Sandra") else "he"
        _move_twice(rng, told, at, [person], pronoun)
    return _where_is(rng, told, at)


def pairs(rng: random.Random) -> Told:
    told, at = [], {}
    for _ in range(rng.randint(2, 8)):
        first, second = rng.sample(PEOPLE, 2)
        place = rng.choice(PLACES)
        told.append(f"{first} and {second} {rng.choice(GO)} the {place}.")
        at[first] = at[second] = place
    return _where_is(rng, told, at)


def they(rng: random.Random) -> Told:
    """Every second sentence says they of the two before."""
    told, at = [], {}
    for _ in range(rng.randint(1, 5)):
        _move_twice(rng, told, at, rng.sample(PEOPLE, 2), "they")
    return _where_is(rng, told, at)


def _move_twice(
    rng: random.Random, told: list[str], at: dict[str, str], people: list[str], pronoun: str
) -> None:
    """People go to one place and on to another, the second time under their pronoun."""
    first, second = rng.sample(PLACES, 2)
    told.append(f"{' and '.join(people)} {rng.choice(GO)} the {first}.")
    told.append(f"{rng.choice(THEN)} {pronoun} {rng.choice(GO)} the {second}.")
    at |= dict.fromkeys(people, second)


def times(rng: random.Random) -> Told:
    """Sentences in any order, each with its time of day."""
    times = ("yesterday", "this morning", "this afternoon", "this evening")
    ways = {}
    events = []
    for person in rng.sample(TOWNSPEOPLE, rng.randint(1, 3)):
        count = rng.randint(2, 4)
        ways[person] = rng.sample(TOWN, count)
        events += [(person, place, times[i]) for i, place in enumerate(ways[person])]
    rng.shuffle(events)
    told = []
    for person, place, time in events:
        walk = f"{person} {rng.choice(GO)} the {place}"
        told.append(rng.choice((f"{walk} {time}.", f"{time.capitalize()} {walk}.")))
    person = rng.choice(list(ways))
    step = rng.randrange(1, len(ways[person]))
    return told, f"Where was {person} before the {ways[person][step]}?", ways[person][step - 1]
