"""What the words in its tables mean."""

from mmdemo.core.demo import Method, Metric

LEVELS = {
    "moved": ("moved by {} pixels", (0, 2, 4, 6)),
    "turned": ("turned by {} degrees", (0, 15, 30, 45)),
    "scaled": ("{} times as large", (0.6, 0.8, 1, 1.2, 1.4)),
    "covered": ("behind a square of {} pixels", (0, 6, 10, 14)),
}
"""How strongly digits are changed, by the way."""

METRICS = {
    "error": Metric(
        "Error",
        lower_is_better=True,
        percent_digits=2,
        meaning="The share of digits that are taken for another one.",
    ),
    "pair_error": Metric(
        "Pairs not both right",
        lower_is_better=True,
        meaning="The share of pictures in which the two digits that are named are not those there.",
    ),
    "still_read": Metric(
        "Still read as that digit",
        lower_is_better=True,
        meaning=(
            "The share of digits with displaced parts that are taken for the digit whose parts "
            "they are."
        ),
    ),
    "sure_of_it": Metric(
        "Sure of some digit",
        lower_is_better=True,
        meaning=(
            "The share of digits with displaced parts of which some capsule is longer than a half, "
            "or some probability larger."
        ),
    ),
    "told_by_length": Metric(
        "Told by the longest capsule (AUC)",
        percent=False,
        meaning=(
            "How often a whole digit has a longer capsule, or a larger probability, than one with "
            "displaced parts: 1 is always, 0.5 is a coin."
        ),
    ),
    "told_by_drawing": Metric(
        "Told by the drawing (AUC)",
        percent=False,
        meaning=(
            "How often a whole digit is more like what the decoder draws of it than one with "
            "displaced parts."
        ),
    ),
    "digit_error": Metric(
        "Digits missed",
        lower_is_better=True,
        meaning="The share of all digits that are not among the two that are named.",
    ),
    **{
        f"error_{kind}_{level:g}": Metric(
            f"Error, {said.format(f'{level:g}')}",
            lower_is_better=True,
            meaning="The share of digits that are taken for another one, changed in this way.",
        )
        for kind, (said, levels) in LEVELS.items()
        for level in levels
    },
}

_NARROW = (
    "The paper's network with a quarter of its maps and of its kinds of parts, trained anew with {}"
    " as long as that."
)

METHODS = {
    "cnn": Method(
        "CNN",
        "The same convolutions as DEFAULT; a dense layer of as many numbers stands in place of "
        "capsules.",
    ),
    "cnn_decoder": Method(
        "CNN that draws",
        "The same, which also learns to draw the digit from its last hidden layer.",
    ),
    "nearest": Method(
        "Nearest neighbours",
        "No network: the digit of the three training pictures that differ least, pixel by pixel.",
    ),
    "linear": Method(
        "Linear regression",
        "No network: each pixel speaks for or against each digit, and all are added up.",
    ),
    **{
        f"rounds_{count}": Method(
            f"BOOK, {said}",
            "Trained with three rounds of routing, and asked with another number of them.",
        )
        for count, said in ((1, "one round"), (2, "two"), (3, "three"), (5, "five"))
    },
    "narrow_1": Method("Narrow, one round", _NARROW.format("one round of routing")),
    "narrow_3": Method("Narrow, three rounds", _NARROW.format("three rounds")),
    "published:capsnet": Method(
        "CapsNet", "With three rounds of routing.", "https://arxiv.org/abs/1710.09829"
    ),
    "published:capsnet_cnn": Method(
        "CNN of that paper",
        "Larger than its network of capsules.",
        "https://arxiv.org/abs/1710.09829",
    ),
    "published:efficient_capsnet": Method(
        "Efficient-CapsNet", "One network.", "https://arxiv.org/abs/2101.12491"
    ),
    "published:efficient_capsnet_ensemble": Method(
        "Efficient-CapsNet, many", "An ensemble.", "https://arxiv.org/abs/2101.12491"
    ),
    "published:capsnet_keras": Method(
        "CapsNet-Keras",
        "The first paper's network, by another author.",
        "https://github.com/XifengGuo/CapsNet-Keras",
    ),
}

QUESTIONS = {
    "digits": "Which digit is it?",
    "distorted": "Is a digit read that is turned, slanted, scaled and moved at once?",
    "pens": "Are digits read that other people wrote?",
    "drawn": "Are digits read that a program drew?",
    "displaced": "Are digits told from their parts in wrong places?",
    "moved": "What if a digit is not in the middle?",
    "turned": "What if it is turned?",
    "scaled": "What if it is larger or smaller?",
    "covered": "What if a part of it is hidden?",
    "rounds": "What do rounds of routing add?",
    "overlaid": "Which two digits lie over each other?",
    "overlaid_pens": "Are two digits read that other people wrote?",
    "overlaid_drawn": "Are two digits read that a program drew?",
}
