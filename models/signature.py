"""Who vouches for a bundle: Ed25519 keys, the signature over the exact bytes of model.yaml, and whom a station trusts.

A signature protects against whoever changes, exchanges or adds files without having a trusted private key. It does not
protect against the owner of such a key, nor against somebody who may change the station's configuration or its code.
Knows nothing of what a bundle holds.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from models.bundle_files import SPEC_FILE, BundleError

SHIPPED_KEYS: Final = Path(__file__).parent / "trusted"
PRIVATE_KEY: Final = "signing-key.pem"
PUBLIC_KEY: Final = "signing-key.pub"
FORMAT: Final = 1
MAX_KEY_BYTES: Final = 1 << 14
_PURPOSE: Final = b"edge inspection station: model bundle, format 1\n"  # no signature made for something else fits
_OWNER_ONLY: Final = 0o600
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


class TrustError(BundleError):
    """One sentence: why nobody who is trusted vouches for the bundle."""


class KeyFileError(BundleError):
    """One sentence: why a key file cannot be used or made."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key; `name` is what people call it, `fingerprint` the SHA-256 of the raw key in hex."""

    name: str
    fingerprint: str
    key: Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose bundles are taken; `allow_unsigned` are names of products that may come without a signature."""

    keys: tuple[TrustedKey, ...]
    allow_unsigned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that was checked: by whom and when (UTC, the signer's clock)."""

    key_name: str
    fingerprint: str
    signed_at: str


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 of the raw public key, in hex."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()


def sign(content: bytes, key: Ed25519PrivateKey, at: datetime | None = None) -> bytes:
    """The signature file for the exact bytes of a model.yaml; it names key and time, which are signed, too."""
    signed_at = (at or datetime.now(UTC)).astimezone(UTC).strftime(_TIME)
    name = fingerprint(key.public_key())
    signature = base64.b64encode(key.sign(_message(content, name, signed_at))).decode()
    return _file_bytes(name, signed_at, signature)


def check_signature(content: bytes, signature_file: bytes, keys: Iterable[TrustedKey], where: Path) -> Signed:
    """Who signed `content`; TrustError if no trusted key did. `where` is the signature's path, for messages."""
    name, signed_at, signature = _parsed(signature_file, where)
    trusted = {key.fingerprint: key for key in keys}
    if name not in trusted:
        known = ", ".join(f"{key.name} {key.fingerprint[:16]}…" for key in trusted.values()) or "none"
        raise TrustError(
            f"{where}: signed by the unknown key {name[:16]}…, expected one that is trusted ({known}); "
            "trust its public key if you know whose it is"
        )
    try:
        trusted[name].key.verify(signature, _message(content, name, signed_at))
    except InvalidSignature:
        raise TrustError(
            f"{where}: altered: the signature does not fit {SPEC_FILE}, expected the one that key "
            f"{trusted[name].name} {name[:16]}… made; copy the bundle again"
        ) from None
    return Signed(trusted[name].name, name, signed_at)


def make_key(folder: Path, passphrase: bytes | None = None) -> str:
    """Make a key pair in `folder` (private 0600, public beside it) and give its fingerprint; KeyFileError."""
    private, public = folder / PRIVATE_KEY, folder / PUBLIC_KEY
    key = Ed25519PrivateKey.generate()
    protection = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    spki = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = next((path for path in (private, public) if path.exists()), None)
        if taken is not None:
            raise KeyFileError(f"{taken}: there is a key already, which is never overwritten; name another folder")
        _write_new(private, pem, _OWNER_ONLY)
        _write_new(public, spki, 0o644)
    except OSError as error:
        raise KeyFileError(f"{folder}: the key cannot be written: {error.strerror}") from error
    return fingerprint(key.public_key())


def read_private_key(path: Path, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """A signing key; KeyFileError if it is none, others may read it, or the passphrase does not fit."""
    content = _read(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise KeyFileError(f"{path}: expected a private key that only its owner may read, found mode {mode:04o}; "
                           "say chmod 600, and make a new key if others may have seen it")  # fmt: skip
    try:
        key = serialization.load_pem_private_key(content, passphrase)
    except TypeError:
        what = "a passphrase, found none" if passphrase is None else "no passphrase: the key has none"
        raise KeyFileError(f"{path}: expected {what}") from None
    except (ValueError, UnsupportedAlgorithm):
        what = "a private key (PEM)" if passphrase is None else "a private key (PEM) that this passphrase opens"
        raise KeyFileError(f"{path}: expected {what}, found something else") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: expected an Ed25519 key, found another kind; make one with `station model key`")
    return key


def is_encrypted(path: Path) -> bool:
    """Whether a private key asks for a passphrase; KeyFileError where there is no file."""
    return b"ENCRYPTED" in _read(path)


def read_public_key(path: Path) -> TrustedKey:
    """A public key to trust; KeyFileError if it is none."""
    try:
        key = serialization.load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFileError(
            f"{path}: expected a public key (PEM) as `station model key` makes it, found something else"
        ) from None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{path}: expected an Ed25519 public key, found another kind")
    return TrustedKey(path.stem, fingerprint(key), key)


def shipped_keys() -> tuple[TrustedKey, ...]:
    """The keys that are trusted out of the box."""
    return tuple(read_public_key(path) for path in sorted(SHIPPED_KEYS.glob("*.pub")))


def _message(content: bytes, name: str, signed_at: str) -> bytes:
    return _PURPOSE + f"{name}\n{signed_at}\n".encode() + content


def _file_bytes(name: str, signed_at: str, signature: str) -> bytes:
    document = {"format": FORMAT, "key": name, "signed_at": signed_at, "signature": signature}
    return (json.dumps(document, indent=1) + "\n").encode()


def _parsed(content: bytes, where: Path) -> tuple[str, str, bytes]:
    """Key, time and signature; only the exact bytes that `sign` writes are a signature file."""
    try:
        document: Any = json.loads(content)
        name, signed_at, text = document["key"], document["signed_at"], document["signature"]
        datetime.strptime(signed_at, _TIME)  # noqa: DTZ007  only its form is asked for
        signature = base64.b64decode(text, validate=True)
        exact = _file_bytes(name, signed_at, base64.b64encode(signature).decode()) == content
    except (KeyError, TypeError, ValueError, RecursionError, binascii.Error):
        exact, name, signed_at, signature = False, "", "", b""
    if not exact:
        raise TrustError(
            f"{where}: altered: expected a signature as `station model sign` writes it, found something else; "
            "copy the bundle again"
        )
    return name, signed_at, signature


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_KEY_BYTES)
    except OSError as error:
        raise KeyFileError(f"{path}: the key cannot be read: {error.strerror}") from error


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """Write beside and rename, so that half a key never lies there; never readable by others in between."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
