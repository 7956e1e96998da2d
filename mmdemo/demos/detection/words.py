"""What the words in its tables mean."""

from mmdemo.core.demo import Method, Metric

METRICS: dict[str, Metric] = {}
METHODS: dict[str, Method] = {}
QUESTIONS: dict[str, str] = {}
