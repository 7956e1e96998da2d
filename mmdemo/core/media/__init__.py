"""Bounded decoding of what users upload."""
