"""The protocol over real sockets: every reply, refusal and close code."""

import asyncio
import json
import re
import socket
import time

import aiohttp
import pytest
import websocket

ENVELOPE = {"type", "payload", "id", "timestamp"}
ISO_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
NOTICE = {"type": "notification", "payload": {"id": "n_1", "title": "Увага", "body": "Знижки"}}


TIMEOUT_S = 20


def masked(text):
    """Frame a text of up to 125 bytes as a client does, with a mask that changes nothing."""
    return bytes((0x81, 0x80 | len(text))) + b"\0\0\0\0" + text


def long_masked(text):
    """Frame a text of 126 to 65,535 bytes."""
    return b"\x81\xfe" + len(text).to_bytes(2, "big") + b"\0\0\0\0" + text


def read_until_closed(raw):
    """Read everything until the server closes the connection."""
    raw.setblocking(True)
    seen = b""
    while more := raw.recv(1 << 16):
        seen += more
        if b"\x88" in more:
            break
    return seen


def read_to_the_end(raw):
    """Read everything that is on its way; returns the last 100 bytes' close frame and on."""
    raw.setblocking(True)
    seen = b""
    while b"\x88\x0f\x10\x04" not in seen and (more := raw.recv(1 << 20)):
        seen = (seen + more)[-100:] if len(more) < 100 else more[-100:]
    return seen[seen.find(b"\x88\x0f\x10\x04") :]


async def test_a_token_in_the_url_signs_in_and_subscribes_to_the_users_own_channel(server, token):
    client = await server.connect(token("olena"))

    hello = await client.next_event()
    await server.publish(NOTICE | {"user": "olena"})
    event = await client.next_event()

    assert (hello["type"], hello["payload"]["user_id"]) == ("auth_success", "olena")
    assert event["payload"] == NOTICE["payload"]
    assert set(event) == ENVELOPE - {"id"}
    assert ISO_UTC.fullmatch(event["timestamp"])


async def test_an_auth_message_signs_in_as_well(server, token):
    client = await server.connect()

    reply = await client.ask("auth", {"token": token("olena", "admin")})
    await server.publish(NOTICE | {"channel": "user:olena"})

    assert reply["payload"]["user_id"] == "olena"
    assert (reply["payload"]["tenant_id"], reply["payload"]["role"]) == ("shop", "admin")
    assert (await client.next_event())["type"] == "notification"


def bad_tokens(token):
    yield "not-a-token"
    yield token(exp=time.time() - 5)
    yield token(exp=None)
    yield token(key="another-secret-" + "y" * 32)
    yield token(algorithm="HS512", key="another-secret-" + "y" * 64)
    yield token(algorithm="none", key=None)
    yield token(user_id=None)
    yield token(user_id=7)
    yield token(user_id="a b")
    yield token(tenant_id="a/b")
    yield token(role="emperor")
    yield token(exp=10**30)


@pytest.mark.parametrize("number", range(12))
async def test_an_invalid_token_is_rejected_and_the_connection_stays_open(server, token, number):
    bad = list(bad_tokens(token))[number]
    client = await server.connect(bad)

    hello = await client.next_event()
    again = await client.ask("auth", {"token": bad})
    good = await client.ask("auth", {"token": token()})

    assert (hello["type"], again["type"], good["type"]) == (
        "auth_error", "auth_error", "auth_success",
    )  # fmt: skip
    assert hello["payload"] == again["payload"] == {"error": "Invalid or expired token"}


async def test_each_kind_of_channel_is_open_to_those_with_permission(server):
    await server.place_order("ord_1", "olena")
    olena = await server.sign_in("olena")
    boss = await server.sign_in("boss", "admin")
    visitor = await server.connect()

    for client, channel in [
        (olena, "user:olena"),
        (olena, "order:ord_1"),
        (boss, "order:ord_1"),
        (boss, "tenant:shop"),
        (boss, "monitor:shop"),
        (visitor, "public:announcements"),
    ]:
        reply = await client.subscribe(channel)
        assert (reply["type"], reply["payload"]) == ("subscribed", {"channel": channel})


