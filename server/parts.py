"""The two parts that differ between a server that is alone and one of a cluster."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from msgspec import Struct

from protocol.bounds import Bounds
from server.brokers.base import Broker
from server.brokers.memory import MemoryBroker
from server.brokers.redis import RedisBroker, RedisOptions
from server.redis_link import redis_link
from server.settings import Settings
from server.stores.base import Store
from server.stores.redis import RedisStore
from server.stores.sqlite import SqliteStore

DATABASE = "workbench.sqlite3"


class Parts(Struct, frozen=True):
    """What the settings choose: how publications travel, and where things are kept."""

    broker: Broker
    store: Store


@contextlib.asynccontextmanager
async def chosen_parts(settings: Settings, clock: Callable[[], float]) -> AsyncIterator[Parts]:
    """Open the parts while the block lasts; ``clock`` is in seconds since the epoch.

    Raises:
        StoreUnavailable: the database cannot be opened.
        RedisUnusable: there is an address of a Redis, and it cannot be used.
    """
    bounds = Bounds(settings.history_messages, settings.history_s)
    if settings.redis_url:
        async with redis_link(settings) as link:
            options = RedisOptions(
                prefix=settings.redis_prefix,
                sharded=settings.redis_sharded,
                patience_s=settings.broker_timeout_s,
                bounds=bounds,
            )
            yield Parts(RedisBroker(link, options), RedisStore(link, settings.redis_prefix))
    else:
        store = await SqliteStore.open(Path(settings.data_dir) / DATABASE)
        async with contextlib.aclosing(store):
            yield Parts(MemoryBroker(bounds, clock), store)
