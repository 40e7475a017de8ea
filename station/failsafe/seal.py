"""The seal on a report: canonical JSON, its SHA-256, and an Ed25519 signature by a key of this station.

It protects against whoever changes, adds, exchanges or removes reports without having the station's private key: a
changed report does not fit its signature, a report of another key is foreign, a removed one breaks the chain. It does
not protect against somebody who has the private key or may run code as the station (they can make any report, and seal
the whole chain anew), nor against a station that was told a wrong time of day, nor a person who lays on another part
than was asked for. The public key should therefore be kept elsewhere, too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from pathlib import Path
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PRIVATE_KEY = "station-key.pem"
PUBLIC_KEY = "station-key.pub"
_OWNER_ONLY = 0o600


class SealError(Exception):
    """A key or a sealed file that cannot be used: one sentence."""


def canonical(report: dict[str, Any]) -> bytes:
    """The one form of a document that is digested and signed."""
    text = json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def digest_of(report: dict[str, Any]) -> str:
    """SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(report)).hexdigest()


def sealed_bytes(report: dict[str, Any], key: Ed25519PrivateKey) -> bytes:
    """The file: the document and its seal."""
    signature = base64.b64encode(key.sign(canonical(report))).decode()
    return _file_bytes({"report": report, "seal": {"digest": digest_of(report), "signature": signature}})


def _file_bytes(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def unsealed(path: Path) -> tuple[dict[str, Any], str]:
    """The document in a file and its digest, after the content was checked against the seal by the key it names.

    Whose key that is must be checked by the caller. SealError: one sentence.
    """
    try:
        data = path.read_bytes()
        document: Any = json.loads(data)
    except OSError as error:
        raise SealError(f"{path}: cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise SealError(f"{path}: was changed: it is no JSON any more ({error}).") from None
    try:
        report, seal = document["report"], document["seal"]
        signature = base64.b64decode(seal["signature"], validate=True)
        key = _public_key(report["public_key"])
        same_bytes = _file_bytes(document) == data
        digest = digest_of(report)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, binascii.Error):
        raise SealError(f"{path}: is no sealed report, or was changed: seal, key or content are missing.") from None
    if digest != seal["digest"] or not same_bytes:
        raise SealError(f"{path}: the content was changed: it does not fit its digest.")
    try:
        key.verify(signature, canonical(report))
    except InvalidSignature:
        raise SealError(
            f"{path}: the content was changed or sealed with another key: the signature is wrong."
        ) from None
    return cast("dict[str, Any]", report), digest


def _public_key(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))


def key_text(key: Ed25519PublicKey) -> str:
    """A public key as it stands in a report."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def own_key(folder: Path) -> Ed25519PrivateKey:
    """This station's key in `folder`, made on first use (0600), its public half beside it. SealError, OSError."""
    path = folder / PRIVATE_KEY
    if not path.exists():
        _make_key(path)
    path.chmod(_OWNER_ONLY)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise SealError(f"{path}: is no private key: {error}; restore it from a backup") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SealError(f"{path}: is no Ed25519 key; restore it from a backup")
    public = folder / PUBLIC_KEY
    if not public.exists():
        public.write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
    return key


def read_public_key(path: Path) -> str:
    """The public key in a PEM file, as it stands in reports. SealError."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise SealError(f"{path}: the public key cannot be read: {error.strerror}.") from None
    except ValueError:
        raise SealError(f"{path}: is no public key (PEM).") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SealError(f"{path}: is no Ed25519 public key.")
    return key_text(key)


def _make_key(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)  # half a key would stop every later report
