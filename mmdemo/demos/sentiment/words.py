"""What the words in its tables mean."""

from mmdemo.core.demo import Method

METHODS = {
    "convolutions_alone": Method(
        "Convolutions alone",
        "DEFAULT without its weights for single words, pairs and triples.",
    ),
    "ngrams_alone": Method(
        "N-grams alone",
        "DEFAULT's weights for words, pairs and triples that it learnt from whole reviews, "
        "without the rest.",
    ),
    "phrases_alone": Method(
        "Phrases alone",
        "DEFAULT's weights for words, pairs and triples that it learnt from sentences as "
        "well, without the rest.",
    ),
    "tfidf_logistic": Method(
        "Logistic regression on TF-IDF",
        "A weight for each word and pair, rare ones counting more.",
    ),
    "nb_logistic_bigrams": Method(
        "Logistic regression, naive Bayes",
        "A weight for each word and pair, scaled by how much more often it stands in "
        "positive reviews (Wang and Manning 2012).",
        "https://aclanthology.org/P12-2018/",
    ),
    "published:tutorial": Method(
        "The tutorial's own figure",
        "What the tutorial gives for its network.",
    ),
    "published:fasttext_bigrams": Method(
        "fastText with bigrams",
        "Averaged word vectors of words and pairs, as the Keras example of fastText gives it.",
        "https://arxiv.org/abs/1607.01759",
    ),
    "published:nb_svm_bigrams": Method(
        "NB-SVM with bigrams",
        "A support vector machine on words and pairs, scaled by naive Bayes (Wang and "
        "Manning 2012).",
        "https://aclanthology.org/P12-2018/",
    ),
}

QUESTIONS = {
    "sentiment": "Is a film review positive?",
    "sentences": "Is a single sentence about a film positive?",
    "negation": "Is a “not” understood?",
    "other languages": "Is a text not English?",
}
