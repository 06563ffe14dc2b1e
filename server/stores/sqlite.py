"""The store of a single server: SQLite in WAL mode, used in aiosqlite's thread."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from msgspec.structs import astuple

from server.stores.base import (
    Conversation,
    OrderKey,
    OrderOwnership,
    Revocation,
    StoredChatMessage,
    StoreUnavailable,
    plan_ownership,
)

OWNER_ONLY = 0o600
# With synchronous=NORMAL a killed process loses nothing, a power failure the last moments.
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA foreign_keys = ON;
CREATE TABLE IF NOT EXISTS order_owners (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    changed_at REAL NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS order_owners_by_change ON order_owners (changed_at);
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    customer_name TEXT NOT NULL,
    opened_at REAL NOT NULL,
    agent_id TEXT NOT NULL DEFAULT '',
    last_line INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lines (
    number INTEGER PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE,
    id TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    sender_name TEXT NOT NULL,
    content TEXT NOT NULL,
    at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS lines_by_conversation ON lines (conversation_id, number);
CREATE INDEX IF NOT EXISTS latest ON conversations (tenant_id, last_line);
CREATE TABLE IF NOT EXISTS revocations (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS health_check (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL
) STRICT;
"""
# Earlier versions had one name space of order ids for all tenants, and no time of a change.
MIGRATE_ORDERS = """
BEGIN IMMEDIATE;
INSERT OR IGNORE INTO order_owners (tenant_id, id, user_id, changed_at)
    SELECT tenant_id, id, user_id, CAST(strftime('%s', 'now') AS REAL) FROM orders;
DROP TABLE orders;
COMMIT;
"""
PURGE_BATCH = 500  # rows deleted in one transaction, which keeps other writers waiting
HAS_OLD_ORDERS = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'orders'"
_SELECT_CONVERSATION = """
SELECT c.id, c.tenant_id, c.customer_id, c.customer_name, c.opened_at, c.agent_id,
       l.id, l.sender_id, l.sender_name, l.content, l.at
FROM conversations c JOIN lines l ON l.number = c.last_line
"""


