"""Settings of the PLC connection refuse what cannot work."""

import pytest
from pydantic import ValidationError

from drivers.plc.settings import PlcSettings


def test_the_defaults_listen_on_this_machine_alone():
    settings = PlcSettings()
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
    ],
)
def test_wrong_values_and_unknown_keys_are_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        PlcSettings.model_validate(wrong)


def test_every_setting_is_described():
    schema = PlcSettings.model_json_schema()
    assert all(field.get("description") for field in schema["properties"].values())
