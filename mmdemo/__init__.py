"""Try, measure, retrain and publish the networks that a set of Keras tutorials describes."""

__version__ = "0.1.0"
