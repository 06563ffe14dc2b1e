"""The parts that differ between a server that is alone and one of a cluster."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from socket import gethostname

from msgspec import Struct

from protocol.bounds import Bounds
from protocol.publications import Accepted
from server.brokers.base import Broker
from server.brokers.memory import MemoryBroker
from server.brokers.redis import RedisBroker, RedisOptions
from server.idempotency import Elsewhere, Nowhere
from server.nodes.cluster import Cluster
from server.nodes.peers import Alone, Peers
from server.nodes.places import OwnPlaces
from server.redis_link import Link, redis_link
from server.replies import Problem
from server.settings import Settings
from server.stores.answers import SharedAnswers
from server.stores.base import Store
from server.stores.redis import RedisStore
from server.stores.sqlite import SqliteStore

DATABASE = "workbench.sqlite3"


class Parts(Struct, frozen=True):
    """What the settings choose: what carries publications, what keeps things, who else is there."""

    broker: Broker
    store: Store
    peers: Peers
    answers: Elsewhere[Accepted | Problem]


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
            store = RedisStore(link, settings.redis_prefix)
            answers = SharedAnswers(link, settings.redis_prefix, settings.broker_timeout_s)
            yield Parts(RedisBroker(link, options), store, _cluster(settings, link, clock), answers)
    else:
        path = Path(settings.data_dir) / DATABASE
        file = await SqliteStore.open(path, settings.broker_timeout_s)
        async with contextlib.aclosing(file):
            peers = Alone(settings.node or gethostname(), OwnPlaces(settings.connections_per_user))
            yield Parts(MemoryBroker(bounds, clock), file, peers, Nowhere())


def _cluster(settings: Settings, link: Link, clock: Callable[[], float]) -> Cluster:
    free_port = secrets.token_hex(2)  # is not known yet, and a name is to be nobody else's
    return Cluster(
        link,
        settings.redis_prefix,
        settings.node or f"{gethostname()}:{settings.port or free_port}",
        settings.connections_per_user,
        settings.broker_timeout_s,
        settings.node_timeout_s,
        clock,
    )
