"""The other servers of a cluster, as one of them knows them and speaks with them.

What is known of them is what they tell over the bus, second by second; none of it is kept in
Redis.  A server that is cut off knows of nobody and judges by what is its own; when it hears
again, it takes stock of everybody and has its host judge again what it may have missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, assert_never

import msgspec

from protocol.monitoring import NodeStats
from protocol.publications import Publication
from server.brokers.base import Broker
from server.endings import end
from server.hub import Hub
from server.nodes.asking import Questions
from server.nodes.bus import Bus, CameBack
from server.nodes.letters import (
    Answered,
    Asked,
    CountAgain,
    Gone,
    Hello,
    Here,
    Notice,
    Reached,
    Users,
)
from server.nodes.peers import A, Gathered, Host, PeersUnavailable
from server.nodes.places import Places, SharedPlaces
from server.nodes.questions import OrderMoved, Question
from server.nodes.roster import Peer, Roster
from server.nodes.watching import SharedWatch, Teller, Watch
from server.redis_link import Link
from server.stores.base import Order, StoreUnavailable

log = logging.getLogger(__name__)

HEARTBEATS = 3.5  # within the timeout after which a node that is silent counts as gone
CATCH_UP_EVERY_S = 1.0  # until it has worked
NEWS_S = 0.05


class Cluster:
    """Takes part in a cluster as ``name``; ``clock`` is in seconds since the epoch."""

    def __init__(
        self,
        link: Link,
        prefix: str,
        name: str,
        limit: int,
        patience_s: float,
        timeout_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._me = secrets.token_hex(6)
        self.name = name
        self._patience_s = patience_s
        self._timeout_s = timeout_s
        self._clock = clock
        self._bus = Bus(link, prefix, self._me, patience_s)
        self._roster = Roster()
        self._places = SharedPlaces(limit, self._tell_users, self._roster.connections_of)
        self._questions = Questions()
        self._since = 0.0
        self._host: Host | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._knows_all = False
        self._watched: frozenset[str] = frozenset()
        self._watch: SharedWatch | None = None

    @property
    def places(self) -> Places:
        """The connections that each user may have, here or elsewhere."""
        return self._places

    @property
    def hears(self) -> bool:
        """Tell whether what the others say is heard here."""
        return self._bus.hears

    @asynccontextmanager
    async def open(self, host: Host) -> AsyncIterator[None]:
        """Take part, on behalf of a server, while the block lasts; begins when all are known."""
        self._host = host
        self._spawn(self._bus.run(self))
        self._spawn(self._speak())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience_s):
                    while not self._knows_all:
                        await self._hear_news()
            yield
            await self._bus.send_last(Gone())
        finally:
            await end(self._tasks)

    async def ask(self, question: Question, kind: type[A]) -> Gathered[A]:
        """Ask every server, this one too; returns within the broker's timeout."""
        asking = self._questions.begin({self._me, *self._roster.peers})
        asking.is_cut_off = not self.hears
        # The question itself has to come back as well: else nobody need have heard it.
        self._bus.send(Asked(asking.number, question), lambda: asking.heard_from(self._me))
        try:
            own: Any = await self._there.answer(question)
            if not asking.is_cut_off:
                await asking.wait(self._patience_s)
        finally:
            self._questions.end(asking)
        if asking.is_cut_off or self._me in asking.waiting:
            raise PeersUnavailable("this node is cut off from the others")
        names = [self._roster.peers[id].name for id in asking.waiting if id in self._roster.peers]
        others = [msgspec.msgpack.decode(answer, type=kind) for answer in asking.answers]
        return Gathered([own, *others], silent=sorted(names))

    def nodes(self) -> list[NodeStats]:
        """Describe every server, this one first, as it was a second ago at the most."""
        others = sorted(self._roster.peers.values(), key=lambda peer: peer.name)
        return [self._there.stats(), *(peer.stats for peer in others)]

    def watch(self, hub: Hub, broker: Broker, teller: Teller) -> Watch:
        """Take part in what those who watch are told."""
        self._watch = SharedWatch(hub, broker, teller, self._roster, self, self._clock)
        return self._watch

    def tapped(self, publications: Sequence[Publication]) -> None:
        """Take what the broker was asked to tap."""
        if self._watch is not None:
            self._watch.tapped(publications)

    @property
    def is_first(self) -> bool:
        """Tell whether this node has been there longest, and knows that."""
        return self._knows_all and self._roster.is_older(self._since, self._me)

    def tell_watched(self, tenants: frozenset[str]) -> None:
        """Tell the others at once whom anybody watches on this node."""
        self._watched = tenants
        self._say_here()

    def tell_reached(self, reached: Reached) -> None:
        """Tell the others whom publications reached on this node."""
        self._bus.send(reached)

    def heard(self, sender: str, notice: Notice) -> None:
        """Take what another server says."""
        match notice:
            case Hello():
                self._introduce()
            case Here(name, since, stats, taken, watched):
                peer = Peer(name, since, stats, watched, heard_at=self._clock())
                self._roster.heard(sender, peer)
                self._news.set()
                if self._roster.total_on(sender) != taken:
                    self._bus.send(CountAgain(sender))
            case Gone():
                self._forget(sender)
            case Users(numbers, is_all):
                self._roster.counted(sender, numbers, is_all)
            case CountAgain(node):
                if node == self._me:
                    self._bus.send(Users(dict(self._places.here), is_all=True))
            case Reached():
                if self._watch is not None:
                    self._watch.heard(sender, notice)
            case Asked(number, question):
                self._spawn(self._answer(sender, number, question))
            case Answered(number, answer):
                self._questions.answered(sender, number, answer)
            case _:
                assert_never(notice)

    def order_moved(self, order_id: str, tenant_id: str, user_id: str) -> None:
        """Take from others an order that was handed over, whoever recorded that."""
        self._spawn(self._move(Order(order_id, user_id, tenant_id)))

    def found(self) -> None:
        """Begin to hear: ask everybody who they are, and judge again what was missed."""
        self._since = self._clock()
        self._bus.send(Hello())
        self._introduce()
        self._spawn(self._meet_everybody())
        self._spawn(self._catch_up())

    def lost(self) -> None:
        """Know of nobody."""
        self._roster.clear()
        self._knows_all = False
        self._there.cut_off()
        self._questions.cut_off()

    async def _meet_everybody(self) -> None:
        """Wait until all who heard the first letter have said who they are, or are gone."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timeout_s):
                while len(self._roster.peers) + 1 < (self._bus.listeners or sys.maxsize):
                    await self._hear_news()
        self._knows_all = self.hears
        self._news.set()

    async def _hear_news(self) -> None:
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), NEWS_S)

    async def _speak(self) -> None:
        """Say again and again that this server is there, and notice who is not."""
        spoke_at = self._clock()
        while True:
            await asyncio.sleep(self._timeout_s / HEARTBEATS)
            now = self._clock()
            if now - spoke_at >= self._timeout_s:
                # The others took this one for gone, and one of them speaks for all by now.
                log.warning("this node stood still for %.1f s", now - spoke_at)
                self._since = now
            spoke_at = now
            self._say_here()
            for id in self._roster.pass_time(now, self._timeout_s):
                self._forget(id)

    def _introduce(self) -> None:
        self._bus.send(Users(dict(self._places.here), is_all=True))
        self._say_here()

    def _say_here(self) -> None:
        host = self._there
        stats = host.stats()
        self._bus.send(Here(self.name, self._since, stats, self._places.taken, self._watched))

    def _forget(self, id: str) -> None:
        self._roster.gone(id)
        self._questions.gone(id)

    async def _answer(self, asker: str, number: int, question: Question) -> None:
        answer = None
        try:
            answer = msgspec.msgpack.encode(await self._there.answer(question))
        except StoreUnavailable as why:
            log.warning("a question of another node could not be answered: %s", why)
        await self._bus.send_to(asker, Answered(number, answer))

    async def _move(self, order: Order) -> None:
        await self._there.answer(OrderMoved(order))

    async def _catch_up(self) -> None:
        while True:
            try:
                await self._there.catch_up()
            except StoreUnavailable as why:
                log.warning("what was missed could not be judged yet: %s", why)
                await asyncio.sleep(CATCH_UP_EVERY_S)
            else:
                return

    def _tell_users(self, numbers: Mapping[str, int], came_back: CameBack | None) -> None:
        self._bus.send(Users(dict(numbers)), came_back)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:  # a fault of ours
            log.error("the part in the cluster failed", exc_info=task.exception())

    @property
    def _there(self) -> Host:
        if self._host is None:
            raise PeersUnavailable("not open")
        return self._host
