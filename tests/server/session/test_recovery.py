"""A recoverable subscription misses nothing while its client is away, or is notified of the gap."""

import asyncio
import contextlib
import itertools
import signal
from functools import partial

import pytest

ORDERS = "tenant:shop"
SIGN_INS = 60


@pytest.fixture(params=["embedded", pytest.param("redis", marks=pytest.mark.external)])
def serve(request, serve):
    """Start servers on either broker."""
    if request.param == "embedded":
        return serve
    redis, prefix = map(request.getfixturevalue, ("redis_server", "redis_prefix"))
    return partial(serve, redis_url=redis.url, redis_prefix=prefix)


@pytest.fixture
async def server(serve):
    return await serve()


ALERT = {
    "product_id": "p_1",
    "product_name": "Чайник",
    "sku": "T-1",
    "threshold": 10,
    "alert_type": "low_stock",
    "location": "kyiv",
}


def alert(number, channel=ORDERS):
    payload = ALERT | {"current_quantity": number}
    return {"channel": channel, "type": "inventory_alert", "payload": payload}


def notice(number, **address):
    payload = {"id": f"n_{number}", "title": "Увага", "body": "Знижки"}
    return address | {"type": "notification", "payload": payload}


async def read_alerts(client, count):
    """Return the numbers and offsets of the next messages."""
    received = [await client.next_event() for _ in range(count)]
    return [(each["payload"]["current_quantity"], each["offset"]) for each in received]


def since(epoch, offset):
    return {"epoch": epoch, "offset": offset}


async def join(client, channel=ORDERS, **wishes):
    reply = await client.subscribe(channel, recoverable=True, **wishes)
    return reply["payload"]


async def test_a_recoverable_subscription_gets_the_position_and_each_message_its_offset(server):
    staff = await server.sign_in("boss", "admin")

    reply = await join(staff)
    await server.publish([alert(1), alert(2)])
    first, second = await staff.next_event(), await staff.next_event()

    assert (reply["channel"], set(reply)) == (ORDERS, {"channel", "epoch", "offset"})
    assert [first["offset"], second["offset"]] == [reply["offset"] + 1, reply["offset"] + 2]
    assert {first["channel"], second["channel"]} == {ORDERS}


async def test_a_plain_subscription_beside_it_gets_no_channel_and_no_offset(server):
    plain, recoverable = await server.sign_in("boss", "admin"), await server.sign_in("ag", "agent")
    reply = await plain.subscribe(ORDERS)
    await join(recoverable)

    await server.publish([alert(1), alert(2)])

    assert reply["payload"] == {"channel": ORDERS}
    for _ in range(2):
        seen, numbered = await plain.next_event(), await recoverable.next_event()
        assert set(seen) == {"type", "payload", "timestamp"}
        assert numbered == seen | {"channel": ORDERS, "offset": numbered["offset"]}


async def test_missed_messages_follow_the_reply_in_order_and_once(server):
    away = await server.sign_in("boss", "admin")
    start = await join(away)
    await server.publish(alert(1))
    ((_, handled),) = await read_alerts(away, 1)
    await away.socket.close()
    await server.publish([alert(2), alert(3)])

    back = await server.sign_in("boss", "admin")
    reply = await join(back, since=since(start["epoch"], handled))
    await server.publish(alert(4))

    # With the first message a channel in Redis gets another epoch, which continues the first.
    assert reply | {"epoch": start["epoch"]} == start | {"offset": handled + 2, "recovered": True}
    assert await read_alerts(back, 3) == [(n, handled + n - 1) for n in (2, 3, 4)]
    assert await back.is_silent()


async def test_a_history_that_is_gone_is_reported_and_delivery_continues(serve):
    server = await serve(history_messages=2)
    client = await server.sign_in("boss", "admin")
    start = await join(client)
    await server.publish([alert(n) for n in range(300)])
    await read_alerts(client, 300)

    reply = await join(client, since=since(start["epoch"], start["offset"]))
    await server.publish(alert(9))

    assert (reply["recovered"], reply["offset"]) == (False, start["offset"] + 300)
    assert await read_alerts(client, 1) == [(9, reply["offset"] + 1)]


