"""The shop without a server: its publications on a stream, in virtual time, at full speed."""

from __future__ import annotations

from typing import BinaryIO

from protocol import codec
from protocol.publications import Draft
from simulator.desk import Start
from simulator.shop import Premises, Shop

STEP_S = 1.0


def write_publications(premises: Premises, start: Start, seconds: float, stream: BinaryIO) -> None:
    """Write what the shop publishes in so many virtual seconds, one JSON object a line.

    Raises:
        BrokenPipeError: nobody reads them any more.
    """
    shop = Shop(premises, start)
    passed = 0.0
    while passed < seconds:
        passed = min(seconds, passed + STEP_S)
        for happening in shop.step(start.started_at + passed):
            if isinstance(happening, Draft):
                stream.write(codec.write(happening) + b"\n")
        stream.flush()
