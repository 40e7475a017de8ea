"""How models are made: data, training, quantisation, thresholds, evaluation, bundle. The runtime imports none of it."""
