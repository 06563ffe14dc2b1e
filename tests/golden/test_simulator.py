"""What the simulator responds over HTTP, and the publications that a dry run prints."""

import asyncio
import json
import re

import msgspec
import pytest
from msgspec import Raw

RUN = r'(?m)^run: "\w+"', 'run: "<run>"'
IDS = r"\b(ord_|ORD-|notif_)\w+[_-]\d+", r"\1<id>"
NUMBER = re.compile(r"(?<=:)\d+(?=[,}])")
SHOWN = {"products": 1, "orders": 2}  # so many items of these lists
DEPENDS_ON_TIME = {"publisher", "presence"}
REJECTED = (
    "[]",
    "{",
    " " * ((1 << 14) + 1),
    {},
    {"command": "explode"},
    {"command": 3},
    {"command": "pause", "colour": "red"},
    {"command": "speed"},
    {"command": "speed", "speed": 0.5},
    {"command": "speed", "speed": "fast"},
    {"command": "rate", "rate": 0},
    {"command": "rate", "rate": 5000},
    {"command": "restart", "seed": -1},
    {"command": "reset", "language": "de"},
    {"command": "start_scenario", "name": "end-of-the-world"},
    {"command": "stop_scenario", "name": "flash-sale"},
    {"command": "restock", "product": "prod_1"},
    {"command": "restock", "warehouse": "Суми"},
    {"command": "place_order", "customer": "olena"},
    {"command": "place_order", "product": "prod_101", "quantity": 999},
    {"command": "place_order", "quantity": 999},
    {"command": "advance_order", "order": "ord_0_0"},
    {"command": "advance_order", "order": "ord_0_0", "to": "lost"},
    {"command": "set_stock", "product": "prod_101"},
    {"command": "set_stock", "product": "prod_101", "level": 1, "warehouse": ""},
    {"command": "announce", "title": "", "body": "Увага"},
    {"command": "announce", "title": "а", "body": "б", "priority": "urgent"},
    {"command": "take_conversation"},
)


@pytest.fixture
async def simulator(launch, start_server, client_of, normalize):
    """A client of a simulator whose two customers are signed in to a server."""
    server = await start_server()
    settings = {"WORKBENCH_SEED": "7", "WORKBENCH_CUSTOMERS": "2"}
    program = await asyncio.to_thread(launch.simulator, server, **settings)
    simulator = await client_of(program)
    are_signed_in = []
    while are_signed_in != [True, True]:
        state = await simulator.request("GET", "/state", "boss admin")
        are_signed_in = [customer["signed_in"] for customer in state["customers"]]
    simulator.clear()
    normalize.rules += [IDS, RUN]
    return simulator


async def test_the_routes_of_the_control_api(golden, simulator):
    admin = "boss admin"

    async def do(command, who=admin):
        return await simulator.request("POST", "/control", who, command)

    simulator.section("Who may use them")
    for path in ("/healthz", "/state", "/scenarios", "/control", "/nowhere"):
        await simulator.request("GET", path)
    await simulator.request("GET", "/state", "agent agent")
    await simulator.request("GET", "/nowhere", admin)
    await simulator.request("POST", "/state", admin)
    await simulator.request("GET", "/control", admin)
    await do({"command": "pause"}, "olena")

    simulator.section("Commands, while time stands still and nothing else happens")
    await do({"command": "pause"})
    await do({"command": "reset", "seed": 7, "language": "en"})
    await do({"command": "pause"})
    await do({"command": "reset", "language": "uk"})
    await do({"command": "pause"})
    await do({"command": "restart", "seed": 8})
    await do({"command": "speed", "speed": 2})
    await do({"command": "rate", "rate": 25.5})
    await do({"command": "start_scenario", "name": "calm-day"})
    await do({"command": "start_scenario", "name": "chat-rush"})
    await do({"command": "stop_scenario", "name": "chat-rush"})
    order = {"customer": "user_3", "product": "prod_101", "quantity": 2}
    await do({"command": "place_order", **order})
    placed = await do({"command": "place_order", **order})
    id = placed["order"]["id"]
    for _ in range(3):
        await do({"command": "advance_order", "order": id})
    await do({"command": "advance_order", "order": id, "to": "delivered"})
    await do({"command": "set_stock", "product": "prod_105", "level": 0})
    await do({"command": "restock", "product": "prod_105", "warehouse": "Львів", "quantity": 5})
    await do({"command": "announce", "title": "Увага", "body": "Зачиняємося", "priority": "high"})
    await do({"command": "take_conversation", "conversation": "conv_1"})
    await do({"command": "release_conversation", "conversation": "conv_2"})

    simulator.section("State and scenarios")
    await simulator.request("GET", "/state", admin, replace=field_by_field)
    await simulator.request("GET", "/scenarios", admin, replace=two_scenarios)

    simulator.section("Rejected commands")
    for command in REJECTED:
        await do(command)
    await do({"command": "advance_order", "order": id, "to": "paid"})
    await do({"command": "resume"})

    golden("simulator_http.txt", simulator.transcript)


def field_by_field(state):
    lines = []
    for name, value in msgspec.json.decode(state, type=dict[str, Raw]).items():
        if name in SHOWN:
            items = msgspec.json.decode(value, type=list[Raw])[: SHOWN[name]]
            lines += [f"{name}[]: {bytes(item).decode()}" for item in items]
        else:
            text = bytes(value).decode()
            lines.append(f"{name}: {NUMBER.sub('0', text) if name in DEPENDS_ON_TIME else text}")
    return "\n".join(lines)


def two_scenarios(scenarios):
    """Show the first two, one of which is running."""
    listed = msgspec.json.decode(scenarios, type=dict[str, list[Raw]])
    return "\n".join(
        f"{name}[]: {bytes(item).decode()}" for name in listed for item in listed[name][:2]
    )


async def test_a_dry_run_prints_publications_like_these(golden, launch, normalize):
    program = launch("simulator", "--dry-run", "--seed", "7", "--for", "2m")
    await asyncio.to_thread(program.process.wait)
    assert program.stop() == 0
    first_of_a_kind = {}
    for line in program.output.splitlines():
        publication = json.loads(line)
        payload = publication["payload"]
        kind = [payload.get(name) for name in ("status", "action", "alert_type", "icon")]
        first_of_a_kind.setdefault((publication["type"], *kind, *payload), line)

    golden("simulator_dry_run.jsonl", normalize("\n".join(first_of_a_kind.values())) + "\n")
