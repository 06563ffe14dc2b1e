"""Admin API: an admin sees and closes the connections of one tenant, and no others."""

import time

import pytest

NOT_FOUND = (404, {"error": {"code": "not_found", "message": "There is no such connection"}})


@pytest.fixture
def ask(server, token):
    """Send a request as an admin of the shop, or as another user."""

    async def asking(method, path, who=("boss", "admin"), **options):
        return await server.request(method, path, token(*who), **options)

    return asking


@pytest.fixture
def connections(server, token):
    """List a tenant's connections."""

    async def listing(tenant_id="shop", query=""):
        admin = token("boss", "admin", tenant_id=tenant_id)
        status, answer = await server.request("GET", f"/api/connections{query}", admin)
        assert status == 200
        return answer["connections"]

    return listing


async def test_a_connection_is_described(server, connections):
    await server.place_order("ord_1", "olena")
    client = await server.sign_in("olena", name="Олена")
    await client.subscribe("order:ord_1")
    await client.ask("ping")

    (found,) = await connections()

    assert found["id"].startswith("c_")
    assert (found["user_id"], found["name"], found["role"]) == ("olena", "Олена", "customer")
    assert found["channels"] == ["order:ord_1", "user:olena"]
    assert (found["messages_in"], found["waiting_bytes"]) == (2, 0)
    assert found["connected_at"] <= found["last_heard_at"]
    assert found["node"]


async def test_an_admin_sees_the_connections_of_the_tenant_and_no_others(server, connections):
    await server.sign_in("olena")
    await server.sign_in("manager", role=None)
    await server.sign_in("ivan", tenant_id="books")
    await server.sign_in("olena", tenant_id=None)
    await (await server.connect()).ask("ping")

    ours, theirs = await connections("shop"), await connections("books")

    assert [(each["user_id"], each["role"]) for each in ours] == [
        ("manager", None),
        ("olena", "customer"),
    ]
    assert [each["user_id"] for each in theirs] == ["ivan"]
    assert [each["user_id"] for each in await connections("shop", "?user_id=olena")] == ["olena"]


async def test_the_channels_of_the_tenant_are_listed_with_their_subscribers(server, ask):
    await server.place_order("ord_1", "olena")
    olena, boss = await server.sign_in("olena"), await server.sign_in("boss", "admin")
    foreign, visitor = await server.sign_in("ivan", tenant_id="books"), await server.connect()
    for client, channel in [
        (olena, "order:ord_1"),
        (boss, "order:ord_1"),
        (boss, "tenant:shop"),
        (boss, "monitor:shop"),
        (foreign, "public:news"),
        (visitor, "public:news"),
    ]:
        await client.subscribe(channel)

    _, answer = await ask("GET", "/api/channels")

    assert answer["total"] == len(answer["channels"]) == 6
    assert {(c["kind"], c["name"], c["subscribers"]) for c in answer["channels"]} == {
        ("order", "order:ord_1", 2),
        ("public", "public:news", 2),
        ("user", "user:olena", 1),
        ("user", "user:boss", 1),
        ("tenant", "tenant:shop", 1),
        ("monitor", "monitor:shop", 1),
    }


async def test_nodes_are_described_as_the_monitor_does(server, ask):
    watcher = await server.sign_in("boss", "admin")
    await watcher.subscribe("monitor:shop")

    _, answer = await ask("GET", "/api/nodes")
    (reported,) = (await watcher.next_event("stats"))["payload"]["nodes"]

    (node,) = answer["nodes"]
    assert node.keys() == reported.keys()
    assert (node["node"], node["connections"]) == (reported["node"], 1)


@pytest.mark.parametrize(
    ("channel", "joined", "rule"),
    [
        ("user:olena", True, "own_user"),
        ("user:taras", False, "other_user"),
        ("order:ord_1", True, "owner"),
        ("order:ord_2", False, "not_owner"),
        ("order:ord_404", False, "unknown_order"),
        ("order:ord_books", False, "unknown_order"),
        ("tenant:shop", False, "not_staff"),
        ("tenant:books", False, "other_tenant"),
        ("public:news", False, "public"),
        ("nonsense", False, "malformed"),
        ("", False, "malformed"),
    ],
)
async def test_access_to_a_channel_is_explained(server, ask, connections, channel, joined, rule):
    await server.place_order("ord_1", "olena")
    await server.place_order("ord_2", "taras")
    await server.place_order("ord_books", "ivan", tenant_id="books")
    client = await server.sign_in("olena")
    await client.subscribe("order:ord_1")
    (found,) = await connections()

    path = f"/api/connections/{found['id']}/access"
    status, answer = await ask("GET", path, params={"channel": channel})
    may_join = (await client.subscribe(channel))["type"] == "subscribed"

    assert status == 200
    assert answer.pop("explanation").endswith(".")
    assert answer == {"channel": channel, "joined": joined, "allowed": may_join, "rule": rule}


