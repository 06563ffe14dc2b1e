"""Connections that say nothing: what it takes to let them in, and then to keep them."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

from msgspec import Struct

from bench.context import SPARE_FILES, BenchContext, print_progress
from bench.load.client_group import ClientGroups
from bench.servers.processes import Target
from bench.stats import Measurement

CLIENTS = 10_000
SETTLE_S = 1.0  # for a fresh process to be done with starting
HOLD_S = 57.0  # the server pings every client once within it
SHORT_HOLD_S = 5.0
CONNECT_LABEL = "connect, sign in, subscribe"


class IdleResult(Struct, frozen=True):
    """What it took to let clients in, and to keep them."""

    connect_us: float
    connects_per_second: float
    bytes_per_connection: float
    cpu_percent: float
    pings: int


def measure_idle(
    context: BenchContext, server: AbstractContextManager[Target], clients: int, hold_s: float
) -> IdleResult:
    """Start a server afresh, connect everybody and hold them."""
    with server as target:
        time.sleep(SETTLE_S)
        fresh = target.usage()
        done = context.connect(target, clients)
        time.sleep(SETTLE_S)
        full, since = target.usage(), time.monotonic()
        pings = sum(context.workers.run(ClientGroups.hold_open, target.connection_group, hold_s))
        idle_s, idle_cpu_s = time.monotonic() - since, target.usage().cpu_s - full.cpu_s
        context.workers.run(ClientGroups.close, target.connection_group)
    return IdleResult(
        connect_us=(full.cpu_s - fresh.cpu_s) / clients * 1e6,
        connects_per_second=clients / max(each.seconds for each in done),
        bytes_per_connection=(full.rss_bytes - fresh.rss_bytes) / clients,
        cpu_percent=idle_cpu_s / idle_s * 100,
        pings=pings,
    )


def run(context: BenchContext) -> list[Measurement]:
    """Measure ours and the plain server in turns, each started afresh for each round.

    Of several rounds the last holds our clients so long that each has been pinged.
    """
    clients = min(CLIENTS, context.open_files - SPARE_FILES)
    if clients < CLIENTS:
        print_progress(
            f"only {clients:,} connections instead of {CLIENTS:,}: the limit of open files"
        )
    bare, ours, plain = [], [], []
    for number in range(context.rounds):
        print_progress(f"idle connections, round {number + 1} of {context.rounds}")
        bare.append(context.raw_writer.measure_write_us())
        plain.append(measure_idle(context, context.start_plain_server(), clients, SHORT_HOLD_S))
        is_last = number and number == context.rounds - 1
        if is_last:
            print_progress(f"holding them for {HOLD_S:.0f} s, until each was pinged")
        ours.append(
            measure_idle(
                context, context.start_server(), clients, HOLD_S if is_last else SHORT_HOLD_S
            )
        )
    scene = f"idle: {clients:,} connections, signed in, one channel each"
    calm = [each.cpu_percent for each in ours if each.pings < clients]
    pinged = [each.cpu_percent for each in ours if each.pings >= clients]
    figures = [
        Measurement(
            section=scene,
            name=f"{CONNECT_LABEL}: CPU",
            unit="µs",
            ours=[each.connect_us for each in ours],
            plain=[each.connect_us for each in plain],
            raw_write_us=bare,
        ),
        Measurement(
            section=scene,
            name=f"{CONNECT_LABEL}: per second",
            unit="/s",
            ours=[each.connects_per_second for each in ours],
            plain=[each.connects_per_second for each in plain],
        ),
        Measurement(
            section=scene,
            name="memory of a connection",
            unit="KB",
            ours=[each.bytes_per_connection / 1024 for each in ours],
            plain=[each.bytes_per_connection / 1024 for each in plain],
        ),
        Measurement(
            section=scene,
            name="CPU of a core, between pings",
            unit="%",
            ours=calm,
            plain=[each.cpu_percent for each in plain],
        ),
    ]
    if pinged:
        figures.append(
            Measurement(section=scene, name="CPU of a core, pings included", unit="%", ours=pinged)
        )
    return figures
