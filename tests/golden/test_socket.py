"""The WebSocket of a real server: requests, replies, events, errors, the monitor, close codes."""

import asyncio
import json
import re

from aiohttp import WSMsgType

NUMBER = re.compile(r"(?<=:)\d+(\.\d+)?(?=[,}])")


def subscribe(channel, id="s1", **options):
    return {"type": "subscribe", "payload": {"channel": channel, **options}, "id": id}


def chat(content, id="c1", **options):
    return {"type": "chat_message", "payload": {"content": content, **options}, "id": id}


async def test_customers_and_staff_exchange_these_messages(
    golden, start_server, order, new_order, notification
):
    server = await start_server()

    server.section("Signing in")
    olena = await server.connect("olena")
    await olena.request({"type": "auth", "payload": {"token": "invalid"}, "id": "a1"})
    credentials = {"token": server.token("olena", name="Олена"), "recoverable": True}
    auth = {"type": "auth", "payload": credentials, "id": "a2"}
    welcome = await olena.request(auth, shown_as="auth as olena, recoverable")
    agent = await server.sign_in("agent", "agent")
    taras = await server.sign_in("taras")
    manager = await server.sign_in("manager", role=None)

    server.section("Subscribing")
    await agent.request(subscribe("tenant:shop", last=False, recoverable=True))
    await server.request("POST", "/api/publish", "svc service", new_order())
    await agent.receive()
    await olena.request(subscribe("order:ord_1"))
    await olena.request(subscribe("public:news", "s2"))
    await olena.request({"type": "unsubscribe", "payload": {"channel": "public:news"}, "id": "u1"})
    await olena.request({"type": "ping", "id": "p1"})
    await olena.request({"type": "ping", "payload": {}})

    server.section("Events")
    shipped = order("ord_1", status="shipped")
    customer, created_at = shipped["customer"], shipped["created_at"]
    cart = {"id": "cart_1", "item_count": 1, "total": 10.25}
    item = {"product_id": "prod_1", "name": "Чайник", "quantity": 1}
    alert = {
        "product_id": "prod_1", "product_name": "Чайник", "sku": "KETTLE", "location": "Київ",
        "current_quantity": 5, "threshold": 10, "alert_type": "low_stock",
    }  # fmt: skip
    events = [
        ({"channel": "order:ord_1"}, "order_update", {
            "order_id": "ord_1", "status": "shipped", "previous_status": "paid", "order": shipped,
        }),
        ({"user": "olena"}, "cart_update", {"action": "item_added", "cart": cart, "item": item}),
        ({"channel": "tenant:shop"}, "inventory_alert", alert),
        ({"channel": "tenant:shop"}, "customer_activity", {
            "customer": customer, "action": "cart", "created_at": created_at,
        }),
    ]  # fmt: skip
    publications = [
        {**address, "type": type_, "payload": payload} for address, type_, payload in events
    ]
    publications += [notification(user="olena"), notification("n_2", everyone=True)]
    await server.request("POST", "/api/publish", "svc service", publications)
    for socket, count in ((olena, 4), (agent, 3), (taras, 1), (manager, 1)):
        for _ in range(count):
            await socket.receive()

    server.section("Chat")
    opened = await olena.request(chat("Коли відправите?"))
    await agent.receive()
    id = opened["payload"]["conversation_id"]
    await agent.request(chat("Сьогодні", conversation_id=id))
    await olena.receive()

    server.section("An order is reassigned")
    await server.request("POST", "/api/publish", "svc service", new_order("ord_1", "taras"))
    await olena.receive()
    await agent.receive()

    server.section("Recovering")
    since = {"epoch": welcome["payload"]["epoch"], "offset": 1}
    again = await server.sign_in("olena")
    await again.request(subscribe("user:olena", recoverable=True, since=since))
    for _ in range(3):
        await again.receive()
    since = {"epoch": "another", "offset": 1}
    await again.request(subscribe("user:olena", recoverable=True, since=since))
    await again.request(subscribe("user:olena", last=True))
    await again.receive()

    golden("socket.txt", server.transcript)


