"""Publishes over one keep-alive HTTP connection, with one request in flight."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator

from bench.load.connect import open_tcp
from bench.load.payloads import request_body
from bench.servers.processes import Target


class PublishFailed(Exception):
    """A publication was rejected, or reached an unexpected number of sockets."""


class BlockingPublisher:
    """One publisher and its connection."""

    def __init__(self, target: Target) -> None:
        self._socket = open_tcp(target.port)
        self._head = (
            "POST /api/publish HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {target.publisher_token}\r\nContent-Length: "
        ).encode()

    def publish_numbered(self, first: int, count: int) -> int:
        """Publish notifications from this number on; returns how many sockets they reached.

        Raises:
            PublishFailed: they were rejected.
        """
        return self.post(request_body(first, count, time.monotonic_ns()))

    def post(self, body: bytes) -> int:
        """Publish a body; returns how many sockets it reached.

        Raises:
            PublishFailed: it was rejected.
        """
        self._socket.sendall(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
        status, response = self._read_response()
        if status != 200:
            raise PublishFailed(f"{status}: {response[:200]!r}")
        return int(json.loads(response)["reached"])

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _read_response(self) -> tuple[int, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().lower().splitlines()
        size = next(int(line[15:]) for line in lines if line.startswith("content-length:"))
        while len(body) < size:
            body += self._receive()
        return int(lines[0].split()[1]), body

    def _receive(self) -> bytes:
        data = self._socket.recv(1 << 16)
        if not data:
            raise PublishFailed("the server closed the publisher's connection")
        return data


def publish_all(target: Target, requests: int, per_request: int, per_second: float | None) -> int:
    """Publish at full speed or at a rate of requests; returns the sum of sockets reached.

    Requests are sent on schedule, however late the server's responses are.
    """
    with contextlib.closing(BlockingPublisher(target)) as publisher:
        reached = 0
        for number, _ in zip(range(requests), pacing(per_second), strict=False):
            reached += publisher.publish_numbered(number * per_request, per_request)
        return reached


def pacing(per_second: float | None) -> Iterator[None]:
    """Yield at a rate, however late the caller is; at once without one."""
    started, number = time.monotonic(), 0
    while True:
        if per_second is not None:
            time.sleep(max(0.0, started + number / per_second - time.monotonic()))
        yield
        number += 1
