"""What exercises ask of the server and the simulator."""

import pytest

from client.http_client import ApiRequestError
from protocol.simulator_api import PauseSimulation
from training.environment import Environment, Services


@pytest.fixture
def services(site, secret):
    return Services(
        Environment(
            server_url=site.url,
            socket_url="ws://127.0.0.1:9/ws",
            simulator_url=site.url,
            jwt_secret=secret,
            tenant="shop",
        )
    )


@pytest.mark.parametrize(
    "ask",
    [
        lambda services: services.subscriptions("user_1"),
        lambda services: services.publish(b"{}"),
        lambda services: services.shop_state(),
        lambda services: services.send_command(PauseSimulation()),
    ],
)
def test_a_login_page_instead_of_a_response_is_an_error_of_the_request(site, services, ask):
    site.body = b"<html>"

    with pytest.raises(ApiRequestError, match="unexpected response"):
        ask(services)
