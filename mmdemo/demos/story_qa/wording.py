"""Names, places and things of one's own, told in the words that the network knows.

The network learnt the words of twenty kinds of story: four names, six places, three things. What
part a word plays is seen from the sentence that it stands in ("NAME went to the PLACE"), so a new
name can be told as one that the story has no use for, and the answer be told back.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from mmdemo.core.language import _

from .people import DROP, GIVE, GO, PLACES, TAKE, THINGS, TOWN

Sort = str
"""`person`, `place` or `thing`."""

PEOPLE = ("mary", "john", "sandra", "daniel", "bill", "fred", "jeff", "julie")
POOLS: dict[Sort, tuple[str, ...]] = {
    "person": PEOPLE,
    "place": tuple(dict.fromkeys([*PLACES, *TOWN])),
    "thing": THINGS,
}
"""Words to tell others by; every kind of story knows the first ones best."""
GIVERS = ("fred", "jeff", "bill", "mary")
"""Stories in which something is given away know these people alone."""

ANIMALS = {"cat": "cats", "mouse": "mice", "wolf": "wolves", "sheep": "sheep"}
"""That somebody may be afraid of, and how a story names several of them."""
COLOURS = {"gray", "green", "white", "yellow"}

MEANS_THE_SAME = {
    "walked to": "went to",
    "ran to": "went to",
    "came to": "went to",
    "drove to": "went to",
    "hurried to": "went to",
    "headed to": "went to",
    "returned to": "went back to",
    "traveled to": "travelled to",
    "lifted": "picked up",
    "fetched": "got",
    "laid down": "put down",
    "threw away": "discarded",
}
"""Doings of one's own in the words of the stories."""

_GO, _TAKE, _DROP, _GIVE = (
    "|".join(sorted(words, key=len, reverse=True)) for words in (GO, TAKE, DROP, GIVE)
)
_THE = r"(?:(?:the|a|an|some|his|her|their|my) )?"
_WHEN = r"(?:(?:then|after that|afterwards|following that|yesterday|this \w+),? )?"
_LATER = r"(?: (?:there|yesterday|this \w+|then))?"
_FACTS = tuple(
    re.compile(f"^{_WHEN}{pattern}{_LATER}$")
    for pattern in (
        rf"(?P<people>.+?) (?:{_GO}) {_THE}(?P<place>.+?)",
        rf"(?P<people>.+?) (?:{_GIVE}) {_THE}(?P<thing>.+?) to {_THE}(?P<person>.+?)",
        rf"(?P<people>.+?) (?:{_TAKE}|{_DROP}) {_THE}(?P<thing>.+?)",
        rf"{_THE}(?P<place>.+?) is (?:north|south|east|west) of {_THE}(?P<place2>.+?)",
        rf"(?P<people>.+?) is (?:no longer |not )?in {_THE}(?P<place>.+?)",
        rf"(?P<people>.+?) is either in {_THE}(?P<place>.+?) or (?:in )?{_THE}(?P<place2>.+?)",
    )
)
_PRONOUNS = {"he", "she", "they", "it"}
_QUESTIONS = tuple(
    re.compile(f"^{pattern}$")
    for pattern in (
        r"where (?:is|was) (.+?)(?: before (.+))?",
        r"where will (.+) go",
        r"what is (.+?) (?:north|south|east|west) of",
        r"what is (?:north|south|east|west) of (.+)",
        r"is (.+?) in .+",
        r"is .+ (?:to the|above|below|bigger than) .+",
        r"(?:does|do|will) .+ fit in .+",
        r"how many objects is (.+) carrying",
        r"what is (.+) (?:carrying|afraid of)",
        r"what color is (.+)",
        r"who gave (.+?)(?: to (.+))?",
        r"who received (.+)",
        r"who did .+",
        r"what did (.+?) give to (.+)",
        r"how do you go from (.+?) to (.+)",
        r"why did (.+?) (?:go|get) (.+)",
    )
)
"""Of the twenty kinds; the groups are what must stand in the story."""
_LITTLE = {"the", "a", "an", "to", "of", "in", "you", "there", "go", "get", "did", "gave"}
_WORD = re.compile(r"[a-z']+")


@dataclass(frozen=True)
class Wording:
    """A story and a question in words that the network knows.

    Attributes:
        told: sentences.
        asked: the question.
        own: the visitor's own words by those that they are told in.
        refusal: why the question is not asked, in a sentence; or nothing.
    """

    told: tuple[str, ...]
    asked: str
    own: dict[str, str]
    refusal: str

    def own_words(self, answer: str) -> str:
        """An answer, told back."""
        return ",".join(self.own.get(part, part) for part in answer.split(","))

    def says_nothing_of(self, answer: str) -> bool:
        """Whether the answer is a place, person, thing, animal or colour not in the story."""
        if re.match(r"where will|why did", self.asked):
            return False  # the answer follows from a motive
        words = set(_WORD.findall(" ".join(self.told)))
        named = {word for pool in POOLS.values() for word in pool} | set(ANIMALS) | COLOURS
        return any(
            part in named and not words & {part, ANIMALS.get(part, part)}
            for part in answer.split(",")
        )


