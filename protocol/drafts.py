"""From what a service wants published to what goes out: one rule, over HTTP and through Redis."""

from __future__ import annotations

from msgspec import Raw, Struct

from protocol.channels import Channel, Kind, is_key
from protocol.codec import check_event, stamped
from protocol.events import OrderPlaced
from protocol.messages import Envelope
from protocol.publications import Address, Draft


class Placed(Struct, frozen=True):
    """An order that a publication places, and so makes somebody's."""

    id: str
    user_id: str
    tenant_id: str


class Prepared(Struct, frozen=True):
    """A publication that is well made; ``message`` is the finished envelope."""

    to: Address
    type: str
    message: bytes
    places: Placed | None


def prepare(draft: Draft, now: float) -> Prepared:
    """Check a draft, and write its message as of ``now`` (seconds since the epoch).

    Raises:
        ValueError: no address or two, a type or payload that cannot be published.
        Refusal: the channel's name is malformed.
    """
    to = draft.address()
    event, payload = check_event(draft.type, draft.payload)
    places = None
    if isinstance(event, OrderPlaced) and isinstance(to, Channel) and to.kind is Kind.TENANT:
        places = Placed(event.order.id, event.order.customer.id, to.key)
        if not (is_key(places.id) and is_key(places.user_id)):
            raise ValueError("An id in the order is no key")
    message = stamped(Envelope(draft.type, Raw(payload)), now)
    return Prepared(to, draft.type, message, places)
