"""The classifier: bundles, preprocessing, engines, the vote; and how models are made. Imports no station."""
