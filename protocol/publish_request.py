"""Preparation of publish requests; the same over HTTP and through Redis."""

from __future__ import annotations

from msgspec import UNSET, Raw, Struct

from protocol.channels import Channel, ChannelKind, is_valid_key
from protocol.codec import (
    MAX_NESTING,
    encode_with_timestamp,
    is_nested_too_deeply,
    validate_event,
)
from protocol.event_payloads import NewOrderPayload
from protocol.messages import Envelope
from protocol.publications import Address, PublishRequest


class OrderPlacement(Struct, frozen=True):
    """An order that a publication places, and its owner."""

    id: str
    user_id: str
    tenant_id: str


class PreparedPublication(Struct, frozen=True):
    """A valid publication; ``message`` is the encoded envelope.

    ``tenant`` is the one of its address, else the one that the publisher acts for.
    """

    to: Address
    tenant: str
    type: str
    message: bytes
    order_placement: OrderPlacement | None


def prepare_publication(request: PublishRequest, now: float, tenant: str) -> PreparedPublication:
    """Validate a request and encode its message; ``now`` is in seconds since the epoch.

    ``tenant`` is the publisher's own; it counts unless the request names another.

    Raises:
        ValueError: no address or several, or a type or payload that cannot be published.
        RequestError: the channel name is malformed.
    """
    if is_nested_too_deeply(bytes(request.payload)):
        raise ValueError(f"A payload has at most {MAX_NESTING} levels")
    if request.tenant is not UNSET and not is_valid_key(request.tenant):
        raise ValueError("`tenant` is no id of a tenant")
    tenant = tenant if request.tenant is UNSET else request.tenant
    to = request.address(tenant)
    if isinstance(to, Channel) and to.kind in (ChannelKind.TENANT, ChannelKind.MONITOR):
        tenant = to.key
    event, payload = validate_event(request.type, request.payload)
    order_placement = None
    if (
        isinstance(event, NewOrderPayload)
        and isinstance(to, Channel)
        and to.kind is ChannelKind.TENANT
    ):
        order_placement = OrderPlacement(event.order.id, event.order.customer.id, to.key)
        if not (is_valid_key(order_placement.id) and is_valid_key(order_placement.user_id)):
            raise ValueError("An id in the order is no key")
    message = encode_with_timestamp(Envelope(request.type, Raw(payload)), now)
    return PreparedPublication(to, tenant, request.type, message, order_placement)
