"""What the words in its tables mean."""

from mmdemo.core.demo import Method, Metric

METRICS = {
    "order_difference": Metric(
        "A-B against B-A, points of 5",
        percent=False,
        lower_is_better=True,
        meaning="How much the score changes, on average, where the two sentences change places.",
    ),
    "order_difference_over_half": Metric(
        "of which over half a point",
        lower_is_better=True,
        meaning=(
            "The share of pairs whose score changes by more than half a point where the "
            "sentences change places."
        ),
    ),
    "r_headlines": Metric(
        "r on headlines",
        percent=False,
        meaning="Pearson r with people's judgement on pairs of headlines.",
    ),
    "r_press_paraphrases": Metric(
        "r on press paraphrases",
        percent=False,
        meaning="Pearson r with people's judgement on pairs of press sentences.",
    ),
    "r_news_forums": Metric(
        "r on news forums",
        percent=False,
        meaning="Pearson r with people's judgement on pairs of answers in news forums.",
    ),
    "paraphrase_auc": Metric(
        "AUC on Microsoft's paraphrases",
        percent=False,
        meaning=(
            "How often the closer pair of two is the paraphrase, in Microsoft's corpus: 1 is "
            "always, 0.5 is a coin."
        ),
    ),
}

METHODS = {
    "default_sentence_vectors": Method(
        "DEFAULT's sentence vectors",
        "The cosine of two vectors, each made of one sentence alone: what the search uses.",
    ),
    "tfidf_cosine": Method(
        "TF-IDF, cosine",
        "Common words are counted, rare ones more.",
    ),
    "ridge_on_overlap": Method(
        "Ridge regression on overlap",
        "A few counts of common words and letters, weighed as the training pairs ask.",
    ),
    "published:malstm_word2vec": Method(
        "MaLSTM with word2vec",
        "One LSTM for both sentences, on word vectors from 100 billion words (Mueller and "
        "Thyagarajan 2016).",
        "https://doi.org/10.1609/aaai.v30i1.10350",
    ),
    "published:kerasts_cnn": Method(
        "KeraSTS, convolutional",
        "A convolutional network for both sentences (Baudiš et al. 2016).",
        "https://arxiv.org/abs/1603.06127",
    ),
    "published:kerasts_rnn": Method(
        "KeraSTS, recurrent",
        "A recurrent network for both sentences (Baudiš et al. 2016).",
        "https://arxiv.org/abs/1603.06127",
    ),
}

QUESTIONS = {
    "sick": "SICK: how related are two captions, from 0 to 5?",
    "sts_benchmark": "STS benchmark: how alike are two sentences, from 0 to 5?",
    "newspapers": "Sentences from newspapers",
    "other languages": "Is a text not English?",
}
