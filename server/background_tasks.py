"""Ends background work for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

CANCEL_RETRY_S = 0.05


async def cancel_and_wait(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel these and wait until they have ended.

    Once is not always enough: redis-py loses a cancellation that comes while it looks a
    connection over, and the command goes on as if nothing had been said.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_RETRY_S)
