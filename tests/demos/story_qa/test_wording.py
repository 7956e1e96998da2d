"""Stories in words of one's own: told in known words, and back; what is refused, and what never."""

import pytest

from mmdemo.demos.story_qa import free, infer, stories
from mmdemo.demos.story_qa.wording import known_wording

KNOWN = set(infer.known_words())


def reword(story: str, question: str):
    told, _ = infer.sentences(story)
    return known_wording(told, question.rstrip("?"), KNOWN)


def test_words_are_told_by_others_of_their_sort():
    wording = reword("Mei took the lamp. Mei and Tom went to the attic.", "Where is the lamp?")
    assert wording.own == {"mary": "Mei", "apple": "lamp", "john": "Tom", "bathroom": "attic"}
    assert wording.told == ("mary took the apple", "mary and john went to the bathroom")
    assert wording.asked == "where is the apple"
    assert wording.own_words("bathroom") == "attic"
    assert wording.own_words("apple,milk") == "lamp,milk"
    assert not wording.refusal


def test_words_of_the_story_itself_are_left_to_it():
    wording = reword("Mary went to the bathroom. Mei went to the attic.", "Where is Mei?")
    assert wording.told == ("mary went to the bathroom", "john went to the bedroom")


def test_phrases_and_doings_of_ones_own():
    wording = reword("Uncle Bob walked to the tool shed.", "Where is Uncle Bob?")
    assert wording.told == ("mary went to the bathroom",)
    assert wording.own == {"mary": "Uncle Bob", "bathroom": "tool shed"}


def test_words_that_the_network_knows_as_something_else():
    story = "The dog went to the beach. The cat went to the forest."
    wording = reword(story, "Where is the dog?")
    assert wording.own == {"mary": "dog", "bathroom": "beach", "john": "cat", "bedroom": "forest"}
    assert infer.answer(story, "Where is the dog?").answer == "beach"
    assert infer.answer(story, "Where is the cat?").answer == "forest"


def test_where_somebody_is_not_does_not_say_where_they_are():
    assert "only where" in reword("Kim is not in the lab.", "Where is Kim?").refusal
    assert not reword("Kim is not in the lab. Kim went to the pub.", "Where is Kim?").refusal
    assert not reword("Kim is no longer in the lab.", "Is Kim in the lab?").refusal


def test_more_names_than_words_stay_unknown():
    names = ["Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ira", "Jo"]
    story = " ".join(f"{name} went to the garden." for name in names)
    assert len(reword(story, "Where is Ada?").own) == 8


@pytest.mark.parametrize("task", stories.TASKS)
def test_the_twenty_kinds_are_told_as_they_are(task):
    for seed in range(15):
        told = infer.fresh(task, seed)
        wording = reword("\n".join(told.story), told.question)
        assert not wording.own
        assert not wording.refusal
        assert not wording.says_nothing_of(told.answer)


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("Where is Tom?", "nothing of “Tom”"),
        ("What is Tom carrying?", "nothing of “Tom”"),
        ("Who gave the cup to Mei?", "nothing of “cup”"),
        ("How old is Mei?", "none of the twenty kinds"),
        ("What is the capital of France?", "none of the twenty kinds"),
    ],
)
def test_what_is_not_told_is_not_answered(question, why):
    answered = infer.answer("Mei went to the library.", question)
    assert answered.answer == infer.NOT_SAID
    assert why in answered.refused
    assert answered.probability == 0
    assert answered.candidates == ()
    assert not infer.answer("Mei went to the library.", question, "book").refused


def test_a_place_that_the_story_does_not_name_is_not_answered():
    answered = infer.answer("Mei took the lamp.", "Where is Mei?")
    assert answered.unknown == ()  # what is told in other words is not read over
    assert answered.refused == "The story does not say."


def test_both_halves_of_the_free_stories_are_answered_or_refused():
    for half in (free.LOOKED_AT, free.REPORTED):
        right = [
            infer.answer(each.story, each.question).answer == (each.answer or infer.NOT_SAID)
            for each in half
        ]
        assert sum(right) >= 0.85 * len(right)
