"""Dry run: prints publications, or their summary, without a server and as fast as possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from protocol import codec
from protocol.publications import PublishRequest
from protocol.simulator_api import StartScenario
from simulator.dry_run.summary import RunSummary
from simulator.engine.simulation_context import RunConfig
from simulator.shop.components import ShopData
from simulator.shop.shop import Shop

STEP_S = 1.0


def write_publications(shop: Shop, seconds: float, stream: BinaryIO) -> None:
    """Write what the shop publishes in so many virtual seconds, one JSON object a line.

    Raises:
        BrokenPipeError: nobody reads them any more.
    """
    for drafts in _publications(shop, seconds):
        for draft in drafts:
            stream.write(codec.encode_json(draft) + b"\n")
        stream.flush()


def summarise(shop: Shop, seconds: float) -> RunSummary:
    """Simulate some virtual seconds and summarise the publications."""
    summary = RunSummary()
    for drafts in _publications(shop, seconds):
        for draft in drafts:
            summary.add(draft)
    return summary


def create_shop(data: ShopData, config: RunConfig, scenarios: Iterable[str]) -> Shop:
    """Open a shop in which these scenarios begin at once.

    Raises:
        Refused: there is no such scenario.
    """
    shop = Shop(data, config)
    for name in scenarios:
        shop.execute(StartScenario(name=name))
    return shop


def _publications(shop: Shop, seconds: float) -> Iterator[list[PublishRequest]]:
    passed = 0.0
    while passed < seconds:
        passed = min(seconds, passed + STEP_S)
        happenings = shop.step(shop.config.started_at + passed)
        yield [happening for happening in happenings if isinstance(happening, PublishRequest)]
