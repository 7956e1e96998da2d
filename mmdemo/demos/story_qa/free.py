"""Forty stories in words of one's own: names, places and things that bAbI does not have.

They were written before anything was made for them. `LOOKED_AT` may be looked at while something is
changed; `REPORTED` gives the figures.
"""

from __future__ import annotations

from typing import NamedTuple


class FreeStory(NamedTuple):
    """A story with a question.

    Attributes:
        story: sentences.
        question: about it.
        answer: in the story's own words; None where the story does not say, or where it is none of
            the twenty kinds of question.
    """

    story: str
    question: str
    answer: str | None


LOOKED_AT = (
    FreeStory("Mei went to the library. Tom moved to the cellar.", "Where is Mei?", "library"),
    FreeStory(
        "Ahmed travelled to the museum. Lena went to the beach.", "Where is Ahmed?", "museum"
    ),
    FreeStory("Rosa took the lamp. Rosa went to the attic.", "Where is the lamp?", "attic"),
    FreeStory(
        "Kim picked up the book. Kim went to the balcony. Kim dropped the book. "
        "Kim moved to the cellar.",
        "Where is the book?",
        "balcony",
    ),
    FreeStory(
        "Otto got the key. Otto went to the barn. Otto moved to the stable.",
        "Where was the key before the stable?",
        "barn",
    ),
    FreeStory("Nina gave the ring to Paul.", "What did Nina give to Paul?", "ring"),
    FreeStory("Hugo took the hat. Hugo gave the hat to Ida.", "Who gave the hat to Ida?", "Hugo"),
    FreeStory("Eva went to the market. Karl moved to the harbour.", "Is Eva in the market?", "yes"),
    FreeStory("Eva went to the market. Eva moved to the harbour.", "Is Eva in the market?", "no"),
    FreeStory(
        "Lin took the pen. Lin picked up the cup.", "How many objects is Lin carrying?", "two"
    ),
    FreeStory("Ben grabbed the rope. Ben dropped the rope.", "What is Ben carrying?", "nothing"),
    FreeStory("Ada took the map. Ada went to the port.", "What is Ada carrying?", "map"),
    FreeStory("The castle is north of the river.", "What is north of the river?", "castle"),
    FreeStory(
        "Omar went to the bakery. After that he moved to the station.", "Where is Omar?", "station"
    ),
    FreeStory("Zoe and Max went to the pool.", "Where is Max?", "pool"),
    FreeStory("Mei went to the library.", "Where is Tom?", None),
    FreeStory("Mei went to the library.", "What is the capital of France?", None),
    FreeStory("Rosa took the lamp. Rosa went to the attic.", "Where is the umbrella?", None),
    FreeStory("Mary went to the garden.", "How old is Mary?", None),
    FreeStory("Paul is hungry.", "Why did Paul go to the library?", None),
)

REPORTED = (
    FreeStory("Anna went to the forest. Jonas went to the tower.", "Where is Jonas?", "tower"),
    FreeStory(
        "Priya journeyed to the temple. Ravi moved to the river.", "Where is Priya?", "temple"
    ),
    FreeStory("Wei went back to the classroom. Wei travelled to the gym.", "Where is Wei?", "gym"),
    FreeStory("Carlos got the guitar. Carlos moved to the stage.", "Where is the guitar?", "stage"),
    FreeStory(
        "Sofia grabbed the towel. Sofia went to the beach. Sofia put down the towel. "
        "Sofia went to the hotel.",
        "Where is the towel?",
        "beach",
    ),
    FreeStory(
        "Ivan took the letter. Ivan went to the tavern. Ivan travelled to the castle.",
        "Where was the letter before the castle?",
        "tavern",
    ),
    FreeStory("Maya handed the ticket to Leo.", "Who received the ticket?", "Leo"),
    FreeStory("Grandma passed the bread to Felix.", "Who gave the bread to Felix?", "Grandma"),
    FreeStory("Amir gave the coin to Sara.", "What did Amir give to Sara?", "coin"),
    FreeStory("Yuki went to the shrine.", "Is Yuki in the shrine?", "yes"),
    FreeStory("Yuki went to the shrine. Yuki moved to the bridge.", "Is Yuki in the shrine?", "no"),
    FreeStory("Pedro got the drum.", "How many objects is Pedro carrying?", "one"),
    FreeStory(
        "Olga picked up the candle. Olga discarded the candle. Olga went to the chapel.",
        "What is Olga carrying?",
        "nothing",
    ),
    FreeStory("The bank is east of the museum.", "What is east of the museum?", "bank"),
    FreeStory(
        "Lucy and Oscar moved to the zoo. Then they went to the aquarium.",
        "Where is Oscar?",
        "aquarium",
    ),
    FreeStory(
        "Emma is either in the theatre or the bakery. Noah went to the airport.",
        "Is Emma in the bakery?",
        "maybe",
    ),
    FreeStory("Anna went to the forest.", "Where is Bruno?", None),
    FreeStory("Carlos got the guitar.", "What is the guitar made of?", None),
    FreeStory("Ivan took the letter. Ivan went to the tavern.", "Where is the sword?", None),
    FreeStory("Sofia went to the beach.", "Who is the president of Brazil?", None),
)
