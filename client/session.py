"""Sans-I/O core of both clients: connection state, subscriptions, requests and token refresh.

Pure: no socket, thread or clock.  A client reports events with the time in seconds since the
epoch, performs the returned effects, sends the frames of ``next_frame`` and calls ``tick``
when ``due`` has passed.
"""

from __future__ import annotations

import logging
from collections import deque
from random import Random
from typing import Any

from msgspec import Struct

from client.effects import Effect, HangUp, Renew, Tell
from client.endings import after_close, after_refused_upgrade
from client.envelope import from_text, id_of, moment, payload_of, to_text
from client.errors import ConnectionLost
from client.heartbeat import DEAD_AFTER_S, PING_AFTER_S, Heartbeat
from client.lifecycle import Lifecycle
from client.outgoing import QUEUE_LIMIT, Frame, Outgoing
from client.renewal import Renewal
from client.replies import Replies
from client.status import State, Status
from client.subscriptions import Subscriptions, Wish
from protocol.channels import Kind

PLAINLY = Wish()
GAP = "gap"
"""Type of the local message for handlers when missed messages cannot be recovered."""
log = logging.getLogger(__name__)


class Limits(Struct, frozen=True, kw_only=True):
    """Limit of the send queue, and timeouts of the server watchdog."""

    queue: int = QUEUE_LIMIT
    ping_after_s: float = PING_AFTER_S
    dead_after_s: float = DEAD_AFTER_S


