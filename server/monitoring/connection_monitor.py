"""Watches the connections of this node begin and end: counts, lows and highs, the event log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from protocol.channels import MAX_NAME_LENGTH
from protocol.close_codes import ABNORMAL_CLOSURE, CloseCode
from protocol.monitoring import ConnectionEvent, ConnectionEventKind, RefusedRequest
from server.auth.identity import Identity
from server.monitoring.connection_log import ConnectionLog
from server.monitoring.counters import Counters

KIND_BY_CODE = {
    CloseCode.NORMAL: ConnectionEventKind.CLOSED,  # the server answers a close frame with it
    CloseCode.SLOW_CONSUMER: ConnectionEventKind.EVICTED,
    CloseCode.TOO_MANY_CONNECTIONS: ConnectionEventKind.REFUSED,
}
LOST_REASON = "Connection lost"
UNRESPONSIVE_REASON = "The client did not answer"


class ConnectionMonitor:
    """Counts the connections of a node, and logs those that sign in.

    ``connected`` and ``left`` count all connections since the start; ``anonymous`` those that
    ended without signing in, and refused handshakes, by kind of event.  ``clock`` is in seconds
    since the epoch.  What belongs to a tenant is also counted in ``counters``.
    """

    def __init__(
        self, node: str, log: ConnectionLog, counters: Counters, clock: Callable[[], float]
    ) -> None:
        self._node = node
        self._log = log
        self._counters = counters
        self._signed_in: set[str] = set()
        self._clock = clock
        self.connected = self.left = 0
        self.anonymous: Counter[str] = Counter()
        self._low = self._high = 0
        self._previous = 0, 0

    @property
    def low_and_high(self) -> tuple[int, int]:
        """The lowest and highest number of connections, since the interval before this one."""
        low, high = self._previous
        return min(low, self._low), max(high, self._high)

    def start_interval(self) -> None:
        """Start the next interval of ``low_and_high``."""
        self._previous = self._low, self._high
        self._low = self._high = self.connected - self.left

    def on_opened(self) -> None:
        """Count a connection, which has not signed in."""
        self.connected += 1
        self._high = max(self._high, self.connected - self.left)

    def on_signed_in(self, connection_id: str, identity: Identity) -> None:
        """Log a connection: from now on it is known whose it is."""
        self._signed_in.add(connection_id)
        self._counters.of_tenant(identity.tenant_id).connected += 1
        self._record(connection_id, identity, ConnectionEventKind.CONNECTED, 0, "", 0)

    def on_refused(self, identity: Identity | None, code: str, channel: str) -> None:
        """Log a request that was answered with an error, if it is known whose it is."""
        if identity is not None and identity.tenant_id:
            refusal = RefusedRequest(
                round(self._clock(), 3), identity.user_id, code, channel[:MAX_NAME_LENGTH]
            )
            self._log.record_refusal(identity.tenant_id, refusal)

    def on_closed(
        self, connection_id: str, identity: Identity | None, code: CloseCode, queued_bytes: int
    ) -> None:
        """Count and log the end of a connection with a close frame."""
        kind = KIND_BY_CODE.get(code, ConnectionEventKind.DISCONNECTED)
        if code is CloseCode.NOT_SIGNED_IN and identity is None:
            kind = ConnectionEventKind.REFUSED
        self._on_ended(connection_id, identity, kind, code, code.reason, queued_bytes)

    def on_lost(
        self,
        connection_id: str,
        identity: Identity | None,
        queued_bytes: int,
        *,
        is_unresponsive: bool,
    ) -> None:
        """Count and log the end of a connection without a close frame."""
        kind, reason = (
            (ConnectionEventKind.DISCONNECTED, UNRESPONSIVE_REASON)
            if is_unresponsive
            else (ConnectionEventKind.CLOSED, LOST_REASON)
        )
        self._on_ended(connection_id, identity, kind, ABNORMAL_CLOSURE, reason, queued_bytes)

    def on_handshake_refused(self) -> None:
        """Count a handshake that was refused."""
        self.anonymous[ConnectionEventKind.REFUSED] += 1

    def _on_ended(
        self,
        connection_id: str,
        identity: Identity | None,
        kind: ConnectionEventKind,
        code: int,
        reason: str,
        queued_bytes: int,
    ) -> None:
        self.left += 1
        self._low = min(self._low, self.connected - self.left)
        if identity is None:
            self.anonymous[kind] += 1
        else:
            counts = self._counters.of_tenant(identity.tenant_id)
            if connection_id in self._signed_in:
                self._signed_in.remove(connection_id)
            else:  # its sign-in was refused
                counts.connected += 1
            counts.left += 1
            counts.closes[str(int(code))] += 1
            counts.evictions += code == CloseCode.SLOW_CONSUMER
            self._record(connection_id, identity, kind, code, reason, queued_bytes)

    def _record(
        self,
        connection_id: str,
        identity: Identity,
        kind: ConnectionEventKind,
        code: int,
        reason: str,
        queued_bytes: int,
    ) -> None:
        if identity.tenant_id:  # a user of no tenant is nobody's to list
            event = ConnectionEvent(
                round(self._clock(), 3),
                kind,
                connection_id,
                identity.user_id,
                self._node,
                int(code),
                reason,
                queued_bytes,
                identity.name,
            )
            self._log.record(identity.tenant_id, event)
