"""The HTTP publisher, against a real HTTP server with scripted responses."""

import asyncio
from collections import deque
from random import Random

import aiohttp
import msgspec
import pytest
from aiohttp import web

from client.errors import ConnectionLost
from client.publisher.http import HttpPublisher
from protocol.publications import PublishRequest


class NoJitter(Random):
    """Returns the lower bound, so that retries take no time."""

    def uniform(self, a, b):
        return a


def alert(number, filler=""):
    payload = msgspec.json.encode({"number": number, "filler": filler})
    return PublishRequest(
        type="inventory_alert", payload=msgspec.Raw(payload), channel="tenant:shop"
    )


class Api:
    """``POST /api/publish``: accepts everything, except while scripted responses are left."""

    def __init__(self):
        self.answers = deque()  # (status, body, headers), or a function of the list of items
        self.requests = []
        self.is_held = asyncio.Event()
        self.is_held.set()
        self.arrived = asyncio.Event()

    @property
    def bodies(self):
        return [
            [item["payload"]["number"] for item in msgspec.json.decode(body)]
            for _, body in self.requests
        ]

    def heads(self, name):
        return [headers.get(name) for headers, _ in self.requests]

    def refuse(self, status, code="", message="", index=None, **headers):
        error = {"code": code, "message": message}
        error |= {} if index is None else {"index": index}
        self.answers.append((status, {"error": error}, headers))

    async def publish(self, request):
        body = await request.read()
        self.requests.append((request.headers, body))
        self.arrived.set()
        await self.is_held.wait()
        if self.answers:
            status, answer, headers = self.answers.popleft()
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.json_response(answer, status=status, headers=headers)
        items = msgspec.json.decode(body)
        return web.json_response({"accepted": len(items), "reached": 2 * len(items)})


@pytest.fixture
async def api():
    api = Api()
    app = web.Application(client_max_size=4 << 20)
    app.router.add_post("/api/publish", api.publish)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield api
    api.is_held.set()
    await runner.cleanup()


@pytest.fixture
async def make(api, tokens):
    """Build publishers that run."""
    async with aiohttp.ClientSession() as http:
        made = []

        def make(**options):
            publisher = HttpPublisher(api.url, tokens, http=http, rng=NoJitter(), **options)
            made.append((publisher, asyncio.create_task(publisher.run())))
            return publisher

        yield make
        for publisher, task in made:
            await publisher.aclose()
            await task


async def put_all(publisher, *drafts):
    taken = [publisher.put(draft) for draft in drafts]
    async with asyncio.timeout(10):
        await publisher.flush()
    return taken


async def test_sends_queued_publications_in_order_in_one_request(api, make):
    publisher = make()

    assert await put_all(publisher, *map(alert, range(5))) == [True] * 5

    assert api.bodies == [[0, 1, 2, 3, 4]]
    assert api.heads("Authorization") == ["Bearer secret-1"]
    counts = publisher.counts
    assert (counts.accepted, counts.reached, counts.waiting) == (5, 10, 0)


async def test_sends_at_most_a_thousand_in_one_request(api, make):
    await put_all(make(), *map(alert, range(2001)))

    assert [len(body) for body in api.bodies] == [1000, 1000, 1]
    assert [number for body in api.bodies for number in body] == list(range(2001))


async def test_sends_at_most_a_mebibyte_in_one_request(api, make):
    await put_all(make(), *(alert(number, "x" * 60_000) for number in range(40)))

    assert max(len(body) for _, body in api.requests) <= 1 << 20
    assert [number for body in api.bodies for number in body] == list(range(40))


async def test_has_one_request_in_flight(api, make):
    publisher = make()
    api.is_held.clear()
    publisher.put(alert(1))
    await api.arrived.wait()
    publisher.put(alert(2))
    api.is_held.set()

    await put_all(publisher)

    assert api.bodies == [[1], [2]]


async def test_drops_and_counts_the_newest_when_full(api, make):
    publisher = make(queue_limit=2)

    assert await put_all(publisher, alert(1), alert(2), alert(3)) == [True, True, False]

    assert api.bodies == [[1, 2]]
    assert publisher.counts.dropped == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_repeats_a_batch_under_its_key_until_it_is_accepted(api, make, status):
    api.refuse(status)
    api.refuse(status, Retry_After="0")
    publisher = make()

    await put_all(publisher, alert(1))
    await put_all(publisher, alert(2))

    assert api.bodies == [[1], [1], [1], [2]]
    first, second, third, other = api.heads("Idempotency-Key")
    assert first == second == third != other
    assert publisher.counts.retries == 2


async def test_tolerates_an_unreachable_server(tokens, unused_tcp_port, caplog):
    async with aiohttp.ClientSession() as http:
        url = f"http://127.0.0.1:{unused_tcp_port}"
        publisher = HttpPublisher(url, tokens, http=http, rng=NoJitter())
        task = asyncio.create_task(publisher.run())
        publisher.put(alert(1))
        async with asyncio.timeout(10):
            while publisher.counts.retries < 3:
                await asyncio.sleep(0)
        await publisher.aclose()
        await task

    waits = [r for r in caplog.records if "Publish failed" in r.getMessage()]
    assert len(waits) == 1
    assert "1 publications unsent" in caplog.text


