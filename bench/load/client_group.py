"""One load process: many connections on raw sockets, read as fast as Python can.

Each method is one command to a worker.  Connections are kept in groups, by name: one for each
server that is measured.  Methods raise ``VerificationFailed`` when they receive something
unexpected, or nothing.
"""

from __future__ import annotations

import json
import time
from array import array
from collections.abc import Sequence
from socket import socket

from bench.load import frame_codec, nats
from bench.load.connect import PING, ClientSpec, connect, open_tcp
from bench.load.readiness import CommandTiming, ReadinessPoller, Stopwatch
from bench.load.verify import ExpectedStream, PongCounter, VerificationFailed
from client.tokens import mint
from protocol.opcodes import Opcode

CHUNK = 1 << 16
"""Of one read; above this, malloc fetches fresh pages from the system for each."""
PONG = frame_codec.encode_frame(Opcode.PONG, masked=True)


class ClientGroups:
    """The connections of a load process."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._groups: dict[str, dict[int, socket]] = {}

    def connect(
        self, group: str, port: int, names: Sequence[str], own_channels: int, shared_channel: str
    ) -> CommandTiming:
        """Sign in one client for each name and subscribe it to its own and the shared channel."""
        clients = [
            ClientSpec(
                mint(self._secret, user_id=name, tenant_id="bench", role="customer"),
                [shared_channel, *(f"public:{name}.{number}" for number in range(own_channels))],
            )
            for name in names
        ]
        with Stopwatch() as clock:
            self._add_group(group, connect(port, clients))
        return clock.timing()

    def connect_tcp(self, group: str, port: int, count: int) -> None:
        """Open TCP connections that send nothing."""
        sockets = [open_tcp(port) for _ in range(count)]
        for each in sockets:
            each.setblocking(False)
        self._add_group(group, sockets)

    def drain_and_ping(self, group: str) -> bytes:
        """Ping on every connection and wait for all pongs, so that nothing is in flight.

        Returns one of the pongs, unchanged.
        """
        connections = self._groups[group]
        for each in connections.values():
            each.sendall(PING)
        missing = dict.fromkeys(connections, b"")
        sample = b""
        with ReadinessPoller(connections) as readable:
            while missing:
                for fd in readable.wait_for_data(f"{len(missing)} clients had no pong"):
                    data, start = missing.get(fd, b"") + _read(connections[fd]), 0
                    for opcode, payload, end in frame_codec.decode_frames(data):
                        if (
                            opcode != Opcode.PING
                        ):  # the server's ping needs no pong: ours count as activity
                            if fd not in missing or json.loads(payload)["type"] != "pong":
                                raise VerificationFailed(f"unexpected frame: {payload[:80]!r}")
                            del missing[fd]
                            sample = data[start:end]
                        start = end
                    if fd in missing:
                        missing[fd] = data[start:]
        return sample

    def receive(self, group: str, expected: int, is_timed: bool) -> CommandTiming:
        """Receive this many notifications on every connection, the same bytes on each."""
        stream, total = ExpectedStream(expected), 0
        connections = self._groups[group]
        offsets = dict.fromkeys(connections, 0)
        counted = dict.fromkeys(connections, 0)
        latencies = array("d")
        with Stopwatch() as clock, ReadinessPoller(connections) as readable:
            while stream.size is None or total < stream.size * len(connections):
                for fd in readable.wait_for_data(
                    f"{total} bytes received, {stream.size} expected for each"
                ):
                    data = _read(connections[fd])
                    total += len(data)
                    offsets[fd] = stream.verify(offsets[fd], data)
                    if is_timed:
                        now, number = time.monotonic_ns(), counted[fd]
                        while (
                            number < len(stream.message_ends)
                            and stream.message_ends[number] <= offsets[fd]
                        ):
                            latencies.append((now - stream.sent_ns[number]) / 1e6)
                            number += 1
                        counted[fd] = number
        return clock.timing(latencies)

    def receive_bytes(self, group: str, bytes_per_client: int) -> CommandTiming:
        """Receive this many bytes on every connection, whatever they are."""
        connections = self._groups[group]
        left = bytes_per_client * len(connections)
        with Stopwatch() as clock, ReadinessPoller(connections) as readable:
            while left > 0:
                for fd in readable.wait_for_data(f"{left} bytes missing"):
                    left -= len(_read(connections[fd]))
        return clock.timing()

    def connect_nats(self, group: str, port: int, count: int) -> None:
        """Subscribe with this many clients to nats-server."""
        self._add_group(group, [nats.subscribe(port) for _ in range(count)])

    def receive_nats(self, group: str, messages: int) -> CommandTiming:
        """Receive this many messages on every connection; the latencies are those of one."""
        connections = self._groups[group]
        left = messages * nats.MESSAGE_BYTES * len(connections)
        watched, data, latencies = next(reversed(connections)), b"", array("d")
        with Stopwatch() as clock, ReadinessPoller(connections) as readable:
            while left > 0:
                for fd in readable.wait_for_data(f"{left} bytes missing"):
                    received = _read(connections[fd])
                    if nats.PING in received:
                        received = received.replace(nats.PING, b"")
                        connections[fd].sendall(nats.PONG)
                    left -= len(received)
                    if fd == watched:
                        data, now = data + received, time.monotonic_ns()
                        complete = len(data) - len(data) % nats.MESSAGE_BYTES
                        for start in range(0, complete, nats.MESSAGE_BYTES):
                            latencies.append((now - nats.sent_ns(data, start)) / 1e6)
                        data = data[complete:]
        return clock.timing(latencies)

    def ping_pong(self, group: str, messages: int, depth: int) -> CommandTiming:
        """Send this many pings on every connection, with ``depth`` of them in flight."""
        pongs, connections = PongCounter(self.drain_and_ping(group)), self._groups[group]
        unsent = dict.fromkeys(connections, messages - depth)
        partial = dict.fromkeys(connections, b"")
        left = messages * len(connections)
        with Stopwatch() as clock, ReadinessPoller(connections) as readable:
            for each in connections.values():
                each.sendall(PING * depth)
            while left > 0:
                for fd in readable.wait_for_data(f"{left} pongs missing"):
                    count, partial[fd] = pongs.count(partial[fd] + _read(connections[fd]))
                    left -= count
                    if more := min(count, unsent[fd]):
                        connections[fd].sendall(PING * more)
                        unsent[fd] -= more
        return clock.timing()

    def hold_open(self, group: str, seconds: float) -> int:
        """Keep the connections open and answer the server's pings; returns their number."""
        connections, pings = self._groups[group], 0
        end = time.monotonic() + seconds
        with ReadinessPoller(connections) as readable:
            while (left := end - time.monotonic()) > 0:
                for fd in readable.wait(left):
                    for opcode, _payload, _end in frame_codec.decode_frames(_read(connections[fd])):
                        if opcode == Opcode.PING:
                            pings += 1
                            connections[fd].sendall(PONG)
        return pings

    def close(self, group: str) -> None:
        """Close the connections of a group."""
        for each in self._groups.pop(group).values():
            each.close()

    def _add_group(self, group: str, sockets: Sequence[socket]) -> None:
        self._groups[group] = {each.fileno(): each for each in sockets}


def _read(connection: socket) -> bytes:
    data = connection.recv(CHUNK)
    if not data:
        raise VerificationFailed("the server closed a connection")
    return data
