"""The control API over a real connection: for admins of the tenant only, errors as JSON."""

import json
import time

import aiohttp
import jwt
import pytest

from client.tokens import mint
from simulator.api import serializers
from simulator.api.http import MAX_BODY_BYTES, SimulatorHttpServer

SECRET = "for the tests only, long enough for every algorithm: 0123456789abcdef"
ADMIN = {"role": "admin", "tenant_id": "shop"}


class Backend:
    """The backend of the API, for a shop without a server."""

    def __init__(self, harness):
        self.harness = harness

    def state(self):
        return self.harness.state()

    def scenarios(self):
        return serializers.scenario_list(self.harness.shop)

    async def execute(self, command):
        result = self.harness.runner.execute(command)
        return serializers.command_response(self.harness.shop, command, result)


@pytest.fixture
def it(harness):
    """A shop half a minute after its start."""
    it = harness()
    it.wait(*[0.5] * 60)
    return it


@pytest.fixture
async def get(it):
    """Send a request to the control API; return the status and the JSON of the response."""
    control = SimulatorHttpServer(Backend(it), secret=SECRET, tenant="shop")
    port = await control.start(0)

    async def get_(path, token=None, method="GET", body=None):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"http://127.0.0.1:{port}{path}"
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, url, headers=headers, data=body) as response,
        ):
            assert response.content_type == "application/json"
            return response.status, await response.json()

    yield get_
    await control.stop()


@pytest.fixture
def do(get):
    """Send a command as an admin."""

    async def do_(command, **fields):
        body = json.dumps({"command": command, **fields})
        return await get("/control", token(), "POST", body)

    return do_


def token(**changes):
    claims = {"user_id": "admin_1", "tenant_id": "shop", "role": "admin"}
    return mint(SECRET, **{**claims, **changes})


async def test_an_admin_gets_the_state(get):
    status, state = await get("/state", token())

    assert status == 200
    assert len(state["products"]) == 60
    assert state["warehouses"] == ["Київ", "Львів", "Одеса"]
    assert state["orders"]


# Created when the test runs: all workers of pytest-xdist must collect the same names.
INVALID_TOKENS = {
    "no token": lambda: None,
    "an empty token": lambda: "",
    "nonsense": lambda: "nonsense",
    "not ASCII": lambda: "é",
    "expired": lambda: token(lifetime_s=-60),
    "another secret": lambda: mint(
        "another secret: 0123456789abcdef0123", user_id="a", tenant_id="shop", role="admin"
    ),
    "unsigned": lambda: jwt.encode(ADMIN | {"exp": 2e9}, None, algorithm="none"),
    "another algorithm": lambda: jwt.encode(ADMIN | {"exp": 2e9}, SECRET, algorithm="HS512"),
    "without expiry": lambda: jwt.encode(ADMIN, SECRET, algorithm="HS256"),
}


@pytest.mark.parametrize("name", INVALID_TOKENS)
async def test_an_invalid_token_is_rejected(get, name):
    assert await get("/state", INVALID_TOKENS[name]()) == (
        401,
        {"error": {"code": "unauthenticated", "message": "An admin's bearer token is required"}},
    )


@pytest.mark.parametrize(
    "other",
    [
        {"role": "customer"},
        {"role": "agent"},
        {"role": "service"},
        {"role": None},
        {"tenant_id": "books"},
    ],
)
async def test_other_roles_and_tenants_are_forbidden(get, other):
    assert await get("/state", token(**other)) == (
        403,
        {"error": {"code": "forbidden", "message": "Only admins of this tenant are allowed"}},
    )


async def test_the_health_check_needs_no_token(get):
    assert await get("/healthz") == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/state", "/scenarios", "/control", "/orders"])
async def test_without_a_token_unknown_paths_look_like_known_ones(get, path):
    status, body = await get(path)

    assert (status, body["error"]["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/orders", 404, "not_found"),
        ("POST", "/state", 405, "method_not_allowed"),
        ("GET", "/control", 405, "method_not_allowed"),
    ],
)
async def test_unknown_paths_and_methods_are_rejected(get, method, path, status, code):
    answered, body = await get(path, token(), method)

    assert (answered, body["error"]["code"]) == (status, code)


