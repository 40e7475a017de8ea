"""What people should look at, what they said, and how that becomes a labelled data set."""
