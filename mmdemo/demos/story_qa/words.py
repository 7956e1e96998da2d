"""What the words in its tables mean."""

from mmdemo.core.demo import Method, Metric
from mmdemo.core.language import N_

KINDS = (
    N_("One supporting fact"),
    N_("Two supporting facts"),
    N_("Three supporting facts"),
    N_("Relations of two things"),
    N_("Who gave what to whom"),
    N_("Yes or no"),
    N_("Counting"),
    N_("Lists"),
    N_("Negation"),
    N_("Uncertain knowledge"),
    N_("He and she"),
    N_("Two at once"),
    N_("They"),
    N_("Times of day"),
    N_("Deduction"),
    N_("Induction"),
    N_("Above, below, left, right"),
    N_("Sizes"),
    N_("Finding a way"),
    N_("Motives"),
)
"""Of question, as bAbI numbers them."""

METRICS = {
    f"accuracy_qa{number}": Metric(
        f"qa{number}", meaning=f"{kind}: the share of such questions that is answered rightly."
    )
    for number, kind in enumerate(KINDS, start=1)
}

METHODS = {
    "DEFAULT_1k": Method(
        "DEFAULT, 1,000 questions",
        "DEFAULT trained on 1,000 questions of each kind in place of 10,000.",
    ),
    "BOOK_1k": Method(
        "BOOK, 1,000 questions",
        "BOOK trained on 1,000 questions of each kind in place of 10,000.",
    ),
    "most_frequent_answer_1k": Method(
        "Always the commonest answer, 1,000 questions",
        "For each kind of question, the answer that was right most often in training.",
    ),
    "most_frequent_answer_10k": Method(
        "Always the commonest answer, 10,000 questions",
        "For each kind of question, the answer that was right most often in training.",
    ),
    "logistic_regression_on_words_1k": Method(
        "Logistic regression on words, 1,000 questions",
        "A weight for each word of story and question, whatever their order.",
    ),
    "logistic_regression_on_words_10k": Method(
        "Logistic regression on words, 10,000 questions",
        "A weight for each word of story and question, whatever their order.",
    ),
    "published:Weston_LSTM_1k": Method(
        "LSTM of Weston et al., 1,000 questions",
        "A recurrent network as in the paper that introduced the set (2016).",
        "https://arxiv.org/abs/1502.05698",
    ),
    "published:Keras_babi_rnn_1k": Method(
        "Keras' example babi_rnn, 1,000 questions",
        "Recurrent networks for story and question, as the documentation of the example gives it.",
    ),
    "published:MemN2N_3_hops_1k": Method(
        "End-to-end memory network, 1,000 questions",
        "Attention over sentences in three hops (Sukhbaatar et al. 2015).",
        "https://arxiv.org/abs/1503.08895",
    ),
    "published:MemN2N_10k": Method(
        "End-to-end memory network, 10,000 questions",
        "Attention over sentences in hops (Sukhbaatar et al. 2015).",
        "https://arxiv.org/abs/1503.08895",
    ),
    "published:DMN+_10k": Method(
        "Dynamic memory network+, 10,000 questions",
        "Attention over sentences with recurrent memory (Xiong et al. 2016).",
        "https://arxiv.org/abs/1603.01417",
    ),
    "the_same_without_rewording": Method(
        "DEFAULT without rewording",
        "The same network, where the page does not read your names and things as ones that "
        "it learnt.",
    ),
    "last_word": Method(
        "The last word",
        "The story's last word, whatever is asked.",
    ),
}

QUESTIONS = {
    "answers_to_20_kinds_of_question": "How many of 20 kinds of question are answered rightly?",
    "questions_not_in_training": "Questions that do not stand in training with the same story",
    "stories_in_free_words": "Stories in words of one's own",
}
