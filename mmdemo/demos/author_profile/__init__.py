"""One text, three answers: a trunk that is shared, and a head for each question."""

from mmdemo.core.demo import Demo, Family, Option, Task, Texts

from . import words

DEMO = Demo(
    slug="author_profile",
    title="One text, three answers",
    family=Family.TEXT,
    summary=(
        "Paste a review: its stars, how sure the network is of each, and whether it is positive, "
        "from one network with three outputs."
    ),
    source=(
        "the Keras functional-API tutorial, “a network with several outputs” "
        "(age, income and gender of an author)"
    ),
    datasets=("aclImdb", "blogs_adult", "rt_polarity"),
    headline=("stars", "mae", "{value} stars off on average, over 25,000 held-out film reviews"),
    explanation="""
The words of a text become **vectors**, and **one-dimensional convolutions** look for turns of
phrase in them. So far this is one network with one result, a short list of numbers that sums the
text up. Then it **branches**: three small last layers, the *heads*, read the same list. One gives a
number (a **regression**), one a probability for each of several classes (a **softmax**), one a
single probability (a **sigmoid**).

They are trained together: the three losses are added up, each times its **weight**, and the sum is
what training lowers. The losses come in different units, so the weights decide who is heard.
A squared error in stars starts near 40, a logistic loss near 0.7: added as they are, the network
would work almost only for the stars.

The builder takes its heads from the columns of a table, so that it learns other answers from your
own texts.
""",
    predict_files="text files of a review each",
    own_data=(
        "A table (`.csv`, `.tsv`) with a column of texts (`text`, or else the one with the longest "
        "cells) and a column for each answer, at least 60 rows. A fifth of the rows is held out to "
        "measure the result. For the tutorial's three answers: `--data FILE.csv --target "
        "age:regression --target income:softmax --target gender:binary`."
    ),
    own_data_arguments="--data FILE.csv --target COLUMN:KIND",
    tasks=(
        Task("stars"),
        Task("posts", "Bloggers of 2004: age, occupation, gender", ("default",)),
    ),
    train_options=(
        Option(
            "--target",
            "a column of a --data table to predict, and how (regression, softmax or binary); may "
            "be repeated",
            metavar="COLUMN:KIND",
            repeats=True,
        ),
    ),
    limits=(
        "It cannot tell who anybody is. What it says of the writer of a post is a little "
        "better than chance, and no more; nothing should be decided by it.",
        "The stars come from film reviews on IMDB up to 2011, the posts from 276 grown-up "
        "bloggers who wrote English in 2004. Other people at other times write otherwise.",
        "Gender and the groups of age are those that the bloggers chose from a form with few "
        "choices.",
        "A text under 20 words says little. English only.",
    ),
    lesson=(
        "Turn a rave into a slating, one word at a time. Three answers come from one "
        "network: the stars, how likely each number of stars is, and whether it is "
        "positive. Do they ever contradict each other?",
        "Read the mixed review. Two numbers of stars can be likely at once: what does the "
        "average of them hide?",
        "Choose the network of the bloggers and read something that you wrote. Is it right "
        "about you? How good is it, by “How good it is”, and what would be wrong with "
        "deciding anything about somebody by it?",
    ),
    icon=(
        '<path d="M4 5h7M4 9h7M4 13h5"/><path d="M11 9h3M14 9l3-4h3M14 9h6M14 9l3 4h3"/>'
        '<path d="M4 17h5"/>'
    ),
    predict_texts=Texts("the review itself, in quotes"),
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
