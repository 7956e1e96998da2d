"""What the words in its tables mean."""

from mmdemo.core.demo import Method, Metric

METRICS = {
    "mean_label_below_0.5": Metric(
        "Mean label of pairs with distance < 0.5",
        meaning=(
            "The book's figure: of the pairs that the network puts closer together than 0.5, the "
            "share that show one person. It says nothing of the pairs that it misses."
        ),
    ),
    "false_accepts": Metric(
        "False accepts at that threshold",
        lower_is_better=True,
        meaning=(
            "How often two strangers are taken for one person at the threshold that the page uses."
        ),
    ),
    "false_accepts_said": Metric(
        "False accepts there as said beforehand",
        lower_is_better=True,
        meaning="How often the page says beforehand that two strangers are taken for one person.",
    ),
}

METHODS = {
    "raw_pixels": Method(
        "Raw pixels",
        "Photos are compared point by point, with nothing learnt.",
    ),
    "eigenfaces": Method(
        "Eigenfaces",
        "Photos are compared by the directions in which faces differ most (principal components).",
        "https://doi.org/10.1162/jocn.1991.3.1.71",
    ),
    "fisherfaces": Method(
        "Fisherfaces",
        "Photos are compared by the directions that best tell the people in training apart "
        "(linear discriminant analysis).",
        "https://doi.org/10.1109/34.598228",
    ),
    "published:book": Method(
        "The book's own figure",
        "What the book gives for its network.",
    ),
}

QUESTIONS = {
    "verification": "The same person or not? Faces as the photo frames them",
    "one_shot": "Who is it, of ten? Faces as the photo frames them",
    "verification_found_faces": "The same person or not? Faces found by the detector",
    "one_shot_found_faces": "Who is it, of ten? Faces found by the detector",
    "verification_in_the_wild": "The same person or not? Press photos",
    "book_protocol": "The book's own test",
}
