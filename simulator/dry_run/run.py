"""Dry run: prints publications, or their summary, without a server and as fast as possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from protocol import codec
from protocol.publications import PublishRequest
from protocol.simulator_api import StartScenario
from simulator.dry_run.summary import RunSummary
from simulator.shop.components import ShopData
from simulator.shop.shop import Shop
from simulator.shop.simulation_context import RunConfig

STEP_S = 1.0


def write_publications(shop: Shop, seconds: float, stream: BinaryIO) -> None:
    """Write the publications of some virtual seconds, one JSON object per line.

    Raises:
        BrokenPipeError: the reader has closed the stream.
    """
    for publications in _publications(shop, seconds):
        for publication in publications:
            stream.write(codec.encode_json(publication) + b"\n")
        stream.flush()


def summarise(shop: Shop, seconds: float) -> RunSummary:
    """Simulate some virtual seconds and summarise the publications."""
    summary = RunSummary()
    for publications in _publications(shop, seconds):
        for publication in publications:
            summary.add(publication)
    return summary


def create_shop(data: ShopData, config: RunConfig, scenarios: Iterable[str]) -> Shop:
    """Create a shop and start scenarios in it.

    Raises:
        CommandRejected: a scenario is unknown.
    """
    shop = Shop(data, config)
    for name in scenarios:
        shop.execute(StartScenario(name=name))
    return shop


def _publications(shop: Shop, seconds: float) -> Iterator[list[PublishRequest]]:
    elapsed = 0.0
    while elapsed < seconds:
        elapsed = min(seconds, elapsed + STEP_S)
        events = shop.step(shop.config.started_at + elapsed)
        yield [event for event in events if isinstance(event, PublishRequest)]