class SqliteStore:
    """A store for one server, in one file."""

    def __init__(
        self, database: aiosqlite.Connection, reader: aiosqlite.Connection, timeout_s: float
    ) -> None:
        self._timeout_s = timeout_s
        self._database = database
        self._reader = reader  # on a connection of its own, it sees nothing that is not committed
        self._write_lock = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path, timeout_s: float) -> SqliteStore:
        """Open the file, or create it and its folder; only the owner may read it.

        A write waits for up to ``timeout_s`` in all: for the writes before it, and while another
        program has locked the database.

        Raises:
            StoreUnavailable: it cannot be opened or is not a database.
        """
        try:
            _create_for_owner(path)
            database = await aiosqlite.connect(path, isolation_level=None, timeout=timeout_s)
        except (OSError, sqlite3.Error) as why:
            raise StoreUnavailable(f"{path}: {why}") from why
        try:
            await database.executescript(SCHEMA)
            if list(await database.execute_fetchall(HAS_OLD_ORDERS)):
                await database.executescript(MIGRATE_ORDERS)
            reader = await aiosqlite.connect(path, isolation_level=None, timeout=timeout_s)
        except sqlite3.Error as why:
            await database.close()
            raise StoreUnavailable(f"{path}: {why}") from why
        return cls(database, reader, timeout_s)

    async def record_order_owners(
        self, ownerships: Sequence[OrderOwnership], at: float
    ) -> list[OrderOwnership]:
        """Store the owners of orders in one transaction; returns those that change owner."""
        keys = json.dumps([(order.tenant_id, order.id) for order in ownerships])
        async with self._transaction() as database:
            rows = await database.execute_fetchall(
                "SELECT id, user_id, tenant_id FROM order_owners "
                "WHERE (tenant_id, id) IN "
                "(SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') "
                "FROM json_each(?))",
                (keys,),
            )
            to_store, changed = plan_ownership(
                {(row[2], row[0]): OrderOwnership(*row) for row in rows}, ownerships
            )
            await database.executemany(
                "INSERT INTO order_owners (id, user_id, tenant_id, changed_at) "
                "VALUES (?, ?, ?, ?) ON CONFLICT (tenant_id, id) "
                "DO UPDATE SET user_id = excluded.user_id, changed_at = excluded.changed_at",
                [(*astuple(order), at) for order in to_store],
            )
        return changed

    async def find_order_owner(self, tenant_id: str, order_id: str) -> OrderOwnership | None:
        """Return the owner of a tenant's order, or None."""
        rows = await self._query(
            "SELECT id, user_id, tenant_id FROM order_owners WHERE tenant_id = ? AND id = ?",
            tenant_id,
            order_id,
        )
        return next((OrderOwnership(*row) for row in rows), None)

    async def touch_orders(self, orders: Sequence[OrderKey], at: float) -> None:
        """Note that these orders have changed."""
        async with self._transaction() as database:
            await database.executemany(
                "UPDATE order_owners SET changed_at = ? WHERE tenant_id = ? AND id = ?",
                [(at, *order) for order in orders],
            )

    async def purge_orders_before(self, time: float) -> None:
        """Delete orders that have not changed since this time."""
        await self._delete_in_batches(
            "DELETE FROM order_owners WHERE (tenant_id, id) IN "
            "(SELECT tenant_id, id FROM order_owners WHERE changed_at < ? LIMIT ?)",
            time,
        )

    async def open_conversation(
        self, conversation: Conversation, message: StoredChatMessage
    ) -> None:
        """Store a new conversation with its first message."""
        async with self._transaction() as database:
            await database.execute(
                "INSERT INTO conversations (id, tenant_id, customer_id, customer_name, opened_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    conversation.id,
                    conversation.tenant_id,
                    conversation.customer_id,
                    conversation.customer_name,
                    conversation.opened_at,
                ),
            )
            await _append_message(database, conversation.id, message)

    async def find_conversation(self, conversation_id: str) -> Conversation | None:
        """Return a conversation with its last message, or None."""
        rows = await self._query(f"{_SELECT_CONVERSATION} WHERE c.id = ?", conversation_id)
        return next(map(_conversation, rows), None)

    async def add_message(
        self, conversation_id: str, message: StoredChatMessage, agent_id: str = ""
    ) -> None:
        """Store a message; ``agent_id`` becomes the conversation's agent if it has none."""
        async with self._transaction() as database:
            await _append_message(database, conversation_id, message)
            if agent_id:
                await database.execute(
                    "UPDATE conversations SET agent_id = ? WHERE id = ? AND agent_id = ''",
                    (agent_id, conversation_id),
                )

    async def conversations(
        self, tenant_id: str, customer_id: str | None, limit: int
    ) -> list[Conversation]:
        """List a tenant's conversations, or one customer's, the latest first."""
        rows = await self._query(
            f"{_SELECT_CONVERSATION} WHERE c.tenant_id = ?1 AND (?2 IS NULL OR c.customer_id = ?2) "
            "ORDER BY c.last_line DESC LIMIT ?3",
            tenant_id,
            customer_id,
            limit,
        )
        return [_conversation(row) for row in rows]

    async def messages(self, conversation_id: str, limit: int) -> list[StoredChatMessage]:
        """List the last messages of a conversation, oldest first."""
        rows = await self._query(
            "SELECT id, sender_id, sender_name, content, at FROM lines "
            "WHERE conversation_id = ? ORDER BY number DESC LIMIT ?",
            conversation_id,
            limit,
        )
        return [StoredChatMessage(*row) for row in rows][::-1]

    async def purge_before(self, time: float) -> None:
        """Delete conversations without messages since this time."""
        await self._delete_in_batches(
            "DELETE FROM conversations WHERE id IN "
            "(SELECT c.id FROM conversations c JOIN lines l ON l.number = c.last_line "
            "WHERE l.at < ? LIMIT ?)",
            time,
        )

    async def _delete_in_batches(self, statement: str, time: float) -> None:
        """Run a statement with a time and a limit until it deletes less than the limit."""
        while True:
            async with self._transaction() as database:
                deleted = await database.execute(statement, (time, PURGE_BATCH))
            if deleted.rowcount < PURGE_BATCH:
                return

    async def revoke(self, revocation: Revocation) -> None:
        """Store a revocation; of a user's revocations the latest counts."""
        async with self._transaction() as database:
            await database.execute(
                "INSERT INTO revocations VALUES (?, ?, ?) ON CONFLICT (tenant_id, user_id) "
                "DO UPDATE SET at = MAX(at, excluded.at)",
                astuple(revocation),
            )

    async def revocations(self) -> list[Revocation]:
        """List all revocations: one for each user of a tenant."""
        rows = await self._query("SELECT tenant_id, user_id, at FROM revocations")
        return [Revocation(*row) for row in rows]

    async def health_check(self) -> None:
        """Write and read something: a full disk can still be read."""
        async with self._transaction() as database:
            await database.execute(
                "INSERT INTO health_check VALUES (1, 1) "
                "ON CONFLICT (id) DO UPDATE SET number = number + 1"
            )
        await self._query("SELECT number FROM health_check")

    async def aclose(self) -> None:
        """Close the file."""
        await self._reader.close()
        await self._database.close()

    async def _query(self, query: str, *values: Any) -> Iterable[Any]:
        try:
            return await self._reader.execute_fetchall(query, values)
        except (sqlite3.Error, ValueError) as why:
            raise StoreUnavailable(str(why)) from why

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        """Commit what the block does, or nothing if it raises; one block at a time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout_s
        try:
            async with asyncio.timeout_at(deadline):
                await self._write_lock.acquire()
        except TimeoutError:
            raise StoreUnavailable("the writes before it took too long") from None
        try:
            left_ms = max(0, int(1000 * (deadline - loop.time())))
            await self._database.executescript(f"PRAGMA busy_timeout = {left_ms}; BEGIN IMMEDIATE")
            yield self._database
            await self._database.commit()
        except BaseException as why:
            # Also if it was cancelled on its way: the thread has begun by then.
            await asyncio.shield(self._database.rollback())
            if isinstance(why, sqlite3.Error | ValueError):
                raise StoreUnavailable(str(why)) from why
            raise
        finally:
            self._write_lock.release()


def _create_for_owner(path: Path) -> None:
    """Create the file if it is missing, and close it to others; SQLite's other files follow."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=OWNER_ONLY)
    path.chmod(OWNER_ONLY)


async def _append_message(
    database: aiosqlite.Connection, conversation_id: str, message: StoredChatMessage
) -> None:
    added = await database.execute(
        "INSERT INTO lines (conversation_id, id, sender_id, sender_name, content, at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (conversation_id, *astuple(message)),
    )
    await database.execute(
        "UPDATE conversations SET last_line = ? WHERE id = ?", (added.lastrowid, conversation_id)
    )


def _conversation(row: Sequence[Any]) -> Conversation:
    id, tenant_id, customer_id, customer_name, opened_at, agent_id, *line = row
    return Conversation(
        id,
        tenant_id,
        customer_id,
        customer_name,
        opened_at,
        agent_id,
        last_message=StoredChatMessage(*line),
    )
