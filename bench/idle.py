"""Connections that say nothing: what it takes to let them in, and then to keep them."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

from msgspec import Struct

from bench.lab import SPARE_FILES, Lab, say
from bench.load import Load
from bench.stats import Figure
from bench.targets import Target

CLIENTS = 10_000
SETTLE_S = 1.0  # for a fresh process to be done with starting
HOLD_S = 57.0  # the server pings every client once within it
SHORT_HOLD_S = 5.0
CONNECT_AND = "connect, sign in, subscribe"


class Kept(Struct, frozen=True):
    """What it took to let clients in, and to keep them."""

    connect_us: float
    connects_per_second: float
    bytes_each: float
    cpu_percent: float
    pings: int


def keep(lab: Lab, starting: AbstractContextManager[Target], clients: int, hold_s: float) -> Kept:
    """Start a server afresh, connect everybody and hold them."""
    with starting as target:
        time.sleep(SETTLE_S)
        fresh = target.usage()
        done = lab.connect(target, clients)
        time.sleep(SETTLE_S)
        full, since = target.usage(), time.monotonic()
        pings = sum(lab.crew.all(Load.hold, target.group, hold_s))
        idle_s, idle_cpu_s = time.monotonic() - since, target.usage().cpu_s - full.cpu_s
        lab.crew.all(Load.close, target.group)
    return Kept(
        connect_us=(full.cpu_s - fresh.cpu_s) / clients * 1e6,
        connects_per_second=clients / max(each.seconds for each in done),
        bytes_each=(full.rss - fresh.rss) / clients,
        cpu_percent=idle_cpu_s / idle_s * 100,
        pings=pings,
    )


def run(lab: Lab) -> list[Figure]:
    """Measure ours and the plain server in turns, each started afresh for each round.

    Of several rounds the last holds our clients so long that each has been pinged.
    """
    clients = min(CLIENTS, lab.open_files - SPARE_FILES)
    if clients < CLIENTS:
        say(f"only {clients:,} connections instead of {CLIENTS:,}: the limit of open files")
    bare, ours, plain = [], [], []
    for number in range(lab.rounds):
        say(f"idle connections, round {number + 1} of {lab.rounds}")
        bare.append(lab.bare.write_us())
        plain.append(keep(lab, lab.plain(), clients, SHORT_HOLD_S))
        is_last = number and number == lab.rounds - 1
        if is_last:
            say(f"holding them for {HOLD_S:.0f} s, until each was pinged")
        ours.append(keep(lab, lab.server(), clients, HOLD_S if is_last else SHORT_HOLD_S))
    scene = f"idle: {clients:,} connections, signed in, one channel each"
    calm = [each.cpu_percent for each in ours if each.pings < clients]
    pinged = [each.cpu_percent for each in ours if each.pings >= clients]
    figures = [
        Figure(
            scene=scene,
            what=f"{CONNECT_AND}: CPU",
            unit="µs",
            ours=[each.connect_us for each in ours],
            plain=[each.connect_us for each in plain],
            bare_us=bare,
        ),
        Figure(
            scene=scene,
            what=f"{CONNECT_AND}: per second",
            unit="/s",
            ours=[each.connects_per_second for each in ours],
            plain=[each.connects_per_second for each in plain],
        ),
        Figure(
            scene=scene,
            what="memory of a connection",
            unit="KB",
            ours=[each.bytes_each / 1024 for each in ours],
            plain=[each.bytes_each / 1024 for each in plain],
        ),
        Figure(
            scene=scene,
            what="CPU of a core, between pings",
            unit="%",
            ours=calm,
            plain=[each.cpu_percent for each in plain],
        ),
    ]
    if pinged:
        figures.append(
            Figure(scene=scene, what="CPU of a core, pings included", unit="%", ours=pinged)
        )
    return figures
