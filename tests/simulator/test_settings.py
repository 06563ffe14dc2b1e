"""Settings of the simulator: defaults, and errors that name the variable."""

import pytest

from common.env_settings import InvalidSettings, load_settings
from simulator.settings import Settings, ShopSettings

SECRET = "for the tests only: 0123456789abcdef"


def settings(**variables):
    given = {"WORKBENCH_JWT_SECRET": SECRET, **variables}
    found = load_settings(Settings, given)
    found.check()
    return found


def test_only_the_secret_is_required():
    found = settings()

    assert (found.seed, found.rate, found.customers, found.tenant) == (7, 20.0, 25, "shop")
    assert (found.http_url, found.ws_url) == ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/ws")


def test_a_dry_run_requires_no_setting():
    assert load_settings(ShopSettings, {}).seed == 7


def test_a_secure_server_has_a_secure_websocket_url():
    found = settings(WORKBENCH_SERVER_URL="https://shop.example/")

    assert (found.http_url, found.ws_url) == ("https://shop.example", "wss://shop.example/ws")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WORKBENCH_JWT_SECRET", ""),
        ("WORKBENCH_JWT_SECRET", "too short"),
        ("WORKBENCH_RATE", "0"),
        ("WORKBENCH_RATE", "nan"),
        ("WORKBENCH_RATE", "often"),
        ("WORKBENCH_CUSTOMERS", "-1"),
        ("WORKBENCH_CUSTOMERS", "1001"),
        ("WORKBENCH_SERVER_URL", "127.0.0.1:8080"),
        ("WORKBENCH_SERVER_URL", "http://127.0.0.1:8080/ws"),
        ("WORKBENCH_SIMULATOR_PORT", "65536"),
        ("WORKBENCH_TENANT", "a shop"),
    ],
)
def test_an_invalid_variable_is_named(variable, value):
    with pytest.raises(InvalidSettings, match=variable):
        settings(**{variable: value})


def test_the_secret_is_not_in_the_error():
    with pytest.raises(InvalidSettings) as rejected:
        settings(WORKBENCH_JWT_SECRET="hunter2")

    assert "hunter2" not in str(rejected.value)
