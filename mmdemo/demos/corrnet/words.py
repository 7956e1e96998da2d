"""What the words in its tables mean."""

from mmdemo.core.demo import Method, Metric

METRICS = {
    "transfer_left_to_right": Metric(
        "Transfer, left to right half",
        meaning=(
            "A classifier is trained on the codes of left halves: the share of right halves that "
            "it names rightly."
        ),
    ),
    "transfer_right_to_left": Metric(
        "Transfer, right to left half",
        meaning=(
            "A classifier is trained on the codes of right halves: the share of left halves that "
            "it names rightly."
        ),
    ),
    "sum_correlation": Metric(
        "Sum of correlations (of 50)",
        percent=False,
        meaning=(
            "The correlations of the 50 numbers of the code between both halves, added up: 50 is "
            "perfect."
        ),
    ),
    "canonical_correlation": Metric(
        "The same after whitening",
        percent=False,
        meaning=(
            "The same after the numbers were made independent of each other, so that none counts "
            "twice."
        ),
    ),
    "error_left_from_left": Metric(
        "Error of left half from left",
        percent=False,
        lower_is_better=True,
        meaning="How far the recreated left half is from the true one, given the left half.",
    ),
    "error_right_from_left": Metric(
        "of right from left",
        percent=False,
        lower_is_better=True,
        meaning="How far the recreated right half is from the true one, given the left half.",
    ),
    "error_right_from_right": Metric(
        "of right from right",
        percent=False,
        lower_is_better=True,
        meaning="How far the recreated right half is from the true one, given the right half.",
    ),
    "error_left_from_right": Metric(
        "of left from right",
        percent=False,
        lower_is_better=True,
        meaning="How far the recreated left half is from the true one, given the right half.",
    ),
    "transfer_picture_to_speech": Metric(
        "Transfer, picture to speech",
        meaning=(
            "A classifier is trained on the codes of pictures: the share of spoken digits that "
            "it names rightly."
        ),
    ),
    "transfer_speech_to_picture": Metric(
        "Transfer, speech to picture",
        meaning=(
            "A classifier is trained on the codes of spoken digits: the share of pictures that "
            "it names rightly."
        ),
    ),
    "picture_to_speech_r1": Metric(
        "Picture finds speech, R@1",
        meaning="How often the recording that is nearest to a picture says its digit.",
    ),
    "picture_to_speech_r10": Metric(
        "Picture finds speech, R@10",
        meaning="How often one of the ten recordings that are nearest to a picture says its digit.",
    ),
    "picture_to_speech_map": Metric(
        "Picture finds speech, mAP",
        meaning=(
            "How far to the front the recordings of its digit come in the order of nearness to a "
            "picture (mean average precision): 100 % is before all others."
        ),
    ),
    "speech_to_picture_r1": Metric(
        "Speech finds picture, R@1",
        meaning="How often the picture that is nearest to a recording shows its digit.",
    ),
    "speech_to_picture_r10": Metric(
        "Speech finds picture, R@10",
        meaning=(
            "How often one of the ten pictures that are nearest to a recording shows its digit."
        ),
    ),
    "speech_to_picture_map": Metric(
        "Speech finds picture, mAP",
        meaning=(
            "How far to the front the pictures of its digit come in the order of nearness to a "
            "recording (mean average precision): 100 % is before all others."
        ),
    ),
    "generated_picture_recognised": Metric(
        "Generated picture recognised",
        meaning="The share of pictures made from speech whose digit another classifier recognises.",
    ),
    "generated_sound_recognised": Metric(
        "Generated sound recognised",
        meaning="The share of sounds made from pictures whose digit another classifier recognises.",
    ),
    "digits_refused": Metric(
        "Digits refused",
        lower_is_better=True,
        meaning="The share of spoken digits that are refused by mistake.",
    ),
    "synthetic_digits_refused": Metric(
        "Synthetic digits refused",
        lower_is_better=True,
        meaning="The share of digits by a speech synthesiser that are refused by mistake.",
    ),
    "words_refused": Metric(
        "Other words refused",
        meaning="The share of other words that are refused, as they should be.",
    ),
    "music_refused": Metric(
        "Notes refused",
        meaning="The share of notes of instruments that are refused, as they should be.",
    ),
    "noises_refused": Metric(
        "Noises refused",
        meaning="The share of everyday noises that are refused, as they should be.",
    ),
    "animals_refused": Metric(
        "Cats and dogs refused",
        meaning="The share of cats and dogs that are refused, as they should be.",
    ),
    "named_wrongly": Metric(
        "Digits named wrongly",
        lower_is_better=True,
        meaning="The share of digits that get another digit's name.",
    ),
    "wrong_warned": Metric(
        "Wrong ones warned of",
        meaning=(
            "Of the digits that are named wrongly, the share with a warning that it is not sure."
        ),
    ),
    "right_warned": Metric(
        "Right ones warned of",
        lower_is_better=True,
        meaning=(
            "Of the digits that are named rightly, the share with a warning that it is not sure."
        ),
    ),
}

METHODS = {
    "cca": Method(
        "Canonical correlation analysis",
        "The linear method with the same aim: directions of both senses that go up and down "
        "together.",
    ),
    "svm": Method(
        "Support vector machine",
        "A classifier of the picture or the sound alone, with no joint space.",
    ),
    "reader_alone": Method(
        "The reader alone",
        "The network's own digit reader, without the part that tells digits from other sounds.",
    ),
    "corrnet_paper_form": Method(
        "CorrNet in the paper's form",
        "The paper's network, trained here (Chandar et al. 2016).",
        "https://arxiv.org/abs/1504.07225",
    ),
    "published:corrnet_2016_authors_code": Method(
        "CorrNet, authors' code",
        "What the authors' code gives on the same protocol.",
        "https://arxiv.org/abs/1504.07225",
    ),
    "published:deep_variant": Method(
        "CorrNet, deep, authors' code",
        "What the authors' code gives with more layers.",
        "https://arxiv.org/abs/1504.07225",
    ),
}

QUESTIONS = {
    "digits: transfer": "Digits: does what was learnt of one sense hold for the other?",
    "digits: retrieval": "Digits: is the partner in the other sense found?",
    "digits: generation": "Digits: is what it makes up recognised?",
    "digits: naming what is said": "Digits: is the spoken one named?",
    "digits: naming what is drawn": "Digits: is the drawn one named?",
    "digits: refusal": "Digits: is refused what is none?",
    "digits: caution": "Digits: does it warn where it is wrong?",
    "halves": "Halves of digits: does what was learnt of one half hold for the other?",
    "names_arabic": "Names in Arabic script: is the same name found?",
    "names_chinese": "Names in Chinese script: is the same name found?",
    "names_hebrew": "Names in Hebrew script: is the same name found?",
    "names_russian": "Names in Cyrillic script: is the same name found?",
    "digits: other drawings": "Is a drawing no digit?",
}
