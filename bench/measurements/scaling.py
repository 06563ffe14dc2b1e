"""Scaling: cost of a delivery with more subscribers and with more channels.

Lists of 20, unthrottled.  A publication has a fixed cost (the request and its validation), which
its subscribers share: with few of them a delivery looks more expensive.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from statistics import fmean

from msgspec import Struct, field

from bench.context import BenchContext, print_progress
from bench.measurements.fanout import LISTS, measure_delivery
from bench.servers.processes import Target
from bench.stats import Measurement

SECTION = "scaling: CPU per delivery, lists of 20"
SUBSCRIBER_COUNTS = (100, 1000, 5000)
DEFAULT_SUBSCRIBERS = 1000
OWN_CHANNELS = 10
"""Of each of the default subscribers, in the case with many channels."""
OTHER_FILES = 3500
"""Open in a load process besides the clients of the largest case."""
DELIVERIES, PLAIN_DELIVERIES = 2_000_000, 100_000
"""Approximate deliveries in a round."""


class ScalingCase(Struct):
    """A number of subscribers and channels, with a pair of servers and the cost of a delivery."""

    subscribers: int
    channels: int
    ours: Target
    plain: Target
    our_us: list[float] = field(default_factory=list)
    plain_us: list[float] = field(default_factory=list)

    def measurement(self, raw_write_us: Sequence[float]) -> Measurement:
        """Return the line of the result."""
        return Measurement(
            section=SECTION,
            name=f"{self.subscribers:,} subscribers, channels: {self.channels:,}",
            unit="µs",
            ours=self.our_us,
            plain=self.plain_us,
            raw_write_us=raw_write_us,
        )


def run(context: BenchContext) -> list[Measurement]:
    """Measure with 100 to 5,000 subscribers, and with one channel and with 10,000."""
    raw: list[float] = []
    with ExitStack() as stack:

        def case(wanted: int, own_channels: int) -> ScalingCase:
            subscribers = min(wanted, max(SUBSCRIBER_COUNTS[0], context.open_files - OTHER_FILES))
            ours = stack.enter_context(context.start_server())
            plain = stack.enter_context(context.start_plain_server())
            for target in (ours, plain):
                stack.enter_context(context.connected(target, subscribers, own_channels))
            return ScalingCase(subscribers, max(1, own_channels * subscribers), ours, plain)

        print_progress("scaling: connecting")
        cases = [
            *(case(count, 0) for count in SUBSCRIBER_COUNTS),
            case(DEFAULT_SUBSCRIBERS, OWN_CHANNELS),
        ]
        for number in range(context.rounds):
            print_progress(f"scaling, round {number + 1} of {context.rounds}")
            raw.append(context.raw_writer.measure_write_us())
            for each in cases:
                each.our_us.append(
                    _cpu_us_per_delivery(context, each.ours, each.subscribers, DELIVERIES)
                )
                each.plain_us.append(
                    _cpu_us_per_delivery(context, each.plain, each.subscribers, PLAIN_DELIVERIES)
                )
    fewest, default, most, many_channels = cases
    return [
        *(each.measurement(raw) for each in cases),
        _ratio_measurement(
            f"from {fewest.subscribers:,} to {most.subscribers:,} subscribers", fewest, most
        ),
        _ratio_measurement(
            f"from 1 to {many_channels.channels:,} channels", default, many_channels
        ),
    ]


def _cpu_us_per_delivery(
    context: BenchContext, target: Target, subscribers: int, deliveries: int
) -> float:
    """Measure in bursts, short enough that no client becomes a slow consumer."""
    wanted = max(1, deliveries // (subscribers * LISTS.publications_per_request))
    requests = min(wanted, LISTS.requests)
    bursts = wanted // requests
    return fmean(
        measure_delivery(context, target, subscribers, LISTS, requests).cpu_us_per_delivery
        for _ in range(bursts)
    )


def _ratio_measurement(name: str, before: ScalingCase, after: ScalingCase) -> Measurement:
    def ratios(base: Sequence[float], values: Sequence[float]) -> list[float]:
        return [value / of for of, value in zip(base, values, strict=True) if of]

    return Measurement(
        section=SECTION,
        name=name,
        unit="x",
        ours=ratios(before.our_us, after.our_us),
        plain=ratios(before.plain_us, after.plain_us),
    )
