"""What every store promises, tested with each of them."""

import asyncio
import signal
from contextlib import aclosing, asynccontextmanager, suppress

import pytest

from protocol.errors import OrderOwnedByOtherTenant
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


async def test_an_order_has_the_owner_it_was_recorded_with(store):
    await store.record_order_owners(
        [OrderOwnership("ord_1", "olena", "shop"), OrderOwnership("ord_2", "taras", "shop")]
    )

    assert await store.find_order_owner("ord_2") == OrderOwnership("ord_2", "taras", "shop")
    assert await store.find_order_owner("ord_3") is None


async def test_an_order_may_change_owner_and_the_change_is_returned(store):
    olenas, taras_ = (
        OrderOwnership("ord_1", "olena", "shop"),
        OrderOwnership("ord_1", "taras", "shop"),
    )
    new = await store.record_order_owners([olenas, OrderOwnership("ord_2", "olena", "shop")])
    again = await store.record_order_owners([olenas])
    changed = await store.record_order_owners([taras_, OrderOwnership("ord_2", "olena", "shop")])

    assert (new, again, changed) == ([], [], [taras_])
    assert await store.find_order_owner("ord_1") == taras_


async def test_of_an_order_recorded_twice_in_a_list_the_last_owner_counts(store):
    first, last = OrderOwnership("ord_1", "olena", "shop"), OrderOwnership("ord_1", "taras", "shop")

    assert await store.record_order_owners([first, last]) == []
    assert await store.record_order_owners([last, first, last]) == []
    assert await store.find_order_owner("ord_1") == last


async def test_an_order_does_not_change_tenant_and_the_rest_of_the_list_is_not_stored(store):
    await store.record_order_owners([OrderOwnership("ord_1", "olena", "shop")])
    theirs = OrderOwnership("ord_1", "olena", "books")

    with pytest.raises(OrderOwnedByOtherTenant) as refused:
        await store.record_order_owners([OrderOwnership("ord_2", "ivan", "books"), theirs])

    assert (refused.value.order_id, refused.value.index) == ("ord_1", 1)
    assert await store.find_order_owner("ord_1") == OrderOwnership("ord_1", "olena", "shop")
    assert await store.find_order_owner("ord_2") is None


async def test_of_two_tenants_in_one_list_the_first_gets_the_order(store):
    ours, theirs = (
        OrderOwnership("ord_1", "olena", "shop"),
        OrderOwnership("ord_1", "olena", "books"),
    )

    with pytest.raises(OrderOwnedByOtherTenant) as refused:
        await store.record_order_owners([ours, theirs])

    assert (refused.value.order_id, refused.value.index) == ("ord_1", 1)
    assert await store.find_order_owner("ord_1") is None


async def test_two_tenants_that_place_one_order_at_the_same_time_do_not_both_get_it(reopen):
    async with reopen() as one, reopen() as other:
        outcomes = await asyncio.gather(
            *(
                store.record_order_owners([OrderOwnership(f"ord_{number}", "olena", tenant)])
                for number in range(20)
                for store, tenant in ((one, "shop"), (other, "books"))
            ),
            return_exceptions=True,
        )

    assert sum(isinstance(each, OrderOwnedByOtherTenant) for each in outcomes) == 20
    assert outcomes.count([]) == 20


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
        await store.record_order_owners([OrderOwnership("ord_1", "olena", "shop")])
        await store.open_conversation(conversation(1), message(1))
        await store.revoke(Revocation("shop", "olena", 100.0))

    async with reopen() as store:
        assert await store.revocations() == [Revocation("shop", "olena", 100.0)]
        assert await store.find_order_owner("ord_1") is not None
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
        await store.record_order_owners([OrderOwnership("ord_1", "olena", "shop")])
        redis.send_signal(outage)
        for asked in (store.find_order_owner("ord_1"), store.conversations("shop", None, 1)):
            with pytest.raises(StoreUnavailable):
                await asked
        if outage == signal.SIGKILL:
            redis.process.wait()
            redis.start()
        redis.send_signal(signal.SIGCONT)
        await until_it_answers(store)

        assert await store.find_order_owner("ord_1") == OrderOwnership("ord_1", "olena", "shop")


async def test_a_file_that_is_not_a_database_is_named(tmp_path):
    path = tmp_path / "store.sqlite3"
    path.write_text("not a database, whatever its name says" * 100)

    with pytest.raises(StoreUnavailable, match=r"store\.sqlite3"):
        await SqliteStore.open(path, timeout_s=2.0)
