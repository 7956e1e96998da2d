"""What the words in its tables mean."""

from mmdemo.core.demo import Method, Metric

METRICS = {
    "accuracy_there": Metric(
        "Is there one?",
        meaning="The share of questions whether there is some shape or colour, answered rightly.",
    ),
    "accuracy_shape": Metric(
        "Which shape?", meaning="The share of questions for the shape that are answered rightly."
    ),
    "accuracy_colour": Metric(
        "Which colour?", meaning="The share of questions for the colour that are answered rightly."
    ),
    "accuracy_relational": Metric(
        "Relational",
        meaning="The share answered rightly of questions that need other objects, too.",
    ),
    "accuracy_plain": Metric(
        "Non-relational",
        meaning="The share answered rightly of questions about the named object alone.",
    ),
    "accuracy_nearest": Metric(
        "Nearest", meaning="The share answered rightly: which shape is nearest to the named object?"
    ),
    "accuracy_farthest": Metric(
        "Farthest",
        meaning="The share answered rightly: which shape is farthest from the named object?",
    ),
    "accuracy_count": Metric(
        "How many",
        meaning="The share answered rightly: how many objects have the shape of the named one?",
    ),
}

_SHUFFLED = "The same network, shown another picture than the one that the question is about."
_KNOWN_WORDS = "The same network, asked in the words that it learnt in place of free ones."

METHODS = {
    "relation": Method(
        "Relation network",
        "Each place of the picture is compared with each other one, and all pairs are added up.",
    ),
    "default_shuffled": Method("DEFAULT, pictures shuffled", _SHUFFLED),
    "book_shuffled": Method("BOOK, pictures shuffled", _SHUFFLED),
    "relation_shuffled": Method("Relation network, pictures shuffled", _SHUFFLED),
    "default_known_words": Method("DEFAULT, in known words", _KNOWN_WORDS),
    "book_known_words": Method("BOOK, in known words", _KNOWN_WORDS),
    "relation_known_words": Method("Relation network, in known words", _KNOWN_WORDS),
    "question": Method(
        "From the question alone",
        "No network and no picture: the commonest answer to the same question in training.",
    ),
    "majority": Method(
        "Always the commonest answer", "Whatever is asked, the commonest answer in training."
    ),
    "added": Method(
        "What adding can do",
        "No network: it is told what is in each picture, but only adds what that and what the "
        "question say for each answer, as BOOK's last layer does.",
    ),
    "hidden": Method(
        "BOOK with one more layer",
        "BOOK as it was trained, with a layer of 128 numbers before the answer, which alone was "
        "trained then, and briefly.",
    ),
    "published:rn": Method(
        "Relation network",
        "“Above 94 %”, with pairs of 25 places and four layers.",
        "https://arxiv.org/abs/1706.01427",
    ),
    "published:rn_again": Method(
        "Relation network, by another author",
        "An implementation in PyTorch.",
        "https://github.com/kimhc6028/relational-networks",
    ),
}

QUESTIONS = {
    "shapes": "Are questions about one shape answered rightly?",
    "shapes_elsewhere": "Are they in a scene that another painter made?",
    "photos": "Is a photo told from a scene of shapes?",
    "relations": "Are questions about six objects answered rightly?",
    "relations_elsewhere": "Are they with other objects, in a scene that another painter made?",
}
