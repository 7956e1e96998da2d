"""What the words in its tables mean."""

from mmdemo.core.measure import nuclei, things

METRICS = things.METRICS
METHODS = things.METHODS
QUESTIONS = nuclei.QUESTIONS
