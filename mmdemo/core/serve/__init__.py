"""Networks in memory: where they run, and who may ask how often."""