async def test_the_audience_of_a_token_is_ignored(get):
    claims = {"role": "admin", "tenant_id": "shop", "exp": time.time() + 60, "aud": "shop-api"}

    status, _ = await get("/state", jwt.encode(claims, SECRET, algorithm="HS256"))

    assert status == 200


async def test_scenarios_are_listed_in_both_languages_with_their_progress(get, do, it):
    await do("start_scenario", name="flash-sale")
    it.wait(*[5] * 6)

    _, body = await get("/scenarios", token())

    by_name = {scenario["name"]: scenario for scenario in body["scenarios"]}
    assert len(by_name) == 8
    assert by_name["calm-day"]["running"] is None
    sale = by_name["flash-sale"]
    assert (sale["title"]["en"], sale["title"]["uk"]) == ("Flash sale", "Блискавичний розпродаж")
    assert sale["sentence"].keys() == sale["watch"].keys() == {"en", "uk"}
    assert sale["running"]["progress"] == pytest.approx(30 / sale["lasts_s"])
    assert sale["running"]["left_s"] == pytest.approx(sale["lasts_s"] - 30)


async def test_the_state_lists_running_and_finished_scenarios(get, do, it):
    await do("start_scenario", name="chat-rush")
    await do("start_scenario", name="calm-day")
    await do("stop_scenario", name="calm-day")
    it.wait(*[5] * 20)

    _, state = await get("/state", token())

    assert state["scenarios"] == []
    ended = [(scenario["name"], scenario["how"]) for scenario in state["ended"]]
    assert ended == [("chat-rush", "over"), ("calm-day", "stopped")]


async def test_commands_pause_speed_up_and_resume(get, do):
    for command in ({"command": "pause"}, {"command": "speed", "speed": 12.5}):
        assert (await do(**command))[0] == 200
    _, state = await get("/state", token())
    assert (state["running"], state["speed"]) == (False, 12.5)

    await do("resume")
    _, state = await get("/state", token())
    assert state["running"] is True


async def test_a_command_changes_the_rate(get, do):
    await do("rate", rate=150)

    _, state = await get("/state", token())
    assert state["rate"] == 150


async def test_a_command_restarts_with_another_seed(get, do):
    _, before = await get("/state", token())
    status, answer = await do("restart", seed=12)
    _, after = await get("/state", token())

    assert (status, answer["command"]) == (200, "restart")
    assert (after["seed"], after["elapsed_s"], after["orders"]) == (12, 0, [])
    assert after["run"] != before["run"]


async def test_a_command_resets_the_shop_into_another_language(get, do):
    await do("start_scenario", name="flash-sale")
    _, response = await do("reset", language="en")
    _, state = await get("/state", token())

    assert response["command"] == "reset"
    assert (state["language"], state["scenarios"], state["orders"]) == ("en", [], [])
    assert state["products"][0]["name"] == "iPhone 15 128 GB, black"
    assert state["reset_at"] == state["started_at"]


async def test_a_command_places_an_order_for_a_customer_and_a_product(get, do):
    status, answer = await do("place_order", customer="user_3", product="prod_101", quantity=2)
    _, state = await get("/state", token())

    assert status == 200
    order = next(order for order in state["orders"] if order["id"] == answer["order"]["id"])
    assert answer["order"].keys() == {"id", "number", "status", "total", "customer"}
    assert answer["order"]["customer"]["id"] == "user_3"
    assert [(i["product_id"], i["quantity"]) for i in order["items"]] == [("prod_101", 2)]
    assert answer["at"] == order["created_at"]


async def test_a_command_advances_an_order(do):
    _, placed = await do("place_order")
    seen = []
    for _ in range(4):
        _, answer = await do("advance_order", order=placed["order"]["id"])
        seen.append(answer["order"]["status"])

    assert seen == ["paid", "processing", "shipped", "delivered"]


async def test_the_response_counts_the_shelves_that_changed(get, do):
    assert (await do("set_stock", product="prod_105", level=0))[1]["shelves"] == 3
    assert (await do("restock", product="prod_105", warehouse="Львів"))[1]["shelves"] == 1
    _, state = await get("/state", token())

    product = next(product for product in state["products"] if product["id"] == "prod_105")
    assert product["stock"] == {"Київ": 0, "Львів": 36, "Одеса": 0}