async def test_another_server_recovers_or_reports_another_epoch(serve):
    before, after = await serve(), await serve()
    client = await before.sign_in("boss", "admin")
    place = _position(await join(client))
    await before.publish(alert(1))
    await client.next_event()

    again = await after.sign_in("boss", "admin")
    reply = await join(again, since=place)

    if reply["recovered"]:
        assert [number for number, _ in await read_alerts(again, 1)] == [1]
    else:
        assert reply["epoch"] != place["epoch"]


def _position(place):
    return {"epoch": place["epoch"], "offset": place["offset"]}


async def test_more_than_a_send_queue_can_take_is_not_recovered(serve):
    server = await serve(send_queue_bytes=1 << 16)
    client = await server.sign_in("boss", "admin")
    place = _position(await join(client))
    await client.ask("unsubscribe", {"channel": ORDERS})
    await server.publish([alert(n) | {"payload": alert(n)["payload"] | {"note": "x" * 2000}}
                          for n in range(20)])  # fmt: skip

    assert (await join(client, since=place))["recovered"] is False


async def test_the_last_message_is_sent_with_its_offset_on_request(server):
    client = await server.sign_in("boss", "admin")
    await server.publish([alert(1), alert(2)])

    reply = await join(client, last=True)

    assert await read_alerts(client, 1) == [(2, reply["offset"])]
    assert await client.is_silent()


async def test_the_last_message_is_not_sent_twice_on_recovery(server):
    client = await server.sign_in("boss", "admin")
    place = _position(await join(client))
    await client.ask("unsubscribe", {"channel": ORDERS})
    await server.publish([alert(1), alert(2)])

    await join(client, since=place, last=True)

    assert [number for number, _ in await read_alerts(client, 2)] == [1, 2]
    assert await client.is_silent()


async def test_the_users_own_channel_is_recovered_at_sign_in(server, token):
    client = await server.connect()
    first = await client.ask("auth", {"token": token("olena"), "recoverable": True})
    place = _position(first["payload"])
    await client.socket.close()
    await server.publish([notice(n, user="olena") for n in (1, 2)])

    again = await server.connect()
    asked = {"token": token("olena"), "recoverable": True, "since": place}
    reply = await again.ask("auth", asked)
    await server.publish(notice(3, user="olena"))
    received = [await again.next_event() for _ in range(3)]

    assert (first["type"], "recovered" in first["payload"]) == ("auth_success", False)
    assert reply["payload"] | place == reply["payload"] | {"epoch": place["epoch"], "offset": 0}
    assert (reply["payload"]["offset"], reply["payload"]["recovered"]) == (
        place["offset"] + 2,
        True,
    )
    assert [each["payload"]["id"] for each in received] == ["n_1", "n_2", "n_3"]
    assert {each["channel"] for each in received} == {"user:olena"}


async def test_signing_in_again_keeps_the_own_channel_recoverable(server, token):
    client = await server.connect()
    await client.ask("auth", {"token": token("olena"), "recoverable": True})
    await client.ask("auth", {"token": token("olena")})

    await server.publish(notice(1, user="olena"))

    assert "offset" in await client.next_event()


async def test_signing_in_plainly_gets_no_position(server, token):
    client = await server.connect()

    reply = await client.ask("auth", {"token": token("olena")})

    assert set(reply["payload"]) == {"user_id", "tenant_id", "role", "expires_at"}


async def test_subscribing_again_changes_whether_a_channel_is_recoverable(server):
    client = await server.connect()
    channel = "public:news"
    await client.subscribe(channel)
    await join(client, channel)
    await server.publish(notice(1, channel=channel))
    await client.subscribe(channel)
    await server.publish(notice(2, channel=channel))

    assert ["offset" in await client.next_event() for _ in range(2)] == [True, False]
    assert await client.is_silent()


async def test_a_message_for_everyone_has_no_offset(server):
    client = await server.connect()
    await join(client, "public:news")

    await server.publish(notice(1, everyone=True))

    assert set(await client.next_event()) == {"type", "payload", "timestamp"}


