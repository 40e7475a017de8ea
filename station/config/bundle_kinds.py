"""Whether a bundle does what its place in the recipe asks for: finds defects, or tells which part it is.

Must not open files: the bundles are loaded already.
"""

from __future__ import annotations

from typing import Literal

from models.bundle import Bundle
from models.spec import IDENTITY
from station.config.faults import ConfigFault
from station.config.model import IdentitySettings
from station.config.yaml_compose import YamlDocument

BundleKind = Literal["patches", "identity"]

_DOES: dict[BundleKind, str] = {"patches": "looks for defects", "identity": "tells which part it is"}


def wrong_kind(
    bundle: Bundle, wanted: BundleKind, document: YamlDocument, where: tuple[str | int, ...]
) -> list[ConfigFault]:
    """A fault at `where` if the bundle is not of the kind that this place needs."""
    found = bundle.spec.kind
    if found == wanted:
        return []
    what = f"{bundle.path} is a bundle of kind {found}, which {_DOES[found]}: expected kind {wanted}"
    elsewhere = "recipe.identity.bundle" if found == IDENTITY else "recipe.views"
    return [document.fault(where, what, f"name a bundle that {_DOES[wanted]}; this one belongs under {elsewhere}")]


def strange_part_type(
    bundle: Bundle, asked: IdentitySettings, document: YamlDocument, where: tuple[str | int, ...]
) -> list[ConfigFault]:
    """A fault at `where` if the identity bundle does not know the recipe's part type; it names those that it knows."""
    if bundle.spec.kind != IDENTITY or asked.part_type in bundle.labels:
        return []
    what = f"{bundle.path} knows no part type {asked.part_type!r}"
    return [document.fault(where, what, f"one of {', '.join(bundle.labels)}")]