@pytest.mark.parametrize(
    "channel",
    [
        "user:taras", "user:", "order:ord_1", "order:ord_404", "order:", "tenant:shop", "tenant:",
        "tenant:books", "monitor:shop", "stock:all", "nonsense", "", "public:", "public:a b",
    ],
)  # fmt: skip
async def test_channels_of_others_malformed_empty_and_unknown_ones_get_the_same_answer(
    server, channel
):
    await server.place_order("ord_1", "taras")
    for client in (await server.sign_in("olena"), await server.connect()):
        reply = await client.subscribe(channel)

        assert (reply["type"], reply["payload"]) == (
            "error",
            {"code": "forbidden", "message": "Cannot access this channel"},
        )


async def test_a_token_without_role_may_subscribe_to_its_tenants_channel(server):
    manager = await server.sign_in("manager", role=None)

    assert (await manager.subscribe("tenant:shop"))["type"] == "subscribed"
    assert (await manager.subscribe("tenant:books"))["type"] == "error"
    assert (await manager.subscribe("monitor:shop"))["type"] == "error"


async def test_tokens_without_role_can_be_turned_off(serve, token):
    server = await serve(tokens_without_role="refuse")

    client = await server.connect(token(role=None))

    assert (await client.next_event())["type"] == "auth_error"


async def test_the_last_message_is_sent_on_request_as_it_was_published(server):
    await server.place_order("ord_1", "olena")
    watcher, late = await server.sign_in("olena"), await server.sign_in("olena")
    await watcher.subscribe("order:ord_1")
    for status in ("paid", "shipped"):
        payload = {"order_id": "ord_1", "status": status, "note": "as it came"}
        what = {"channel": "order:ord_1", "type": "order_update", "payload": payload}
        await server.publish(what)
    await watcher.next_event()
    sent = await watcher.next_event()

    reply = await late.subscribe("order:ord_1", last=True)
    first = await late.next_event()
    await server.publish(what | {"payload": payload | {"status": "delivered"}})
    next_ = await late.next_event()

    assert (reply["type"], reply["payload"]) == ("subscribed", {"channel": "order:ord_1"})
    assert first == sent
    assert (first["payload"]["status"], next_["payload"]["status"]) == ("shipped", "delivered")


async def test_the_last_message_of_a_tenant_is_not_sent_to_another(server, token):
    theirs = await server.sign_in("olena", tenant_id="books")
    await server.publish(NOTICE | {"user": "olena"}, token("boss", "admin"))

    reply = await theirs.subscribe("user:olena", last=True)

    assert reply["type"] == "subscribed"
    assert await theirs.is_silent()


async def test_a_channel_without_publications_has_no_last_message(server):
    client = await server.connect()

    assert (await client.subscribe("public:news", last=True))["type"] == "subscribed"
    assert await client.is_silent()


async def test_unsubscribing_ends_delivery(server):
    client = await server.sign_in()
    await client.subscribe("public:news")

    reply = await client.ask("unsubscribe", {"channel": "public:news"})
    _, answer = await server.publish(NOTICE | {"channel": "public:news"})

    assert (reply["type"], reply["payload"]) == ("unsubscribed", {"channel": "public:news"})
    assert answer == {"accepted": 1, "reached": 0}
    assert await client.is_silent()


async def test_a_ping_is_answered_with_its_id(server):
    client = await server.connect()

    assert (await client.ask("ping"))["type"] == "pong"
    await client.send('{"type": "ping"}')
    pong = await client.receive()

    assert set(pong) == {"type", "timestamp"}


