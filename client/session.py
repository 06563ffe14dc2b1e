"""What a client knows and wants, and what should happen next; the core of both shells.

Pure: no socket, no thread, no clock.  A shell tells it what happened, with the time in
seconds since the epoch, carries out the effects it is given, sends the frames that
``next_frame`` hands out and looks in again (``tick``) when ``due`` has come.
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
"""The type of what a client tells its own handlers when something was missed for good."""
log = logging.getLogger(__name__)


class Limits(Struct, frozen=True, kw_only=True):
    """How much may wait to be sent, and how long a server may be silent (see ``heartbeat``)."""

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

    # What the owner wants.

    def start(self, now: float) -> None:
        """Want a connection."""
        self._life.start(now)

    def stop(self, now: float) -> list[Effect]:
        """Want none any more; messages that wait, and subscriptions, are kept for the next."""
        self._life.stop(now)
        return self._end()

    def send(self, type: str, payload: dict[str, Any] | None, id: str | None = None) -> None:
        """Send a message, now or as soon as may be.

        Raises:
            QueueFull: too many wait already.
        """
        self._outgoing.put(Frame(to_text(type, payload, id)))

    def request(self, type: str, payload: dict[str, Any] | None) -> str:
        """Send a message as ``send`` does, and settle its reply; returns its id.

        Raises:
            QueueFull: too many wait already.
            ConnectionLost: no connection is wanted, so there would be no reply.
        """
        if self.is_closed:
            raise ConnectionLost(self._life.why)
        id = self._new_id()
        self._outgoing.put(Frame(to_text(type, payload, id), id))
        self._replies.expect(id)
        return id

    def abandon(self, id: str) -> None:
        """Wait no longer for a reply; a request that has not left yet never will."""
        if self._replies.abandon(id):
            self._outgoing.forget(id)

    def subscribe(self, channel: str, wish: Wish = PLAINLY) -> None:
        """Hear the channel on this connection and all that follow."""
        if self._subscriptions.want(channel, wish) and self.is_ready:
            self._outgoing.put(self._asking_for(channel))

    def unsubscribe(self, channel: str) -> None:
        """Hear the channel no more; without a connection this is just forgotten."""
        if self._subscriptions.forget(channel) and self.is_ready:
            text = to_text("unsubscribe", {"channel": channel}, self._new_id())
            self._outgoing.put(Frame(text, is_own=True))

    # What happened.

    def connecting(self, now: float) -> None:
        """Note that a connection is being opened."""
        self._life.connecting(now)

    def opened(self, now: float) -> None:
        """Note that it is open."""
        self._life.opened(now)
        self._heartbeat.begin(now)
        if not self._signs_in:
            self._restore()

    def received(self, text: bytes | str, now: float) -> list[Effect]:
        """Take a text frame."""
        self.heard(now)
        message = from_text(text)
        if message is None:
            log.warning("The server sent something that is no message")
            return []
        id, payload = id_of(message), payload_of(message)
        effects: list[Effect] = [*self._replies.take(id, message)]
        match message["type"]:
            case "pong":
                if self._heartbeat.answered(id, now):
                    return effects  # the question was the session's own
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
            case _:  # an event: the handlers' business, once
                if not self._subscriptions.positions.is_new(message):
                    return effects
        return [*effects, Tell(message)]

    def heard(self, now: float) -> None:
        """Note a sign of life, such as a WebSocket ping."""
        self._heartbeat.heard(now)

    def sign_in(self, token: str) -> None:
        """Sign in, or extend the session with a fresh token, if there still is a connection."""
        if not self._life.is_open:
            return
        id = self._new_id()
        self._renewal.asked(id)
        payload: dict[str, Any] = {"token": token}
        if self.recovers_own:
            payload |= self._subscriptions.positions.request(self._own)
        self._urgent.append(to_text("auth", payload, id))

    def closed(self, code: int, reason: str, now: float) -> list[Effect]:
        """Note that the connection ended, or could not be made (``endings.ABNORMAL``)."""
        self._life.ended(code, reason, after_close(code), now)
        return self._end()

    def refused(self, status: int, now: float) -> list[Effect]:
        """Note that the server answered the upgrade with this HTTP status instead."""
        self._life.ended(None, f"HTTP {status}", after_refused_upgrade(status), now)
        return self._end()

    def tick(self, now: float) -> list[Effect]:
        """Do what is due."""
        if not self._life.is_open:
            return []
        if self._heartbeat.is_dead(now):
            return [HangUp("nothing heard of the server for too long")]
        if self._heartbeat.wants_ping(now):
            id = self._new_id()
            self._heartbeat.asked(id, now)
            self._urgent.append(to_text("ping", None, id))
        for channel in self._subscriptions.take_put_off(now):
            self._outgoing.put(self._asking_for(channel))
        return [Renew()] if self._renewal.take_due(now) else []

    # What next.

    @property
    def due(self) -> float | None:
        """When to ``tick`` or, while waiting, to connect; None if there is nothing to wait for."""
        if not self._life.is_open:
            return self._life.retry_at
        times = (self._heartbeat.due, self._subscriptions.due, self._renewal.due)
        return min(time for time in times if time is not None)

    def next_frame(self) -> bytes | None:
        """Take the next frame that may be sent now."""
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
        """Tell whether there will be no further connection."""
        return self._life.state is State.CLOSED

    @property
    def why_closed(self) -> str:
        """Say in words why there is no connection."""
        return self._life.why

    def status(self, now: float) -> Status:
        """Say how things are."""
        return self._life.status(
            now, signed_in=self._signed_in, round_trip_ms=self._heartbeat.round_trip_ms
        )

    # How.

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
        """Forget the connection; requests in it are lost, and without a next one all are."""
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
