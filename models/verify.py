"""Decides whether a bundle can be trusted: signed by a trusted key, unaltered, complete, and right on this engine.

`load_trusted` is what a station asks before it takes a bundle; `verify` also runs the network.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.bundle import Bundle, load_bundle, parse_spec
from models.bundle_files import MAX_SIGNATURE_BYTES, MAX_SPEC_BYTES, SIGNATURE_FILE, SPEC_FILE, BundleError, read_plain
from models.engine import EngineIdentity, check_delegated, check_golden, open_engine
from models.signature import Signed, Trust, TrustError, check_signature

FIGURES: Final = ("test_parts_inspected", "test_parts_int8")
"""Where a bundle's metrics say what it is worth, the best measured first."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """A bundle that may be used; `signed` is None where its product may come without a signature."""

    bundle: Bundle
    signed: Signed | None


@dataclass(frozen=True, slots=True)
class Verified:
    """A bundle that also reproduced its golden set on the engine of this machine."""

    bundle: Bundle
    signed: Signed | None
    engine: EngineIdentity


def load_trusted(path: Path | str, trust: Trust) -> Trusted:
    """The bundle if somebody who is trusted vouches for it; TrustError or BundleError otherwise.

    The signature is checked before anything of the bundle is interpreted. A bundle with a signature must have a good
    one, whatever may come unsigned.
    """
    folder = Path(path)
    text = read_plain(folder / SPEC_FILE, MAX_SPEC_BYTES)
    signed = _signed(folder, text, trust)
    if signed is None and (product := parse_spec(text, folder / SPEC_FILE).product) not in trust.allow_unsigned:
        raise TrustError(
            f"{folder}: is not signed: expected a signature by a trusted key in {SIGNATURE_FILE}, found none; sign it "
            f"with `station model sign`, or allow the product {product!r} to come unsigned"
        )
    bundle = load_bundle(folder)
    if bundle.digest != hashlib.sha256(text).hexdigest():
        raise TrustError(f"{folder / SPEC_FILE}: altered while it was read; leave the bundle alone and try again")
    return Trusted(bundle, signed)


def check_vouched(bundle: Bundle, trust: Trust) -> None:
    """That a bundle which was loaded is still the same on the disk, and still vouched for; TrustError otherwise.

    Reads two small files and no network: whoever loads that one checks it against model.yaml.
    """
    text = read_plain(bundle.path / SPEC_FILE, MAX_SPEC_BYTES)
    if hashlib.sha256(text).hexdigest() != bundle.digest:
        raise TrustError(
            f"{bundle.path / SPEC_FILE}: exchanged since the station checked it: expected digest {bundle.digest[:12]}; "
            "start the station anew if the bundle was installed on purpose"
        )
    if _signed(bundle.path, text, trust) is None and bundle.spec.product not in trust.allow_unsigned:
        raise TrustError(f"{bundle.path}: its signature {SIGNATURE_FILE} is gone since the station checked it")


def verify(path: Path | str, trust: Trust, threads: int = 1) -> Verified:
    """`load_trusted`, then the network's shapes, its delegation and its golden set; BundleError if one is not good."""
    trusted = load_trusted(path, trust)
    engine = open_engine(trusted.bundle, threads)
    check_delegated(trusted.bundle, engine)
    check_golden(trusted.bundle, engine)
    return Verified(trusted.bundle, trusted.signed, engine.identity)


def _signed(folder: Path, text: bytes, trust: Trust) -> Signed | None:
    where = folder / SIGNATURE_FILE
    try:
        where.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BundleError(f"{where}: cannot be read: {error.strerror}") from error
    return check_signature(text, read_plain(where, MAX_SIGNATURE_BYTES), trust.keys, where)
