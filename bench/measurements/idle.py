"""Idle connections: the cost of accepting them, and of keeping them open."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

from msgspec import Struct

from bench.context import SPARE_FILES, BenchContext, print_progress
from bench.load.client_group import ClientGroups
from bench.servers.processes import Target
from bench.stats import Measurement

CLIENTS = 10_000
SETTLE_S = 1.0
"""For a new process to finish starting."""
HOLD_S = 57.0
"""The server pings every client once within it."""
SHORT_HOLD_S = 5.0
CONNECT_LABEL = "connect, sign in, subscribe"


class IdleResult(Struct, frozen=True):
    """Cost of accepting clients, and of keeping them."""

    connect_us: float
    connects_per_second: float
    bytes_per_connection: float
    cpu_percent: float
    pings: int


def measure_idle(
    context: BenchContext, server: AbstractContextManager[Target], clients: int, hold_s: float
) -> IdleResult:
    """Start a server, connect clients and keep them open."""
    with server as target:
        time.sleep(SETTLE_S)
        fresh = target.usage()
        timings = context.connect(target, clients)
        time.sleep(SETTLE_S)
        full, since = target.usage(), time.monotonic()
        pings = sum(context.workers.run(ClientGroups.hold_open, target.connection_group, hold_s))
        idle_s, idle_cpu_s = time.monotonic() - since, target.usage().cpu_s - full.cpu_s
        context.workers.run(ClientGroups.close, target.connection_group)
    return IdleResult(
        connect_us=(full.cpu_s - fresh.cpu_s) / clients * 1e6,
        connects_per_second=clients / max(each.seconds for each in timings),
        bytes_per_connection=(full.rss_bytes - fresh.rss_bytes) / clients,
        cpu_percent=idle_cpu_s / idle_s * 100,
        pings=pings,
    )


def run(context: BenchContext) -> list[Measurement]:
    """Measure our server and the plain one alternately, newly started for each round.

    The last of several rounds keeps our clients open until each has been pinged.
    """
    clients = min(CLIENTS, context.open_files - SPARE_FILES)
    if clients < CLIENTS:
        print_progress(f"limit of open files: {clients:,} connections instead of {CLIENTS:,}")
    raw, ours, plain = [], [], []
    for number in range(context.rounds):
        print_progress(f"idle connections, round {number + 1} of {context.rounds}")
        raw.append(context.raw_writer.measure_write_us())
        plain.append(measure_idle(context, context.start_plain_server(), clients, SHORT_HOLD_S))
        is_last = number and number == context.rounds - 1
        if is_last:
            print_progress(f"holding them for {HOLD_S:.0f} s, until each is pinged")
        ours.append(
            measure_idle(
                context, context.start_server(), clients, HOLD_S if is_last else SHORT_HOLD_S
            )
        )
    section = f"idle: {clients:,} connections, signed in, one channel each"
    unpinged = [each.cpu_percent for each in ours if each.pings < clients]
    pinged = [each.cpu_percent for each in ours if each.pings >= clients]
    results = [
        Measurement(
            section=section,
            name=f"{CONNECT_LABEL}: CPU",
            unit="µs",
            ours=[each.connect_us for each in ours],
            plain=[each.connect_us for each in plain],
            raw_write_us=raw,
        ),
        Measurement(
            section=section,
            name=f"{CONNECT_LABEL}: per second",
            unit="/s",
            ours=[each.connects_per_second for each in ours],
            plain=[each.connects_per_second for each in plain],
        ),
        Measurement(
            section=section,
            name="memory of a connection",
            unit="KB",
            ours=[each.bytes_per_connection / 1024 for each in ours],
            plain=[each.bytes_per_connection / 1024 for each in plain],
        ),
        Measurement(
            section=section,
            name="CPU of a core, between pings",
            unit="%",
            ours=unpinged,
            plain=[each.cpu_percent for each in plain],
        ),
    ]
    if pinged:
        results.append(
            Measurement(
                section=section, name="CPU of a core, pings included", unit="%", ours=pinged
            )
        )
    return results
