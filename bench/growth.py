"""Scaling: cost of a delivery with more subscribers and with more channels.

Lists of 20, unthrottled.  A publication has a fixed cost (the request and its validation), which
its subscribers share: with few of them a delivery looks more expensive.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from statistics import fmean

from msgspec import Struct, field

from bench.fanout import LISTS, deliver
from bench.lab import Lab, say
from bench.stats import Figure
from bench.targets import Target

SCENE = "scaling: CPU per delivery, lists of 20"
COUNTS = (100, 1000, 5000)
USUAL, OWN = 1000, 10  # so many clients that hear so many channels of their own as well
OTHER_FILES = 3500  # open in a load process besides the largest case's clients
DELIVERIES, PLAIN_DELIVERIES = 2_000_000, 100_000  # in a round, about


class Case(Struct):
    """One audience, with a pair of servers that have no other, and what a delivery cost."""

    subscribers: int
    channels: int
    ours: Target
    plain: Target
    our_us: list[float] = field(default_factory=list)
    plain_us: list[float] = field(default_factory=list)

    def figure(self, bare_us: Sequence[float]) -> Figure:
        """Return it as a line of the result."""
        return Figure(
            scene=SCENE,
            what=f"{self.subscribers:,} subscribers, channels: {self.channels:,}",
            unit="µs",
            ours=self.our_us,
            plain=self.plain_us,
            bare_us=bare_us,
        )


def run(lab: Lab) -> list[Figure]:
    """Measure with 100 to 5,000 subscribers, and with one channel and with 10,000."""
    bare: list[float] = []
    with ExitStack() as stack:

        def case(wanted: int, own: int) -> Case:
            subscribers = min(wanted, max(COUNTS[0], lab.open_files - OTHER_FILES))
            ours, plain = stack.enter_context(lab.server()), stack.enter_context(lab.plain())
            for target in (ours, plain):
                stack.enter_context(lab.connected(target, subscribers, own))
            return Case(subscribers, max(1, own * subscribers), ours, plain)

        say("growth: connecting")
        cases = [*(case(count, 0) for count in COUNTS), case(USUAL, OWN)]
        for number in range(lab.rounds):
            say(f"growth, round {number + 1} of {lab.rounds}")
            bare.append(lab.bare.write_us())
            for each in cases:
                each.our_us.append(_cost_us(lab, each.ours, each.subscribers, DELIVERIES))
                each.plain_us.append(_cost_us(lab, each.plain, each.subscribers, PLAIN_DELIVERIES))
    fewest, usual, most, many = cases
    return [
        *(each.figure(bare) for each in cases),
        _change(f"from {fewest.subscribers:,} to {most.subscribers:,} subscribers", fewest, most),
        _change(f"from 1 to {many.channels:,} channels", usual, many),
    ]


def _cost_us(lab: Lab, target: Target, subscribers: int, deliveries: int) -> float:
    """Measure in bursts: each no longer than a client can be late for without being too slow."""
    wanted = max(1, deliveries // (subscribers * LISTS.per_request))
    requests = min(wanted, LISTS.requests)
    bursts = wanted // requests
    return fmean(deliver(lab, target, subscribers, LISTS, requests).cpu_us for _ in range(bursts))


def _change(what: str, before: Case, after: Case) -> Figure:
    def times(base: Sequence[float], values: Sequence[float]) -> list[float]:
        return [value / of for of, value in zip(base, values, strict=True) if of]

    return Figure(
        scene=SCENE,
        what=what,
        unit="x",
        ours=times(before.our_us, after.our_us),
        plain=times(before.plain_us, after.plain_us),
    )
