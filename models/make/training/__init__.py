"""Training a patch classifier: windows, objective, loop, checkpoint. Knows nothing of quantisation or bundles."""
