"""Runs the simulation in real time: steps the shop, forwards its events, executes commands.

It keeps running without a server: publications wait in the publisher's queue, and are dropped
and counted when that is full.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol, assert_never

from protocol.publications import PublishRequest
from protocol.simulator_api import (
    MAX_PUBLICATION_RATE,
    Command,
    PauseSimulation,
    ReleaseConversation,
    ResetSimulation,
    RestartSimulation,
    ResumeSimulation,
    SetRate,
    SetSpeed,
    ShopLanguage,
    TakeConversation,
)
from simulator.engine.virtual_clock import VirtualClock
from simulator.errors import CommandRejected
from simulator.shop.command_handler import CommandOutcome
from simulator.shop.components import ShopData
from simulator.shop.customers import Customer
from simulator.shop.shop import Shop
from simulator.shop.simulation_events import (
    AskSupport,
    DropConnections,
    ScenarioChanged,
    StartSlowClient,
    StopSlowClient,
)

TICK_S = 0.1

CreateShop = Callable[[int | None, float | None, ShopLanguage | None], Shop]
"""Creates a shop with this seed, rate and language; None means the settings' value."""

log = logging.getLogger("simulator")


class PublicationSink(Protocol):
    """Accepts publications."""

    def put(self, publication: PublishRequest) -> bool:
        """Queue a publication; False if the queue is full."""

    def discard(self) -> None:
        """Drop everything that is queued."""


class SimulatedClients(Protocol):
    """The simulated WebSocket clients."""

    def ask_support(self, customer: Customer, topic: str) -> None:
        """Have a customer open a support conversation."""

    def start_slow_client(self, customer: Customer) -> None:
        """Open one more connection for a customer and do not read from it."""

    def stop_slow_client(self) -> None:
        """Resume reading on that connection, then close it."""

    def drop_connections(self) -> None:
        """Abort the connections of all customers."""

    def take_conversation(self, conversation_id: str) -> None:
        """Stop the simulated agent in a conversation."""

    def release_conversation(self, conversation_id: str) -> None:
        """Have the simulated agent answer in a conversation again."""

    def reset(self, data: ShopData) -> None:
        """Reset for a new shop with this data: drop followed orders, chats and the slow client."""


class SimulationRunner:
    """Runs one shop at a time; ``now`` is a monotonic clock in seconds.

    ``create_shop`` is called once at the start and again for each restart.
    """

    def __init__(
        self,
        create_shop: CreateShop,
        sink: PublicationSink,
        clients: SimulatedClients,
        now: Callable[[], float],
        *,
        speed: float = 1.0,
    ) -> None:
        self._create_shop, self._sink, self._clients = create_shop, sink, clients
        self._now = now
        self._initial_speed = speed
        self.shop = create_shop(None, None, None)
        self.clock = VirtualClock(now(), speed)
        self.skipped_s = 0.0
        self.reset_at: float | None = None
        """When a command started the current run, in seconds since the epoch."""

    async def run(self, duration_s: float | None = None) -> None:
        """Run until cancelled, or for ``duration_s`` virtual seconds."""
        while duration_s is None or self.shop.elapsed_s < duration_s:
            await asyncio.sleep(TICK_S)
            self.tick()

    def tick(self) -> None:
        """Advance the shop to the current time."""
        elapsed = self.clock.advance(self._now())
        self.skipped_s += elapsed.skipped
        self.shop.skip(elapsed.skipped)
        self._run_until(self.shop.now + elapsed.simulated)

    def execute(self, command: Command) -> CommandOutcome:
        """Execute a command now.

        Raises:
            CommandRejected: it cannot be executed; nothing has changed.
        """
        self.tick()
        result: CommandOutcome = None
        match command:
            case PauseSimulation():
                self.clock.is_running = False
            case ResumeSimulation():
                self.clock.is_running = True
            case SetSpeed(speed=speed):
                check_throughput("speed", self.shop.rate, speed)
                self.clock.speed = speed
            case SetRate(rate=rate):
                check_throughput("rate", rate, self.clock.speed)
                self.shop.rate = rate
            case RestartSimulation(seed=seed):
                self._start_run(seed, self.shop.rate, None)
            case ResetSimulation(seed=seed, language=language):
                self.clock.speed = self._initial_speed
                self._start_run(seed, None, language)
            case TakeConversation(conversation=conversation_id):
                self._clients.take_conversation(conversation_id)
            case ReleaseConversation(conversation=conversation_id):
                self._clients.release_conversation(conversation_id)
            case _:
                result = self.shop.execute(command)
        self._run_until(self.shop.now)
        return result

    def _start_run(
        self, seed: int | None, rate: float | None, language: ShopLanguage | None
    ) -> None:
        """Start a new run.

        If not given, seed and language are those of the current run, the rate is that of the
        settings.
        """
        seed = self.shop.config.seed if seed is None else seed
        language = language or self.shop.data.language
        self.shop = self._create_shop(seed, rate, language)
        self._sink.discard()
        self.skipped_s = 0.0
        self.reset_at = self.shop.config.started_at
        self._clients.reset(self.shop.data)
        log.info("new run %s: seed %d, language %s", self.shop.config.run_id, seed, language)

    def _run_until(self, until: float) -> None:
        for event in self.shop.step(until):
            match event:
                case PublishRequest():
                    self._sink.put(event)
                case AskSupport(customer=customer, topic=topic):
                    self._clients.ask_support(customer, topic)
                case StartSlowClient(customer=customer):
                    self._clients.start_slow_client(customer)
                case StopSlowClient():
                    self._clients.stop_slow_client()
                case DropConnections():
                    self._clients.drop_connections()
                case ScenarioChanged(scenario=name, phase=phase):
                    log.info("scenario %s: %s", name, phase)
                case _:
                    assert_never(event)


def check_throughput(field: str, rate: float, speed: float) -> None:
    """Check that rate times speed stays within the limit; ``field`` is named in the error.

    Raises:
        CommandRejected: they exceed it.
    """
    if rate * speed > MAX_PUBLICATION_RATE:
        limit = MAX_PUBLICATION_RATE / (speed if field == "rate" else rate)
        raise CommandRejected(
            field,
            f"Rate times speed is limited to {MAX_PUBLICATION_RATE:g} publications per real "
            f"second: {field} can be at most {limit:g} now",
        )
