"""Ping and pong: many clients with many requests in flight, each answered in turn."""

from __future__ import annotations

from msgspec import Struct

from bench.lab import Lab, say
from bench.load import Load
from bench.stats import Figure
from bench.targets import Target

CLIENTS, DEPTH = 100, 10
MESSAGES, PLAIN_MESSAGES = 2000, 500  # from each client
UNLIMITED = {
    "WORKBENCH_MESSAGES_PER_SECOND": "1000000",
    "WORKBENCH_MESSAGE_BURST": "1000000",
}
SCENE = f"ping and pong: {CLIENTS} clients x {DEPTH} in flight (rate limit raised)"


class Answered(Struct, frozen=True):
    """What a round of pings took."""

    cpu_us: float
    per_second: float
    load_busy: float


def answer(lab: Lab, target: Target, messages: int) -> Answered:
    """Send so many pings on each connection and receive as many pongs.

    Raises:
        OutOfStep: something else was received.
    """
    before = target.usage().cpu_s
    done = lab.crew.all(Load.converse, target.group, messages, DEPTH)
    pings = (messages + 1) * CLIENTS  # and the one that settles a connection
    return Answered(
        cpu_us=(target.usage().cpu_s - before) / pings * 1e6,
        per_second=messages * CLIENTS / max(each.seconds for each in done),
        load_busy=lab.busy(done),
    )


def run(lab: Lab) -> list[Figure]:
    """Measure ours, with its rate limit raised, and the plain server in turns."""
    bare, ours, plain = [], [], []
    with (
        lab.server(**UNLIMITED) as server,
        lab.plain() as slow,
        lab.connected(server, CLIENTS),
        lab.connected(slow, CLIENTS),
    ):
        for number in range(lab.rounds):
            say(f"ping and pong, round {number + 1} of {lab.rounds}")
            bare.append(lab.bare.write_us())
            ours.append(answer(lab, server, MESSAGES))
            plain.append(answer(lab, slow, PLAIN_MESSAGES))
    return [
        Figure(
            scene=SCENE,
            what="CPU per message",
            unit="µs",
            ours=[each.cpu_us for each in ours],
            plain=[each.cpu_us for each in plain],
            bare_us=bare,
        ),
        Figure(
            scene=SCENE,
            what="messages per second",
            unit="k/s",
            ours=[each.per_second / 1e3 for each in ours],
            plain=[each.per_second / 1e3 for each in plain],
            load_busy=[each.load_busy for each in ours],
        ),
    ]