async def test_an_expired_connection_keeps_subscriptions_that_it_may_not_renew(
    server, ask, connections
):
    client = await server.sign_in("olena", exp=time.time() + 1)
    (found,) = await connections()
    assert (await client.next_event())["type"] == "auth_error"

    _, answer = await ask("GET", f"/api/connections/{found['id']}/access?channel=user:olena")

    assert (answer["joined"], answer["allowed"], answer["rule"]) == (True, False, "expired")


async def test_a_disconnected_client_gets_the_close_code_and_is_no_longer_listed(
    server, ask, connections
):
    client, other = await server.sign_in("olena"), await server.sign_in("taras")
    (found,) = await connections("shop", "?user_id=olena")

    answer = await ask("DELETE", f"/api/connections/{found['id']}")
    again = await ask("DELETE", f"/api/connections/{found['id']}")

    assert answer == (200, {"disconnected": 1})
    assert again == NOT_FOUND
    assert await client.close_code() == 4003
    assert [each["user_id"] for each in await connections()] == ["taras"]
    assert await other.is_silent()


@pytest.mark.parametrize(("method", "suffix"), [("DELETE", ""), ("GET", "/access?channel=a:b")])
async def test_a_connection_of_another_tenant_is_treated_as_unknown(
    server, ask, connections, method, suffix
):
    foreign = await server.sign_in("ivan", tenant_id="books")
    (theirs,) = await connections("books")

    for id in (theirs["id"], "c_404", "x" * 500):
        assert await ask(method, f"/api/connections/{id}{suffix}") == NOT_FOUND
    assert await foreign.is_silent()


async def test_all_connections_of_a_user_are_closed_within_the_tenant(server, ask):
    laptop, phone = await server.sign_in("olena"), await server.sign_in("olena")
    namesake = await server.sign_in("olena", tenant_id="books")

    first = await ask("POST", "/api/users/olena/disconnect")
    again = await ask("POST", "/api/users/olena/disconnect", json={})
    unknown = await ask("POST", "/api/users/nobody/disconnect")

    assert (first, again) == ((200, {"disconnected": 2}), (200, {"disconnected": 0}))
    assert unknown == (200, {"disconnected": 0})
    assert [await laptop.close_code(), await phone.close_code()] == [4003, 4003]
    assert await namesake.is_silent()
    assert await server.sign_in("olena")


@pytest.fixture
async def exact_server(serve):
    """A server whose clock is that of the issuer."""
    return await serve(clock_skew_s=0.0)


async def test_revoking_refuses_earlier_tokens_and_those_without_a_time(exact_server, token):
    server, now = exact_server, time.time()
    old, undated = token(iat=now - 5), token()
    client = await server.connect(old)
    await client.next_event()

    path, admin = "/api/users/olena/disconnect", token("boss", "admin")
    answer = await server.request("POST", path, admin, json={"revoke": True})

    assert answer == (200, {"disconnected": 1})
    assert await client.close_code() == 4003
    for refused in (old, undated):
        assert (await (await server.connect(refused)).next_event())["type"] == "auth_error"
        assert (await server.request("GET", "/api/conversations", refused))[0] == 401
    assert await server.sign_in("olena", iat=time.time())
    assert await server.sign_in("olena", tenant_id="books")
    assert await server.sign_in("taras")


async def test_revoking_refuses_the_token_of_an_issuer_whose_clock_is_ahead(serve, token):
    server = await serve(clock_skew_s=60.0)
    ahead = token(iat=time.time() + 30)
    assert await server.connect(ahead)

    path, admin = "/api/users/olena/disconnect", token("boss", "admin")
    await server.request("POST", path, admin, json={"revoke": True})

    assert (await server.request("GET", "/api/conversations", ahead))[0] == 401


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"revoke": 1}', b"\xff"])
async def test_an_invalid_body_closes_nothing(server, ask, body):
    client = await server.sign_in("olena")

    status, answer = await ask("POST", "/api/users/olena/disconnect", data=body)

    assert (status, answer["error"]["code"]) == (422, "invalid_body")
    assert await client.is_silent()


async def test_an_invalid_user_id_is_not_found(server, ask):
    status, answer = await ask("POST", "/api/users/a%20b/disconnect", json={"revoke": True})

    assert (status, answer["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/connections"),
        ("GET", "/api/connections/c_1/access?channel=public:news"),
        ("DELETE", "/api/connections/c_1"),
        ("POST", "/api/users/olena/disconnect"),
        ("GET", "/api/channels"),
        ("GET", "/api/nodes"),
    ],
)
async def test_the_routes_are_for_admins_only(server, token, method, path):
    assert (await server.request(method, path))[0] == 401
    for role in ("customer", "agent", "service", None):
        assert (await server.request(method, path, token("olena", role)))[0] == 403
    without_tenant = token("boss", "admin", tenant_id=None)
    assert (await server.request(method, path, without_tenant))[0] == 403