class Session:
    """One client across all its connections.

    ``signs_in`` says that there is a token: then nothing but heartbeats leaves before the
    server has taken it.  ``recovers_own`` says that the user's own channel is recoverable,
    and so the token travels in a message.
    """

    def __init__(
        self,
        *,
        signs_in: bool,
        limits: Limits,
        draw: Random,
        now: float,
        recovers_own: bool = False,
    ) -> None:
        self._signs_in = signs_in
        self.recovers_own = recovers_own
        self._own = ""
        self._life = Lifecycle(draw, now)
        self._heartbeat = Heartbeat(limits.ping_after_s, limits.dead_after_s)
        self._outgoing = Outgoing(limits.queue)
        self._urgent: deque[bytes] = deque()
        self._subscriptions = Subscriptions()
        self._renewal = Renewal()
        self._replies = Replies()
        self._last_id = 0
        self._signed_in = False
        self.rejection: str | None = None
        """Why the server did not take the token with which this connection was opened."""

    # Calls of the application.

    def start(self, now: float) -> None:
        """Start connecting."""
        self._life.start(now)

    def stop(self, now: float) -> list[Effect]:
        """Stop; queued messages and subscriptions are kept for the next ``start``."""
        self._life.stop(now)
        return self._end()

    def send(self, type: str, payload: dict[str, Any] | None, id: str | None = None) -> None:
        """Queue a message.

        Raises:
            QueueFull: the send queue is full.
        """
        self._outgoing.put(Frame(to_text(type, payload, id)))

    def request(self, type: str, payload: dict[str, Any] | None) -> str:
        """Queue a request; returns its id.

        Raises:
            QueueFull: the send queue is full.
            ConnectionLost: the client is stopped, so there would be no reply.
        """
        if self.is_closed:
            raise ConnectionLost(self._life.why)
        id = self._new_id()
        self._outgoing.put(Frame(to_text(type, payload, id), id))
        self._replies.expect(id)
        return id

    def abandon(self, id: str) -> None:
        """Cancel a request; it is not sent if it is still queued."""
        if self._replies.abandon(id):
            self._outgoing.forget(id)

    def subscribe(self, channel: str, wish: Wish = PLAINLY) -> None:
        """Subscribe to a channel, now and after every reconnect."""
        if self._subscriptions.want(channel, wish) and self.is_ready:
            self._outgoing.put(self._asking_for(channel))

    def unsubscribe(self, channel: str) -> None:
        """Unsubscribe; while disconnected the subscription is only removed."""
        if self._subscriptions.forget(channel) and self.is_ready:
            text = to_text("unsubscribe", {"channel": channel}, self._new_id())
            self._outgoing.put(Frame(text, is_own=True))

    # Events.

    def connecting(self, now: float) -> None:
        """Record that a connection is being opened."""
        self._life.connecting(now)

    def opened(self, now: float) -> None:
        """Record that the connection is open."""
        self._life.opened(now)
        self._heartbeat.begin(now)
        if not self._signs_in:
            self._restore()

    def received(self, text: bytes | str, now: float) -> list[Effect]:
        """Handle a text frame."""
        self.heard(now)
        message = from_text(text)
        if message is None:
            log.warning("Ignored a frame that is not a message")
            return []
        id, payload = id_of(message), payload_of(message)
        effects: list[Effect] = [*self._replies.take(id, message)]
        match message["type"]:
            case "pong":
                if self._heartbeat.answered(id, now):
                    return effects  # a ping of this class, not of the application
            case "auth_success":
                self._take_sign_in(payload, now)
                if self._subscriptions.positions.joined(self._own, payload):
                    return [*effects, Tell(message), _gap(self._own)]
            case "auth_error":
                return [*effects, Tell(message), *self._take_rejection(id, payload)]
            case "subscribed":
                if self._subscriptions.confirmed(id, payload):
                    return [*effects, Tell(message), _gap(payload.get("channel"))]
            case "unsubscribed":
                self._subscriptions.ended(id, payload)
            case "error":
                self._subscriptions.refused(id, payload, now)
            case _:  # an event: dispatched once
                if not self._subscriptions.positions.is_new(message):
                    return effects
        return [*effects, Tell(message)]

    def heard(self, now: float) -> None:
        """Handle any other frame, such as a WebSocket ping."""
        self._heartbeat.heard(now)

    def sign_in(self, token: str) -> None:
        """Send a token, to sign in or to extend the session; ignored without a connection."""
        if not self._life.is_open:
            return
        id = self._new_id()
        self._renewal.asked(id)
        payload: dict[str, Any] = {"token": token}
        if self.recovers_own:
            payload |= self._subscriptions.positions.request(self._own)
        self._urgent.append(to_text("auth", payload, id))

    def closed(self, code: int, reason: str, now: float) -> list[Effect]:
        """Handle a close, or a failed attempt (``endings.ABNORMAL``)."""
        self._life.ended(code, reason, after_close(code), now)
        return self._end()

    def refused(self, status: int, now: float) -> list[Effect]:
        """Handle a handshake that the server rejected with this HTTP status."""
        self._life.ended(None, f"HTTP {status}", after_refused_upgrade(status), now)
        return self._end()

    def tick(self, now: float) -> list[Effect]:
        """Run timers: timeout, ping, deferred subscriptions, token refresh."""
        if not self._life.is_open:
            return []
        if self._heartbeat.is_dead(now):
            return [HangUp("no data from the server within the timeout")]
        if self._heartbeat.wants_ping(now):
            id = self._new_id()
            self._heartbeat.asked(id, now)
            self._urgent.append(to_text("ping", None, id))
        for channel in self._subscriptions.take_put_off(now):
            self._outgoing.put(self._asking_for(channel))
        return [Renew()] if self._renewal.take_due(now) else []

    # What to do next.

    @property
    def due(self) -> float | None:
        """When to ``tick`` or, in backoff, to connect; None if there is no timer."""
        if not self._life.is_open:
            return self._life.retry_at
        times = (self._heartbeat.due, self._subscriptions.due, self._renewal.due)
        return min(time for time in times if time is not None)

    def next_frame(self) -> bytes | None:
        """Return the next frame that may be sent now."""
        if not self._life.is_open:
            return None
        if self._urgent:
            return self._urgent.popleft()
        frame = self._outgoing.take() if self.is_ready else None
        if frame is None:
            return None
        if frame.id is not None:
            self._replies.left(frame.id)
        return frame.text

    @property
    def is_ready(self) -> bool:
        """Tell whether messages may be sent: signed in, or open where there is no token."""
        return self._life.is_open and (self._signed_in or not self._signs_in)

    @property
    def is_closed(self) -> bool:
        """Return whether the client is stopped and does not reconnect."""
        return self._life.state is State.CLOSED

    @property
    def why_closed(self) -> str:
        """Return why there is no connection."""
        return self._life.why

    def status(self, now: float) -> Status:
        """Return the status."""
        return self._life.status(
            now, signed_in=self._signed_in, round_trip_ms=self._heartbeat.round_trip_ms
        )

    # Internals.

    def _take_sign_in(self, payload: dict[str, Any], now: float) -> None:
        self._own = f"{Kind.USER}:{payload.get('user_id')}"
        self._renewal.signed_in(moment(payload.get("expires_at")), now)
        self.rejection = None
        if not self._signed_in:
            self._signed_in = True
            self._life.signed_in()
            if self._signs_in:
                self._restore()

    def _take_rejection(self, id: object, payload: dict[str, Any]) -> list[Effect]:
        if not self._signed_in:
            self.rejection = str(payload.get("error", ""))
            return []
        return [Renew()] if self._signs_in and self._renewal.rejected(id) else []

    def _restore(self) -> None:
        channels = self._subscriptions.restart()
        self._outgoing.put_first([self._asking_for(channel) for channel in channels])

    def _asking_for(self, channel: str) -> Frame:
        id = self._new_id()
        return Frame(
            to_text("subscribe", self._subscriptions.request(id, channel), id), is_own=True
        )

    def _end(self) -> list[Effect]:
        """Reset per-connection state and fail sent requests; if stopped, queued ones, too."""
        self._signed_in, self.rejection = False, None
        self._urgent.clear()
        self._outgoing.forget_own()
        self._subscriptions.restart()
        self._renewal.forget()
        lost = self._replies.lose(self._life.why, queued=self.is_closed)
        for each in lost:
            self._outgoing.forget(each.id)
        return [*lost]

    def _new_id(self) -> str:
        self._last_id += 1
        return f"client-{self._last_id}"


def _gap(channel: object) -> Tell:
    return Tell({"type": GAP, "payload": {"channel": channel}})
