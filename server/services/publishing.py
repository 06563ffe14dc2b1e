"""``POST /api/publish``: checks a body and publishes all that is in it, or nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Raw, Struct

from protocol.channels import Channel, ChannelKind
from protocol.codec import DECODE_ERRORS
from protocol.errors import OrderOwnedByOtherTenant, RequestError
from protocol.publications import Address, Publication, PublishRequest, PublishResponse
from protocol.publish_request import prepare_publication
from server.auth.identity import Identity, Role
from server.errors import ApiError, ApiErrorCode
from server.pubsub.brokers.base import Broker
from server.pubsub.hub import Hub
from server.services.order_owners import OrderOwners
from server.stores.base import OrderOwnership

PUBLISHER_ROLES = frozenset({Role.SERVICE, Role.ADMIN})
MAX_PUBLICATIONS = 1000  # publications in one list
MAX_PUBLICATION_BYTES = 1 << 16  # of one publication

_single_decoder = msgspec.json.Decoder(Raw)
_list_decoder = msgspec.json.Decoder(list[Raw])
_request_decoder = msgspec.json.Decoder(PublishRequest)


"""The outcome of a publish request: a repeat gets an error again, too."""


class CheckedPublication(Struct, frozen=True):
    """A valid publication, and the owner of the order that it places, if it places one."""

    publication: Publication
    ownership: OrderOwnership | None


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
            StoreUnavailable, BrokerUnavailable: nothing was published.
        """
        now = self._clock()
        items, is_list = _split_body(body)
        checked = []
        for index, raw in enumerate(items):
            try:
                checked.append(await self._check(raw, identity, now))
            except ApiError as why:
                reported_index = index if is_list else None
                raise ApiError(why.code, why.message, reported_index) from None
        await self._record_owners([item.ownership for item in checked], is_list)
        publications = [item.publication for item in checked]
        reached = sum(len(self._hub.subscribers_for(publication)) for publication in publications)
        await self._broker.publish(publications, idempotency_key)
        return PublishResponse(accepted=len(publications), reached=reached)

    async def _record_owners(self, ownerships: list[OrderOwnership | None], is_list: bool) -> None:
        to_record = [(i, order) for i, order in enumerate(ownerships) if order is not None]
        if not to_record:
            return
        try:
            await self._order_owners.record([order for _, order in to_record])
        except OrderOwnedByOtherTenant as why:
            reported_index = to_record[why.index][0] if is_list else None
            raise ApiError(
                ApiErrorCode.FORBIDDEN, "This order cannot be placed here", reported_index
            ) from None

    async def _check(self, raw: Raw, identity: Identity, now: float) -> CheckedPublication:
        if len(raw) > MAX_PUBLICATION_BYTES:
            raise ApiError(
                ApiErrorCode.TOO_BIG, f"A publication has at most {MAX_PUBLICATION_BYTES} bytes"
            )
        try:
            prepared = prepare_publication(_request_decoder.decode(raw), now)
        except (*DECODE_ERRORS, ValueError) as why:
            raise ApiError(ApiErrorCode.INVALID_PUBLICATION, str(why)) from None
        except RequestError:
            raise ApiError(
                ApiErrorCode.INVALID_CHANNEL, "This is not the name of a channel"
            ) from None
        await self._authorize(identity, prepared.to)
        publication = Publication(
            to=prepared.to,
            type=prepared.type,
            message=prepared.message,
            tenant=await self._tenant_of(prepared.to, identity),
            accepted_at=now,
            tenant_only=identity.role is Role.ADMIN,
        )
        placement = prepared.order_placement
        ownership = (
            OrderOwnership(placement.id, placement.user_id, placement.tenant_id)
            if placement
            else None
        )
        return CheckedPublication(publication, ownership)

    async def _authorize(self, identity: Identity, to: Address) -> None:
        """Allow services everything but monitor channels, and admins their own tenant.

        Raises:
            ApiError: ``forbidden`` or ``invalid_channel``.
        """
        if isinstance(to, Channel) and to.kind is ChannelKind.MONITOR:
            raise ApiError(
                ApiErrorCode.INVALID_CHANNEL, "The monitor's channels are the server's own"
            )
        if identity.role is Role.SERVICE:
            return
        if isinstance(to, Channel):
            if to.kind is ChannelKind.USER:
                return  # tenant_only excludes users of other tenants
            if to.kind is ChannelKind.TENANT and identity.is_admin_of(to.key):
                return
            if to.kind is ChannelKind.ORDER:
                order = await self._order_owners.find(to.key)
                if order is not None and identity.is_admin_of(order.tenant_id):
                    return
        raise ApiError(ApiErrorCode.FORBIDDEN, "Only a service may publish there")

    async def _tenant_of(self, to: Address, identity: Identity) -> str:
        """Return the tenant of the address: the order's or the channel's, else the publisher's."""
        if isinstance(to, Channel):
            if to.kind is ChannelKind.TENANT:
                return to.key
            if to.kind is ChannelKind.ORDER:
                order = await self._order_owners.find(to.key)
                return order.tenant_id if order else identity.tenant_id
        return identity.tenant_id


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
