"""Keys and signatures: who vouches for which bytes, and every way in which nobody does."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from models.signature import (
    KeyFileError,
    TrustedKey,
    TrustError,
    check_signature,
    fingerprint,
    is_encrypted,
    make_key,
    read_private_key,
    read_public_key,
    shipped_keys,
    sign,
)
from tests.unit.models_bundle import CALM

KEY = Ed25519PrivateKey.generate()
OWN = TrustedKey("quality", fingerprint(KEY.public_key()), KEY.public_key())
WHERE = Path("bundle") / "model.yaml.sig"
CONTENT = b"format: 1\nproduct: mantle\n"
MADE = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SIGNATURE = sign(CONTENT, KEY, MADE)


def test_a_signature_tells_key_and_time() -> None:
    signed = check_signature(CONTENT, SIGNATURE, [OWN], WHERE)
    assert (signed.key_name, signed.fingerprint, signed.signed_at) == (
        "quality",
        OWN.fingerprint,
        "2026-03-04T05:06:07Z",
    )


@CALM
@given(st.binary(max_size=200))
def test_what_was_signed_is_good_and_anything_else_is_not(content: bytes) -> None:
    if content == CONTENT:
        return
    assert check_signature(content, sign(content, KEY), [OWN], WHERE).fingerprint == OWN.fingerprint
    with pytest.raises(TrustError, match="altered"):
        check_signature(content, SIGNATURE, [OWN], WHERE)


def test_no_bit_of_a_signature_file_can_be_changed() -> None:
    for place in range(len(SIGNATURE)):
        for bit in range(8):
            changed = bytearray(SIGNATURE)
            changed[place] ^= 1 << bit
            with pytest.raises(TrustError):
                check_signature(CONTENT, bytes(changed), [OWN], WHERE)


@CALM
@given(st.binary(max_size=300))
def test_any_bytes_instead_of_a_signature_are_one_sentence(content: bytes) -> None:
    with pytest.raises(TrustError, match="expected a signature as") as caught:
        check_signature(CONTENT, content, [OWN], WHERE)
    assert "\n" not in str(caught.value)


def test_a_later_time_or_another_key_name_does_not_fit_the_signature() -> None:
    other = TrustedKey("other", "0" * 64, KEY.public_key())
    for key, value in (("signed_at", "2027-01-01T00:00:00Z"), ("key", "0" * 64)):
        document = json.loads(SIGNATURE)
        document[key] = value
        changed = (json.dumps(document, indent=1) + "\n").encode()
        with pytest.raises(TrustError, match="altered"):
            check_signature(CONTENT, changed, [OWN, other], WHERE)


def test_a_signature_made_for_something_else_by_the_same_key_is_not_taken() -> None:
    document = json.loads(SIGNATURE)
    document["signature"] = base64.b64encode(KEY.sign(CONTENT)).decode()
    with pytest.raises(TrustError, match="altered"):
        check_signature(CONTENT, (json.dumps(document, indent=1) + "\n").encode(), [OWN], WHERE)


def test_an_unknown_key_is_named_beside_those_that_are_trusted() -> None:
    stranger = Ed25519PrivateKey.generate()
    with pytest.raises(TrustError) as caught:
        check_signature(CONTENT, sign(CONTENT, stranger), [OWN], WHERE)
    assert f"unknown key {fingerprint(stranger.public_key())[:16]}" in str(caught.value)
    assert f"quality {OWN.fingerprint[:16]}" in str(caught.value)
    with pytest.raises(TrustError, match=r"trusted \(none\)"):
        check_signature(CONTENT, SIGNATURE, [], WHERE)


@pytest.mark.parametrize("passphrase", [None, b"long enough"])
def test_a_key_pair_signs_with_its_private_half_and_is_checked_with_its_public_one(
    tmp_path: Path, passphrase: bytes | None
) -> None:
    name = make_key(tmp_path / "new", passphrase)
    private, public = tmp_path / "new" / "signing-key.pem", tmp_path / "new" / "signing-key.pub"
    assert private.stat().st_mode & 0o777 == 0o600
    assert is_encrypted(private) == (passphrase is not None)
    trusted = read_public_key(public)
    assert (trusted.fingerprint, trusted.name) == (name, "signing-key")
    made = sign(CONTENT, read_private_key(private, passphrase))
    assert check_signature(CONTENT, made, [trusted], WHERE).fingerprint == name


def test_a_key_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    make_key(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(KeyFileError, match="never overwritten"):
        make_key(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert len(before) == 2


def test_a_private_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    make_key(tmp_path)
    (tmp_path / "signing-key.pem").chmod(0o644)
    with pytest.raises(KeyFileError, match="found mode 0644"):
        read_private_key(tmp_path / "signing-key.pem")


def test_a_wrong_missing_or_needless_passphrase_is_one_sentence(tmp_path: Path) -> None:
    make_key(tmp_path / "locked", b"right")
    make_key(tmp_path / "open")
    with pytest.raises(KeyFileError, match="this passphrase opens"):
        read_private_key(tmp_path / "locked" / "signing-key.pem", b"wrong")
    with pytest.raises(KeyFileError, match="expected a passphrase, found none"):
        read_private_key(tmp_path / "locked" / "signing-key.pem")
    with pytest.raises(KeyFileError, match="expected no passphrase"):
        read_private_key(tmp_path / "open" / "signing-key.pem", b"right")


@pytest.mark.parametrize(
    "content", [b"", b"nothing", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_file_that_is_no_key_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    for read in (read_private_key, read_public_key):
        with pytest.raises(KeyFileError, match="found something else"):
            read(path)
        with pytest.raises(KeyFileError, match="cannot be read"):
            read(tmp_path / "nowhere")


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    key, path = generate_private_key(SECP256R1()), tmp_path / "key"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="Ed25519"):
        read_private_key(path)
    path.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    with pytest.raises(KeyFileError, match="Ed25519"):
        read_public_key(path)


def test_the_station_comes_with_a_key_and_no_private_one() -> None:
    assert [key.name for key in shipped_keys()] == ["product"]
    models = Path(__file__).parents[2] / "models"
    assert not [path for path in models.rglob("*") if path.suffix in {".pem", ".key"}]
