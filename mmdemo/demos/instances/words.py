"""What the words in its tables mean."""

from mmdemo.core.measure import things

METRICS = things.METRICS
METHODS = things.METHODS
QUESTIONS = {
    "nuclei": "Which pixels belong to which nucleus?",
    "nuclei_by_microscope": "Which kinds of pictures are easy, and which hard?",
    "drawn_nuclei": "Are nuclei found that a program drew?",
}
