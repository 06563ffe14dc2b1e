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
from protocol.codec import encode_json
from protocol.publications import MAX_PUBLICATION_BYTES, Address, Publication, PublishRequest
from protocol.publish_request import OrderPlacement, PreparedPublication, prepare_publication
from protocol.redis.order_owners import (
    RECORD_ORDERS,
    order_member,
    orders_by_change_key,
    record_orders_args,
    store_prefix,
)
from protocol.redis.streams import PUBLISH, RedisKeys, make_publish_call, split_by_address
from protocol.retention import Retention

DEFAULT_RETENTION = Retention(max_messages=1000, max_age_s=600.0)
"""The servers' own default: WORKBENCH_HISTORY_MESSAGES and WORKBENCH_HISTORY_S."""


class RedisPublisher:
    """Publishes for a tenant; threads may share it, as they may ``redis``.

    Args:
        redis: a client of redis-py; its retries are safe.
        tenant: the one whose orders, users and traffic they are, unless a request names another;
            a user's connections to other tenants receive nothing.
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
        self._keys, self._store_prefix = RedisKeys(prefix), store_prefix(prefix)
        self._orders_by_change_key = orders_by_change_key(prefix)
        self._publish_script = redis.register_script(PUBLISH)
        self._record_script = redis.register_script(RECORD_ORDERS)

    def publish(self, *drafts: PublishRequest, idempotency_key: str = "") -> None:
        """Publish drafts in order; ``idempotency_key`` is valid for five minutes.

        Raises:
            ValueError, RequestError: one is invalid, over 64 KiB or for a monitor; none was
                published.
            redis.RedisError: it is unknown whether they were published: publish them again
                with the same ``idempotency_key``.
        """
        if not drafts:
            return
        now = time.time()
        prepared = [self._prepare(draft, now) for draft in drafts]
        self._record_orders(
            [each.order_placement for each in prepared if each.order_placement], now
        )
        self._touch_orders([each.to for each in prepared], now)
        items = [
            (
                _to_publication(each, now),
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

    def _prepare(self, draft: PublishRequest, now: float) -> PreparedPublication:
        if len(encode_json(draft)) > MAX_PUBLICATION_BYTES:
            raise ValueError(f"a publication has at most {MAX_PUBLICATION_BYTES} bytes")
        prepared = prepare_publication(draft, now, self._tenant)
        if isinstance(prepared.to, Channel) and prepared.to.kind is ChannelKind.MONITOR:
            raise ValueError("monitor channels are reserved for servers")
        return prepared

    def _record_orders(self, orders: Sequence[OrderPlacement], now: float) -> None:
        if orders:
            args = record_orders_args(
                now, [(each.id, each.tenant_id, each.user_id) for each in orders]
            )
            self._record_script(keys=[self._store_prefix], args=args)

    def _touch_orders(self, addresses: Sequence[Address], now: float) -> None:
        """Note that there is news of orders, so that servers do not forget them."""
        members = {
            order_member(to.tenant, to.key): now
            for to in addresses
            if isinstance(to, Channel) and to.kind is ChannelKind.ORDER
        }
        if members:
            self._redis.zadd(self._orders_by_change_key, members, xx=True)


def _to_publication(prepared: PreparedPublication, now: float) -> Publication:
    return Publication(
        to=prepared.to,
        type=prepared.type,
        message=prepared.message,
        tenant=prepared.tenant,
        accepted_at=now,
        # A user has one channel for the connections to all tenants.
        tenant_only=isinstance(prepared.to, Channel) and prepared.to.kind is ChannelKind.USER,
    )