async def test_a_command_announces_to_everyone(do, it):
    status, _ = await do("announce", title="Увага", body="Зачиняємося о 20:00", priority="high")

    assert status == 200
    announcement = json.loads(bytes(it.sink.publications[-1].payload))
    assert it.sink.publications[-1].everyone is True
    assert (announcement["title"], announcement["body"], announcement["priority"]) == (
        "Увага",
        "Зачиняємося о 20:00",
        "high",
    )


async def test_a_command_takes_a_conversation_from_the_agent(do, it):
    status, _ = await do("take_conversation", conversation="conv_5")

    assert status == 200
    assert it.sink.others[-1] == ("take_conversation", "conv_5")


@pytest.mark.parametrize(
    ("field", "command"),
    [
        ("command", {}),
        ("command", {"command": "explode"}),
        ("command", {"command": 3}),
        ("colour", {"command": "pause", "colour": "red"}),
        ("speed", {"command": "speed"}),
        ("speed", {"command": "speed", "speed": 0.5}),
        ("speed", {"command": "speed", "speed": 61}),
        ("speed", {"command": "speed", "speed": "fast"}),
        ("rate", {"command": "rate", "rate": 0}),
        ("rate", {"command": "rate", "rate": 5001}),
        ("seed", {"command": "restart", "seed": -1}),
        ("seed", {"command": "restart", "seed": 2**70}),
        ("name", {"command": "start_scenario", "name": "end-of-the-world"}),
        ("name", {"command": "stop_scenario", "name": "calm-day"}),
        ("product", {"command": "restock", "product": "prod_1"}),
        ("warehouse", {"command": "restock", "warehouse": "Суми"}),
        ("quantity", {"command": "restock", "quantity": 0}),
        ("customer", {"command": "place_order", "customer": "olena"}),
        ("customer", {"command": "place_order", "customer": "user_0"}),
        ("product", {"command": "place_order", "product": "prod_1"}),
        ("quantity", {"command": "place_order", "product": "prod_101", "quantity": 999}),
        ("quantity", {"command": "place_order", "quantity": 999}),
        ("order", {"command": "advance_order"}),
        ("order", {"command": "advance_order", "order": "ord_0_0"}),
        ("to", {"command": "advance_order", "order": "ord_r1_1", "to": "lost"}),
        ("to", {"command": "advance_order", "order": "ord_r1_1", "to": "refunded"}),
        ("product", {"command": "set_stock", "product": "prod_1", "level": 1}),
        ("warehouse", {"command": "set_stock", "product": "prod_101", "level": 1, "warehouse": ""}),
        ("level", {"command": "set_stock", "product": "prod_101"}),
        ("level", {"command": "set_stock", "product": "prod_101", "level": -1}),
        ("title", {"command": "announce", "title": "", "body": "Увага"}),
        ("body", {"command": "announce", "title": "Увага", "body": "х" * 501}),
        ("priority", {"command": "announce", "title": "а", "body": "б", "priority": "urgent"}),
        ("conversation", {"command": "take_conversation"}),
    ],
)
async def test_a_rejected_command_names_the_field_and_changes_nothing(get, it, field, command):
    before = await get("/state", token())
    published = len(it.sink.publications)
    status, body = await get("/control", token(), "POST", json.dumps(command))

    assert (status, body["error"]["code"], body["error"]["field"]) == (422, "invalid", field)
    assert body["error"]["message"]
    assert await get("/state", token()) == before
    assert len(it.sink.publications) == published


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"pause", b"\xff", b'"pause"', b"[" * 10_000, b'{"command":"\\ud8']
)
async def test_a_body_that_is_no_json_object_is_rejected(get, body):
    status, answer = await get("/control", token(), "POST", body)

    assert (status, answer["error"]["code"]) == (400, "bad_request")


async def test_a_body_over_the_limit_is_rejected(get):
    status, answer = await get("/control", token(), "POST", b" " * (MAX_BODY_BYTES + 1))

    assert (status, answer["error"]["code"]) == (413, "request_entity_too_large")


@pytest.mark.parametrize(("role", "status"), [("agent", 403), ("customer", 403), ("service", 403)])
async def test_other_roles_cannot_send_commands(get, it, role, status):
    answered, _ = await get("/control", token(role=role), "POST", b'{"command": "pause"}')

    assert answered == status
    assert it.runner.clock.is_running
