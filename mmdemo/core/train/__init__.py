"""The training loop, its batches, and the shell of every demo's training."""