@pytest.mark.parametrize(
    ("raw", "code", "id"),
    [
        ("no json", "invalid_message", None),
        ("[]", "invalid_message", None),
        ('{"payload": {}}', "invalid_message", None),
        ('{"type": 7, "id": "a"}', "invalid_message", "a"),
        ('{"type": "ping", "id": {"x": 1}}', "invalid_message", None),
        ("[" * 2000, "invalid_message", None),
        ('{"type": "dance", "id": "b"}', "unknown_type", "b"),
        ('{"type": "subscribe", "id": "c"}', "invalid_payload", "c"),
        ('{"type": "subscribe", "id": "d", "payload": {"channel": []}}', "invalid_payload", "d"),
        ('{"type": "subscribe", "id": "e", "payload": {"channel": "?"}}', "forbidden", "e"),
        (
            '{"type": "subscribe", "id": "h", "payload": {"channel": "public:a", "last": 1}}',
            "invalid_payload",
            "h",
        ),
        (
            '{"type": "chat_message", "id": "f", "payload": {"content": "Hi"}}',
            "unauthenticated",
            "f",
        ),
        ('{"type": "unsubscribe", "id": "g", "payload": {"channel": "?"}}', "forbidden", "g"),
    ],
)
async def test_an_error_carries_the_requests_id_and_keeps_the_connection_open(
    server, raw, code, id
):
    client = await server.connect()

    await client.send(raw)
    refusal = await client.receive()

    assert refusal["type"] == "error"
    assert (refusal["payload"]["code"], refusal.get("id")) == (code, id)
    assert await client.is_silent()


async def test_requests_are_answered_in_order_also_while_one_waits_for_the_store(server):
    await server.place_order("ord_1", "olena")
    client = await server.sign_in("olena")

    for number in range(5):
        await client.send(
            {"type": "subscribe", "payload": {"channel": "order:x"}, "id": f"s{number}"}
        )
        await client.send({"type": "ping", "id": f"p{number}"})
    ids = [(await client.receive())["id"] for _ in range(10)]

    assert ids == [f"{way}{number}" for number in range(5) for way in "sp"]


async def test_a_message_of_4096_bytes_is_accepted_and_one_byte_more_is_too_big(server):
    client = await server.connect()

    await client.send('{"type":"ping","id":"' + "x" * (4096 - 23) + '"}')
    assert (await client.receive())["type"] == "pong"
    await client.send('{"type":"ping","id":"' + "x" * (4097 - 23) + '"}')

    assert await client.close_code() == 1009


@pytest.mark.parametrize("size", [4097, 8192, 20_000, 200_000])
async def test_a_message_over_the_limit_closes_the_connection_after_earlier_replies(server, size):
    client = await server.connect()

    await client.send('{"type": "ping", "id": "before"}')
    await client.send("x" * size)

    assert (await client.receive())["id"] == "before"
    assert await client.close_code() == 1009


async def test_the_size_limit_counts_bytes_not_characters(server):
    client = await server.connect()

    await client.send("ї" * 2049)

    assert await client.close_code() == 1009


def test_binary_frames_and_invalid_text_close_the_connection(launch_server):
    url = f"ws://127.0.0.1:{launch_server().port}/ws"
    for payload, opcode, code in [(b"abc", websocket.ABNF.OPCODE_BINARY, 1003), (b"\xff", 1, 1007)]:
        client = websocket.create_connection(url, timeout=20)
        client.send('{"type": "ping"}')
        client.send(payload, opcode)

        assert "pong" in client.recv()
        _, closing = client.recv_data(control_frame=True)
        assert int.from_bytes(closing[:2], "big") == code
        client.shutdown()


async def test_invalid_frames_close_the_connection(server):
    raw = await server.raw_socket()
    raw.sendall(b"\xff\xff\xff\xff")

    assert (await asyncio.to_thread(raw.recv, 100))[:4] == b"\x88\x10\x03\xea"


async def test_unmasked_frames_close_the_connection(server):
    raw = await server.raw_socket()
    raw.sendall(b'\x81\x0f{"type":"ping"}')

    assert (await asyncio.to_thread(raw.recv, 100))[:4] == b"\x88\x10\x03\xea"


async def test_endless_empty_fragments_count_as_flooding(server):
    raw = await server.raw_socket()
    piece = b"\x00\x80\0\0\0\0"
    raw.sendall(b"\x01\x80\0\0\0\0" + 1000 * piece)

    assert (await asyncio.to_thread(raw.recv, 100))[2:4] == (4101).to_bytes(2)


