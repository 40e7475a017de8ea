"""Networks for grey patches: student, teachers and the networks of the studies, made by name.

Knows nothing of training, data or bundles. Importing it does not import PyTorch.
"""

from models.make.networks.classifier import Classifier, build, penalty
from models.make.networks.cost import macs, parameters
from models.make.networks.folding import fold_stem
from models.make.networks.plan import NETWORKS, NetworkPlan, check_edge, plan_named
from models.make.networks.weights import load_weights

__all__ = [
    "NETWORKS",
    "Classifier",
    "NetworkPlan",
    "build",
    "check_edge",
    "fold_stem",
    "load_weights",
    "macs",
    "parameters",
    "penalty",
    "plan_named",
]
