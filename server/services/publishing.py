"""``POST /api/publish``: checks a body and publishes all that is in it, or nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Raw

from protocol.channels import Channel, ChannelKind
from protocol.codec import DECODE_ERRORS
from protocol.errors import RequestError
from protocol.publications import (
    MAX_PUBLICATION_BYTES,
    Address,
    Publication,
    PublishRequest,
    PublishResponse,
)
from protocol.publish_request import prepare_publication
from server.auth.identity import Identity, Role
from server.errors import ApiError, ApiErrorCode
from server.pubsub.brokers.base import Broker
from server.pubsub.hub import Hub
from server.services.order_owners import OrderOwners
from server.stores.base import OrderKey, OrderOwnership

PUBLISHER_ROLES = frozenset({Role.SERVICE, Role.ADMIN})
MAX_PUBLICATIONS = 1000  # publications in one list

_single_decoder = msgspec.json.Decoder(Raw)
_list_decoder = msgspec.json.Decoder(list[Raw])
_request_decoder = msgspec.json.Decoder(PublishRequest)


class PublishService:
    """Checks publications, records the orders in them and publishes them."""

    def __init__(
        self, order_owners: OrderOwners, broker: Broker, hub: Hub, clock: Callable[[], float]
    ) -> None:
        self._order_owners = order_owners
        self._broker = broker
        self._hub = hub
        self._clock = clock

    async def publish(
        self, body: bytes, identity: Identity, idempotency_key: str = ""
    ) -> PublishResponse:
        """Publish one publication or a list of up to 1,000; see ``Broker`` for the key.

        Raises:
            ApiError: with the index of the item in a list; nothing was recorded or published.
            StoreUnavailable, ClusterUnavailable, BrokerUnavailable: nothing was published; owners
                of orders may have been recorded, and trying again does no harm.
        """
        now = self._clock()
        items, is_list = _split_body(body)
        publications: list[Publication] = []
        placed: list[OrderOwnership] = []
        with_news: set[OrderKey] = set()
        for index, raw in enumerate(items):
            try:
                publication, ownership = _check(raw, identity, now)
                to = publication.to
                if isinstance(to, Channel) and to.kind is ChannelKind.ORDER:
                    if identity.role is Role.ADMIN:
                        await self._require_order(to)
                    with_news.add((to.tenant, to.key))
            except ApiError as why:
                reported_index = index if is_list else None
                raise ApiError(why.code, why.message, reported_index) from None
            publications.append(publication)
            if ownership is not None:
                placed.append(ownership)
        if placed:
            await self._order_owners.record(placed)
        if with_news:
            await self._order_owners.touch(with_news)
        reached = 0
        for publication in publications:
            reached += len(self._hub.subscribers_for(publication))
        await self._broker.publish(publications, idempotency_key)
        return PublishResponse(accepted=len(publications), reached=reached)

    async def _require_order(self, channel: Channel) -> None:
        """Refuse the channel of an order that its tenant does not have."""
        if await self._order_owners.find(channel.tenant, channel.key) is None:
            raise ApiError(ApiErrorCode.FORBIDDEN, "This tenant has no order with this id")


def _check(raw: Raw, identity: Identity, now: float) -> tuple[Publication, OrderOwnership | None]:
    """Check one publication; returns also the owner of the order that it places.

    Raises:
        ApiError: it is not valid, or this identity may not publish it.
    """
    if len(raw) > MAX_PUBLICATION_BYTES:
        raise ApiError(
            ApiErrorCode.TOO_BIG, f"A publication has at most {MAX_PUBLICATION_BYTES} bytes"
        )
    try:
        prepared = prepare_publication(_request_decoder.decode(raw), now, identity.tenant_id)
    except (*DECODE_ERRORS, ValueError) as why:
        raise ApiError(ApiErrorCode.INVALID_PUBLICATION, str(why)) from None
    except RequestError:
        raise ApiError(ApiErrorCode.INVALID_CHANNEL, "This is not the name of a channel") from None
    _authorize(identity, prepared.to, prepared.tenant)
    publication = Publication(
        to=prepared.to,
        type=prepared.type,
        message=prepared.message,
        tenant=prepared.tenant,
        accepted_at=now,
        tenant_only=not identity.acts_for_all_tenants,
    )
    placement = prepared.order_placement
    ownership = (
        OrderOwnership(placement.id, placement.user_id, placement.tenant_id) if placement else None
    )
    return publication, ownership


def _authorize(identity: Identity, to: Address, tenant: str) -> None:
    """Allow what belongs to a tenant that the publisher acts for, but no monitor channel.

    What belongs to no tenant is for services that act for all of them.  ``tenant_only``
    keeps other tenants' connections of a user out.

    Raises:
        ApiError: ``forbidden`` or ``invalid_channel``.
    """
    if isinstance(to, Channel) and to.kind is ChannelKind.MONITOR:
        raise ApiError(ApiErrorCode.INVALID_CHANNEL, "The monitor's channels are the server's own")
    if not isinstance(to, Channel) or to.kind is ChannelKind.PUBLIC:
        if not identity.acts_for_all_tenants:
            raise ApiError(
                ApiErrorCode.FORBIDDEN, "Only a service for all tenants may publish there"
            )
        return
    is_users = to.kind is ChannelKind.USER and not tenant  # all connections of a user
    if not (identity.acts_for_all_tenants if is_users else identity.publishes_for(tenant)):
        raise ApiError(ApiErrorCode.FORBIDDEN, "This token does not act for that tenant")


def _split_body(body: bytes) -> tuple[list[Raw], bool]:
    """Split a body into publications; returns also whether it is a list."""
    is_list = body.lstrip()[:1] == b"["
    try:
        # The decoder skips parts without reading them, but all of it must be valid UTF-8.
        body.decode()
        items = _list_decoder.decode(body) if is_list else [_single_decoder.decode(body)]
    except DECODE_ERRORS:
        raise ApiError(ApiErrorCode.INVALID_JSON, "The body is not JSON") from None
    if not 1 <= len(items) <= MAX_PUBLICATIONS:
        raise ApiError(
            ApiErrorCode.INVALID_LIST, f"A list has 1 to {MAX_PUBLICATIONS} publications"
        )
    return items, is_list
