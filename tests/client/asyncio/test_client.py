"""What an AsyncShopWebSocket does when several tasks start and stop it."""

import asyncio

import aiohttp
import pytest

from client.asyncio.client import AsyncShopWebSocket
from client.sans_io.connection_state import ConnectionState


@pytest.fixture
async def client(shop):
    """A connected client."""
    async with aiohttp.ClientSession() as http:
        client = AsyncShopWebSocket(shop.url, http=http)
        await client.connect(5)
        yield client
        await client.disconnect()


async def test_connecting_during_a_disconnect_opens_the_next_connection(client, shop):
    await asyncio.gather(client.disconnect(), client.connect(5))

    assert client.status.state is ConnectionState.OPEN
    assert shop.wait_for_connection(2)


async def test_connecting_after_a_cancelled_disconnect_opens_the_next_connection(client, shop):
    disconnecting = asyncio.create_task(client.disconnect())
    await asyncio.sleep(0)
    disconnecting.cancel()

    await client.connect(5)

    assert client.status.state is ConnectionState.OPEN
    assert shop.wait_for_connection(2)


async def test_the_last_of_overlapping_calls_decides(client):
    await asyncio.gather(client.disconnect(), client.connect(), client.disconnect())

    assert client.status.state is ConnectionState.CLOSED