def known_wording(told: Iterable[str], asked: str, known: Container[str]) -> Wording:
    """Tell a story and its question in known words.

    Args:
        told: sentences without their full stops.
        asked: the question, without its mark.
        known: the words that the network knows.
    """
    sentences = [_same_doings(sentence.lower().strip()) for sentence in told]
    question = _same_doings(asked.lower().strip())
    sorts = dict(_phrases(sentences))
    spoken = set(_WORD.findall(" ".join(sentences)))
    names = _names(sorts, spoken, known)
    written = [_rename(sentence, names) for sentence in sentences]
    question = _rename(question, names)
    refusal = _refusal(question, written, asked, known)
    text = " ".join(told)
    own = {word: _as_written(phrase, text) for phrase, word in names.items()}
    return Wording(tuple(written), question, own, refusal)


def _phrases(sentences: Iterable[str]) -> Iterator[tuple[str, Sort]]:
    """What stands in the place of a person, place or thing."""
    for sentence in sentences:
        fact = next(filter(None, (pattern.match(sentence) for pattern in _FACTS)), None)
        if fact is None:
            continue
        for group, phrase in fact.groupdict().items():
            sort = "person" if group in ("people", "person") else group.rstrip("2")
            parts = re.split(r" and |, ", phrase) if group == "people" else [phrase]
            for part in parts:
                plain = re.sub(r"^(?:the|a|an|my) ", "", part)
                if plain not in _PRONOUNS:
                    yield plain, sort


def _names(sorts: dict[str, Sort], spoken: set[str], known: Container[str]) -> dict[str, str]:
    """A known word for each phrase that the network does not know in its place in the sentence."""
    gives = any(word in spoken for word in GIVE)
    names: dict[str, str] = {}
    for phrase, sort in sorts.items():
        if all(word in known for word in _WORD.findall(phrase)) and not _is_misplaced(phrase, sort):
            continue
        pool = GIVERS if gives and sort == "person" else POOLS[sort]
        free = (word for word in pool if word not in spoken and word not in names.values())
        name = next(free, None)
        if name is not None:
            names[phrase] = name
    return names


def _is_misplaced(phrase: str, sort: Sort) -> bool:
    """Whether the network knows the phrase as something else, such as an animal to be afraid of."""
    others = (word for other, pool in POOLS.items() if other != sort for word in pool)
    return phrase in {*ANIMALS, *ANIMALS.values(), *others} - set(POOLS[sort])


def _rename(sentence: str, names: dict[str, str]) -> str:
    if not names:
        return sentence
    longest = sorted(names, key=len, reverse=True)
    pattern = rf"\b({'|'.join(map(re.escape, longest))})\b"
    return re.sub(pattern, lambda match: names[match[1]], sentence)


def _same_doings(sentence: str) -> str:
    for own, known in MEANS_THE_SAME.items():
        sentence = re.sub(rf"\b{own}\b", known, sentence)
    return sentence


def _as_written(phrase: str, text: str) -> str:
    found = re.search(rf"\b{re.escape(phrase)}\b", text, re.IGNORECASE)
    return found[0] if found else phrase  # a sentence in the network's words may have changed it


def _refusal(question: str, told: list[str], asked: str, known: Container[str]) -> str:
    """Why the story cannot answer the question, whose words are `asked`; empty where it may."""
    kind = next(filter(None, (pattern.match(question) for pattern in _QUESTIONS)), None)
    if kind is None:
        return _("This is none of the twenty kinds of question that the network learnt.")
    spoken = set(_WORD.findall(" ".join(told)))
    for phrase in filter(None, kind.groups()):
        missing = [word for word in _WORD.findall(phrase) if word not in spoken | _LITTLE]
        if missing:
            return _("The story says nothing of “{word}”.").format(
                word=_as_written(missing[0], asked)
            )
    who = re.match(r"where is (\w+)$", question)
    about = [sentence for sentence in told if who and sentence.startswith(f"{who[1]} ")]
    if about and re.match(r"\w+ is (?:not|no longer) in ", about[-1]):
        return _("The story says only where that is not.")
    unread = [word for word in _WORD.findall(question) if word not in known]
    if unread:
        return _("The network never learnt what “{words}” means here.").format(
            words=" ".join(unread)
        )
    return ""
