"""Public data sets, and the examples that pages offer."""
