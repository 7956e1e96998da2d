"""Figures: how they are computed, written down and shown in tables."""