async def test_messages_sent_without_waiting_for_the_handshake_are_handled(server):
    whole = masked(b'{"type":"ping","id":"first"}')
    raw = await server.raw_socket(at_once=whole + whole[:10])
    raw.sendall(whole[10:])

    said = b""
    while said.count(b'"pong"') < 2:
        said += await asyncio.to_thread(raw.recv, 4096)
    assert said.count(b'"first"') == 2


async def test_a_subscription_requested_right_behind_the_handshake_is_that_of_its_token(
    server, token
):
    await server.place_order("ord_1", "olena")
    wanted = b'{"type":"subscribe","payload":{"channel":"order:ord_1"}}'

    raw = await server.raw_socket(masked(wanted), f"/ws?token={token('olena')}")

    said = b""
    while b"ord_1" not in said and b'"error"' not in said:
        said += await asyncio.to_thread(raw.recv, 4096)
    assert said.index(b'"auth_success"') < said.index(b'"subscribed"')


async def test_messages_before_a_close_frame_are_handled(server, token):
    staff = await server.sign_in("anna", "agent")
    await staff.subscribe("tenant:shop")
    leaving = await server.sign_in("olena")

    say = {"type": "chat_message", "payload": {"content": "Бувайте"}}
    await leaving.send(say)
    await leaving.socket.close()

    assert (await staff.next_event("chat_message"))["payload"]["message"]["content"] == "Бувайте"


async def test_a_client_that_neither_signs_in_nor_subscribes_to_a_public_channel_is_closed(serve):
    server = await serve(auth_timeout_s=0.2)
    idle, visitor = await server.connect(), await server.connect()
    await visitor.subscribe("public:announcements")

    assert await idle.close_code() == 4001
    assert await visitor.is_silent()


async def test_signing_in_again_extends_the_session(server, token):
    client = await server.sign_in("olena")

    again = await client.ask("auth", {"token": token("olena", exp=time.time() + 7200)})
    bad = await client.ask("auth", {"token": "bad"})
    await server.publish(NOTICE | {"user": "olena"})

    assert (again["type"], bad["type"]) == ("auth_success", "auth_error")
    assert (await client.next_event())["type"] == "notification"


@pytest.mark.parametrize("other", [{"user_id": "taras"}, {"tenant_id": "books"}])
async def test_signing_in_as_another_user_closes_the_connection(server, token, other):
    client = await server.sign_in("olena")

    await client.ask("auth", {"token": token(**{"user_id": "olena", **other})})

    assert client.socket.close_code == 4001


async def test_an_expired_token_is_reported_and_the_connection_stays_open_for_a_grace_period(
    server, token
):
    client = await server.sign_in("olena", exp=time.time() + 1)

    notice = await client.next_event()
    await server.publish(NOTICE | {"user": "olena"})
    event = await client.next_event()
    refused = await client.subscribe("user:olena")
    extended = await client.ask("auth", {"token": token("olena")})
    joined = await client.subscribe("user:olena")

    assert notice["type"] == "auth_error"
    assert event["type"] == "notification"
    assert refused["payload"]["code"] == "forbidden"
    assert (extended["type"], joined["type"]) == ("auth_success", "subscribed")


async def test_too_many_connections_of_one_user_close_the_newest(serve, token):
    server = await serve(connections_per_user=2)
    first, second = await server.sign_in("olena"), await server.sign_in("olena")
    third = await server.connect(token("olena"))

    assert await third.close_code() == 4102
    assert await first.is_silent()
    assert await second.is_silent()
    await first.socket.close()
    assert (await server.sign_in("olena")) is not None


async def test_a_full_server_rejects_the_handshake(serve):
    server = await serve(connections=1)
    first = await server.connect()

    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await server.connect()

    assert refused.value.status == 503
    assert await first.is_silent()


