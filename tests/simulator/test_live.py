"""What a dry run cannot show: scenarios on real sockets, between the programs as processes."""

import json
import re
import urllib.request

import pytest

pytestmark = pytest.mark.xdist_group("story")
PATIENCE_S = 60
CUSTOMERS = 5


class Control:
    """The running simulator's control, for an admin."""

    def __init__(self, simulator, token):
        self._url, self._token = f"http://127.0.0.1:{simulator.port}", token

    def state(self):
        return self._ask("/state")

    def do(self, command, **fields):
        return self._ask("/control", json.dumps({"command": command, **fields}).encode())

    def _ask(self, path, body=None):
        headers = {"Authorization": f"Bearer {self._token('boss', 'admin')}"}
        request = urllib.request.Request(self._url + path, body, headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)


@pytest.fixture
def shop(launch, token):
    """Start a server and a simulator whose customers are all there."""
    server = launch.server()
    simulator = launch.simulator(server, WORKBENCH_CUSTOMERS=str(CUSTOMERS))
    simulator.wait_for(f"{CUSTOMERS + 1} of {CUSTOMERS + 1} sockets signed in")
    return server, simulator, Control(simulator, token)


def evictions(server):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        found = re.search(r"^shop_ws_evictions_total (\d+)", answer.read().decode(), re.MULTILINE)
    return int(found[1])


def test_a_slow_client_is_evicted_by_the_server_and_nobody_else(shop):
    server, simulator, control = shop
    control.do("speed", speed=5)
    control.do("start_scenario", name="slow-client")

    simulator.wait_for("scenario slow-client: over")
    simulator.wait_for("the slow client was evicted")

    presence = control.state()["presence"]
    assert (presence["evictions"], evictions(server)) == (1, 1)
    assert (presence["signed_in"], presence["reconnects"]) == (CUSTOMERS + 1, 0)


def test_everybody_comes_back_from_every_wave_of_a_storm(shop):
    server, simulator, control = shop
    control.do("speed", speed=5)
    control.do("start_scenario", name="reconnect-storm")

    simulator.wait_for("scenario reconnect-storm: over")

    presence = control.state()["presence"]
    assert (presence["signed_in"], presence["reconnects"]) == (CUSTOMERS + 1, 3 * CUSTOMERS)
    assert evictions(server) == 0


def test_one_that_was_asked_for_at_the_start_begins_and_the_program_ends_in_time(launch):
    server = launch.server()
    simulator = launch.simulator(
        server, "--scenario", "chat-rush", "--speed", "60", "--for", "2m", "--rate", "50"
    )
    simulator.wait_for("scenario chat-rush: over")
    said = simulator.wait_for(r"(\d+\.\d) virtual seconds lived through, (.*)")

    assert simulator.process.wait(PATIENCE_S) == 0
    assert float(said[1]) >= 120
    assert "0 dropped, 0 refused" in said[2]
    assert [line for line in simulator.output.splitlines() if "Traceback" in line] == [], (
        simulator.output
    )