async def test_fetches_a_fresh_token_when_the_last_has_expired(api, make):
    api.refuse(401, "unauthenticated")
    publisher = make()

    await put_all(publisher, alert(1))

    assert api.heads("Authorization") == ["Bearer secret-1", "Bearer secret-2"]
    assert publisher.counts.accepted == 1


async def test_continues_when_the_token_source_fails(api, make, tokens, caplog):
    tokens.failures = 2

    await put_all(make(), alert(1))

    assert api.bodies == [[1]]
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("status", [403, 422])
async def test_drops_only_the_rejected_item_and_logs_it(api, make, status, caplog):
    api.refuse(status, "invalid_publication", "Object missing `sku`", index=1)
    publisher = make()

    await put_all(publisher, alert(1), alert(2), alert(3))

    assert api.bodies == [[1, 2, 3], [1, 3]]
    first, second = api.heads("Idempotency-Key")
    assert first != second
    assert (publisher.counts.accepted, publisher.counts.refused) == (2, 1)
    refusals = [r.getMessage() for r in caplog.records if "Publication rejected" in r.getMessage()]
    assert refusals == [
        "Publication rejected: inventory_alert to tenant:shop: Object missing `sku`"
    ]


@pytest.mark.parametrize("index", [None, -1, 7])
async def test_retries_when_an_error_names_no_item(api, make, index):
    api.refuse(403, "forbidden", "Not for your role", index=index)
    publisher = make()

    await put_all(publisher, alert(1))

    assert api.bodies == [[1], [1]]
    assert publisher.counts.refused == 0


async def test_cuts_smaller_batches_for_a_server_with_a_lower_limit(api, make):
    api.refuse(413)

    await put_all(make(), *map(alert, range(4)))

    assert api.bodies[0] == [0, 1, 2, 3]
    assert all(len(body) < 4 for body in api.bodies[1:])
    assert [number for body in api.bodies[1:] for number in body] == [0, 1, 2, 3]


async def test_drops_an_item_that_is_too_large_alone(api, make):
    api.refuse(413)
    publisher = make()

    await put_all(publisher, alert(1))
    await put_all(publisher, alert(2))

    assert publisher.counts.refused == 1
    assert api.bodies == [[1], [2]]


async def test_uses_a_new_key_after_a_conflict(api, make):
    api.refuse(409)

    await put_all(make(), alert(1))

    first, second = api.heads("Idempotency-Key")
    assert first != second


async def test_rejects_publications_that_no_server_accepts(make):
    publisher = make()

    assert publisher.put(alert(1, "x" * (1 << 16))) is False

    assert publisher.counts.refused == 1
    with pytest.raises(ValueError, match="not JSON"):
        publisher.put(PublishRequest(type="notification", payload=msgspec.Raw(b"{"), everyone=True))


async def test_closing_ends_all_waits_and_rejects_new_publications(api, make):
    publisher = make()
    api.is_held.clear()
    publisher.put(alert(1))
    await api.arrived.wait()
    waiting = asyncio.create_task(publisher.flush())
    await asyncio.sleep(0)

    await publisher.aclose()

    with pytest.raises(ConnectionLost):
        await waiting
    assert publisher.put(alert(2)) is False
    assert publisher.counts.waiting == 1


async def test_discarded_publications_are_not_sent_and_counted_as_dropped(api, make):
    publisher = make()
    api.is_held.clear()
    publisher.put(alert(1))
    await api.arrived.wait()
    publisher.put(alert(2))
    publisher.discard()
    publisher.put(alert(3))
    api.is_held.set()
    async with asyncio.timeout(10):
        await publisher.flush()

    assert api.bodies == [[1], [3]]
    assert (publisher.counts.dropped, publisher.counts.accepted) == (2, 1)


async def test_publications_discarded_at_once_leave_no_empty_request(api, make):
    publisher = make()
    async with asyncio.timeout(10):
        await put_all(publisher, alert(1))
    for _ in range(10):  # until it waits
        await asyncio.sleep(0)
    publisher.put(alert(2))
    publisher.discard()
    for _ in range(10):  # it wakes up
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await put_all(publisher, alert(3))

    assert api.bodies == [[1], [3]]
    assert publisher.counts.retries == 0


async def test_discarded_publications_are_not_sent_again_after_a_failure(api, make):
    publisher = make()
    api.refuse(503)
    api.is_held.clear()
    publisher.put(alert(1))
    await api.arrived.wait()
    publisher.discard()
    api.is_held.set()
    async with asyncio.timeout(10):
        await publisher.wait_until_discarded()
        await put_all(publisher, alert(2))

    assert api.bodies == [[1], [2]]


async def test_a_discarded_request_is_waited_for_but_none_that_follows_it(api, make):
    publisher = make()
    api.is_held.clear()
    publisher.put(alert(1))
    await api.arrived.wait()
    publisher.discard()
    publisher.put(alert(2))
    discarded = asyncio.create_task(publisher.wait_until_discarded())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(discarded), 0.01)
    api.is_held.set()
    api.is_held.clear()  # for the next request

    await asyncio.wait_for(discarded, 10)
