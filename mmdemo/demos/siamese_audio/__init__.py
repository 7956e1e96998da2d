"""Siamese sounds: are two recordings of one kind? One recording is enough to enrol."""

from mmdemo.core.demo import Demo, Family

from . import words

DEMO = Demo(
    slug="siamese_audio",
    title="One-shot sounds",
    family=Family.SOUND,
    summary=(
        "Two recordings in: the same kind of sound or not? Enrol sounds with one example each, "
        "and have new ones named."
    ),
    source=(
        "the one-shot learning chapter “Face and audio recognition with siamese networks”; "
        "contrastive loss: Hadsell, Chopra, LeCun 2006"
    ),
    datasets=(
        "cats_dogs_audio",
        "esc10",
        "animal_sounds",
        "philharmonia",
        "fsdd",
        "grid_s1",
        "ljspeech_32",
        "philharmonia",
    ),
    headline=("one_shot", "one_shot_5way", "{value} right among 5 kinds it never heard"),
    explanation="""
The network does not hear a waveform: it sees a **picture of the sound**, with time from left to
right, pitch from bottom to top and brightness for loudness. Two recordings go through the same
layers with the same weights (a **siamese network**), and each comes out as a short list of numbers,
its *embedding*. Training pulls sounds of one kind together and pushes other kinds apart, so the
**distance** between two embeddings says how alike two sounds are, for kinds of sound that were in
no training set.

To teach it a new sound, one recording is enough: its embedding is kept under the name that you give
it, and a new recording gets the name of the nearest one.
""",
    predict_files=(
        "two recordings to compare; or a folder of kinds with a recording each, then "
        "recordings to name"
    ),
    own_data=(
        "A folder with one sub-folder per kind of sound, named as you like, each with five or more "
        "recordings. A part of the recordings is held out to measure the result."
    ),
    metrics=words.METRICS,
    limits=(
        "It is no voice recogniser: it never learnt to tell speakers apart, and calls most "
        "speech alike.",
        "It learnt from recordings of cats and dogs and of ten everyday sounds (rain, "
        "sneezes, a clock, a helicopter and so on). The further a sound is from these, the "
        "more often two kinds of it are called the same.",
        "People all over the world had put these recordings on the web by 2017, made with "
        "whatever they had at hand; in which countries is not known of most.",
        "Cows and sheep sound nearly alike to it, and single notes of instruments do.",
        "One sound at a time: what sounds together is heard as one sound of its own.",
        "Two recordings from one microphone in one room are nearer to each other for that alone.",
    ),
    lesson=(
        "Record two claps, two whistles and a bunch of keys, and compare each with each. "
        "Look at the pictures of the sounds: which would you have called alike? Does the "
        "network agree?",
        "Let two people say one word, then one person two words. What is the same to it? It was "
        "never taught to tell speakers apart: how could it be, and from which recordings?",
        "Enrol three sounds with one recording each, and have new recordings named. Why is "
        "one example enough here, where other networks want thousands? Who has done the "
        "learning, and when?",
    ),
    icon='<path d="M3 10v4M7 6v12M11 3v18M15 7v10M19 9v6"/>',
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
