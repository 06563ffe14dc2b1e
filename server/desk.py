"""What this server answers when it is asked from anywhere in the cluster, itself included.

Knows no HTTP.  What is another tenant's and what does not exist get one and the same answer.
Connections that have not signed in belong to no tenant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import assert_never

from msgspec import Struct

from protocol.channels import Channel, Kind
from protocol.codec import iso
from protocol.errors import CloseCode, Refusal
from protocol.monitoring import NodeStats
from server.access import Rule, judge
from server.connection import Connection
from server.gateway import Gateway
from server.hub import Hub
from server.identity import Identity
from server.nodes.questions import (
    Access,
    Answer,
    ChannelList,
    Connected,
    ConnectionList,
    Done,
    HangUpOne,
    HangUpUser,
    JudgeAccess,
    Judged,
    ListChannels,
    ListConnections,
    OrderMoved,
    Question,
)
from server.orders import Orders
from server.revocations import Revocations

MOST_LISTED = 500  # connections in one answer, so that nobody waits long for it


class Desk(Struct, frozen=True):
    """Answers for the server named ``node``; ``clock`` is in seconds since the epoch."""

    gateway: Gateway
    hub: Hub
    orders: Orders
    revocations: Revocations
    node: str
    describe: Callable[[], NodeStats]
    clock: Callable[[], float]

    async def answer(self, question: Question) -> Answer:
        """Answer, or do what is asked for.

        Raises:
            StoreUnavailable: whose an order is cannot be found out now.
        """
        match question:
            case ListConnections(tenant_id, user_id):
                return self._connections(tenant_id, user_id)
            case ListChannels(tenant_id):
                return self._channels(tenant_id)
            case JudgeAccess(tenant_id, connection_id, name):
                return Judged(await self._access(tenant_id, connection_id, name))
            case HangUpOne(tenant_id, connection_id):
                return self._hang_up(self._find(tenant_id, connection_id))
            case HangUpUser(tenant_id, user_id, revoked_at):
                if revoked_at is not None:
                    self.revocations.heard(tenant_id, user_id, revoked_at)
                return self._hang_up(self._of(tenant_id, user_id))
            case OrderMoved(order):
                self.gateway.order_changed(await self.orders.look_again(order))
                return Done(0)
            case _:
                assert_never(question)

    def stats(self) -> NodeStats:
        """Describe this server as it is now."""
        return self.describe()

    def cut_off(self) -> None:
        """Rely no more on what was remembered of orders: changes are not heard of."""
        self.orders.forget()

    async def catch_up(self) -> None:
        """Judge everybody again, by what the store says now.

        Raises:
            StoreUnavailable: it could not be found out; to be tried again.
        """
        await self.revocations.load()
        heard = set[Channel]()
        for connection in self.gateway.connections():
            if connection.identity is not None and self.revocations.refuse(connection.identity):
                connection.hang_up(CloseCode.DISCONNECTED)
            heard.update(each for each in connection.channels if each.kind is Kind.ORDER)
        for channel in heard:
            order = await self.orders.find(channel.key)
            if order is not None:
                self.gateway.order_changed(order)

    def _connections(self, tenant_id: str, user_id: str | None) -> ConnectionList:
        found = list(self._of(tenant_id, user_id))[::-1]
        return ConnectionList(
            [self._describe(*each) for each in found[:MOST_LISTED]], total=len(found)
        )

    def _channels(self, tenant_id: str) -> ChannelList:
        heard = Counter(
            str(channel)
            for connection, _ in self._of(tenant_id)
            for channel in connection.channels
            if channel.kind is not Kind.PUBLIC
        )
        for key in self.hub.keys(Kind.PUBLIC):
            channel = Channel(Kind.PUBLIC, key)
            heard[str(channel)] = len(self.hub.listeners(channel))
        return ChannelList(heard)

    async def _access(self, tenant_id: str, connection_id: str, name: str) -> Access | None:
        for connection, who in self._find(tenant_id, connection_id):
            try:
                channel = Channel.parse(name)
            except Refusal:
                return _access(name, False, Rule.MALFORMED)
            order = await self.orders.find(channel.key) if channel.kind is Kind.ORDER else None
            rule = judge(who, channel, order, has_expired=who.expires_at <= self.clock())
            return _access(name, channel in connection.channels, rule)
        return None

    def _hang_up(self, connections: Iterator[tuple[Connection, Identity]]) -> Done:
        theirs = [connection for connection, _ in connections]
        for connection in theirs:
            connection.hang_up(CloseCode.DISCONNECTED)
        return Done(len(theirs))

    def _of(
        self, tenant_id: str, user_id: str | None = None
    ) -> Iterator[tuple[Connection, Identity]]:
        for connection in self.gateway.connections():
            who = connection.identity
            if who is None or not tenant_id or who.tenant_id != tenant_id:
                continue
            if user_id is None or who.user_id == user_id:
                yield connection, who

    def _find(self, tenant_id: str, id: str) -> Iterator[tuple[Connection, Identity]]:
        return (found for found in self._of(tenant_id) if found[0].id == id)

    def _describe(self, connection: Connection, who: Identity) -> Connected:
        return Connected(
            id=connection.id,
            user_id=who.user_id,
            name=who.name,
            role=who.role or None,
            node=self.node,
            connected_at=iso(connection.opened_at),
            last_heard_at=iso(connection.last_heard_at),
            channels=sorted(map(str, connection.channels)),
            messages_in=connection.messages_in,
            waiting_bytes=connection.outbox.waiting_bytes,
        )


def _access(name: str, joined: bool, rule: Rule) -> Access:
    return Access(name, joined, rule.opens, rule, rule.explanation)
