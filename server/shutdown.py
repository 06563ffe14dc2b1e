"""Graceful shutdown: clients are asked to reconnect elsewhere, and get a moment to do so."""

from __future__ import annotations

import asyncio
import contextlib

from server.websocket.connection_manager import ConnectionManager

CLOSE_TIMEOUT_S = 2.0  # for clients to answer the close frame; all of it takes under 4 s


async def shut_down(listener: asyncio.Server, connection_manager: ConnectionManager) -> None:
    """Stop listening, close every connection with 1001 and wait for the clients' answers."""
    listener.close()
    await connection_manager.close_all()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(connection_manager.wait_until_all_closed(), CLOSE_TIMEOUT_S)
    connection_manager.abort_all()
