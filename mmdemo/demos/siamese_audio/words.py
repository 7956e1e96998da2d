"""What the words in its tables mean."""

from mmdemo.core.demo import Method, Metric

METRICS = {
    "one_shot_4way": Metric(
        "4-way one-shot accuracy",
        meaning=(
            "One example of each of four kinds is known: how often a new sound is given the "
            "right name. A guess is right in 25 %."
        ),
    ),
    "speech_heard": Metric(
        "Speech that is called speech",
        meaning="The share of clips of speech that are called speech.",
    ),
    "speech_misheard": Metric(
        "Other sounds that are called speech",
        lower_is_better=True,
        meaning="The share of other sounds that are called speech.",
    ),
    "false_accepts": Metric(
        "False accepts of a kind left out",
        lower_is_better=True,
        meaning=(
            "How often two kinds of sound are called the same, at the page's threshold, where "
            "training heard none of the one kind."
        ),
    ),
    "false_accepts_said": Metric(
        "False accepts as said from the other kinds",
        lower_is_better=True,
        meaning="How often the page says beforehand that this happens, from the other kinds alone.",
    ),
    "false_accepts_times": Metric(
        "The worst kind, in times of what is said",
        percent=False,
        lower_is_better=True,
        digits=1,
        meaning="Of the kind for which it happens most: how many times as often as the page "
        "says. At 1 the page is right.",
    ),
}

METHODS = {
    "mfcc_cosine": Method(
        "MFCC, cosine",
        "Sounds are compared by their average spectrum in 20 numbers (mel-frequency cepstral "
        "coefficients), with nothing learnt.",
    ),
    "mfcc_cosine_standardised": Method(
        "MFCC, standardised, cosine",
        "The same, after each of the numbers was brought to the same spread.",
    ),
    "mfcc_svm": Method(
        "MFCC, support vector machine",
        "A classifier that was trained on the same 20 numbers.",
    ),
    "published:random_forest": Method(
        "Random forest",
        "Many decision trees on spectral numbers (Piczak 2015).",
        "https://doi.org/10.1145/2733373.2806390",
    ),
    "published:piczak_cnn": Method(
        "Piczak's convolutional network",
        "A convolutional network on spectrograms (Piczak 2015).",
        "https://doi.org/10.1109/MLSP.2015.7324337",
    ),
    "published:people": Method(
        "People",
        "People who listened to the same clips (Piczak 2015).",
        "https://doi.org/10.1145/2733373.2806390",
    ),
}

QUESTIONS = {
    "verification": "The same kind or not? Dogs and cats",
    "one_shot": "Which of five kinds is it, by one example each?",
    "same_kind": "The same kind or not? Everyday sounds",
    "classification": "Which of ten everyday sounds is it?",
    "speech": "Is it speech?",
    "unlike_sounds": "Is a sound unlike all that it learnt?",
}
