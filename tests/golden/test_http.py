"""What the server responds over HTTP: status, headers and body of every route."""

import re

import pytest

NUMBER = re.compile(r"(?<=:)\d+(\.\d+)?(?=[,}])")
CHANNEL = re.compile(r'\{"kind"[^}]*\}')


def chat(content, **options):
    return {"type": "chat_message", "payload": {"content": content, **options}, "id": "c1"}


def without_numbers(body):
    return NUMBER.sub("0", body)


def sorted_channels(body):
    """Sort a list of channels: those with as many subscribers are in any order."""
    channels = CHANNEL.findall(body)
    return body.replace(",".join(channels), ",".join(sorted(channels)))


async def test_publishing(golden, start_server, order, new_order, notification):
    server = await start_server()
    await server.sign_in("olena")
    server.clear()
    publish = "POST", "/api/publish"
    service, admin = (*publish, "svc service"), (*publish, "boss admin")
    news = notification(channel="public:news")

    server.section("Who may publish")
    await server.request(*publish, "", news)
    await server.request(*publish, "not.a.token", news)
    await server.request(*publish, "olena customer", news)
    await server.request(*publish, "agent agent", news)

    server.section("Accepted")
    await server.request(*service, news)
    several = [news, notification(user="olena"), notification(everyone=True)]
    await server.request(*service, several)
    await server.request(*service, new_order())
    await server.request(*admin, notification(user="olena"))
    await server.request(*admin, new_order("ord_2"))
    await server.request(*admin, notification(channel="order:ord_2"))

    server.section("Refused")
    for body in (
        "{",
        "",
        [],
        "[" + "{}," * 1000 + "{}]",
        " " * ((1 << 20) + 1),
        {},
        notification(),
        notification(user="olena", everyone=True),
        notification(everyone=False),
        {**news, "type": "dance"},
        {**news, "payload": {"id": "n_1"}},
        {**news, "payload": 1},
        notification(channel="news"),
        notification(channel="monitor:shop"),
        [news, notification(channel="news")],
        notification("n" * (1 << 16), channel="public:news"),
        {**new_order(), "payload": {"order": order("ord 1")}},
        [news, new_order(tenant_id="books")],
    ):
        await server.request(*service, body)
    await server.request(*admin, news)
    await server.request(*admin, notification(channel="tenant:books"))
    await server.request(*admin, notification(channel="order:ord_404"))

    server.section("Idempotency-Key")
    key = {"Idempotency-Key": "k1"}
    await server.request(*service, news, key)
    await server.request(*service, news, key)
    await server.request(*service, several, key)
    await server.request(*service, {}, {"Idempotency-Key": "k2"})
    await server.request(*service, {}, {"Idempotency-Key": "k2"})
    await server.request(*service, news, {"Idempotency-Key": ""})

    golden("http_publish.txt", server.transcript)


async def test_conversations(golden, start_server):
    server = await start_server()
    olena = await server.sign_in("olena", name="Олена")
    agent = await server.sign_in("agent", "agent")
    server.clear()
    conversations = "GET", "/api/conversations"

    opened = await olena.request(chat("Коли відправите?"))
    await server.request(*conversations, "olena")
    id = opened["payload"]["conversation_id"]
    await agent.request(chat("Сьогодні", conversation_id=id))
    for who in ("", "svc service", "agent agent", "taras"):
        await server.request(*conversations, who)
    for who in ("olena", "taras"):
        await server.request("GET", f"/api/conversations/{id}/messages", who)
    await server.request("GET", "/api/conversations/conv_404/messages", "agent agent")

    golden("http_conversations.txt", server.transcript)


@pytest.fixture
async def server(start_server, new_order):
    """A server with two orders and two connections."""
    server = await start_server(connections=3)
    orders = [new_order("ord_1", "olena"), new_order("ord_2", "taras")]
    await server.request("POST", "/api/publish", "svc service", orders)
    await server.sign_in("manager", role=None)
    olena = await server.sign_in("olena", name="Олена")
    for channel in ("order:ord_1", "public:news"):
        await olena.request({"type": "subscribe", "payload": {"channel": channel}})
    server.clear()
    return server


