"""Open loop: publications at constant rates to many subscribers, from little load to overload.

Our server and its peers alternately, as far as they are installed.  Subscribers of WebSocket
servers are verified as in ``fanout``; those of nats-server by the number of bytes.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack, closing

from bench.context import BenchContext, print_progress
from bench.load import nats
from bench.load.client_group import ClientGroups
from bench.load.http_publisher import pacing
from bench.load.payloads import WIRE_BYTES
from bench.measurements.fanout import (
    SUBSCRIBERS,
    FanoutResult,
    PublishPattern,
    measure_delivery,
)
from bench.servers.peers import PeerNotInstalled, Start, find_nats, find_uws
from bench.servers.processes import Target
from bench.stats import Measurement, quantile

SECTION = f"open loop: {SUBSCRIBERS:,} subscribers, {WIRE_BYTES} bytes"
RATES = (10, 60, 120, 200, 400)
"""Publications per second."""
SECONDS = 2
MAX_PLAIN_REQUESTS = 120
"""Of the plain server in a round, which falls behind from some 60 per second on."""
OURS, PLAIN, UWS, NATS = "ours", "plain", "uWebSockets.js", "nats-server"

Results = dict[tuple[str, int], list[FanoutResult]]
"""By server and rate, one for each round."""


def run(context: BenchContext) -> list[Measurement]:
    """Measure every rate, all servers alternately."""
    raw: list[float] = []
    results: Results = defaultdict(list)
    with ExitStack() as stack:
        targets = {
            OURS: stack.enter_context(context.start_server()),
            PLAIN: stack.enter_context(context.start_plain_server()),
        }
        if start_uws := _find(UWS, context):
            targets[UWS] = stack.enter_context(start_uws(context.cores.server))
        for target in targets.values():
            stack.enter_context(context.connected(target, SUBSCRIBERS))
        if start_nats := _find(NATS, context):
            targets[NATS] = stack.enter_context(start_nats(context.cores.server))
            _connect_nats(context, targets[NATS])
        for number in range(context.rounds):
            print_progress(f"open loop, round {number + 1} of {context.rounds}")
            raw.append(context.raw_writer.measure_write_us())
            for rate in RATES:
                for name, target in targets.items():
                    results[name, rate].append(_measure(context, name, target, rate))
    peers = [name for name in (UWS, NATS) if name in targets]
    return [line for rate in RATES for line in _measurements(rate, results, raw, peers)]


def _find(name: str, context: BenchContext) -> Start | None:
    """Return what starts a peer, or say how to have it."""
    try:
        return find_uws(context.uws_folder) if name == UWS else find_nats()
    except PeerNotInstalled as why:
        print_progress(str(why))
        return None


def _measure(context: BenchContext, name: str, target: Target, rate: int) -> FanoutResult:
    requests = rate * SECONDS
    if name == NATS:
        return _measure_nats(context, target, requests, rate)
    if name == PLAIN:
        requests = min(requests, MAX_PLAIN_REQUESTS)
    pattern = PublishPattern(f"{rate} per second", requests, requests, requests_per_second=rate)
    return measure_delivery(context, target, SUBSCRIBERS, pattern, requests)


def _connect_nats(context: BenchContext, target: Target) -> None:
    shares = context.workers.split([""] * SUBSCRIBERS)
    context.workers.start_each(
        ClientGroups.connect_nats,
        [(target.connection_group, target.port, len(share)) for share in shares],
    )
    context.workers.collect()


def _measure_nats(
    context: BenchContext, target: Target, messages: int, rate: float
) -> FanoutResult:
    context.workers.start(ClientGroups.receive_nats, target.connection_group, messages)
    cpu_before, own_before, started = target.usage().cpu_s, time.process_time(), time.monotonic()
    with closing(nats.connect_publisher(target.port)) as publisher:
        for _number, _ in zip(range(messages), pacing(rate), strict=False):
            nats.publish(publisher)
        timings = context.workers.collect()
    seconds = max(timing.finished_at for timing in timings) - started
    latencies = sorted(ms for timing in timings for ms in timing.latencies_ms)
    deliveries = messages * SUBSCRIBERS
    return FanoutResult(
        cpu_us_per_delivery=(target.usage().cpu_s - cpu_before) / deliveries * 1e6,
        per_second=deliveries / seconds,
        load_busy=context.load_utilisation(timings, time.process_time() - own_before),
        p50_ms=quantile(latencies, 0.5),
        p99_ms=quantile(latencies, 0.99),
    )


def _measurements(
    rate: int, results: Results, raw: Sequence[float], peers: Sequence[str]
) -> list[Measurement]:
    ours, plain = results[OURS, rate], results[PLAIN, rate]
    lines = [
        Measurement(
            section=SECTION,
            name=f"{rate} per second: CPU per delivery",
            unit="µs",
            ours=[each.cpu_us_per_delivery for each in ours],
            plain=[each.cpu_us_per_delivery for each in plain],
            raw_write_us=raw,
            load_utilisation=[each.load_busy for each in ours],
        ),
        Measurement(
            section=SECTION,
            name="  deliveries per second",
            unit="k/s",
            ours=[each.per_second / 1e3 for each in ours],
            plain=[each.per_second / 1e3 for each in plain],
        ),
        Measurement(
            section=SECTION,
            name="  latency, 99 of 100",
            unit="ms",
            ours=[each.p99_ms for each in ours],
            plain=[each.p99_ms for each in plain],
        ),
    ]
    for peer in peers:
        theirs = results[peer, rate]
        pairs = list(zip(ours, theirs, strict=True))
        lines += [
            Measurement(
                section=SECTION,
                name=f"  CPU, to {peer}",
                unit="x",
                ours=[one.cpu_us_per_delivery / other.cpu_us_per_delivery for one, other in pairs],
            ),
            Measurement(
                section=SECTION,
                name=f"  deliveries per second of {peer}",
                unit="k/s",
                ours=[each.per_second / 1e3 for each in theirs],
                load_utilisation=[each.load_busy for each in theirs],
            ),
            Measurement(
                section=SECTION,
                name=f"  latency, 99 of 100, to {peer}",
                unit="x",
                ours=[one.p99_ms / other.p99_ms for one, other in pairs],
            ),
        ]
    return lines
