"""SQLite's own promises: cancelled and failing writes, readers, and the files' modes."""

import asyncio
import sqlite3
import stat
import time
from contextlib import aclosing, closing, suppress

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
        writing = asyncio.create_task(store.record_order_owners([ownership(turns)], 1.0))
        for _ in range(turns):
            await asyncio.sleep(0)
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing

        await store.record_order_owners([ownership(1000 + turns)], 1.0)

        assert await store.find_order_owner("shop", f"ord_{1000 + turns}") == ownership(
            1000 + turns
        )


async def test_writes_that_wait_for_another_program_do_not_wait_one_after_the_other(store, path):
    await store.health_check()
    refused = []

    async def write(store, name):
        with pytest.raises(StoreUnavailable):
            await store.health_check()
        refused.append(name)

    async with (
        aclosing(await SqliteStore.open(path, timeout_s=0.1)) as hasty,
        aclosing(await SqliteStore.open(path, timeout_s=0.7)) as patient,
    ):
        with closing(sqlite3.connect(path)) as other_program:
            other_program.execute("BEGIN IMMEDIATE")
            await asyncio.gather(
                write(patient, "patient"), *(write(hasty, "hasty") for _ in range(20))
            )

        assert refused == ["hasty"] * 20 + ["patient"]
        await hasty.health_check()


async def test_what_is_not_committed_is_not_read(store, path):
    async with store._transaction() as database:
        await database.execute("INSERT INTO order_owners VALUES ('shop', 'ord_1', 'olena', 1.0)")

        assert await store.find_order_owner("shop", "ord_1") is None
    assert await store.find_order_owner("shop", "ord_1") == ownership(1)


async def test_a_health_check_fails_if_nothing_can_be_written(store):
    await store.health_check()
    await store._database.execute("PRAGMA query_only = ON")

    assert await store.find_order_owner("shop", "ord_1") is None
    with pytest.raises(StoreUnavailable):
        await store.health_check()


async def test_only_the_owner_may_read_the_files(store, path):
    await store.record_order_owners([ownership(1)], 1.0)

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


async def test_the_orders_of_an_earlier_version_are_taken_over_and_kept_from_now(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "CREATE TABLE orders (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, "
            "tenant_id TEXT NOT NULL) STRICT, WITHOUT ROWID"
        )
        rows = [("ord_1", "olena", "shop"), ("ord_2", "ivan", "books")]
        database.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
    began_at = time.time() - 1  # SQLite tells whole seconds

    for _ in range(2):
        async with aclosing(await SqliteStore.open(path, timeout_s=5.0)) as store:
            await store.purge_orders_before(began_at)
            assert await store.find_order_owner("shop", "ord_1") == ownership(1)
            assert (await store.find_order_owner("books", "ord_2")).user_id == "ivan"
            assert await store.find_order_owner("shop", "ord_2") is None
