"""Signs a finished bundle in place, so that a station that trusts the key takes it. Reads and checks it whole first."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.bundle import load_bundle
from models.bundle_files import MAX_SPEC_BYTES, SIGNATURE_FILE, SPEC_FILE, BundleError, read_plain
from models.signature import sign


def sign_bundle(folder: Path, key: Ed25519PrivateKey) -> None:
    """Write the signature of the bundle in `folder`, in place of an older one; BundleError, with nothing changed.

    What the signer vouches for is what was checked: a bundle that is not as its model.yaml says is not signed.
    """
    bundle = load_bundle(folder)
    text = read_plain(folder / SPEC_FILE, MAX_SPEC_BYTES)
    if hashlib.sha256(text).hexdigest() != bundle.digest:
        raise BundleError(f"{folder / SPEC_FILE}: altered while it was read; leave the bundle alone and try again")
    # Beside the bundle: whatever lies inside that model.yaml does not name makes a bundle bad.
    partial = folder.parent / f".{folder.name}.{SIGNATURE_FILE}.partial"
    try:
        partial.write_bytes(sign(text, key))
        partial.replace(folder / SIGNATURE_FILE)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise BundleError(f"{folder}: the signature cannot be written: {error.strerror}") from error