async def test_the_routes_for_admins(golden, server):
    admin = "boss admin"
    server.section("Who may use them")
    for path in ("connections", "connections/c_1/access", "channels", "nodes"):
        await server.request("GET", f"/api/{path}")
        await server.request("GET", f"/api/{path}", "agent agent")
    without_tenant = server.token("boss", "admin", tenant_id=None)
    await server.request("GET", "/api/nodes", without_tenant)

    server.section("Lists")
    listed = await server.request("GET", "/api/connections", admin)
    await server.request("GET", "/api/connections?user_id=olena", admin)
    await server.request("GET", "/api/connections?user_id=nobody", admin)
    await server.request("GET", "/api/channels", admin, replace=sorted_channels)
    await server.request("GET", "/api/nodes", admin, replace=without_numbers)

    server.section("Why a connection receives a channel or does not")
    ids = {each["user_id"]: each["id"] for each in listed["connections"]}
    for channel in (
        "user:olena", "user:taras", "order:ord_1", "order:ord_2", "order:ord_404", "tenant:shop",
        "tenant:books", "monitor:shop", "monitor:books", "public:news", "nonsense",
    ):  # fmt: skip
        path = f"/api/connections/{ids['olena']}/access?channel={channel}"
        await server.request("GET", path, admin)
    for id in (ids["manager"], "c_404"):
        await server.request("GET", f"/api/connections/{id}/access?channel=tenant:shop", admin)

    server.section("Disconnecting")
    for who in (admin, admin, "agent agent"):
        await server.request("DELETE", f"/api/connections/{ids['manager']}", who)
    for body in ("{", {"revoke": 1}, {"revoke": True}, {}):
        await server.request("POST", "/api/users/olena/disconnect", admin, body)
    await server.request("POST", "/api/users/a%20b/disconnect", admin)
    await server.request("POST", "/api/users/olena/disconnect", "agent agent")
    revoked = server.token("olena", iat=1_700_000_000)
    await server.request("GET", "/api/conversations", revoked)

    golden("http_admin.txt", server.transcript)


async def test_the_routes_for_everybody(golden, server):
    await server.request("GET", "/healthz")
    await server.request("GET", "/readyz")
    await server.request("GET", "/metrics", replace=None)
    openmetrics = {"Accept": "application/openmetrics-text; version=1.0.0"}
    await server.request("GET", "/metrics", headers=openmetrics, replace=None)
    await server.request("GET", "/nowhere")
    await server.request("POST", "/healthz")
    await server.request("PATCH", "/api/publish", "svc service")

    server.section("Handshakes that are rejected")
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }  # fmt: skip
    await server.request("GET", "/ws")
    await server.request("GET", "/ws", headers={**upgrade, "Sec-WebSocket-Version": "12"})
    await server.request("GET", "/ws", headers={**upgrade, "Origin": "https://other.example"})
    await server.connect("the last that the server takes")
    await server.request("GET", "/ws", headers=upgrade)

    golden("http_everybody.txt", server.transcript)


async def test_responses_while_redis_is_down(
    golden, start_redis, start_server, new_order, notification, redis_prefix
):
    redis = start_redis()
    server = await start_server(
        redis_url=redis.url, redis_prefix=redis_prefix, broker_timeout_s=0.3
    )
    olena = await server.sign_in("olena")
    server.clear()
    redis.kill()

    publish = "POST", "/api/publish", "svc service"
    await server.request("GET", "/readyz")
    await server.request(*publish, notification(channel="public:news"))
    await server.request(*publish, notification(user="olena"), {"Idempotency-Key": "k1"})
    await server.request(*publish, new_order())
    await server.request("GET", "/api/conversations", "olena")
    await server.request("GET", "/api/connections", "boss admin")
    revoke = {"revoke": True}
    await server.request("POST", "/api/users/olena/disconnect", "boss admin", revoke)
    await olena.request({"type": "subscribe", "payload": {"channel": "order:ord_1"}, "id": "s1"})
    await olena.request(chat("Коли відправите?"))

    golden("http_without_redis.txt", server.transcript)
