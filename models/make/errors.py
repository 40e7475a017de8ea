"""Why something was not made: one sentence each."""


class MakingError(Exception):
    """One sentence: why no network or bundle was written."""


class LossError(MakingError):
    """The loss is no number any more; the weights of the last good epoch are where the sentence says."""