async def test_too_many_subscriptions_are_rejected(serve):
    server = await serve(subscriptions_per_connection=3)
    client = await server.sign_in()

    replies = [await client.subscribe(f"public:{n}") for n in (1, 2, 3, 3, 4)]
    await client.ask("unsubscribe", {"channel": "public:1"})

    assert [reply["type"] for reply in replies] == ["subscribed"] * 4 + ["error"]
    assert replies[-1]["payload"]["code"] == "too_many_subscriptions"
    assert (await client.subscribe("public:4"))["type"] == "subscribed"


async def test_a_client_over_its_rate_limit_is_rejected_and_then_closed(serve):
    server = await serve(messages_per_second=1, message_burst=5)
    greedy, modest = await server.connect(), await server.connect()

    for number in range(20):
        await greedy.send({"type": "ping", "id": str(number)})
    replies = []
    while isinstance(message := await greedy.receive(), dict):
        replies.append(message)

    assert [reply["type"] for reply in replies[:5]] == ["pong"] * 5
    assert {reply["payload"]["code"] for reply in replies[5:]} == {"rate_limited"}
    assert [reply["id"] for reply in replies] == [str(n) for n in range(len(replies))]
    assert message == 4101
    assert await modest.is_silent()


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://evil.example", 403),
        ("null", 403),
        ("http://127.0.0.1:9", 403),
        ("http://127.0.0.1:8501", None),
        ("http://localhost:8501", None),
        (None, None),
    ],
)
async def test_pages_of_other_origins_cannot_connect(server, origin, status):
    headers = {} if origin is None else {"Origin": origin}
    try:
        client = await server.connect(headers=headers)
    except aiohttp.WSServerHandshakeError as refused:
        assert refused.status == status
    else:
        assert status is None
        assert await client.is_silent()


HANDSHAKE = {
    "method": "GET",
    "version": "HTTP/1.1",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def shake_hands(server, extra="", **changes):
    """Send a handshake, with changes; returns the status line and the headers of the answer."""
    lines = HANDSHAKE | changes
    method, version = lines.pop("method"), lines.pop("version")
    head = [f"{method} /ws {version}", "Host: x", *(f"{k}: {v}" for k, v in lines.items() if v)]
    with socket.create_connection(("127.0.0.1", server.port), TIMEOUT_S) as raw:
        raw.sendall(("\r\n".join(head) + "\r\n" + extra + "\r\n").encode("latin-1"))
        answer = b""
        while b"\r\n\r\n" not in answer and (more := raw.recv(4096)):
            answer += more
    status, *headers = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return status, headers


@pytest.mark.parametrize(
    ("changes", "extra"),
    [
        ({"method": "HEAD"}, ""),
        ({"method": "POST"}, "Content-Length: 0\r\n"),
        ({"version": "HTTP/1.0"}, ""),
        ({"Upgrade": ""}, ""),
        ({"Upgrade": "h2c"}, ""),
        ({"Connection": "keep-alive"}, ""),
        ({"Sec-WebSocket-Version": "8"}, ""),
        ({"Sec-WebSocket-Version": ""}, ""),
        ({}, "Sec-WebSocket-Version: 13\r\n"),
        ({"Sec-WebSocket-Key": ""}, ""),
        ({"Sec-WebSocket-Key": "AAAA"}, ""),
        ({"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAB=="}, ""),
        ({"Sec-WebSocket-Key": "ÿAAAAAAAAAAAAAAAAAAAAA=="}, ""),
        ({}, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"),
        ({}, "Origin: http://127.0.0.1:8501\r\nOrigin: http://evil.example\r\n"),
    ],
)
async def test_a_handshake_that_breaks_the_rules_is_refused(server, caplog, changes, extra):
    status, _ = await asyncio.to_thread(shake_hands, server, extra, **changes)

    assert " 101 " not in status
    assert status.split()[1][0] == "4"
    assert not caplog.records


async def test_a_handshake_of_another_version_learns_the_right_one(server):
    status, headers = await asyncio.to_thread(shake_hands, server, **{"Sec-WebSocket-Version": "8"})

    assert (" 400 " in status, "Sec-WebSocket-Version: 13" in headers) == (True, True)


async def test_headers_may_list_more_than_the_upgrade(server):
    changes = {"Connection": "keep-alive, Upgrade", "Upgrade": "WebSocket"}
    status, _ = await asyncio.to_thread(shake_hands, server, **changes)

    assert " 101 " in status


async def test_a_subprotocol_is_not_logged_for_it_may_be_a_token(server, caplog, token):
    secret_token = token("olena")
    with caplog.at_level("DEBUG"):
        await asyncio.to_thread(
            shake_hands, server, f"Sec-WebSocket-Protocol: bearer, {secret_token}\r\n"
        )

    assert secret_token not in caplog.text


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        (b"", b"\x88\x00"),
        (b"\x03\xe8", b"\x88\x02\x03\xe8"),
        (b"\x03\xe9bye", b"\x88\x02\x03\xe9"),
        (b"\x0f\xa0", b"\x88\x02\x0f\xa0"),
        (b"\x03", b"1002"),
        (b"\x03\xe7", b"1002"),
        (b"\x03\xed", b"1002"),
        (b"\x03\xee", b"1002"),
        (b"\x03\xf7", b"1002"),
        (b"\xff\xff", b"1002"),
        (b"\x03\xe8\xff", b"1007"),
    ],
)
async def test_a_close_frame_is_answered_as_it_deserves(server, payload, answer):
    raw = await server.raw_socket()

    raw.sendall(bytes((0x88, 0x80 | len(payload))) + b"\0\0\0\0" + payload)
    got = await asyncio.to_thread(read_until_closed, raw)

    if len(answer) == 4 and answer.isdigit():
        answer = b"\x88" + got[1:2] + int(answer).to_bytes(2, "big")
    assert got.startswith(answer)


