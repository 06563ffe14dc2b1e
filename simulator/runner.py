"""Runs the simulation in real time: steps the shop, forwards its events, executes commands.

It keeps running without a server: publications wait in the publisher's queue and are dropped
and counted when that is full.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol, assert_never

from protocol.publications import Draft
from simulator.clock import Clock
from simulator.commands import (
    MOST_A_SECOND,
    Command,
    Pause,
    Refused,
    Restart,
    Resume,
    SetRate,
    SetSpeed,
    TakeConversation,
)
from simulator.customers import Customer
from simulator.happenings import Asks, LoseConnections, Plays, Reads, StopsReading
from simulator.orders import PlacedOrder
from simulator.shop import Shop

TICK_S = 0.1

OpenShop = Callable[[int | None, float | None], Shop]
"""Creates a shop with this seed and rate; None means the settings' value."""

log = logging.getLogger("simulator")


class TakesPublications(Protocol):
    """Accepts publications."""

    def put(self, draft: Draft) -> bool:
        """Queue a publication; False if the queue is full."""


class Crowd(Protocol):
    """The simulated WebSocket clients."""

    def ask(self, customer: Customer, topic: str) -> None:
        """Have a customer open a support conversation."""

    def stop_reading(self, customer: Customer) -> None:
        """Open one more connection for a customer and do not read from it."""

    def read_on(self) -> None:
        """Resume reading on that connection, then close it."""

    def lose_connections(self) -> None:
        """Cut every customer's connection."""

    def take_conversation(self, conversation_id: str) -> None:
        """Stop the simulated agent in a conversation."""

    def start_over(self) -> None:
        """Reset for a new shop: drop followed orders and the slow client."""


class Runner:
    """Runs one shop at a time; ``now`` is a monotonic clock in seconds.

    ``open_shop`` is given a seed and a rate, or nothing at the start.
    """

    def __init__(
        self,
        open_shop: OpenShop,
        publications: TakesPublications,
        crowd: Crowd,
        now: Callable[[], float],
        *,
        speed: float = 1.0,
    ) -> None:
        self._open_shop, self._publications, self._crowd = open_shop, publications, crowd
        self._now = now
        self.shop = open_shop(None, None)
        self.clock = Clock(now(), speed)
        self.skipped_s = 0.0

    async def run(self, lasts_s: float | None = None) -> None:
        """Run until cancelled, or for ``lasts_s`` virtual seconds."""
        while lasts_s is None or self.shop.elapsed < lasts_s:
            await asyncio.sleep(TICK_S)
            self.tick()

    def tick(self) -> None:
        """Advance the shop to the current time."""
        passed = self.clock.passed(self._now())
        self.skipped_s += passed.skipped
        self.shop.skip(passed.skipped)
        self._live(self.shop.now + passed.lived)

    def do(self, command: Command) -> PlacedOrder | int | None:
        """Execute a command now; return the order or the number of shelves it changed.

        Raises:
            Refused: it cannot be done, and nothing has changed.
        """
        self.tick()
        done: PlacedOrder | int | None = None
        match command:
            case Pause():
                self.clock.is_running = False
            case Resume():
                self.clock.is_running = True
            case SetSpeed(speed=speed):
                check_pace("speed", self.shop.rate, speed)
                self.clock.speed = speed
            case SetRate(rate=rate):
                check_pace("rate", rate, self.clock.speed)
                self.shop.rate = rate
            case Restart(seed=seed):
                self._restart(self.shop.start.seed if seed is None else seed)
            case TakeConversation(conversation=id):
                self._crowd.take_conversation(id)
            case _:
                done = self.shop.do(command)
        self._live(self.shop.now)
        return done

    def _restart(self, seed: int) -> None:
        self.shop = self._open_shop(seed, self.shop.rate)
        self.skipped_s = 0.0
        self._crowd.start_over()
        log.info("restarted with seed %d", seed)

    def _live(self, until: float) -> None:
        for happening in self.shop.step(until):
            match happening:
                case Draft():
                    self._publications.put(happening)
                case Asks(customer=customer, topic=topic):
                    self._crowd.ask(customer, topic)
                case StopsReading(customer=customer):
                    self._crowd.stop_reading(customer)
                case Reads():
                    self._crowd.read_on()
                case LoseConnections():
                    self._crowd.lose_connections()
                case Plays(name=name, turn=turn):
                    log.info("scenario %s: %s", name, turn)
                case _:
                    assert_never(happening)


def check_pace(field: str, rate: float, speed: float) -> None:
    """Check that rate times speed stays within the limit; ``field`` is named in the error.

    Raises:
        Refused: it exceeds the limit.
    """
    if rate * speed > MOST_A_SECOND:
        most = MOST_A_SECOND / (speed if field == "rate" else rate)
        raise Refused(
            field,
            f"Rate times speed is limited to {MOST_A_SECOND:g} publications per real second: "
            f"{field} can be at most {most:g} now",
        )
