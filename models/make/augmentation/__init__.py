"""What training does to a window before the network sees it: light and sensor, position.

Pure NumPy and OpenCV; every function is seeded by the generator that it is given. Knows nothing of data sets or torch.
"""

from models.make.augmentation.light import photometric
from models.make.augmentation.warp import STUDIES, WarpRanges, geometric

__all__ = [
    "STUDIES",
    "WarpRanges",
    "geometric",
    "photometric",
]