async def test_messages_that_were_not_for_this_client_are_not_recovered(server, token):
    theirs = await server.sign_in("olena", tenant_id="books")
    place = _position(await join(theirs, "user:olena"))
    await theirs.ask("unsubscribe", {"channel": "user:olena"})
    await server.publish(notice(1, user="olena"), token("boss", "admin"))
    await server.publish(notice(2, user="olena"))

    reply = await join(theirs, "user:olena", since=place)

    assert reply["recovered"] is True
    assert (await theirs.next_event())["payload"]["id"] == "n_2"
    assert await theirs.is_silent()


async def test_a_channel_without_permission_reveals_nothing_of_its_history(server):
    await server.place_order("ord_1", "olena")
    stranger = await server.sign_in("taras")

    reply = await stranger.subscribe(
        "order:ord_1", recoverable=True, since=since("e", 0), last=True
    )

    assert (reply["type"], reply["payload"]["code"]) == ("error", "forbidden")


@pytest.mark.parametrize(
    "wishes",
    [
        {"recoverable": "yes"},
        {"recoverable": True, "since": 5},
        {"recoverable": True, "since": {"epoch": "e", "offset": -1}},
        {"recoverable": True, "since": {"epoch": "e", "offset": 1 << 60}},
        {"recoverable": True, "since": {"epoch": 1, "offset": 1}},
        {"recoverable": True, "since": {"offset": 1}},
    ],
)
async def test_invalid_subscription_options_are_rejected(server, wishes):
    client = await server.connect()

    reply = await client.subscribe("public:news", **wishes)

    assert (reply["type"], reply["payload"]["code"]) == ("error", "invalid_payload")
    assert await client.is_silent()


async def test_since_without_recoverable_is_ignored(server):
    client = await server.connect()

    reply = await client.subscribe("public:news", since=since("e", 1))

    assert reply["payload"] == {"channel": "public:news"}


@contextlib.asynccontextmanager
async def constant_traffic(server, user_id):
    """Publish some 400 notifications per second to a user while the block lasts."""

    async def publish():
        for first in itertools.count(1, 4):
            with contextlib.suppress(ConnectionError):
                await server.publish([notice(first + more, user=user_id) for more in range(4)])
            await asyncio.sleep(0.01)

    publishing = asyncio.create_task(publish())
    try:
        yield
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)


async def sign_in_and_read(server, token, place, count):
    """Sign in since a position and read so many events; returns the position and what came."""
    client = await server.connect()
    wishes = {"token": token("olena"), "recoverable": True} | ({"since": place} if place else {})
    reply = await client.ask("auth", wishes)
    if reply["type"] != "auth_success":  # Redis is stalled: the client is closed and comes back
        return place, []
    offsets = [(await client.next_event("notification"))["offset"] for _ in range(count)]
    await client.socket.close()
    start = place["offset"] if reply["payload"].get("recovered") else reply["payload"]["offset"]
    assert offsets == list(range(start + 1, start + count + 1))
    assert reply["payload"].get("recovered") in (None, True)
    return since(reply["payload"]["epoch"], offsets[-1]), offsets


async def test_no_message_is_lost_by_signing_in_again_and_again(server, token):
    place = None
    async with constant_traffic(server, "olena"):
        for _ in range(SIGN_INS):
            place, offsets = await sign_in_and_read(server, token, place, count=5)
            assert offsets


@pytest.mark.parametrize("serve", ["embedded"], indirect=True)  # with a Redis of its own
async def test_no_message_is_lost_by_signing_in_while_redis_stalls(
    serve, start_redis, redis_prefix, token
):
    redis = start_redis()
    server = await serve(redis_url=redis.url, redis_prefix=redis_prefix)
    async with constant_traffic(server, "olena"):
        place, _ = await sign_in_and_read(server, token, None, count=5)
        redis.send_signal(signal.SIGSTOP)
        waiting = [
            asyncio.create_task(sign_in_and_read(server, token, place, count=20)) for _ in range(5)
        ]
        await asyncio.sleep(1)  # the outage
        redis.send_signal(signal.SIGCONT)

        results = await asyncio.gather(*waiting)

        assert any(offsets for _, offsets in results)
