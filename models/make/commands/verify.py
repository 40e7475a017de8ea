"""`verify`, `sign` and `key`: whether a bundle can be trusted, and who vouches for it. Needs the runtime alone."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.bundle import BundleError
from models.signature import (
    PRIVATE_KEY,
    PUBLIC_KEY,
    KeyFileError,
    Trust,
    TrustedKey,
    is_encrypted,
    make_key,
    read_private_key,
    read_public_key,
    shipped_keys,
)
from models.signing import sign_bundle
from models.verify import FIGURES, Verified, verify

SHIPPED: Final = "shipped"


def add(commands: Any) -> None:
    """The three sub-parsers."""
    check = commands.add_parser("verify", help="tell whether bundles can be trusted, on this machine's engine")
    check.add_argument("bundle", type=Path, nargs="+", metavar="BUNDLE")
    check.add_argument(
        "--trusted",
        action="append",
        metavar="KEY.pub",
        help=f"a public key to trust, or '{SHIPPED}' for those of the station; several times (default: {SHIPPED})",
    )
    check.add_argument(
        "--allow-unsigned", action="append", default=[], metavar="PRODUCT", help="its bundle may have no signature"
    )
    check.add_argument("--threads", type=int, default=1)
    check.add_argument("--json", type=Path, metavar="FILE", help="write what was found there")
    check.set_defaults(run_command=verify_command)
    sign = commands.add_parser("sign", help="sign finished bundles, in place of an older signature")
    sign.add_argument("bundle", type=Path, nargs="+", metavar="BUNDLE")
    add_key_arguments(sign, required=True)
    sign.set_defaults(run_command=sign_command)
    key = commands.add_parser("key", help="make a key pair to sign bundles with")
    key.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for both halves")
    key.add_argument("--passphrase", action="store_true", help="ask for a passphrase that the private key needs")
    key.add_argument("--passphrase-file", type=Path, metavar="FILE", help="the passphrase is this file's first line")
    key.set_defaults(run_command=key_command)


def add_key_arguments(parser: Any, *, required: bool) -> None:
    """`--key` and where its passphrase comes from, for every command that signs."""
    parser.add_argument("--key", type=Path, required=required, metavar="KEY.pem", help="private key to sign with")
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="the key's passphrase is this file's first line"
    )


def key_of(options: argparse.Namespace) -> Ed25519PrivateKey:
    """The signing key that the options name; asks for the passphrase on a terminal where it needs one."""
    phrase: bytes | None = None
    if options.passphrase_file is not None:
        phrase = _first_line(options.passphrase_file)
    elif is_encrypted(options.key):
        if not sys.stdin.isatty():
            raise KeyFileError(f"{options.key}: expected its passphrase, found no terminal; name --passphrase-file")
        phrase = getpass.getpass(f"Passphrase of {options.key}: ").encode()
    return read_private_key(options.key, phrase)


def verify_command(options: argparse.Namespace) -> int:
    """Check each bundle: a line for a good one, a sentence for a refused one; 1 if any was refused."""
    names: list[str] = options.trusted or [SHIPPED]
    keys: list[TrustedKey] = []
    for name in names:
        keys += shipped_keys() if name == SHIPPED else [read_public_key(Path(name))]
    found: list[dict[str, Any]] = []
    for path in options.bundle:
        try:
            good = verify(path, Trust(tuple(keys), frozenset(options.allow_unsigned)), options.threads)
        except BundleError as error:
            print(f"REFUSED {error}")
            found.append({"bundle": path.name, "good": False, "reason": str(error)})
            continue
        print(said(good))
        found.append(as_json(good))
    if options.json is not None:
        try:
            options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise BundleError(f"{options.json}: cannot be written: {error.strerror}") from error
    return 0 if all(each["good"] for each in found) else 1


def sign_command(options: argparse.Namespace) -> int:
    """Sign each bundle."""
    key = key_of(options)
    for path in options.bundle:
        sign_bundle(path, key)
        print(f"signed: {path}")
    return 0


def key_command(options: argparse.Namespace) -> int:
    """Make the pair and say its fingerprint."""
    phrase: bytes | None = None
    if options.passphrase_file is not None:
        phrase = _first_line(options.passphrase_file)
    elif options.passphrase:
        phrase = getpass.getpass("New passphrase: ").encode()
        if phrase != getpass.getpass("Again: ").encode() or not phrase:
            raise KeyFileError("passphrase: expected the same one twice, found two, or none; nothing was made")
    print(f"fingerprint {make_key(options.out, phrase)}")
    print(f"{options.out / PRIVATE_KEY}: private, keep it off the stations, and a copy of it in a safe place")
    print(f"{options.out / PUBLIC_KEY}: public, goes to the stations (models.trusted_keys)")
    return 0


def said(good: Verified) -> str:
    """What the bundle is, for a person."""
    values, spec = as_json(good), good.bundle.spec
    signed = f"signed by {values['key']} {values['fingerprint'][:16]}… at {values['signed_at']}" if good.signed else ""
    lines = [
        f"GOOD {good.bundle.path}: {spec.product} {spec.version}, {signed or 'NOT SIGNED'}",
        f"  {spec.kind}: {', '.join(spec.labels)}",
        f"  {spec.network.architecture}, {spec.network.size_bytes} bytes; golden set of {len(spec.golden.scores)} "
        f"reproduced on {good.engine.name}; digest {good.bundle.digest[:16]}…",
    ]
    figures = values["figures"]
    if figures is not None:
        lines.append(
            f"  test parts, when it was made: {figures['missed']} of {figures['defective']} defective missed, "
            f"{figures['overkilled']} of {figures['sound']} sound rejected"
        )
    return "\n".join(lines)


def as_json(good: Verified) -> dict[str, Any]:
    """The same for programs."""
    spec, signed = good.bundle.spec, good.signed
    return {
        "bundle": good.bundle.path.name,
        "good": True,
        "product": spec.product,
        "version": spec.version,
        "kind": spec.kind,
        "labels": list(spec.labels),
        "digest": good.bundle.digest,
        "key": signed.key_name if signed else None,
        "fingerprint": signed.fingerprint if signed else None,
        "signed_at": signed.signed_at if signed else None,
        "engine": good.engine.name,
        "figures": part_figures(spec.metrics),
    }


def part_figures(metrics: Mapping[str, Any]) -> dict[str, int] | None:
    """Missed and overkilled test parts with how many there were; None where the bundle does not tell."""
    for name in FIGURES:
        try:
            found: dict[str, Any] = metrics[name]
            rows: dict[str, list[int]] = dict(found["confusion_rows_true_columns_seen"])
            rows.pop("columns")
            sound, *defective = [sum(row) for row in rows.values()]
            return {
                "missed": int(found["missed"]),
                "defective": int(sum(defective)),
                "overkilled": int(found["overkilled"]),
                "sound": int(sound),
            }
        except (KeyError, TypeError, ValueError):
            continue
    return None


def _first_line(path: Path) -> bytes:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise KeyFileError(f"{path}: the passphrase cannot be read: {error.strerror}") from error
    if not lines or not lines[0]:
        raise KeyFileError(f"{path}: expected a passphrase in the first line, found none")
    return lines[0]
