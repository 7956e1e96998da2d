"""Do two sentences say the same? One LSTM reads both."""

from mmdemo.core.demo import Demo, Family, Texts

from . import words

DEMO = Demo(
    slug="sentence_similarity",
    title="Say it again",
    family=Family.TEXT,
    summary=(
        "Two sentences in: do they say the same, from 0 to 5? And among thousands of questions, "
        "which ones are like a new one?"
    ),
    source=(
        "the Keras functional-API tutorial, “sentence similarity with a shared LSTM”; "
        "Mueller and Thyagarajan 2016; Parikh et al. 2016"
    ),
    pipeline="sentence-similarity",
    datasets=("sick", "stsbenchmark", "aclImdb", "mrpc", "rt_polarity"),
    headline=("sick", "pearson_r", "{value} correlation with people's judgement on SICK"),
    explanation="""
One **LSTM** reads both sentences, with the same weights: whatever it learns about reading the first
helps with the second. That is what the tutorial shows, and how BOOK works: it puts the two last
states side by side and lets a dense layer judge. But a dense layer on two things side by side need
not treat them alike, so “A, B” and “B, A” get different scores; the table says how different.

DEFAULT cannot tell which sentence came first. Each word looks for its **counterpart** in the other
sentence, both ways; what is left over is compared, summed over both sides, and judged. Its word
vectors were counted from film reviews and the training sentences, not taken from elsewhere. On
texts of a kind that it never read, such a network is worse than counting common words. So a small
one beside it does just that, and the **fewer of your words were learnt, the more it decides**.

Beside the score it gives every sentence a **vector**, so that thousands can be searched: each is
read once, and the nearest are found by cosine and then compared word by word.
""",
    predict_files=(
        "text files with two sentences a line, a tab between them; or a .csv or .tsv with "
        "the columns sentence1 and sentence2"
    ),
    own_data=(
        "A table (`.csv`, `.tsv`) with the columns `sentence1`, `sentence2` and `score` from 0 "
        "(unrelated) to 5 (the same), and at least 100 rows."
    ),
    own_data_arguments="--data FILE.csv",
    metrics=words.METRICS,
    limits=(
        "English only. It learnt from captions of pictures, headlines of news and answers in "
        "forums, most of them short: written up to 2016, mostly on websites of the United States "
        "and Britain. What stands near a word it has from film reviews on IMDB, up to 2011.",
        "It looks for common words and words of a like use: “happy” and “sad” are alike to "
        "it, and who bites whom hardly counts.",
        "On sentences of a kind that it never read it mostly counts words in common, by what "
        "they are, how they are spelt and what stands near them: better than plain counting "
        "(TF-IDF), and far from understanding.",
    ),
    lesson=(
        "Exchange the two sentences and ask again, with BOOK and with DEFAULT. Whose answer "
        "changes, and what in the network makes the difference?",
        "Give “Denied” and “Who bites whom” a score from 0 to 5 yourselves, each on your "
        "own, before you ask. How far are you apart from each other, and how far is the "
        "network from you?",
        "Search the questions with words of which none occurs in the one that you want. Is "
        "it found? What does the network know of the words, and where does it have that "
        "from?",
    ),
    icon=('<path d="M3 5h11v7H8l-3 3v-3H3z"/><path d="M10 15h6l3 3v-3h2V8h-4"/>'),
    predict_texts=Texts("two sentences, each in quotes", joint="\t"),
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
