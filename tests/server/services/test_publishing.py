"""``POST /api/publish``: who may publish what where, all of it or nothing."""

import io
import json

import pytest

NOTIFICATION = {
    "type": "notification",
    "payload": {"id": "n_1", "title": "Увага", "body": "Знижки"},
}
NEWS = NOTIFICATION | {"channel": "public:news"}
PAID = {"type": "order_update", "payload": {"order_id": "ord_1", "status": "paid"}}


async def test_the_response_counts_accepted_publications_and_reached_connections(server):
    for user_id in ("olena", "taras"):
        await (await server.sign_in(user_id)).subscribe("public:news")

    assert await server.publish(NEWS) == (200, {"accepted": 1, "reached": 2})
    assert await server.publish([NEWS] * 3 + [NOTIFICATION | {"user": "olena"}]) == (
        200,
        {"accepted": 4, "reached": 7},
    )


async def test_a_publication_for_everyone_reaches_anonymous_clients_too(server):
    visitor = await server.connect()
    await visitor.ask("ping")

    assert (await server.publish(NOTIFICATION | {"everyone": True}))[1]["reached"] == 1
    assert (await visitor.next_event())["payload"] == NOTIFICATION["payload"]


async def test_a_list_is_delivered_in_order_and_with_unknown_fields(server):
    client = await server.sign_in()
    await client.subscribe("public:news")

    await server.publish(
        [NEWS | {"payload": NOTIFICATION["payload"] | {"number": number}} for number in range(200)]
    )

    assert [(await client.next_event())["payload"]["number"] for _ in range(200)] == list(
        range(200)
    )


async def test_publishing_needs_a_valid_token(server, token):
    assert (await server.request("POST", "/api/publish", json=NEWS))[0] == 401
    assert (await server.publish(NEWS, "forged"))[0] == 401
    assert (await server.publish(NEWS, token(algorithm="none", key=None, role="service")))[0] == 401


@pytest.mark.parametrize("role", ["customer", "agent", None])
async def test_a_customer_or_an_agent_may_not_publish(server, token, role):
    status, answer = await server.publish(NEWS, token("olena", role))

    assert (status, answer["error"]["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("what", "status"),
    [
        (PAID | {"channel": "order:ord_1"}, 200),
        (NOTIFICATION | {"channel": "tenant:shop"}, 200),
        (NOTIFICATION | {"user": "olena"}, 200),
        (NOTIFICATION | {"channel": "tenant:books"}, 403),
        (PAID | {"channel": "order:ord_2"}, 403),
        (PAID | {"channel": "order:ord_404"}, 403),
        (NEWS, 403),
        (NOTIFICATION | {"everyone": True}, 403),
    ],
)
async def test_an_admin_publishes_within_the_tenant(server, token, what, status):
    await server.place_order("ord_1", "olena")
    await server.place_order("ord_2", "ivan", tenant_id="books")

    assert (await server.publish(what, token("boss", "admin")))[0] == status


async def test_an_admin_does_not_reach_users_of_another_tenant(server, token):
    ours = await server.sign_in("olena")
    theirs = await server.sign_in("olena", tenant_id="books")

    _, answer = await server.publish(NOTIFICATION | {"user": "olena"}, token("boss", "admin"))

    assert answer["reached"] == 1
    assert (await ours.next_event())["type"] == "notification"
    assert await theirs.is_silent()


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (NOTIFICATION, "invalid_publication"),
        (NEWS | {"user": "olena"}, "invalid_publication"),
        (NOTIFICATION | {"everyone": False}, "invalid_publication"),
        (NEWS | {"payload": {}}, "invalid_publication"),
        (NEWS | {"payload": []}, "invalid_publication"),
        (NEWS | {"type": "ping"}, "invalid_publication"),
        (NEWS | {"type": "chat_message"}, "invalid_publication"),
        ({"channel": "public:news"}, "invalid_publication"),
        (NOTIFICATION | {"channel": "news"}, "invalid_channel"),
        (NOTIFICATION | {"channel": "monitor:shop"}, "invalid_channel"),
        (NOTIFICATION | {"user": "a b"}, "invalid_channel"),
        (NEWS | {"payload": NOTIFICATION["payload"] | {"filler": "x" * 70_000}}, "too_big"),
        (7, "invalid_publication"),
    ],
)
async def test_an_invalid_publication_is_rejected_with_its_index_in_the_list(server, what, code):
    client = await server.sign_in()
    await client.subscribe("public:news")

    alone = await server.publish(what)
    third = await server.publish([NEWS, NEWS, what])

    assert (alone[0], alone[1]["error"]["code"]) == (422, code)
    assert "index" not in alone[1]["error"]
    assert (third[0], third[1]["error"]["code"], third[1]["error"]["index"]) == (422, code, 2)
    assert await client.is_silent()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[1,", 400),
        (b"\xff", 400),
        (json.dumps(NEWS).encode() + b"\xff", 400),
        (b"[" * 5000 + b"]" * 5000, 400),
        (b"[]", 422),
        (json.dumps([NEWS] * 1001).encode(), 422),
        (json.dumps([NEWS | {"filler": "x" * 60_000}] * 20).encode(), 413),
    ],
)
async def test_an_invalid_body_is_rejected(server, token, body, status):
    got, answer = await server.request(
        "POST", "/api/publish", token("svc", "service", tenants="*"), data=io.BytesIO(body)
    )

    assert got == status
    assert set(answer["error"]) == {"code", "message"}


