"""Fan-out: one publisher, many subscribers of one channel, three kinds of traffic.

Every subscriber's bytes are compared with what was published, in the rounds that are timed.
"""

from __future__ import annotations

import time
from collections import defaultdict

from msgspec import Struct

from bench.lab import Lab, say
from bench.load import Load
from bench.notices import WIRE_BYTES
from bench.publisher import NotPublished, publish_all
from bench.stats import Figure, quantile
from bench.targets import Target

SUBSCRIBERS = 1000
SCENE = f"fan-out: {SUBSCRIBERS:,} subscribers, {WIRE_BYTES} bytes"


class Traffic(Struct, frozen=True):
    """How a publisher behaves.

    ``plain_requests`` is how many requests are enough for a server that takes its time.  Lists
    are so short in all that no client can be too slow for them: under 1 MiB each.
    """

    name: str
    requests: int
    plain_requests: int
    per_request: int = 1
    per_second: float | None = None


SINGLES = Traffic("singles", requests=800, plain_requests=120)
PACED = Traffic("60 per second", requests=240, plain_requests=240, per_second=60)
LISTS = Traffic("lists of 20", requests=160, plain_requests=6, per_request=20)


class Delivered(Struct, frozen=True):
    """What a round of fan-out took."""

    cpu_us: float
    per_second: float
    load_busy: float
    p50_ms: float = 0.0
    p99_ms: float = 0.0


def deliver(
    lab: Lab,
    target: Target,
    subscribers: int,
    traffic: Traffic,
    requests: int,
    via: Target | None = None,
) -> Delivered:
    """Publish to subscribers that are connected, and receive all of it.

    ``via`` is another server of the cluster, on which it is then published.

    Raises:
        OutOfStep: a subscriber received something else.
        NotPublished: the server refused, or says it reached others.
    """
    messages, is_timed = requests * traffic.per_request, traffic.per_second is not None
    lab.crew.all(Load.settle, target.group)
    lab.crew.start(Load.receive, target.group, messages, is_timed)
    cpu_before, own_before, started = target.usage().cpu_s, time.process_time(), time.monotonic()
    reached = publish_all(via or target, requests, traffic.per_request, traffic.per_second)
    done = lab.crew.collect()
    seconds = max(each.at for each in done) - started
    own_cpu_s = time.process_time() - own_before
    deliveries = messages * subscribers
    if reached != (0 if via else deliveries):
        raise NotPublished(f"the server says {reached} deliveries where {deliveries} were made")
    late = sorted(ms for each in done for ms in each.latencies_ms)
    return Delivered(
        cpu_us=(target.usage().cpu_s - cpu_before) / deliveries * 1e6,
        per_second=deliveries / seconds,
        load_busy=lab.busy(done, own_cpu_s),
        p50_ms=quantile(late, 0.5) if late else 0.0,
        p99_ms=quantile(late, 0.99) if late else 0.0,
    )


def run(lab: Lab) -> list[Figure]:
    """Measure all three, ours and the plain server in turns."""
    bare: list[float] = []
    ours: defaultdict[str, list[Delivered]] = defaultdict(list)
    plain: defaultdict[str, list[Delivered]] = defaultdict(list)
    with (
        lab.server() as server,
        lab.plain() as slow,
        lab.connected(server, SUBSCRIBERS),
        lab.connected(slow, SUBSCRIBERS),
    ):
        for number in range(lab.rounds):
            say(f"fan-out, round {number + 1} of {lab.rounds}")
            bare.append(lab.bare.write_us())
            for each in (SINGLES, PACED, LISTS):
                ours[each.name].append(deliver(lab, server, SUBSCRIBERS, each, each.requests))
                took = deliver(lab, slow, SUBSCRIBERS, each, each.plain_requests)
                plain[each.name].append(took)
    figures = [Figure(scene=SCENE, what="one raw write", unit="µs", ours=bare)]
    for each in (SINGLES, PACED, LISTS):
        figures += _figures(each, ours[each.name], plain[each.name], bare)
    return figures


def _figures(
    traffic: Traffic, ours: list[Delivered], plain: list[Delivered], bare: list[float]
) -> list[Figure]:
    cpu = Figure(
        scene=SCENE,
        what=f"{traffic.name}: CPU per delivery",
        unit="µs",
        ours=[each.cpu_us for each in ours],
        plain=[each.cpu_us for each in plain],
        bare_us=bare,
    )
    if traffic.per_second is None:
        speed = Figure(
            scene=SCENE,
            what=f"{traffic.name}: deliveries per second",
            unit="k/s",
            ours=[each.per_second / 1e3 for each in ours],
            plain=[each.per_second / 1e3 for each in plain],
            load_busy=[each.load_busy for each in ours],
        )
        return [cpu, speed]
    latencies = [
        Figure(
            scene=SCENE,
            what=f"{traffic.name}: latency, {name}",
            unit="ms",
            ours=[getattr(each, field) for each in ours],
            plain=[getattr(each, field) for each in plain],
        )
        for name, field in (("median", "p50_ms"), ("99 of 100", "p99_ms"))
    ]
    return [cpu, *latencies]
