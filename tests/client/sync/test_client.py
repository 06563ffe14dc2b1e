"""The threaded ShopWebSocket: what only threads can get wrong."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from client.sans_io.connection_state import ConnectionState


def socket_threads():
    return [t for t in threading.enumerate() if t.name == "shop-websocket"]


def test_leaves_no_thread_behind(make_threaded, tokens):
    client = make_threaded(tokens)
    client.connect(5)
    assert len(socket_threads()) == 1

    client.disconnect()

    assert socket_threads() == []


def test_sends_whole_messages_in_each_threads_order(make_threaded, tokens, shop):
    client = make_threaded(tokens)
    client.connect(5)

    def chatter(name):
        for number in range(50):
            client.send("note", {"name": name, "number": number, "filler": "ї" * 1000})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(chatter, "abcd"))
    client.request("ping")

    notes = [note["payload"] for note in shop.connections[0].sent("note")]
    for name in "abcd":
        assert [n["number"] for n in notes if n["name"] == name] == list(range(50))


def test_ends_promptly_while_the_server_stalls_the_handshake(make_threaded):
    with socket.create_server(("127.0.0.1", 0)) as stalling:
        client = make_threaded(url=f"ws://127.0.0.1:{stalling.getsockname()[1]}/ws")
        client.connect()
        peer, _ = stalling.accept()
        with peer:
            peer.recv(1)  # the request is there, and gets no answer
            client.disconnect()

    assert socket_threads() == []
    assert client.status.state is ConnectionState.CLOSED


class TestAHandler:
    def test_may_send_and_subscribe(self, make_threaded, tokens, shop):
        client = make_threaded(tokens)

        def greet(_):
            client.send("hello")
            client.subscribe("public:news")

        client.on("auth_success", greet)
        client.connect()

        shop.wait_for_message("hello")
        shop.wait_for_message("subscribe")

    def test_may_disconnect(self, make_threaded, tokens, shop):
        client = make_threaded(tokens)
        client.on("auth_success", lambda _: client.disconnect())
        client.connect()

        shop.wait_for_connection()
        shop.wait(lambda: shop.connections[0].code == 1000)
        client.disconnect()

        assert socket_threads() == []

    def test_may_disconnect_and_connect_again(self, make_threaded, tokens, shop):
        client = make_threaded(tokens)

        def again(_):
            remove()
            client.disconnect()
            client.connect()

        remove = client.on("auth_success", again)
        client.connect()

        shop.wait_for_connection(2)
        client.connect(5)
        assert client.request("ping")["type"] == "pong"

    @pytest.mark.parametrize("wait", [lambda c: c.request("ping"), lambda c: c.connect(1)])
    def test_cannot_wait_which_raises_at_once(self, make_threaded, tokens, inbox, wait):
        client = make_threaded(tokens)

        def ask(_):
            with pytest.raises(RuntimeError, match="handler"):
                wait(client)
            inbox("errors")

        client.on("auth_success", ask)
        client.connect()

        assert inbox.next() == "errors"
