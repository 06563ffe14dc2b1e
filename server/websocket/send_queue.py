"""One connection's unsent frames. A passive structure: the batch writer owns and changes it.

Nothing waits for a client: what its socket does not take is kept here and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

MAX_TRANSPORT_BUFFER = 1 << 16  # bytes in the transport's buffer; above it nothing more is written


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


class QueuedConnection(Protocol):
    """The connection that a send queue belongs to."""

    def close_slow_consumer(self) -> None:
        """Close the connection: its client does not take what is sent to it."""


class SendQueue:
    """The frames of one connection that are not written yet, in order.

    ``pending`` waits for the next flush.  ``unsent``, which is older, has been flushed while
    the transport's buffer was full.  ``write_now`` writes to the socket itself, without the
    transport, and returns how many bytes it took; it raises OSError as ``os.write`` does.
    ``buffered_in_all`` counts the bytes ever left to the transport, ``taken`` is how many of
    them the client had taken at ``progress_at``, when it last took one.
    """

    __slots__ = (
        "buffered_in_all",
        "connection",
        "over_limit_since",
        "pending",
        "progress_at",
        "taken",
        "transport",
        "unsent",
        "unsent_bytes",
        "write_now",
    )

    def __init__(
        self,
        transport: Transport,
        write_now: Callable[[bytes], int],
        connection: QueuedConnection,
    ) -> None:
        self.transport = transport
        self.write_now = write_now
        self.connection = connection
        self.pending: list[bytes] = []
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


Recipients = dict[SendQueue, Callable[[bytes], int]]
"""The send queues of a channel's subscribers, each with its ``write_now``; never changed.

A flush of a broadcast uses nothing else.
"""


def make_recipients(queues: Iterable[SendQueue]) -> Recipients:
    """Build the recipients of a broadcast."""
    return {queue: queue.write_now for queue in queues}