async def test_invalid_text_is_rejected_even_in_an_unknown_field(server, token):
    client = await server.sign_in()
    await client.subscribe("public:news")
    body = json.dumps(NEWS | {"note": "@"}).encode().replace(b"@", b"\xff")

    status, _ = await server.request(
        "POST", "/api/publish", token("svc", "service", tenants="*"), data=body
    )

    assert status == 400
    assert await client.is_silent()


async def test_the_customer_may_subscribe_to_an_order_when_it_is_placed(server):
    olena = await server.sign_in("olena")
    before = await olena.subscribe("order:ord_1")

    await server.place_order("ord_1", "olena")
    after = await olena.subscribe("order:ord_1")
    await server.publish(PAID | {"channel": "order:ord_1"})

    assert (before["type"], after["type"]) == ("error", "subscribed")
    assert (await olena.next_event())["payload"] == PAID["payload"]


async def test_the_former_owner_of_an_order_is_unsubscribed(server):
    await server.place_order("ord_1", "olena")
    olena, boss = await server.sign_in("olena"), await server.sign_in("boss", "admin")
    for client in (olena, boss):
        await client.subscribe("order:ord_1")

    await server.place_order("ord_1", "taras")
    event = await olena.next_event()
    _, answer = await server.publish(PAID | {"channel": "order:ord_1"})

    assert (event["type"], event["payload"]) == ("unsubscribed", {"channel": "order:ord_1"})
    assert answer["reached"] == 1
    assert (await boss.next_event())["type"] == "order_update"
    assert await olena.is_silent()
    assert (await olena.subscribe("order:ord_1"))["type"] == "error"


SERVICES = {
    "own tenant": {},
    "two tenants": {"tenants": ["books"]},
    "all tenants": {"tenants": "*"},
    "no tenant": {"tenant_id": None},
    "no tenant of its own": {"tenant_id": None, "tenants": ["shop", "books"]},
}


@pytest.mark.parametrize(
    ("what", "allowed"),
    [
        (PAID | {"channel": "order:ord_1"}, {"own tenant", "two tenants", "all tenants"}),
        (NOTIFICATION | {"user": "olena"}, {"own tenant", "two tenants", "all tenants"}),
        (NOTIFICATION | {"channel": "tenant:shop"}, set(SERVICES) - {"no tenant"}),
        (
            NOTIFICATION | {"channel": "tenant:books"},
            {"two tenants", "all tenants", "no tenant of its own"},
        ),
        (
            PAID | {"channel": "order:ord_1", "tenant": "books"},
            {"two tenants", "all tenants", "no tenant of its own"},
        ),
        (
            NOTIFICATION | {"user": "olena", "tenant": "books"},
            {"two tenants", "all tenants", "no tenant of its own"},
        ),
        (NEWS, {"all tenants"}),
        (NOTIFICATION | {"everyone": True}, {"all tenants"}),
    ],
)
async def test_a_service_publishes_for_its_tenant_and_those_its_token_lists(
    server, token, what, allowed
):
    answers = {
        name: await server.publish(what, token("svc", "service", **claims))
        for name, claims in SERVICES.items()
    }

    assert {name for name, (status, _) in answers.items() if status == 200} == allowed
    refused = [body for status, body in answers.values() if status != 200]
    assert all(body["error"]["code"] == "forbidden" for body in refused)


async def test_a_service_reaches_a_users_connections_of_the_tenant_it_acts_for(server, token):
    ours = await server.sign_in("olena")
    theirs = await server.sign_in("olena", tenant_id="books")
    service = token("svc", "service", tenants=["books"])

    _, here = await server.publish(NOTIFICATION | {"user": "olena"}, service)
    _, there = await server.publish(NOTIFICATION | {"user": "olena", "tenant": "books"}, service)
    _, everywhere = await server.publish(NOTIFICATION | {"user": "olena"})

    assert [each["reached"] for each in (here, there, everywhere)] == [1, 1, 2]
    for client in (ours, theirs):
        assert [(await client.next_event())["type"] for _ in range(2)] == ["notification"] * 2
        assert await client.is_silent()


async def test_an_admin_acts_for_no_other_tenant(server, token):
    what = NOTIFICATION | {"user": "olena", "tenant": "books"}

    assert (await server.publish(what, token("boss", "admin")))[0] == 403
    assert (await server.publish(what | {"tenant": "no tenant"}))[0] == 422


async def test_an_unknown_path_gets_a_json_error(server):
    assert await server.request("GET", "/api/nothing") == (
        404,
        {"error": {"code": "not_found", "message": "Not Found"}},
    )


async def test_a_server_that_can_deliver_is_ready(server):
    assert await server.request("GET", "/healthz") == (200, {"status": "ok"})
    assert await server.request("GET", "/readyz") == (200, {"status": "ready"})
