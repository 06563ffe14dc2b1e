"""What any store promises, asked of each of them."""

from contextlib import aclosing

import pytest

from server.stores.base import Conversation, Line, Order, Revocation, StoreUnavailable
from server.stores.sqlite import SqliteStore


@pytest.fixture(params=["sqlite"])
def reopen(request, tmp_path):
    """Return what opens the store, each time the same one."""
    match request.param:
        case "sqlite":
            return lambda: SqliteStore.open(tmp_path / "deep" / "store.sqlite3")


@pytest.fixture
async def store(reopen):
    async with aclosing(await reopen()) as store:
        yield store


def line(number, sender="olena"):
    return Line(f"msg_{number}", sender, sender.title(), f"№ {number}", 100.0 + number)


def talk(number, customer="olena", tenant="shop"):
    return Conversation(f"conv_{number}", tenant, customer, customer.title(), 100.0)


async def test_an_order_has_the_owner_it_was_recorded_with(store):
    await store.record_orders([Order("ord_1", "olena", "shop"), Order("ord_2", "taras", "shop")])

    assert await store.find_order("ord_2") == Order("ord_2", "taras", "shop")
    assert await store.find_order("ord_3") is None


async def test_an_order_may_change_hands(store):
    await store.record_orders([Order("ord_1", "olena", "shop")])
    await store.record_orders([Order("ord_1", "taras", "shop")])

    assert (await store.find_order("ord_1")).user_id == "taras"


async def test_a_conversation_begins_with_its_first_line(store):
    await store.open_conversation(talk(1), line(1))

    found = await store.find_conversation("conv_1")

    assert (found.customer_id, found.agent_id, found.last) == ("olena", "", line(1))
    assert await store.lines("conv_1", 10) == [line(1)]
    assert await store.find_conversation("conv_2") is None


async def test_the_first_agent_who_answers_joins(store):
    await store.open_conversation(talk(1), line(1))
    await store.add_line("conv_1", line(2, "maria"), agent_id="maria")
    await store.add_line("conv_1", line(3, "pavlo"), agent_id="pavlo")

    assert (await store.find_conversation("conv_1")).agent_id == "maria"


async def test_the_last_lines_come_oldest_first(store):
    await store.open_conversation(talk(1), line(1))
    for number in (2, 3, 4):
        await store.add_line("conv_1", line(number))

    assert await store.lines("conv_1", 2) == [line(3), line(4)]


async def test_conversations_are_listed_by_their_last_word_within_the_tenant(store):
    for number, customer, tenant in [
        (1, "olena", "shop"),
        (2, "taras", "shop"),
        (3, "olena", "books"),
    ]:
        await store.open_conversation(talk(number, customer, tenant), line(number))
    await store.add_line("conv_1", line(9))

    def ids(found):
        return [conversation.id for conversation in found]

    assert ids(await store.conversations("shop", None, 10)) == ["conv_1", "conv_2"]
    assert ids(await store.conversations("shop", None, 1)) == ["conv_1"]
    assert ids(await store.conversations("shop", "taras", 10)) == ["conv_2"]
    assert ids(await store.conversations("books", None, 10)) == ["conv_3"]


async def test_what_was_silent_too_long_is_forgotten(store):
    await store.open_conversation(talk(1), line(1))
    await store.open_conversation(talk(2), line(2))
    await store.add_line("conv_1", line(50))

    await store.forget(before=120.0)

    assert await store.find_conversation("conv_2") is None
    assert await store.lines("conv_2", 10) == []
    assert len(await store.lines("conv_1", 10)) == 2


async def test_a_line_for_no_conversation_is_refused_and_nothing_is_kept(store):
    with pytest.raises(StoreUnavailable):
        await store.add_line("conv_404", line(1))

    assert await store.lines("conv_404", 10) == []
    await store.open_conversation(talk(1), line(1))


async def test_a_revocation_takes_the_place_of_that_users_former_one(store):
    for revocation in (
        Revocation("shop", "olena", 100.0),
        Revocation("books", "olena", 150.0),
        Revocation("shop", "olena", 200.5),
    ):
        await store.revoke(revocation)

    assert sorted(await store.revocations(), key=lambda kept: kept.at) == [
        Revocation("books", "olena", 150.0),
        Revocation("shop", "olena", 200.5),
    ]


async def test_everything_is_there_again_after_reopening(reopen):
    async with aclosing(await reopen()) as store:
        await store.record_orders([Order("ord_1", "olena", "shop")])
        await store.open_conversation(talk(1), line(1))
        await store.revoke(Revocation("shop", "olena", 100.0))

    async with aclosing(await reopen()) as store:
        assert await store.revocations() == [Revocation("shop", "olena", 100.0)]
        assert await store.find_order("ord_1") is not None
        assert await store.lines("conv_1", 10) == [line(1)]
        await store.probe()


async def test_a_file_that_is_no_database_is_named(tmp_path):
    path = tmp_path / "store.sqlite3"
    path.write_text("not a database, whatever its name says" * 100)

    with pytest.raises(StoreUnavailable, match=r"store\.sqlite3"):
        await SqliteStore.open(path)
