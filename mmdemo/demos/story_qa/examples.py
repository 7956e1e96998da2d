"""Example stories: our own sentences in the words that the networks know."""

from __future__ import annotations

from dataclasses import dataclass

from mmdemo.core.data import examples
from mmdemo.core.language import N_


@dataclass(frozen=True)
class Example:
    """A story and a question."""

    label: str
    story: str
    question: str


EXAMPLES = (
    Example(
        N_("Where is the milk?"),
        "Sandra journeyed to the kitchen.\n"
        "Sandra picked up the milk there.\n"
        "Daniel went to the office.\n"
        "Sandra travelled to the garden.\n"
        "Sandra left the milk.\n"
        "Sandra moved to the hallway.",
        "Where is the milk?",
    ),
    Example(
        N_("Which way?"),
        "The garden is north of the office.\n"
        "The bedroom is east of the garden.\n"
        "The hallway is south of the office.\n"
        "The kitchen is west of the hallway.\n"
        "The bathroom is south of the kitchen.",
        "How do you go from the office to the bedroom?",
    ),
    Example(
        N_("Is it bigger?"),
        "The chocolate fits inside the box.\n"
        "The box fits inside the suitcase.\n"
        "The suitcase is bigger than the chest.\n"
        "The container is bigger than the suitcase.",
        "Is the container bigger than the chest?",
    ),
    Example(
        N_("Where was she before?"),
        "This morning Julie went to the school.\n"
        "Fred moved to the park yesterday.\n"
        "This evening Julie journeyed to the cinema.\n"
        "Julie travelled to the office this afternoon.",
        "Where was Julie before the cinema?",
    ),
)


def requests() -> tuple[examples.Request, ...]:
    """A story and a question: what `bench` asks."""
    first = EXAMPLES[0]
    file = examples.text_file("story_qa", "story.txt", f"{first.story}\n{first.question}\n")
    arguments = {"story": first.story, "question": first.question}
    return (examples.Request("story_qa_answer", arguments, (file,)),)