@pytest.mark.parametrize(
    "header", [b"\xfe\x00\x05", b"\xff" + (200).to_bytes(8, "big"), b"\xff" + bytes(8)]
)
async def test_a_length_that_is_longer_than_needed_is_a_violation(server, header):
    raw = await server.raw_socket()

    raw.sendall(b"\x81" + header + b"\0\0\0\0" + b"x" * 200)
    got = await asyncio.to_thread(read_until_closed, raw)

    assert got[2:4] == (1002).to_bytes(2, "big")


async def test_the_servers_own_origin_may_connect(server):
    client = await server.connect(headers={"Origin": server.url})

    assert await client.is_silent()


async def test_a_request_without_an_upgrade_gets_an_error(server):
    status, answer = await server.request("GET", "/ws")

    assert (status, answer["error"]["code"]) == (400, "bad_request")


async def test_a_client_that_does_not_read_is_closed_as_a_slow_consumer_and_the_others_are_not(
    serve,
):
    server = await serve(send_queue_bytes=65_536)
    good = await server.connect()
    await good.subscribe("public:news")
    stalled = await server.raw_socket()
    stalled.sendall(masked(b'{"type":"subscribe","payload":{"channel":"public:news"}}'))
    watcher = await server.sign_in("boss", "admin")
    await watcher.subscribe("monitor:shop")

    big = NOTICE["payload"] | {"filler": "x" * 60_000}
    while True:
        _, answer = await server.publish(
            {"channel": "public:news", "type": "notification", "payload": big}
        )
        assert (await good.next_event())["payload"]["filler"] == big["filler"]
        if answer["reached"] == 1:
            break
    while not (stats := (await watcher.next_event("stats"))["payload"]["nodes"][0])["evictions"]:
        pass
    assert stats["closes"] == {"4100": 1}
    assert await good.is_silent()


