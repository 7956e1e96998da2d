"""What the words in its tables mean."""

from mmdemo.core.demo import Method, Metric

METRICS = {
    "localization_accuracy_given_class": Metric(
        "Box right, class given",
        meaning=(
            "The share of boxes with an IoU of at least 0.5 with the true box, where the network "
            "is told what the photo shows."
        ),
    ),
    "localization_accuracy": Metric(
        "Box right, class not given",
        meaning=(
            "The share of boxes with an IoU of at least 0.5 with the true box, by the photo alone."
        ),
    ),
    "top1_localization_accuracy": Metric(
        "Class and box right",
        meaning=(
            "The share of photos where the first guess is right and the box has an IoU of at "
            "least 0.5 with the true one."
        ),
    ),
}

METHODS = {
    "centred_box": Method(
        "The best box in the middle",
        "The same box for every photo, in its middle: the one that is right most often in "
        "training.",
    ),
    "centred_box_of_class": Method(
        "The best box in the middle, for each kind",
        "The same for every photo of a kind of thing, which is told.",
    ),
    "whole_photo": Method(
        "The whole photo",
        "The photo's own edges as the box.",
    ),
}

QUESTIONS = {
    "localization": "What does a photo show, and where?",
    "none of these": "Does a picture show none of these kinds?",
}
