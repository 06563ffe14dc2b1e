"""Scenarios with effects on real connections, between the programs as processes."""

import re
import urllib.request

import pytest

from server.websocket.send_queue import MAX_TRANSPORT_BUFFER

pytestmark = pytest.mark.xdist_group("story")
TIMEOUT_S = 60
CUSTOMERS = 5


def evictions(server):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        found = re.search(r"^shop_ws_evictions_total (\d+)", answer.read().decode(), re.MULTILINE)
    return int(found[1])


def test_the_server_evicts_only_the_slow_client(launch, control):
    """
    The scenario runs from the start; the program exits after its duration, without losses.
    """
    server = launch.server(WORKBENCH_OUTBOX_BYTES=str(MAX_TRANSPORT_BUFFER))
    options = ("--scenario", "slow-client", "--speed", "8", "--for", "90s")
    simulator = launch.simulator(server, *options, WORKBENCH_CUSTOMERS=str(CUSTOMERS))
    control = control(simulator)
    simulator.wait_for("scenario slow-client: over")
    simulator.wait_for("the server disconnected the slow client")

    presence = control.state()["presence"]
    assert (presence["evictions"], evictions(server)) == (1, 1)
    assert (presence["signed_in"], presence["reconnects"]) == (CUSTOMERS + 1, 0)

    control.do("speed", speed=60)
    totals = simulator.wait_for(r"(\d+\.\d) virtual seconds simulated, (.*)")
    assert simulator.process.wait(TIMEOUT_S) == 0
    assert float(totals[1]) >= 90
    assert "0 dropped, 0 refused" in totals[2]
    assert [line for line in simulator.output.splitlines() if "Traceback" in line] == [], (
        simulator.output
    )


def test_all_customers_reconnect_after_a_storm_and_none_is_evicted(launch, control):
    server = launch.server()
    simulator = launch.simulator(server, "--speed", "20", WORKBENCH_CUSTOMERS=str(CUSTOMERS))
    control = control(simulator)
    control.wait_until_all_are_signed_in()
    control.do("start_scenario", name="reconnect-storm")

    simulator.wait_for("scenario reconnect-storm: over")
    presence = control.wait_until_all_are_signed_in()

    # On a slow machine, some customers may not have reconnected before the next drop.
    assert CUSTOMERS <= presence["reconnects"] <= 3 * CUSTOMERS
    assert evictions(server) == 0
