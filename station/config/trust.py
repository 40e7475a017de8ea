"""Whom the configuration trusts with models: the shipped keys or its own, and which products may come unsigned.

Opens the key files; whether a bundle is signed by one of them is `models.verify`'s business.
"""

from __future__ import annotations

from pathlib import Path

from models.signature import KeyFileError, Trust, TrustedKey, TrustError, read_public_key, shipped_keys
from station.config.faults import ConfigFault
from station.config.model import SHIPPED_KEYS, StationConfig
from station.config.yaml_compose import YamlDocument


def trust_of(config: StationConfig, document: YamlDocument, folder: Path) -> tuple[Trust, list[ConfigFault]]:
    """The keys and allowances of `models:`, and a fault for every key file that cannot be used."""
    keys: list[TrustedKey] = []
    faults: list[ConfigFault] = []
    for index, name in enumerate(config.models.trusted_keys):
        try:
            keys += shipped_keys() if name == SHIPPED_KEYS else [read_public_key(folder / name)]
        except KeyFileError as error:
            right = f"write '{SHIPPED_KEYS}', or name a public key's file, relative to this file"
            faults.append(document.fault(("models", "trusted_keys", index), str(error), right))
    return Trust(tuple(keys), frozenset(config.models.allow_unsigned)), faults


def what_to_do(error: Exception) -> str:
    """What makes a refused bundle right, for the end of its fault."""
    if isinstance(error, TrustError):
        return "install a bundle of your quality engineer's, whose key stands under 'models.trusted_keys'"
    return "name the folder of a model bundle, relative to this file"
