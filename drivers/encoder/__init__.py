"""Encoder counts: arithmetic that survives the counter's wrap-around."""
