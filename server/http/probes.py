"""What monitoring systems ask without a token: ``/readyz`` and ``/metrics``.

Anybody may ask as often as they like, so an answer is shared by all who ask within its lifetime.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from prometheus_client.exposition import choose_encoder

from server.cluster.cluster import Cluster
from server.http.shared_result import SharedResult
from server.monitoring.prometheus import Metrics
from server.pubsub.brokers.base import Broker, BrokerUnavailable
from server.stores.base import Store, StoreUnavailable
from server.supervisor import Supervisor

HEALTH_CHECK_TIMEOUT_S = 2.0


class Probes:
    """Checks whether this server receives and delivers, and writes out its metrics."""

    def __init__(
        self,
        *,
        broker: Broker,
        store: Store,
        cluster: Cluster,
        supervisor: Supervisor,
        metrics: Metrics,
        lifetime_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._broker, self._store = broker, store
        self._cluster, self._supervisor, self._metrics = cluster, supervisor, metrics
        self._lifetime_s, self._clock = lifetime_s, clock
        self._readiness = SharedResult(self._check, lifetime_s, clock)
        self._expositions: dict[str, SharedResult[bytes]] = {}

    async def find_problem(self) -> str:
        """Return why this server is not ready, or an empty string."""
        return await self._readiness.get()

    async def exposition(self, accept: str) -> tuple[bytes, str]:
        """Return all metrics in the newest format that ``accept`` allows, and its content type."""
        encode, content_type = choose_encoder(accept)

        async def write_out() -> bytes:
            return encode(self._metrics.registry)

        shared = self._expositions.get(content_type)
        if shared is None:
            shared = SharedResult(write_out, self._lifetime_s, self._clock)
            self._expositions[content_type] = shared  # one for each format of the library
        return await shared.get(), content_type

    async def _check(self) -> str:
        try:
            async with asyncio.timeout(HEALTH_CHECK_TIMEOUT_S):
                await self._broker.health_check()
                await self._store.health_check()
        except (BrokerUnavailable, StoreUnavailable, TimeoutError):
            return "The broker or the store does not answer"
        if not (self._supervisor.all_running and self._cluster.is_connected):
            return "A part of the server does not work"
        return ""
