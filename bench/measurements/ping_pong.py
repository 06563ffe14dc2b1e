"""Ping and pong: many clients, each with many requests in flight."""

from __future__ import annotations

from msgspec import Struct

from bench.context import BenchContext, print_progress
from bench.load.client_group import ClientGroups
from bench.servers.processes import Target
from bench.stats import Measurement

CLIENTS, IN_FLIGHT = 100, 10
MESSAGES, PLAIN_MESSAGES = 2000, 500  # from each client
UNLIMITED = {
    "WORKBENCH_MESSAGES_PER_SECOND": "1000000",
    "WORKBENCH_MESSAGE_BURST": "1000000",
}
SECTION = f"ping and pong: {CLIENTS} clients x {IN_FLIGHT} in flight (rate limit raised)"


class PingResult(Struct, frozen=True):
    """Result of a round."""

    cpu_us_per_message: float
    per_second: float
    load_busy: float


def measure_pings(context: BenchContext, target: Target, messages: int) -> PingResult:
    """Send pings on each connection and receive as many pongs.

    Raises:
        VerificationFailed: something else was received.
    """
    before = target.usage().cpu_s
    timings = context.workers.run(
        ClientGroups.ping_pong, target.connection_group, messages, IN_FLIGHT
    )
    pings = (messages + 1) * CLIENTS  # one more drains the connection
    return PingResult(
        cpu_us_per_message=(target.usage().cpu_s - before) / pings * 1e6,
        per_second=messages * CLIENTS / max(each.seconds for each in timings),
        load_busy=context.load_utilisation(timings),
    )


def run(context: BenchContext) -> list[Measurement]:
    """Measure our server, with its rate limit raised, and the plain one alternately."""
    raw, ours, plain = [], [], []
    with (
        context.start_server(**UNLIMITED) as server,
        context.start_plain_server() as plain_server,
        context.connected(server, CLIENTS),
        context.connected(plain_server, CLIENTS),
    ):
        for number in range(context.rounds):
            print_progress(f"ping and pong, round {number + 1} of {context.rounds}")
            raw.append(context.raw_writer.measure_write_us())
            ours.append(measure_pings(context, server, MESSAGES))
            plain.append(measure_pings(context, plain_server, PLAIN_MESSAGES))
    return [
        Measurement(
            section=SECTION,
            name="CPU per message",
            unit="µs",
            ours=[each.cpu_us_per_message for each in ours],
            plain=[each.cpu_us_per_message for each in plain],
            raw_write_us=raw,
        ),
        Measurement(
            section=SECTION,
            name="messages per second",
            unit="k/s",
            ours=[each.per_second / 1e3 for each in ours],
            plain=[each.per_second / 1e3 for each in plain],
            load_utilisation=[each.load_busy for each in ours],
        ),
    ]
