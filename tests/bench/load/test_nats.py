"""The messages of the comparison with nats-server."""

import socket
import threading
import time

from bench.load import nats
from bench.load.payloads import WIRE_BYTES


def test_a_delivery_has_as_many_bytes_as_one_of_our_server():
    assert nats.MESSAGE_BYTES == WIRE_BYTES


def test_a_message_says_when_it_was_published():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        before = time.monotonic_ns()
        nats.publish(ours)
        published = theirs.recv(4096)
    delivered = b"MSG bench 1" + published.removeprefix(b"PUB bench")

    assert len(delivered) == nats.MESSAGE_BYTES
    assert before <= nats.sent_ns(delivered, 0) <= time.monotonic_ns()


def test_a_subscriber_is_connected_once_the_server_has_answered():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        received = []

        def answer():
            connection, _ = listener.accept()
            with connection:
                while b"PING" not in b"".join(received):
                    received.append(connection.recv(4096))
                connection.sendall(b"INFO {}\r\nPONG\r\n")

        server = threading.Thread(target=answer)
        server.start()
        nats.subscribe(listener.getsockname()[1]).close()
        server.join()

    assert b"SUB bench 1\r\n" in b"".join(received)