async def test_a_closed_slow_consumer_gets_nothing_more_whatever_it_requests(serve):
    server = await serve(send_queue_bytes=65_536)
    stalled = await server.raw_socket()
    stalled.setblocking(False)
    stalled.sendall(masked(b'{"type":"subscribe","payload":{"channel":"public:news"}}'))
    big = NOTICE["payload"] | {"filler": "x" * 60_000}
    reached = None
    while reached != 0:
        _, answer = await server.publish(
            [{"channel": "public:news", "type": "notification", "payload": big}] * 5
        )
        reached = 0 if reached and not answer["reached"] else answer["reached"] or reached

    stalled.sendall(masked(b'{"type":"subscribe","payload":{"channel":"public:other"}}'))
    visitor = await server.connect()
    await visitor.ask("ping")
    _, answer = await server.publish(NOTICE | {"channel": "public:other"})

    assert answer == {"accepted": 1, "reached": 0}
    close_frame = await asyncio.to_thread(read_to_the_end, stalled)
    assert close_frame[:4] == b"\x88\x0f\x10\x04"  # a close frame with 4100


async def test_a_client_that_takes_nothing_is_closed_however_little_waits_for_it(serve):
    server = await serve(stall_timeout_s=0.2)
    watcher = await server.sign_in("boss", "admin")
    await watcher.subscribe("monitor:shop")
    stalled = await server.raw_socket()
    stalled.sendall(masked(b'{"type":"subscribe","payload":{"channel":"public:news"}}'))
    big = NOTICE["payload"] | {"filler": "x" * 60_000}
    what = {"channel": "public:news", "type": "notification", "payload": big}

    async with asyncio.timeout(TIMEOUT_S):
        while (await server.publish([what] * 5))[1]["reached"]:
            await asyncio.sleep(0)
        while not (await watcher.next_event("stats"))["payload"]["nodes"][0]["evictions"]:
            pass


async def test_all_queues_together_have_a_limit_and_the_fullest_is_closed(serve):
    server = await serve(send_queues_bytes=300_000, send_queue_bytes=1 << 24)
    stalled = await server.raw_socket()
    stalled.sendall(masked(b'{"type":"subscribe","payload":{"channel":"public:news"}}'))
    big = NOTICE["payload"] | {"filler": "x" * 60_000}
    what = {"channel": "public:news", "type": "notification", "payload": big}

    async with asyncio.timeout(TIMEOUT_S):
        while (await server.publish([what] * 5))[1]["reached"]:
            await asyncio.sleep(0)
    _, metrics = await server.read("/metrics")

    assert "shop_ws_evictions_total 1.0" in metrics


async def test_requests_behind_a_violation_are_not_carried_out(server, token):
    raw = await server.raw_socket()
    auth = json.dumps({"type": "auth", "payload": {"token": token("olena")}}).encode()
    chat = masked(b'{"type":"chat_message","payload":{"content":"Hi"}}')
    binary = b"\x82\x80\0\0\0\0"

    raw.sendall(long_masked(auth) + chat * 30 + binary)
    assert await asyncio.to_thread(read_until_closed, raw)

    _, answer = await server.request("GET", "/api/conversations", token("boss", "admin"))
    assert len(answer["conversations"]) <= 1  # the one that was under way


async def test_a_burst_arrives_complete_and_in_order_and_closes_no_connection(server):
    clients = [await server.connect() for _ in range(20)]
    for client in clients:
        await client.subscribe("public:news")

    for start in range(0, 3000, 500):
        batch = [
            NOTICE | {"channel": "public:news", "payload": NOTICE["payload"] | {"n": start + n}}
            for n in range(500)
        ]
        assert (await server.publish(batch))[1] == {"accepted": 500, "reached": 10_000}

    numbers = list(range(3000))
    for client in clients:
        assert [(await client.next_event())["payload"]["n"] for _ in range(3000)] == numbers
        assert await client.is_silent()


async def test_a_stopping_server_closes_its_connections_with_1001(launch_server):
    program = launch_server()
    async with aiohttp.ClientSession() as http:
        socket = await http.ws_connect(f"http://127.0.0.1:{program.port}/ws")
        stopped = asyncio.to_thread(program.stop)
        close_frame, code = await asyncio.gather(socket.receive(), stopped)

    assert (close_frame.type, close_frame.data) == (aiohttp.WSMsgType.CLOSE, 1001)
    assert code == 0
    assert "Traceback" not in program.output
