"""Unsent frames, of one connection or of several that get the same ones.

Passive structures: the batch writer owns and changes them.
Nothing waits for a client: what its socket does not take is kept here and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

MAX_TRANSPORT_BUFFER = 1 << 16  # bytes in the transport's buffer; above it nothing more is written
GROUP_SIZE = 64  # send queues


class Transport(Protocol):
    """The part of an asyncio transport that the batch writer uses."""

    def write(self, data: bytes) -> None:
        """Send, or buffer what the socket does not take."""

    def get_write_buffer_size(self) -> int:
        """Return how many bytes the socket has not taken."""
        ...

    def is_closing(self) -> bool:
        """Tell whether the connection is closed or closing."""
        ...


class DirectSocket(Protocol):
    """A connection's socket, to write to without its transport."""

    def send(self, data: bytes) -> int:
        """Send without blocking; returns how many bytes it took.

        Raises:
            BlockingIOError: it takes none now.
            OSError: the connection is lost, or this is detached from it.
        """
        ...

    def detach(self) -> int:
        """Forget the connection's file descriptor; idempotent."""
        ...


class QueuedConnection(Protocol):
    """The connection that a send queue belongs to."""

    def close_slow_consumer(self) -> None:
        """Close the connection: its client does not take what is sent to it."""


class SendQueue:
    """The frames of one connection that are not written yet, in order.

    ``pending`` waits for the connection's next turn, and ``pass_number`` is the pass in which it
    had its last; ``is_urgent`` and ``has_turn`` tell in which of the batch writer's lists it is.
    Instead, frames may wait in ``group``: never both at once.
    ``unsent``, which is older, had its turn while the transport's buffer was full.
    ``buffered_in_all`` counts the bytes ever left to the
    transport, ``taken`` is how many of them the client had taken at ``progress_at``, when it last
    took one.
    """

    __slots__ = (
        "buffered_in_all",
        "connection",
        "group",
        "has_turn",
        "is_urgent",
        "over_limit_since",
        "pass_number",
        "pending",
        "progress_at",
        "socket",
        "taken",
        "transport",
        "unsent",
        "unsent_bytes",
    )

    def __init__(
        self, transport: Transport, socket: DirectSocket, connection: QueuedConnection
    ) -> None:
        self.transport = transport
        self.socket = socket
        self.connection = connection
        self.pending: list[bytes] = []
        self.group: RecipientGroup | None = None
        self.pass_number = 0
        self.is_urgent = self.has_turn = False
        self.unsent: list[bytes] = []
        self.unsent_bytes = 0
        self.over_limit_since: float | None = None
        self.buffered_in_all = 0
        self.taken = 0
        self.progress_at: float | None = None

    def buffer(self, data: bytes) -> None:
        """Leave bytes to the transport."""
        self.buffered_in_all += len(data)
        self.transport.write(data)

    @property
    def queued_bytes(self) -> int:
        """Return how many bytes the client has not taken: here and in the transport's buffer."""
        return self.unsent_bytes + self.transport.get_write_buffer_size()


class RecipientGroup:
    """Some subscribers of a channel, whose frames are kept once for all of them.

    That is possible while it ``is_current``, the ``group`` of each of its queues, and none of
    them has frames of its own: ``queues_with_own_frames`` counts those that have.  ``frames``
    waits for the group's next turn; ``pass_number`` and ``has_turn`` are those of a send queue.
    """

    __slots__ = (
        "frames",
        "has_turn",
        "is_current",
        "pass_number",
        "queues",
        "queues_with_own_frames",
        "sockets",
    )

    def __init__(self, queues: Sequence[SendQueue]) -> None:
        self.queues = list(queues)
        self.sockets = [queue.socket for queue in queues]
        self.frames: list[bytes] = []
        self.pass_number = 0
        self.is_current = self.has_turn = False
        self.queues_with_own_frames = 0

    def make_current(self) -> None:
        """Become the group of each queue, unless frames wait in the one it has."""
        groups = {queue.group for queue in self.queues}
        if any(group is not None and group.frames for group in groups):
            return
        for group in groups:
            if group is not None:
                group.is_current = False
        for queue in self.queues:
            queue.group = self
        self.queues_with_own_frames = sum(1 for queue in self.queues if queue.pending)
        self.is_current = True

    def remove(self, queue: SendQueue) -> None:
        """Remove a queue; neither it nor the group has frames."""
        index = self.queues.index(queue)
        del self.queues[index], self.sockets[index]
        queue.group = None


class Recipients:
    """The send queues that a publication goes to, in groups."""

    __slots__ = ("groups", "queues")

    def __init__(self, queues: Sequence[SendQueue]) -> None:
        self.queues = queues
        self.groups = [
            RecipientGroup(queues[start : start + GROUP_SIZE])
            for start in range(0, len(queues), GROUP_SIZE)
        ]
