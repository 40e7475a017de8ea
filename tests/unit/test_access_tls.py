"""https: every way in which certificate and key can be wrong is one sentence; where the page may do without."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519

from station.access.hosts import is_for, is_loopback, is_own_origin, is_program_here
from station.access.tls import TlsError, ends, insecure, server_context
from station.config.model import StationConfig
from station.config.model_people import Page
from station.config.yaml_positions import load_yaml_model
from tests.conftest import REPO
from tests.nobody import folder_of_somebody_else, rights_of_nobody
from tests.tls_certificates import Authority


def sentence_of(certificate: Path, key: Path, now: datetime | None = None) -> str:
    with pytest.raises(TlsError) as error:
        server_context(certificate, key, now)
    assert "\n" not in str(error.value)
    return str(error.value)


def private_key(path: Path, password: bytes | None = None) -> Path:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    return path


def test_a_good_pair_gives_a_server_of_tls_1_2_or_newer(tmp_path: Path) -> None:
    pem = Authority(tmp_path).issue("server")
    context = server_context(pem, pem)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_NONE
    assert ends(pem) > datetime.now(UTC)


def test_a_file_that_is_missing_or_no_file_names_its_key_of_the_configuration(tmp_path: Path) -> None:
    pem = Authority(tmp_path).issue("server")
    assert sentence_of(tmp_path / "no.pem", pem).startswith("page.tls_certificate: there is no file")
    assert sentence_of(pem, tmp_path / "no.key").startswith("page.tls_key: there is no file")
    assert "cannot be read" in sentence_of(tmp_path, pem)


def test_a_file_that_may_not_be_read_says_so() -> None:
    with folder_of_somebody_else() as folder:
        pem, key = Authority(folder).issue("server"), private_key(folder / "key")
        key.chmod(0)
        with rights_of_nobody(folder):
            sentence = sentence_of(pem, key)
    assert "give this user the right" in sentence


def test_what_is_no_certificate_or_no_key_says_so(tmp_path: Path) -> None:
    pem = Authority(tmp_path).issue("server")
    text = tmp_path / "text"
    text.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert "is no certificate" in sentence_of(text, pem)
    assert "is no certificate" in sentence_of(private_key(tmp_path / "key"), pem)
    assert "is no private key" in sentence_of(pem, text)


def test_a_key_of_another_certificate_is_named(tmp_path: Path) -> None:
    pem = Authority(tmp_path).issue("server")
    assert "is not the key of" in sentence_of(pem, private_key(tmp_path / "key"))
    odd = tmp_path / "odd"
    odd.write_bytes(
        x25519.X25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    assert "is not the key of" in sentence_of(pem, odd)


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_its_password(tmp_path: Path) -> None:
    pem = Authority(tmp_path).issue("server")
    assert "is encrypted" in sentence_of(pem, private_key(tmp_path / "key", b"secret"))


def test_a_certificate_out_of_its_time_says_when_it_was_good(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    expired, good = authority.issue("old", hours=-1), authority.issue("server")
    assert "has expired on" in sentence_of(expired, expired)
    assert "good only from" in sentence_of(good, good, datetime.now(UTC) - timedelta(days=9))


def config_with(page: Page) -> StationConfig:
    config = load_yaml_model(REPO / "deploy" / "demo.yaml", StationConfig)
    return config.model_copy(update={"page": page})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3", "LOCALHOST"])
def test_on_loopback_the_page_may_do_without_https(host: str) -> None:
    assert insecure(config_with(Page(host=host, port=8090))) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "station.local", ""])
def test_elsewhere_it_may_not(host: str) -> None:
    assert "in clear" in str(insecure(config_with(Page(host=host, port=8090))))
    assert insecure(config_with(Page(host=host, port=8090, tls_certificate="c", tls_key="k"))) is None


def test_half_a_pair_is_refused_everywhere() -> None:
    assert "tls_key is missing" in str(insecure(config_with(Page(port=8090, tls_certificate="c"))))
    assert "tls_certificate is missing" in str(insecure(config_with(Page(port=8090, tls_key="k"))))


def test_hosts_and_origins() -> None:
    assert is_loopback("::ffff:127.0.0.1")
    assert not is_loopback("::ffff:10.0.0.1")
    assert is_for("panel.internal", "PANEL.internal:80")
    assert not is_for("127.0.0.1", None)
    assert is_own_origin(None, "a:1")
    assert is_own_origin("https://Station:8443", "station:8443")
    assert not is_own_origin("https://station", "station:8443")
    assert not is_own_origin("", "")
    assert not is_own_origin("https://station", None)
    assert is_program_here("127.0.0.1", "127.0.0.1", {})
    assert is_program_here("10.0.0.1", "10.0.0.1", {})
    assert not is_program_here("10.0.0.1", "10.0.0.2", {})
    assert not is_program_here(None, None, {})
