"""What a dry run cannot show: scenarios on real sockets, between the programs as processes."""

import json
import re
import time
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


def evictions(server):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        found = re.search(r"^shop_ws_evictions_total (\d+)", answer.read().decode(), re.MULTILINE)
    return int(found[1])


def test_a_slow_client_is_evicted_by_the_server_and_nobody_else(launch, token):
    """
    It is there from the start; the program ends by itself, with nothing lost.
    """
    server = launch.server()
    options = ("--scenario", "slow-client", "--speed", "2", "--for", "60s")
    simulator = launch.simulator(server, *options, WORKBENCH_CUSTOMERS=str(CUSTOMERS))
    simulator.wait_for("scenario slow-client: over")
    simulator.wait_for("the slow client was evicted")

    presence = Control(simulator, token).state()["presence"]
    assert (presence["evictions"], evictions(server)) == (1, 1)
    assert (presence["signed_in"], presence["reconnects"]) == (CUSTOMERS + 1, 0)

    said = simulator.wait_for(r"(\d+\.\d) virtual seconds lived through, (.*)")
    assert simulator.process.wait(PATIENCE_S) == 0
    assert float(said[1]) >= 60
    assert "0 dropped, 0 refused" in said[2]
    assert [line for line in simulator.output.splitlines() if "Traceback" in line] == [], (
        simulator.output
    )


def test_everybody_comes_back_from_a_storm_and_nobody_is_evicted(launch, token):
    server = launch.server()
    simulator = launch.simulator(server, WORKBENCH_CUSTOMERS=str(CUSTOMERS))
    simulator.wait_for(f"{CUSTOMERS + 1} of {CUSTOMERS + 1} sockets signed in")
    control = Control(simulator, token)
    control.do("speed", speed=5)
    control.do("start_scenario", name="reconnect-storm")

    simulator.wait_for("scenario reconnect-storm: over")
    while (presence := control.state()["presence"])["signed_in"] < CUSTOMERS + 1:
        time.sleep(0.05)

    # On a slow machine a wave may meet somebody who is not back from the last one.
    assert CUSTOMERS <= presence["reconnects"] <= 3 * CUSTOMERS
    assert evictions(server) == 0
