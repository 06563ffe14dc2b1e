"""Publishes to a cluster through Redis, without HTTP.

Publications are stored, delivered and monitored like those over HTTP.  Anyone with access to
this Redis has the ``service`` role: no token is checked.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence

from redis import Redis, RedisCluster

from protocol.channels import Channel, ChannelKind
from protocol.errors import OrderOwnedByOtherTenant
from protocol.publications import Address, Publication, PublishRequest
from protocol.publish_request import OrderPlacement, PreparedPublication, prepare_publication
from protocol.redis.order_owners import RECORD_ORDERS, encode_owner, orders_key
from protocol.redis.streams import PUBLISH, RedisKeys, make_publish_call, split_by_address
from protocol.retention import Retention

DEFAULT_RETENTION = Retention(max_messages=1000, max_age_s=600.0)
"""The servers' own default: WORKBENCH_HISTORY_MESSAGES and WORKBENCH_HISTORY_S."""


class RedisPublisher:
    """Publishes for a tenant; threads may share it, as they may ``redis``.

    Args:
        redis: a client of redis-py; its retries are safe.
        tenant: tenant of publications whose address names none.
        prefix: the servers' WORKBENCH_REDIS_PREFIX.
        retention: history kept of a channel, for recovery.
    """

    def __init__(
        self,
        redis: Redis | RedisCluster,
        *,
        tenant: str,
        prefix: str = "workbench:",
        retention: Retention = DEFAULT_RETENTION,
    ) -> None:
        self._redis, self._tenant, self._retention = redis, tenant, retention
        self._keys, self._orders_key = RedisKeys(prefix), orders_key(prefix)
        self._publish_script = redis.register_script(PUBLISH)
        self._record_script = redis.register_script(RECORD_ORDERS)

    def publish(self, *drafts: PublishRequest, idempotency_key: str = "") -> None:
        """Publish drafts in order; ``idempotency_key`` is valid for five minutes.

        Raises:
            ValueError, RequestError: one is invalid or for a monitor; none was published.
            OrderOwnedByOtherTenant: nothing was published.
            redis.RedisError: it is unknown whether they were published: publish them again
                with the same ``idempotency_key``.
        """
        if not drafts:
            return
        now = time.time()
        prepared = [prepare_publication(draft, now) for draft in drafts]
        if any(
            isinstance(each.to, Channel) and each.to.kind is ChannelKind.MONITOR
            for each in prepared
        ):
            raise ValueError("monitor channels are reserved for servers")
        self._record_orders([each.order_placement for each in prepared if each.order_placement])
        items = [
            (
                self._to_publication(each, now),
                f"{idempotency_key}:{number}" if idempotency_key else "",
            )
            for number, each in enumerate(prepared)
        ]
        id, epoch = secrets.token_hex(8), secrets.token_hex(4)
        sharded = isinstance(self._redis, RedisCluster)
        for part in split_by_address(items) if sharded else [items]:
            call = make_publish_call(
                id,
                part,
                redis_keys=self._keys,
                retention=self._retention,
                epoch=epoch,
                sharded=sharded,
            )
            self._publish_script(keys=call.keys, args=call.args)

    def _record_orders(self, orders: Sequence[OrderPlacement]) -> None:
        if not orders:
            return
        values = [
            value
            for each in orders
            for value in (each.id, encode_owner(each.tenant_id, each.user_id))
        ]
        conflict, *_ = self._record_script(keys=[self._orders_key], args=values)
        if conflict:
            raise OrderOwnedByOtherTenant(orders[conflict - 1].id, conflict - 1)

    def _to_publication(self, prepared: PreparedPublication, now: float) -> Publication:
        return Publication(
            to=prepared.to,
            type=prepared.type,
            message=prepared.message,
            tenant=self._tenant_of(prepared.to),
            accepted_at=now,
        )

    def _tenant_of(self, to: Address) -> str:
        """Return the tenant of a publication: the channel's or order's, else the publisher's."""
        if isinstance(to, Channel) and to.kind is ChannelKind.TENANT:
            return to.key
        if isinstance(to, Channel) and to.kind is ChannelKind.ORDER:
            owner = self._redis.hget(self._orders_key, to.key)
            text = owner.decode() if isinstance(owner, bytes) else str(owner or "")
            return text.partition(":")[0] or self._tenant
        return self._tenant
