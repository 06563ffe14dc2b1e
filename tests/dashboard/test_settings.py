"""The dashboard's settings."""

import pytest

from common.env_settings import InvalidSettings, load_settings
from dashboard.settings import Settings

SECRET = "s" * 32


def test_require_only_the_servers_secret():
    settings = load_settings(Settings, {"WORKBENCH_JWT_SECRET": SECRET})
    settings.check()

    assert settings.socket_url == "ws://127.0.0.1:8080/ws"
    assert settings.server_address == "127.0.0.1:8080"


@pytest.mark.parametrize(
    ("url", "socket"),
    [
        ("http://10.0.0.5:9000/", "ws://10.0.0.5:9000/ws"),
        ("https://shop.example.com", "wss://shop.example.com/ws"),
        ("https://example.com/live/", "wss://example.com/live/ws"),
    ],
)
def test_derive_the_socket_url_from_the_servers(url, socket):
    assert Settings(jwt_secret=SECRET, server_url=url).socket_url == socket


def test_report_every_problem_at_once():
    wrong = Settings(
        jwt_secret="short", tenant="my shop", server_url="ws://x", simulator_url="http://h:port"
    )

    with pytest.raises(InvalidSettings) as caught:
        wrong.check()

    assert [problem.split()[0] for problem in caught.value.problems] == [
        "WORKBENCH_JWT_SECRET",
        "WORKBENCH_TENANT",
        "WORKBENCH_SERVER_URL",
        "WORKBENCH_SIMULATOR_URL",
    ]


@pytest.mark.parametrize("host", ["https://shop.example.com", "shop.example.com:443", "*.shop"])
def test_a_host_has_no_scheme_port_or_wildcard(host):
    hosts = f"workbench.example.com, {host}"
    settings = load_settings(
        Settings, {"WORKBENCH_JWT_SECRET": SECRET, "WORKBENCH_DASHBOARD_HOSTS": hosts}
    )

    with pytest.raises(InvalidSettings) as caught:
        settings.check()

    (problem,) = caught.value.problems
    assert problem.startswith(f"WORKBENCH_DASHBOARD_HOSTS: `{host}`")


def test_never_print_the_secret():
    with pytest.raises(InvalidSettings) as caught:
        Settings(jwt_secret="hunter2").check()

    assert "hunter2" not in str(caught.value)
