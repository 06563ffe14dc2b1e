"""What every store promises, tested with each of them."""

import signal
from contextlib import aclosing, asynccontextmanager, suppress

import pytest

from server.redis_client import open_redis
from server.settings import Settings
from server.stores.base import (
    Conversation,
    OrderOwnership,
    Revocation,
    StoredChatMessage,
    StoreUnavailable,
)
from server.stores.redis import RedisStore
from server.stores.sqlite import SqliteStore


@asynccontextmanager
async def opened_in_file(path):
    async with aclosing(await SqliteStore.open(path, timeout_s=2.0)) as store:
        yield store


@asynccontextmanager
async def opened_in_redis(url, prefix, **settings):
    async with open_redis(Settings(redis_url=url, **settings)) as link:
        yield RedisStore(link, prefix)


@pytest.fixture(params=["sqlite", pytest.param("redis", marks=pytest.mark.external)])
def reopen(request, tmp_path):
    """Return a function that opens the same store again."""
    if request.param == "sqlite":
        return lambda: opened_in_file(tmp_path / "deep" / "store.sqlite3")
    server = request.getfixturevalue("redis_server")
    prefix = request.getfixturevalue("redis_prefix")
    return lambda: opened_in_redis(server.url, prefix)


@pytest.fixture
async def store(reopen):
    async with reopen() as store:
        yield store


def message(number, sender="olena"):
    return StoredChatMessage(f"msg_{number}", sender, sender.title(), f"№ {number}", 100.0 + number)


def conversation(number, customer="olena", tenant="shop"):
    return Conversation(f"conv_{number}", tenant, customer, customer.title(), 100.0)


def owned(id, user_id, tenant_id="shop"):
    return OrderOwnership(id, user_id, tenant_id)


async def test_an_order_has_the_owner_it_was_recorded_with(store):
    await store.record_order_owners([owned("ord_1", "olena"), owned("ord_2", "taras")], 100.0)

    assert await store.find_order_owner("shop", "ord_2") == owned("ord_2", "taras")
    assert await store.find_order_owner("shop", "ord_3") is None


async def test_an_order_may_change_owner_and_the_change_is_returned(store):
    olenas, taras_ = owned("ord_1", "olena"), owned("ord_1", "taras")
    new = await store.record_order_owners([olenas, owned("ord_2", "olena")], 100.0)
    again = await store.record_order_owners([olenas], 100.0)
    changed = await store.record_order_owners([taras_, owned("ord_2", "olena")], 100.0)

    assert (new, again, changed) == ([], [], [taras_])
    assert await store.find_order_owner("shop", "ord_1") == taras_


async def test_of_an_order_recorded_twice_in_a_list_the_last_owner_counts(store):
    first, last = owned("ord_1", "olena"), owned("ord_1", "taras")

    assert await store.record_order_owners([first, last], 100.0) == []
    assert await store.record_order_owners([last, first, last], 100.0) == []
    assert await store.find_order_owner("shop", "ord_1") == last


async def test_tenants_may_have_orders_of_the_same_id(store):
    ours, theirs = owned("ord_1", "olena"), owned("ord_1", "ivan", "books")
    await store.record_order_owners([ours, theirs], 100.0)

    taken_over = owned("ord_1", "thief", "books")
    changed = await store.record_order_owners([taken_over], 100.0)

    assert changed == [taken_over]
    assert await store.find_order_owner("shop", "ord_1") == ours
    assert await store.find_order_owner("books", "ord_1") == taken_over
    assert await store.find_order_owner("toys", "ord_1") is None


async def test_orders_that_have_not_changed_for_long_are_forgotten(store):
    await store.record_order_owners([owned(f"ord_{number}", "olena") for number in (1, 2)], 100.0)
    await store.record_order_owners([owned("ord_1", "ivan", "books")], 100.0)
    await store.record_order_owners([owned("ord_3", "olena")], 200.0)

    await store.touch_orders([("shop", "ord_2"), ("shop", "ord_404")], 200.0)
    await store.purge_orders_before(200.0)

    kept = [await store.find_order_owner("shop", f"ord_{number}") for number in (1, 2, 3, 404)]
    assert kept == [None, owned("ord_2", "olena"), owned("ord_3", "olena"), None]
    assert await store.find_order_owner("books", "ord_1") is None
    assert await store.record_order_owners([owned("ord_1", "taras")], 300.0) == []


async def test_a_conversation_begins_with_its_first_message(store):
    await store.open_conversation(conversation(1), message(1))

    found = await store.find_conversation("conv_1")

    assert (found.customer_id, found.agent_id, found.last_message) == ("olena", "", message(1))
    assert await store.messages("conv_1", 10) == [message(1)]
    assert await store.find_conversation("conv_2") is None


async def test_the_first_agent_who_answers_is_the_conversations_agent(store):
    await store.open_conversation(conversation(1), message(1))
    await store.add_message("conv_1", message(2, "maria"), agent_id="maria")
    await store.add_message("conv_1", message(3, "pavlo"), agent_id="pavlo")

    assert (await store.find_conversation("conv_1")).agent_id == "maria"


