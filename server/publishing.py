"""``POST /api/publish``: from a body to accepted publications, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Raw, Struct

from protocol.channels import Channel, Kind
from protocol.codec import UNREADABLE
from protocol.drafts import prepare
from protocol.errors import Refusal
from protocol.publications import Accepted, Address, Draft, Publication
from server.brokers.base import Broker
from server.hub import Hub
from server.identity import Identity, Role
from server.orders import Orders
from server.replies import Problem
from server.stores.base import Order, TakenElsewhere

PUBLISHERS = frozenset({Role.SERVICE, Role.ADMIN})
MOST_AT_ONCE = 1000  # publications in one list
MOST_BYTES = 1 << 16  # of one publication

_single = msgspec.json.Decoder(Raw)
_list = msgspec.json.Decoder(list[Raw])
_draft = msgspec.json.Decoder(Draft)


class Checked(Struct, frozen=True):
    """A publication that may go out, and the order it places, if it does."""

    publication: Publication
    order: Order | None


class Publishing:
    """Accepts publications: checks them, records the orders in them, hands them on."""

    def __init__(
        self, orders: Orders, broker: Broker, hub: Hub, clock: Callable[[], float]
    ) -> None:
        self._orders = orders
        self._broker = broker
        self._hub = hub
        self._clock = clock

    async def accept(self, body: bytes, who: Identity, once: str = "") -> Accepted:
        """Accept one publication or a list of up to 1,000; see the broker for ``once``.

        Raises:
            Problem: 400, 403 or 422, with the index of the item in a list; nothing was
                recorded or published.
            StoreUnavailable, BrokerUnavailable: nothing was published.
        """
        now = self._clock()
        drafts, is_list = _split(body)
        checked = []
        for index, raw in enumerate(drafts):
            try:
                checked.append(await self._check(raw, who, now))
            except Problem as why:
                index_told = index if is_list else None
                raise Problem(why.status, why.code, why.message, index_told) from None
        await self._record([item.order for item in checked], is_list)
        publications = [item.publication for item in checked]
        reached = sum(len(self._hub.audience(publication)) for publication in publications)
        await self._broker.publish(publications, once)
        return Accepted(accepted=len(publications), reached=reached)

    async def _record(self, orders: list[Order | None], is_list: bool) -> None:
        placed = [order for order in orders if order is not None]
        if not placed:
            return
        try:
            await self._orders.record(placed)
        except TakenElsewhere as why:
            index = next(i for i, order in enumerate(orders) if order is why.order)
            told = index if is_list else None
            raise Problem(403, "forbidden", "This order cannot be placed here", told) from None

    async def _check(self, raw: Raw, who: Identity, now: float) -> Checked:
        if len(raw) > MOST_BYTES:
            raise Problem(422, "too_big", f"A publication has at most {MOST_BYTES} bytes")
        try:
            prepared = prepare(_draft.decode(raw), now)
        except (*UNREADABLE, ValueError) as why:
            raise Problem(422, "invalid_publication", str(why)) from None
        except Refusal:
            raise Problem(422, "invalid_channel", "This is not the name of a channel") from None
        await self._judge(who, prepared.to)
        publication = Publication(
            to=prepared.to,
            type=prepared.type,
            message=prepared.message,
            tenant=await self._tenant_of(prepared.to, who),
            accepted_at=now,
            within_tenant=who.role is Role.ADMIN,
        )
        places = prepared.places
        order = Order(places.id, places.user_id, places.tenant_id) if places else None
        return Checked(publication, order)

    async def _judge(self, who: Identity, to: Address) -> None:
        """Let a service publish anywhere but to the monitor, and an admin within the tenant."""
        if isinstance(to, Channel) and to.kind is Kind.MONITOR:
            raise Problem(422, "invalid_channel", "The monitor's channels are the server's own")
        if who.role is Role.SERVICE:
            return
        if isinstance(to, Channel):
            if to.kind is Kind.USER:
                return  # within_tenant keeps it from users of other tenants
            if to.kind is Kind.TENANT and who.is_admin_of(to.key):
                return
            if to.kind is Kind.ORDER:
                order = await self._orders.find(to.key)
                if order is not None and who.is_admin_of(order.tenant_id):
                    return
        raise Problem(403, "forbidden", "Only a service may publish there")

    async def _tenant_of(self, to: Address, who: Identity) -> str:
        """Say whose traffic it is: the order's or tenant's own, else the publisher's."""
        if isinstance(to, Channel):
            if to.kind is Kind.TENANT:
                return to.key
            if to.kind is Kind.ORDER:
                order = await self._orders.find(to.key)
                return order.tenant_id if order else who.tenant_id
        return who.tenant_id


def _split(body: bytes) -> tuple[list[Raw], bool]:
    """Tell a list of publications from a single one."""
    is_list = body.lstrip()[:1] == b"["
    try:
        # A body is one text: what is skipped unread must be valid UTF-8 as well.
        body.decode()
        drafts = _list.decode(body) if is_list else [_single.decode(body)]
    except UNREADABLE:
        raise Problem(400, "invalid_json", "The body is not JSON") from None
    if not 1 <= len(drafts) <= MOST_AT_ONCE:
        raise Problem(422, "invalid_list", f"A list has 1 to {MOST_AT_ONCE} publications")
    return drafts, is_list
