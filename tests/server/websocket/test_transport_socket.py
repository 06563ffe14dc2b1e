"""Writing past the transport reaches its own connection, or none."""

import asyncio
import gc
import os
import socket

import pytest
import uvloop

from server.websocket.transport_socket import BATCH_SIZE, TransportSocket


def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


class Connection(asyncio.Protocol):
    """Detaches its socket when the connection is lost, as the server's does."""

    def __init__(self, made):
        self.made, self.was_open = made, None
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport, self.socket = transport, TransportSocket(transport)
        self.number = self.socket.fileno()
        self.made.set_result(self)

    def connection_lost(self, _why):
        self.was_open = is_open(self.number)
        self.socket.detach()
        self.lost.set_result(None)


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def connect(request):
    """Run a coroutine function with a server's connection and its client's socket."""

    def run(use):
        async def main():
            loop = asyncio.get_running_loop()
            made = loop.create_future()
            server = await loop.create_server(lambda: Connection(made), "127.0.0.1", 0)
            with socket.socket() as client:
                client.setblocking(False)
                await loop.sock_connect(client, server.sockets[0].getsockname())
                await use(await made, client)
            server.close()

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(main())

    return run


def end_by_close(connection, _client):
    connection.transport.close()


def end_by_abort(connection, _client):
    connection.transport.abort()


def end_by_client(_connection, client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()


def test_it_writes_to_the_client_without_blocking(connect):
    async def use(connection, client):
        assert connection.socket.send(b"hello") == 5
        assert await asyncio.get_running_loop().sock_recv(client, 10) == b"hello"
        while True:
            try:
                connection.socket.send(b"x" * 65536)
            except BlockingIOError:
                break
        connection.transport.abort()
        await connection.lost

    connect(use)


@pytest.mark.parametrize("end", [end_by_close, end_by_abort, end_by_client])
def test_the_descriptor_is_the_connections_until_it_is_lost_and_then_no_ones(connect, end):
    async def use(connection, client):
        end(connection, client)
        await connection.lost
        while is_open(connection.number):
            await asyncio.sleep(0)
        others = [each for _ in range(4) for each in socket.socketpair()]
        assert connection.was_open
        assert connection.number in {each.fileno() for each in others}

        with pytest.raises(OSError, match="Bad file descriptor"):
            connection.socket.send(b"for the first client")

        for each in others:
            each.setblocking(False)
            with pytest.raises(BlockingIOError):
                each.recv(1)
        for each in others:
            each.close()

    connect(use)


def test_each_of_many_connections_has_an_object_of_its_own(connect):
    async def use(connection, _client):
        made = [TransportSocket(connection.transport) for _ in range(3 * BATCH_SIZE)]
        assert len({id(each) for each in made}) == len(made)
        for each in made:
            each.detach()

    connect(use)


def test_one_that_is_never_detached_leaves_the_descriptor_to_the_transport(connect):
    async def use(connection, _client):
        TransportSocket(connection.transport)
        gc.collect()

        assert is_open(connection.number)
        connection.transport.abort()
        await connection.lost

    connect(use)
