"""What a bundle's scores say of one patch, by the bundle's kind: the one place that knows which kind decides how.

Used to hold an engine against the golden set: another decision than when the bundle was made is refused.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.recognition import recognise
from models.spec import IDENTITY, ModelSpec
from models.vote import vote


def decided_class(spec: ModelSpec, scores: NDArray[np.float32]) -> int:
    """The label index that scores (1, labels) of one patch lead to; below 0 where they lead to none.

    patches: the vote (Algorithm 1) over this patch alone. identity: the best type, if it has its least score.
    """
    if spec.kind == IDENTITY:
        return recognise(scores, spec.threshold_row).type_index
    return vote(scores, spec.threshold_row).class_index
