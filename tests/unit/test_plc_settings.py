"""Settings of the PLC connection refuse what cannot work."""

import pytest
from pydantic import ValidationError

from drivers.plc.client_link import PlcClientLink
from drivers.plc.errors import PlcError
from drivers.plc.factory import open_plc
from drivers.plc.link import PlcServerLink
from drivers.plc.peers import AllowedPeers
from drivers.plc.settings import PlcSettings


def test_the_defaults_listen_on_this_machine_alone():
    settings = PlcSettings(peer="simulated")
    assert (settings.role, settings.host, settings.unit_id) == ("server", "127.0.0.1", 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 0},
        {"port": 70000},
        {"port": "502"},
        {"host": ""},
        {"unit_id": 256},
        {"heartbeat_timeout_ms": 10},
        {"max_connections": 0},
        {"role": "master"},
        {"ports": 502},
        {"poll_ms": 0},
        {"timeout_ms": 20},
        {"allowed_peers": ["192.168.0.0/33"]},
        {"allowed_peers": ["plc.local"]},
        {"tls": {"certificate": "a.pem", "key": "a.pem"}},
    ],
)
def test_wrong_values_and_unknown_keys_are_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        PlcSettings.model_validate({"host": "192.168.0.2", **wrong})


@pytest.mark.parametrize(
    ("role", "whose"), [("server", "of the network card that the PLC reaches"), ("client", "of the PLC")]
)
def test_beside_a_real_plc_the_address_must_be_written_down(role: str, whose: str):
    with pytest.raises(ValidationError, match=f"host is missing: beside a real PLC the address {whose} must be"):
        PlcSettings.model_validate({"role": role})
    assert PlcSettings.model_validate({"role": role, "host": "127.0.0.1"}).host == "127.0.0.1"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "0", "0x0", "::0", "::ffff:0.0.0.0"])
def test_a_wildcard_address_needs_a_list_of_who_may_connect(host: str):
    with pytest.raises(ValidationError, match="listens on every network card: name one card's address, or say who"):
        PlcSettings.model_validate({"host": host})
    assert PlcSettings.model_validate({"host": host, "allowed_peers": ["10.0.0.7"]}).host == host


def test_a_client_needs_the_address_of_one_plc_and_no_list():
    with pytest.raises(ValidationError, match="no address of a PLC"):
        PlcSettings.model_validate({"role": "client", "host": "0.0.0.0"})
    with pytest.raises(ValidationError, match="for role server only"):
        PlcSettings.model_validate({"role": "client", "host": "10.0.0.7", "allowed_peers": ["10.0.0.7"]})


def test_a_network_that_is_none_is_one_sentence_with_an_example():
    with pytest.raises(
        ValidationError, match=r"'10\.0\.0\.7/24' is neither an address nor a network .*192\.168\.0\.0/24"
    ):
        PlcSettings.model_validate({"host": "10.0.0.1", "allowed_peers": ["10.0.0.7/24"]})


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("192.168.0.10", True),
        ("::ffff:192.168.0.10", True),
        ("192.168.0.11", False),
        ("10.1.255.1", True),
        ("10.2.0.1", False),
        ("fd00::1%eth0", True),
        ("fe80::1", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_peers_are_allowed_by_address_and_network_of_both_families(address: str, allowed: bool):
    assert AllowedPeers(["192.168.0.10", "10.1.0.0/16", "fd00::/8"]).allows(address) is allowed


def test_every_setting_is_described():
    schema = PlcSettings.model_json_schema()
    assert all(field.get("description") for field in schema["properties"].values())
    assert all(field.get("description") for field in schema["$defs"]["TlsSettings"]["properties"].values())


def test_the_factory_chooses_by_role_and_refuses_one_without_registers():
    assert isinstance(open_plc(PlcSettings(peer="simulated")), PlcServerLink)
    assert isinstance(open_plc(PlcSettings(role="client", host="10.0.0.7")), PlcClientLink)
    with pytest.raises(PlcError, match="remote_io has no PLC to shake hands with"):
        open_plc(PlcSettings(role="remote_io"))