async def test_requests_are_refused_with_these_errors(golden, start_server, new_order):
    server = await start_server(subscriptions_per_connection=1)
    await server.request("POST", "/api/publish", "svc service", new_order("ord_1", "taras"))
    olena = await server.sign_in("olena")
    guest = await server.connect("guest")
    server.clear()

    for text in ("{", "[]", '{"id":1}', '{"type":1,"id":"r1"}', '{"type":"dance","id":"r2"}'):
        await guest.request(text)
    await guest.request({"type": "pong", "id": "r3"})
    await guest.request({"type": "subscribe", "payload": {}, "id": "r4"})
    await guest.request({"type": "subscribe", "payload": {"channel": 1}, "id": "r5"})
    await guest.request({"type": "subscribe", "id": "r6"})
    await guest.request({"type": "auth", "payload": {"token": "x", "since": {}}, "id": "r7"})
    await guest.request(chat("Добрий день"))
    await guest.request(subscribe("tenant:shop"))
    await olena.request(chat(""))
    await olena.request(chat("Добрий день", conversation_id="conv_1"))
    for channel in ("order:ord_1", "order:ord_2", "user:taras", "monitor:shop", "", "a:b"):
        await olena.request(subscribe(channel))
    await olena.request({"type": "unsubscribe", "payload": {"channel": "a:b"}, "id": "u1"})
    await olena.request(subscribe("public:news"))

    golden("socket_errors.txt", server.transcript)


async def test_connections_are_closed_with_these_codes_and_reasons(golden, start_server):
    server = await start_server(message_burst=10, messages_per_second=1, connections_per_user=2)
    boss = await server.sign_in("boss", "admin")
    server.clear()

    server.section("Signed in as another user")
    olena = await server.sign_in("olena")
    auth = {"type": "auth", "payload": {"token": server.token("taras")}}
    await olena.request(auth, shown_as="auth as taras")

    server.section("Disconnected by an administrator")
    olena = await server.sign_in("olena")
    await server.request("POST", "/api/users/olena/disconnect", "boss admin")
    await olena.receive()

    server.section("Too many connections of one user")
    others = [await server.sign_in("olena") for _ in range(2)]
    olena = await server.connect("olena", server.token("olena"))
    await olena.receive()
    for other in others:
        await other.close()

    server.section("Invalid frames")
    for data, opcode, shown_as in (
        (b"{}", WSMsgType.BINARY, "a binary frame"),
        (b"\xff", WSMsgType.TEXT, "a text that is not UTF-8"),
        (b" " * 4097, WSMsgType.TEXT, "a text of 4097 bytes"),
        (b"", 0x3, "a reserved opcode"),
    ):
        guest = await server.connect("guest")
        await guest.send_frame(data, opcode, shown_as)
        await guest.receive()

    server.section("Over the rate limit")
    guest = await server.connect("guest")
    await guest.send_many('{"type":"ping"}', 200)
    await guest.receive(lambda message: message["type"] == "error")
    await guest.receive(lambda message: message["type"] not in ("error", "pong"))

    server.section("The server stops")
    stopping = asyncio.create_task(asyncio.to_thread(server.program.stop))
    await boss.receive()
    await stopping

    golden("socket_closes.txt", server.transcript)


def without_reports(raw):
    """Leave out of a report the traffic of reports, of which there may be one more or less."""
    report = json.loads(raw)
    payload = report["payload"]
    payload["kinds"].pop("monitor", None)
    for type_ in ("traffic", "stats"):
        payload["types"].pop(type_, None)
    payload["busiest"] = [each for each in payload["busiest"] if each["channel"] != "monitor:shop"]
    payload["seconds"] = 0.25
    return json.dumps(report, ensure_ascii=False, separators=(",", ":"))


def without_refusals(raw):
    """Leave out of a stats report the refused requests, which may be in this one or another."""
    report = json.loads(raw)
    report["payload"].pop("refused", None)
    return json.dumps(report, ensure_ascii=False, separators=(",", ":"))


def only_events(raw):
    """Reduce a stats report to the events of connections, at no time."""
    payload = json.loads(without_refusals(raw))["payload"]
    del payload["nodes"]
    for event in payload["events"]:
        event["at"] = 0
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


async def test_the_monitor_reports_traffic_and_stats(golden, start_server, notification):
    server = await start_server()
    boss = await server.sign_in("boss", "admin")
    await boss.request(subscribe("monitor:shop"))
    await boss.request(subscribe("public:news"))
    await boss.request(subscribe("user:taras"), wanted=lambda message: message["type"] == "error")
    await boss.receive(lambda message: message["payload"].get("is_full_log"), only_events)

    publications = [notification(channel="public:news"), notification("n_2", everyone=True)]
    await server.request("POST", "/api/publish", "svc service", publications)
    await boss.receive(lambda message: message["payload"].get("sample"), without_reports)
    await boss.receive(
        lambda message: message["type"] == "stats" and message["payload"]["nodes"][0]["latency"],
        lambda raw: NUMBER.sub("0", without_refusals(raw)),
    )

    golden("socket_monitor.txt", server.transcript)
