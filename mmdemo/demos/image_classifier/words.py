"""What the words in its tables mean."""

from mmdemo.core.demo import Method

METHODS = {
    "linear_on_histograms": Method(
        "Linear classifier on histograms",
        "A classifier without layers, which weighs the directions of edges in 8 x 8 cells of "
        "a picture and a histogram of its colours.",
    ),
}

QUESTIONS = {
    "classification": "Which of 200 kinds of thing does a photo show?",
    "none of these": "Does a picture show none of these kinds?",
}
