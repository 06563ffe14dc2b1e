"""SQLite's own promises: cancelled and failing writes, readers, and the files' modes."""

import asyncio
import sqlite3
import stat
from contextlib import aclosing, suppress

import pytest

from server.stores.base import OrderOwnership, StoreUnavailable
from server.stores.sqlite import SqliteStore


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "store.sqlite3"


@pytest.fixture
async def store(path):
    async with aclosing(await SqliteStore.open(path, timeout_s=5.0)) as store:
        yield store


def ownership(number):
    return OrderOwnership(f"ord_{number}", "olena", "shop")


async def test_a_write_that_is_cancelled_at_any_moment_leaves_the_store_usable(store):
    for turns in range(30):
        writing = asyncio.create_task(store.record_order_owners([ownership(turns)]))
        for _ in range(turns):
            await asyncio.sleep(0)
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing

        await store.record_order_owners([ownership(1000 + turns)])

        assert await store.find_order_owner(f"ord_{1000 + turns}") == ownership(1000 + turns)


async def test_what_is_not_committed_is_not_read(store, path):
    async with store._transaction() as database:
        await database.execute("INSERT INTO orders VALUES ('ord_1', 'olena', 'shop')")

        assert await store.find_order_owner("ord_1") is None
    assert await store.find_order_owner("ord_1") == ownership(1)


async def test_a_health_check_fails_if_nothing_can_be_written(store):
    await store.health_check()
    await store._database.execute("PRAGMA query_only = ON")

    assert await store.find_order_owner("ord_1") is None
    with pytest.raises(StoreUnavailable):
        await store.health_check()


async def test_only_the_owner_may_read_the_files(store, path):
    await store.record_order_owners([ownership(1)])

    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}

    assert set(modes) > {path.name}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_file_of_an_earlier_version_is_closed_to_others(path):
    path.parent.mkdir()
    sqlite3.connect(path).close()
    path.touch(0o644)
    path.chmod(0o644)

    async with aclosing(await SqliteStore.open(path, timeout_s=5.0)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
