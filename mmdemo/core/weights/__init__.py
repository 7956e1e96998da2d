"""A folder of weights: written, verified, described, pinned and published."""
