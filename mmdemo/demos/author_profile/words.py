"""What the words in its tables mean."""

from mmdemo.core.demo import Method
from mmdemo.core.language import N_

METHODS = {
    "tfidf_linear": Method(
        "Linear model on TF-IDF",
        "Ridge or logistic regression: a weight for each word and pair, rare ones counting more.",
    ),
    "mean_or_majority": Method(
        "Always the commonest",
        "The same answer for every text: the median, or the commonest class.",
    ),
    "book_equal_weights": Method(
        "BOOK, losses weighted alike",
        "The source's network, its three losses added up without weights.",
    ),
}

ANSWERS = (
    *(N_("stars"), N_("star class"), N_("sentiment"), N_("negative"), N_("positive")),
    *(N_("age"), N_("occupation"), N_("gender"), N_("male"), N_("female")),
    *(N_("technology"), N_("education and science"), N_("student")),
    *(N_("business"), N_("media and arts"), N_("public service")),
    *(N_("regression"), N_("softmax"), N_("binary")),
)
"""Columns, classes and kinds of the heads that are shipped, for the catalogues."""

QUESTIONS = {
    "stars": "How many stars, as a number?",
    "star class": "Which of the eight stars?",
    "sentiment": "Is the review positive?",
    "age": "How old is the blogger?",
    "occupation": "What does the blogger do?",
    "gender": "Which gender did the blogger choose?",
    "other languages": "Is a text not English?",
}