async def test_the_last_messages_are_listed_oldest_first(store):
    await store.open_conversation(conversation(1), message(1))
    for number in (2, 3, 4):
        await store.add_message("conv_1", message(number))

    assert await store.messages("conv_1", 2) == [message(3), message(4)]


async def test_the_conversations_of_a_tenant_are_listed_by_their_last_message(store):
    for number, customer, tenant in [
        (1, "olena", "shop"),
        (2, "taras", "shop"),
        (3, "olena", "books"),
    ]:
        await store.open_conversation(conversation(number, customer, tenant), message(number))
    await store.add_message("conv_1", message(9))

    def ids(found):
        return [conversation.id for conversation in found]

    assert ids(await store.conversations("shop", None, 10)) == ["conv_1", "conv_2"]
    assert ids(await store.conversations("shop", None, 1)) == ["conv_1"]
    assert ids(await store.conversations("shop", "taras", 10)) == ["conv_2"]
    assert ids(await store.conversations("books", None, 10)) == ["conv_3"]


async def test_conversations_without_recent_messages_are_deleted(store):
    await store.open_conversation(conversation(1), message(1))
    await store.open_conversation(conversation(2), message(2))
    await store.add_message("conv_1", message(50))

    await store.purge_before(time=120.0)

    assert await store.find_conversation("conv_2") is None
    assert await store.messages("conv_2", 10) == []
    assert len(await store.messages("conv_1", 10)) == 2


async def test_a_message_for_an_unknown_conversation_is_rejected_and_not_stored(store):
    with pytest.raises(StoreUnavailable):
        await store.add_message("conv_404", message(1))

    assert await store.messages("conv_404", 10) == []
    await store.open_conversation(conversation(1), message(1))


async def test_of_a_users_revocations_the_latest_counts_in_whatever_order_they_come(store):
    for revocation in (
        Revocation("shop", "olena", 100.0),
        Revocation("books", "olena", 150.0),
        Revocation("shop", "olena", 200.5),
        Revocation("shop", "olena", 190.0),  # of a node whose clock is behind
    ):
        await store.revoke(revocation)

    assert sorted(await store.revocations(), key=lambda revocation: revocation.at) == [
        Revocation("books", "olena", 150.0),
        Revocation("shop", "olena", 200.5),
    ]


async def test_everything_is_still_stored_after_reopening(reopen):
    async with reopen() as store:
        await store.record_order_owners([owned("ord_1", "olena")], 100.0)
        await store.open_conversation(conversation(1), message(1))
        await store.revoke(Revocation("shop", "olena", 100.0))

    async with reopen() as store:
        assert await store.revocations() == [Revocation("shop", "olena", 100.0)]
        assert await store.find_order_owner("shop", "ord_1") is not None
        assert await store.messages("conv_1", 10) == [message(1)]
        await store.health_check()


async def until_it_answers(store):
    while True:
        with suppress(StoreUnavailable):
            return await store.health_check()


@pytest.mark.parametrize("outage", [signal.SIGSTOP, signal.SIGKILL])
async def test_without_redis_the_store_is_unavailable_within_the_timeout_and_keeps_its_data(
    start_redis, redis_prefix, outage
):
    redis = start_redis("--appendonly", "yes", "--appendfsync", "always")
    async with opened_in_redis(redis.url, redis_prefix, broker_timeout_s=0.2) as store:
        await store.record_order_owners([owned("ord_1", "olena")], 100.0)
        redis.send_signal(outage)
        for asked in (
            store.find_order_owner("shop", "ord_1"),
            store.conversations("shop", None, 1),
        ):
            with pytest.raises(StoreUnavailable):
                await asked
        if outage == signal.SIGKILL:
            redis.process.wait()
            redis.start()
        redis.send_signal(signal.SIGCONT)
        await until_it_answers(store)

        assert await store.find_order_owner("shop", "ord_1") == owned("ord_1", "olena")


async def test_redis_adopts_the_orders_of_earlier_versions_and_keeps_later_changes(
    redis_server, redis_prefix
):
    async with opened_in_redis(redis_server.url, redis_prefix) as store:
        redis, old = store._redis, f"{redis_prefix}{{store}}:orders"
        before = {f"ord_{number}": f"shop:user_{number}" for number in range(1200)}
        await redis.hset(old, mapping={"theirs": "books:ivan"} | before)
        await store.record_order_owners([owned("ord_7", "olena")], 100.0)

        for _ in range(2):  # every server does it when it starts
            await store.adopt_orders_of_earlier_versions(200.0)

        assert await store.find_order_owner("shop", "ord_7") == owned("ord_7", "olena")
        assert await store.find_order_owner("shop", "ord_1199") == owned("ord_1199", "user_1199")
        assert await store.find_order_owner("books", "theirs") == owned("theirs", "ivan", "books")
        assert 0 < await redis.ttl(old) <= 86_400  # servers of the earlier version still use it
        await store.purge_orders_before(201.0)
        assert await store.find_order_owner("shop", "ord_1199") is None


async def test_a_file_that_is_not_a_database_is_named(tmp_path):
    path = tmp_path / "store.sqlite3"
    path.write_text("not a database, whatever its name says" * 100)

    with pytest.raises(StoreUnavailable, match=r"store\.sqlite3"):
        await SqliteStore.open(path, timeout_s=2.0)
