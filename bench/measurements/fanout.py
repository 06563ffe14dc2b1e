"""Fan-out: one publisher, many subscribers of one channel, three kinds of traffic.

Every subscriber's bytes are compared with what was published, in the rounds that are timed.
"""

from __future__ import annotations

import time
from collections import defaultdict

from msgspec import Struct

from bench.context import BenchContext, print_progress
from bench.load.client_group import ClientGroups
from bench.load.http_publisher import PublishFailed, publish_all
from bench.load.payloads import WIRE_BYTES
from bench.servers.processes import Target
from bench.stats import Measurement, quantile

SUBSCRIBERS = 1000
SECTION = f"fan-out: {SUBSCRIBERS:,} subscribers, {WIRE_BYTES} bytes"


class PublishPattern(Struct, frozen=True):
    """How a publisher sends.

    ``plain_requests`` is the lower number of requests for the plain server, which is slower.
    A client receives less than 1 MiB of lists in all, so none becomes a slow consumer.
    """

    name: str
    requests: int
    plain_requests: int
    publications_per_request: int = 1
    requests_per_second: float | None = None


SINGLES = PublishPattern("singles", requests=800, plain_requests=120)
PACED = PublishPattern("60 per second", requests=240, plain_requests=240, requests_per_second=60)
LISTS = PublishPattern("lists of 20", requests=160, plain_requests=6, publications_per_request=20)


class FanoutResult(Struct, frozen=True):
    """Result of a round."""

    cpu_us_per_delivery: float
    per_second: float
    load_busy: float
    p50_ms: float = 0.0
    p99_ms: float = 0.0


def measure_delivery(
    context: BenchContext,
    target: Target,
    subscribers: int,
    pattern: PublishPattern,
    requests: int,
    publish_via: Target | None = None,
) -> FanoutResult:
    """Publish to connected subscribers and verify that they receive everything.

    ``publish_via`` is another server of the cluster, to publish on.

    Raises:
        VerificationFailed: a subscriber received something else.
        PublishFailed: the server rejected a request, or reported another number of sockets.
    """
    messages = requests * pattern.publications_per_request
    is_timed = pattern.requests_per_second is not None
    context.workers.run(ClientGroups.drain_and_ping, target.connection_group)
    context.workers.start(ClientGroups.receive, target.connection_group, messages, is_timed)
    cpu_before, own_before, started = target.usage().cpu_s, time.process_time(), time.monotonic()
    reached = publish_all(
        publish_via or target,
        requests,
        pattern.publications_per_request,
        pattern.requests_per_second,
    )
    timings = context.workers.collect()
    seconds = max(timing.finished_at for timing in timings) - started
    own_cpu_s = time.process_time() - own_before
    deliveries = messages * subscribers
    if reached != (0 if publish_via else deliveries):
        raise PublishFailed(f"the server reports {reached} deliveries instead of {deliveries}")
    latencies = sorted(ms for timing in timings for ms in timing.latencies_ms)
    return FanoutResult(
        cpu_us_per_delivery=(target.usage().cpu_s - cpu_before) / deliveries * 1e6,
        per_second=deliveries / seconds,
        load_busy=context.load_utilisation(timings, own_cpu_s),
        p50_ms=quantile(latencies, 0.5) if latencies else 0.0,
        p99_ms=quantile(latencies, 0.99) if latencies else 0.0,
    )


def run(context: BenchContext) -> list[Measurement]:
    """Measure all three patterns, our server and the plain one alternately."""
    raw: list[float] = []
    ours: defaultdict[str, list[FanoutResult]] = defaultdict(list)
    plain: defaultdict[str, list[FanoutResult]] = defaultdict(list)
    with (
        context.start_server() as server,
        context.start_plain_server() as plain_server,
        context.connected(server, SUBSCRIBERS),
        context.connected(plain_server, SUBSCRIBERS),
    ):
        for number in range(context.rounds):
            print_progress(f"fan-out, round {number + 1} of {context.rounds}")
            raw.append(context.raw_writer.measure_write_us())
            for each in (SINGLES, PACED, LISTS):
                ours[each.name].append(
                    measure_delivery(context, server, SUBSCRIBERS, each, each.requests)
                )
                result = measure_delivery(
                    context, plain_server, SUBSCRIBERS, each, each.plain_requests
                )
                plain[each.name].append(result)
    results = [Measurement(section=SECTION, name="one raw write", unit="µs", ours=raw)]
    for each in (SINGLES, PACED, LISTS):
        results += _measurements(each, ours[each.name], plain[each.name], raw)
    return results


def _measurements(
    pattern: PublishPattern, ours: list[FanoutResult], plain: list[FanoutResult], raw: list[float]
) -> list[Measurement]:
    cpu = Measurement(
        section=SECTION,
        name=f"{pattern.name}: CPU per delivery",
        unit="µs",
        ours=[each.cpu_us_per_delivery for each in ours],
        plain=[each.cpu_us_per_delivery for each in plain],
        raw_write_us=raw,
    )
    if pattern.requests_per_second is None:
        speed = Measurement(
            section=SECTION,
            name=f"{pattern.name}: deliveries per second",
            unit="k/s",
            ours=[each.per_second / 1e3 for each in ours],
            plain=[each.per_second / 1e3 for each in plain],
            load_utilisation=[each.load_busy for each in ours],
        )
        return [cpu, speed]
    latencies = [
        Measurement(
            section=SECTION,
            name=f"{pattern.name}: latency, {name}",
            unit="ms",
            ours=[getattr(each, field) for each in ours],
            plain=[getattr(each, field) for each in plain],
        )
        for name, field in (("median", "p50_ms"), ("99 of 100", "p99_ms"))
    ]
    return [cpu, *latencies]
