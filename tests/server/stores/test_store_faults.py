"""A change of a store is made as a whole or not at all, wherever it is cancelled or fails.

After each fault the store is read: it has what it had before or what the change makes of it, and
it goes on working.
"""

import asyncio
import contextlib
import itertools
import sqlite3
import types
import uuid
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from msgspec.structs import replace

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

TENANTS, USERS, ORDERS = ["shop", "books"], ["olena", "taras"], ["ord_1", "ord_2"]


class SqliteUnderTest:
    """A store in a file, whose commit can be made to fail."""

    def __init__(self, folder):
        self._folder = folder

    @asynccontextmanager
    async def open(self):
        path = self._folder / f"{uuid.uuid4().hex}.sqlite3"
        async with aclosing(await SqliteStore.open(path, timeout_s=2.0)) as self.store:
            yield self.store

    async def set_failing(self, is_failing):
        def refuse_to_commit(action, what, *_):
            is_commit = action == sqlite3.SQLITE_TRANSACTION and what == "COMMIT"
            return sqlite3.SQLITE_DENY if is_commit else sqlite3.SQLITE_OK

        database = self.store._database
        await database._execute(
            database._conn.set_authorizer, refuse_to_commit if is_failing else None
        )


class RedisUnderTest:
    """A store in a Redis, which can be full."""

    def __init__(self, url):
        self._settings = Settings(redis_url=url)

    @asynccontextmanager
    async def open(self):
        async with open_redis(self._settings) as self.client:
            yield RedisStore(self.client, f"test-{uuid.uuid4().hex}:")

    async def set_failing(self, is_failing):
        await self.client.config_set("maxmemory", 1 if is_failing else 0)


@types.coroutine
def _cancelling_at(number, coroutine, cancel):
    """Await a coroutine, and cancel this task when it waits for the ``number``-th time."""
    steps, count, send, value = coroutine.__await__(), 0, None, None
    while True:
        try:
            waits_for = steps.throw(value) if send == "throw" else steps.send(value)
        except StopIteration as done:
            return done.value
        count += 1
        if count == number:
            cancel()
        try:
            send, value = "send", (yield waits_for)
        except BaseException as why:  # noqa: BLE001 - thrown into the coroutine
            send, value = "throw", why


async def run_cancelled(number, coroutine):
    async def run():
        task = asyncio.current_task()
        return await _cancelling_at(number, coroutine, task.cancel)

    return await asyncio.create_task(run())


class Stored:
    """What a store should have, as it is read."""

    def __init__(self):
        self.orders, self.revocations, self.conversations, self.messages = {}, {}, {}, {}
        self.latest = []  # conversations, the latest last

    def copy(self):
        new = Stored()
        new.orders, new.revocations = dict(self.orders), dict(self.revocations)
        new.conversations, new.latest = dict(self.conversations), list(self.latest)
        new.messages = {id: list(messages) for id, messages in self.messages.items()}
        return new

    def say(self, id, message, agent=""):
        known = self.conversations[id]
        agent_id = known.agent_id or agent
        self.conversations[id] = replace(known, agent_id=agent_id, last_message=message)
        self.messages.setdefault(id, []).append(message)
        self.latest = [each for each in self.latest if each != id] + [id]

    def as_read(self):
        return (
            self.orders,
            self.revocations,
            [self.conversations[id] for id in reversed(self.latest)],
            self.messages,
        )


async def read(store):
    keys = list(itertools.product(TENANTS, ORDERS))
    orders = {key: owner for key in keys if (owner := await store.find_order_owner(*key))}
    revocations = {(each.tenant_id, each.user_id): each for each in await store.revocations()}
    conversations = await store.conversations("shop", None, 100)
    messages = {each.id: await store.messages(each.id, 100) for each in conversations}
    return orders, revocations, conversations, messages


class Faults(RuleBasedStateMachine):
    """Changes of a store with faults, and what it should have."""

    def __init__(self, under_test):
        super().__init__()
        self.under_test, self.stored, self.number = under_test, Stored(), 0
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.store = self.runner.run(self.stack.enter_async_context(under_test.open()))

    def teardown(self):
        self.runner.run(self.stack.aclose())
        self.runner.close()

    def change(self, make, after):
        self.runner.run(self._change(make, after))

    async def _change(self, make, after):
        """Try a change with its commit failing, then cancelled at each await, until it is made."""
        before = self.stored.as_read()
        await self.under_test.set_failing(True)
        with contextlib.suppress(StoreUnavailable):
            await make()
            before = after.as_read()  # what needs no room does not fail
        await self.under_test.set_failing(False)
        assert await read(self.store) == before
        self.stored, found = after, before
        for number in itertools.count(1):
            if found == after.as_read():
                return
            with contextlib.suppress(asyncio.CancelledError):
                await run_cancelled(number, make())
            found = await read(self.store)
            assert found in (before, after.as_read())

    def message(self):
        self.number += 1
        return StoredChatMessage(f"msg_{self.number}", "olena", "O", "№", float(self.number))

    @rule(
        owners=st.lists(
            st.tuples(*map(st.sampled_from, (ORDERS, USERS, TENANTS))), min_size=1, max_size=4
        ),
    )
    def record_orders(self, owners):
        ownerships = [OrderOwnership(*each) for each in owners]
        after = self.stored.copy()
        after.orders |= {(each.tenant_id, each.id): each for each in ownerships}
        self.change(lambda: self.store.record_order_owners(ownerships, 5.0), after)

    @rule()
    def open_conversation(self):
        message, after = self.message(), self.stored.copy()
        id = f"conv_{self.number}"
        conversation = Conversation(id, "shop", "olena", "O", 1.0)
        after.conversations[id] = conversation
        after.say(id, message)
        self.change(lambda: self.store.open_conversation(conversation, message), after)

    @rule(index=st.integers(0, 5), agent=st.sampled_from(["", "maria", "pavlo"]))
    def add_message(self, index, agent):
        if not self.stored.latest:
            return
        id = self.stored.latest[index % len(self.stored.latest)]
        message, after = self.message(), self.stored.copy()
        after.say(id, message, agent)
        self.change(lambda: self.store.add_message(id, message, agent), after)

    @rule(tenant=st.sampled_from(TENANTS), user=st.sampled_from(USERS))
    def revoke(self, tenant, user):
        self.number += 1
        revocation, after = Revocation(tenant, user, float(self.number)), self.stored.copy()
        after.revocations[tenant, user] = revocation
        self.change(lambda: self.store.revoke(revocation), after)

    @rule(ago=st.integers(0, 5))
    def purge(self, ago):
        time, after = float(self.number - ago), self.stored.copy()
        for id, conversation in self.stored.conversations.items():
            if conversation.last_message.at < time:
                after.latest.remove(id)
                del after.conversations[id], after.messages[id]
        self.change(lambda: self.store.purge_before(time), after)


@pytest.fixture(params=["sqlite", pytest.param("redis", marks=pytest.mark.external)])
def under_test(request, tmp_path):
    if request.param == "sqlite":
        return SqliteUnderTest(tmp_path)
    return RedisUnderTest(request.getfixturevalue("redis_server").url)


def test_a_change_is_whole_or_not_made_wherever_it_is_cancelled_or_fails(under_test):
    run_state_machine_as_test(
        lambda: Faults(under_test), settings=settings(max_examples=10, stateful_step_count=15)
    )
