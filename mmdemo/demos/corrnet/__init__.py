"""CorrNet: one code for two senses, and either of them made from the other."""

from mmdemo.core.demo import Demo, Family, Option, Task, Texts

from . import words

DEMO = Demo(
    slug="corrnet",
    title="See what you hear",
    family=Family.SENSES,
    summary=(
        "Draw a digit and hear it, say a digit and see it, have half a digit completed, and ask "
        "whether two names in two scripts are one name."
    ),
    source=(
        "the tutorial “A comprehensive guide to the correlational neural network”; "
        "Chandar, Khapra, Larochelle, Ravindran 2016"
    ),
    datasets=(
        *("mnist", "fsdd", "xlit_wikidata"),
        *("esc10", "philharmonia", "cats_dogs_audio", "grid_s1"),
    ),
    headline=(
        "digits: transfer",
        "transfer_speech_to_picture",
        "{value} of drawn digits read by a classifier that only ever heard digits",
    ),
    explanation="""
A **correlational neural network** has two inputs, say a picture and a sound, and one short list of
numbers between them: the *joint code*. Each sense has an encoder; what the two encoders say is
added up to the code, and from the code a decoder for each sense makes picture and sound again.

It is trained in three ways at once: with both senses, with the picture alone and with the sound
alone, the missing one replaced by zeros. Each time it must recreate **both**. And it is rewarded
when the code of the picture and the code of the sound go up and down together over a batch: when
they **correlate**. That is what puts a drawn 7 and a spoken “seven” at one place of the joint
space, so that a picture can be turned into a sound, half a digit into a whole one, and a name
be found in another script.
""",
    predict_files=(
        "of digits: pictures and recordings; of halves: pictures; of names: text files "
        "with two names a line, a tab between them"
    ),
    own_data=(
        "trained on its public sets only, `--data` is refused. Your own pairs can be completed "
        "instead: see “Complete your data”, or `python -m mmdemo predict corrnet --complete "
        "FOLDER`."
    ),
    limits=(
        "It knows ten digits. Another drawing is taken for one of them all the same. Another "
        "word, a name or music is refused in most cases, a digit of somebody whom it never heard "
        "now and then as well, or it is misheard.",
        "The drawings are by Americans of the 1990s, the digits are said in English by a few "
        "men with microphones of their own.",
        "The names are those of people and places in Wikidata, in one other script at a time."
        " It compares how they sound or are spelt, not what they mean.",
    ),
    lesson=(
        "Draw a one, and make it a seven stroke by stroke. Follow the point in the joint "
        "space: when does the answer turn, and how sure is it on the way?",
        "Draw a letter, a face, a scribble. Which of them does it know to be no digit, and which "
        "does it take for one? How can a network that was shown digits alone find out that it does "
        "not know?",
        "Hide the left half of a three, then of an eight. Can you tell them apart by what "
        "is left? What do the networks make up, and how would anybody know that it is made "
        "up?",
    ),
    icon=(
        '<path d="M2 12c2.6-4 5-6 7-6s4.4 2 7 6c-2.6 4-5 6-7 6s-4.4-2-7-6z"/>'
        '<circle cx="9" cy="12" r="2.2"/><path d="M18 9c1.2 1.800 1.2 4.200 0 6M20.5 6.5c2.3'
        ' 3.300 2.3 7.700 0 11"/>'
    ),
    tasks=(
        Task("digits", "Digits, seen and heard", ("default",)),
        Task("halves", "Halves of digits"),
        Task("names_arabic", "Names, Arabic", ("default",)),
        Task("names_chinese", "Names, Chinese", ("default",)),
        Task("names_hebrew", "Names, Hebrew", ("default",)),
        Task("names_russian", "Names, Russian", ("default",)),
    ),
    metrics=words.METRICS,
    predict_options=(
        Option(
            "--complete",
            "each FILE is a folder, .zip or .csv of items of which some lack one sense; write what "
            "they lack beside it",
        ),
    ),
    own_data_arguments="",
    predict_texts=Texts("of names: two names, each in quotes where it has blanks", joint="\t"),
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
