"""What is done to a data set before anything is trained on it: manifest, audit, split, folds, patches."""
