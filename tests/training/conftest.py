"""A busy shop for the exercises of all tests here; each exercise has customers of its own."""

import pytest

from training.environment import Environment


@pytest.fixture(scope="session")
def environment(launching, tmp_path_factory, secret):
    """A server and a simulator that publishes 200 messages per second."""
    with launching(tmp_path_factory.mktemp("training")) as start:
        server = start.server()
        simulator = start.simulator(server, "--rate", "200")
        yield Environment(
            server_url=f"http://127.0.0.1:{server.port}",
            socket_url=f"ws://127.0.0.1:{server.port}/ws",
            simulator_url=f"http://127.0.0.1:{simulator.port}",
            jwt_secret=secret,
            tenant="shop",
        )
