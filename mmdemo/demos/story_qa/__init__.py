"""Questions about a story: two inputs, one answer."""

from mmdemo.core.demo import Demo, Family, Texts

from . import words

DEMO = Demo(
    slug="story_qa",
    title="Ask a story",
    family=Family.TEXT,
    summary=(
        "A short story and a question in, one answer out, with the sentences that the network "
        "looked at to find it."
    ),
    source=(
        "the two-input question answering network of the Keras functional-API tutorial; tasks: "
        "Weston et al. 2016, “Towards AI-complete question answering”"
    ),
    datasets=("babi",),
    headline=(
        "answers_to_20_kinds_of_question",
        "mean_accuracy",
        "{value} right, mean of 20 kinds of question",
    ),
    explanation="""
The network has **two inputs**, a story and a question, and **one output**: a probability for every
answer that it knows.

**BOOK** reads the story word by word with one LSTM and the question with another, puts their two
last states side by side, and answers from these. By the end of a long story, most of its beginning
is forgotten, and when it reads the story it does not know yet what will be asked.

**DEFAULT** keeps every sentence as a vector, and knows the question from the start. Then the same
block runs over all sentences five times, in *hops*: each sentence, and the question, looks for
sentences that match it, and adds what it finds to its own vector. Most of its attention heads walk
back in time and stop at the **nearest match**: so the latest place where Mary was told to be wins
over earlier ones. After a hop or two the question knows who holds the milk, after another where
that person is.

Both know only the words of their 20 kinds of story. What they learn is to follow such stories, not
to know the world: in their stories milk is never carried to a park, and if yours is, they say with
full confidence that it is somewhere else.
""",
    predict_files="text files with a sentence or a question a line",
    own_data=(
        "A folder with a file `NAME_train.txt` for each kind of story, and `NAME_test.txt` or else "
        "a fifth of the stories is held out. A line is `NUMBER SENTENCE` or "
        "`NUMBER QUESTION<tab>ANSWER`; number 1 begins a new story."
    ),
    metrics=words.METRICS,
    limits=(
        "It knows nothing of the world. It answers twenty kinds of question about who is "
        "where, has what and goes where, told in short English sentences; anything else it "
        "does not answer.",
        "Nobody wrote what it learnt from: a program told the stories, made by Facebook AI "
        "Research in the United States in 2015, with a few dozen names, places and things.",
        "Names, places and things of your own are read as ones that it learnt, eight people, "
        "eight places and three things at most; beyond them it reads over what it does not "
        "know.",
        "A sentence of your own may say something that none of its stories ever said (“she is"
        " on her way to the kitchen”): it reads that as the nearest thing that they do say.",
    ),
    lesson=(
        "In the story of the milk, exchange two lines, or take one out. Guess first: when "
        "does the answer change? Compare with the sentences that it looked at.",
        "Ask both networks about a long story of the second or third kind. Which one is "
        "wrong more often? BOOK reads the story before it knows the question: why does that "
        "make it harder?",
        "Put your own names into a story, then things and places that nobody could know. "
        "What does it read in their place? What does it know of the world, and what only of "
        "its stories?",
    ),
    icon=(
        '<path d="M3 5h8a2 2 0 0 1 2 2v13a2 2 0 0 0-2-2H3z"/><path d="M6 9h4M6 12.500h4"/>'
        '<path d="M16.500 8a2.300 2.300 0 1 1 3.200 2.100c-.9.4-1.200 1-1.200 1.900M18.500 15v.1"/>'
    ),
    predict_texts=Texts("a story that ends with its question, in quotes", joint="\n"),
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
