"""Sans-I/O core of both clients: connection state, subscriptions, requests and token refresh.

Pure: no socket, thread or clock.  A client reports events with the time in seconds since the
epoch, performs the returned effects, sends the frames of ``next_frame`` and calls ``tick`` at
``next_tick_at``.
"""

from __future__ import annotations

import logging
from collections import deque
from random import Random
from typing import Any

from msgspec import Struct

from client.errors import ConnectionLost
from client.sans_io.codec import (
    decode_message,
    encode_message,
    message_id,
    message_payload,
    parse_timestamp,
)
from client.sans_io.connection_state import (
    ConnectionState,
    ConnectionStateMachine,
    ConnectionStatus,
)
from client.sans_io.effects import ClientEffect, DispatchMessage, DropConnection, RefreshToken
from client.sans_io.pending_requests import PendingRequests
from client.sans_io.reconnect import reconnect_after_handshake_status
from client.sans_io.send_queue import QUEUE_LIMIT, ClientSendQueue, OutgoingFrame
from client.sans_io.server_watchdog import PING_INTERVAL_S, SERVER_TIMEOUT_S, ServerWatchdog
from client.sans_io.subscriptions import SubscriptionOptions, Subscriptions
from client.sans_io.token_refresh import TokenRefresh
from protocol.channels import ChannelKind
from protocol.errors import reconnect_after

DEFAULT_OPTIONS = SubscriptionOptions()
HISTORY_GAP = "gap"
"""Type of the local message for handlers when missed messages cannot be recovered."""
log = logging.getLogger(__name__)


class ClientOptions(Struct, frozen=True, kw_only=True):
    """Limit of the send queue, and timeouts of the server watchdog."""

    queue_limit: int = QUEUE_LIMIT
    ping_interval_s: float = PING_INTERVAL_S
    server_timeout_s: float = SERVER_TIMEOUT_S


class SansIoClient:
    """One client across all its connections.

    With ``has_token``, only heartbeats are sent before the server has accepted the token.
    With ``recover_user_channel`` the user's own channel is recovered after a reconnect, and the
    token is sent in a message instead of the URL.
    """

    def __init__(
        self,
        *,
        has_token: bool,
        options: ClientOptions,
        rng: Random,
        now: float,
        recover_user_channel: bool = False,
    ) -> None:
        self._has_token = has_token
        self.recover_user_channel = recover_user_channel
        self._user_channel = ""
        self._state = ConnectionStateMachine(rng, now)
        self._watchdog = ServerWatchdog(options.ping_interval_s, options.server_timeout_s)
        self._send_queue = ClientSendQueue(options.queue_limit)
        self._priority_frames: deque[bytes] = deque()
        self._subscriptions = Subscriptions()
        self._token_refresh = TokenRefresh()
        self._pending_requests = PendingRequests()
        self._last_id = 0
        self._signed_in = False
        self.auth_error: str | None = None
        """Why the server rejected the token with which this connection was opened."""

    # Calls of the application.

    def start(self, now: float) -> None:
        """Start connecting."""
        self._state.start(now)

    def stop(self, now: float) -> list[ClientEffect]:
        """Stop; queued messages and subscriptions are kept for the next ``start``."""
        self._state.stop(now)
        return self._reset_connection()

    def send(self, type: str, payload: dict[str, Any] | None, id: str | None = None) -> None:
        """Queue a message.

        Raises:
            QueueFull: the send queue is full.
        """
        self._send_queue.put(OutgoingFrame(encode_message(type, payload, id)))

    def request(self, type: str, payload: dict[str, Any] | None) -> str:
        """Queue a request; returns its id.

        Raises:
            QueueFull: the send queue is full.
            ConnectionLost: the client is stopped, so there would be no reply.
        """
        if self.is_closed:
            raise ConnectionLost(self._state.disconnect_reason)
        id = self._new_id()
        self._send_queue.put(OutgoingFrame(encode_message(type, payload, id), id))
        self._pending_requests.add(id)
        return id

    def cancel_request(self, id: str) -> None:
        """Cancel a request; it is not sent if it is still queued."""
        if self._pending_requests.cancel(id):
            self._send_queue.remove(id)

    def subscribe(self, channel: str, options: SubscriptionOptions = DEFAULT_OPTIONS) -> None:
        """Subscribe to a channel, now and after every reconnect."""
        if self._subscriptions.add(channel, options) and self.is_ready:
            self._send_queue.put(self._subscribe_frame(channel))

    def unsubscribe(self, channel: str) -> None:
        """Unsubscribe; while disconnected the subscription is only removed."""
        if self._subscriptions.remove(channel) and self.is_ready:
            text = encode_message("unsubscribe", {"channel": channel}, self._new_id())
            self._send_queue.put(OutgoingFrame(text, is_internal=True))

    # Events.

    def on_connecting(self, now: float) -> None:
        """Record that a connection is being opened."""
        self._state.on_connecting(now)

    def on_open(self, now: float) -> None:
        """Record that the connection is open."""
        self._state.on_open(now)
        self._watchdog.start(now)
        if not self._has_token:
            self._resubscribe()

    def on_text(self, text: bytes, now: float) -> list[ClientEffect]:
        """Handle a text frame."""
        self.on_activity(now)
        message = decode_message(text)
        if message is None:
            log.warning("Ignored a frame that is not a message")
            return []
        id, payload = message_id(message), message_payload(message)
        effects: list[ClientEffect] = [*self._pending_requests.resolve(id, message)]
        dispatch = DispatchMessage(message, text)
        match message["type"]:
            case "pong":
                if self._watchdog.on_pong(id, now):
                    return effects  # a ping of this class, not of the application
            case "auth_success":
                self._on_auth_success(payload, now)
                if self._subscriptions.positions.on_subscribed(self._user_channel, payload):
                    return [*effects, dispatch, _gap_message(self._user_channel)]
            case "auth_error":
                return [*effects, dispatch, *self._on_auth_error(id, payload)]
            case "subscribed":
                if self._subscriptions.on_subscribed(id, payload):
                    return [*effects, dispatch, _gap_message(payload.get("channel"))]
            case "unsubscribed":
                self._subscriptions.on_unsubscribed(id, payload)
            case "error":
                self._subscriptions.on_error(id, payload, now)
            case _:  # an event: dispatched once
                if not self._subscriptions.positions.mark_handled(message):
                    return effects
        return [*effects, dispatch]

    def on_activity(self, now: float) -> None:
        """Handle any other frame, such as a WebSocket ping."""
        self._watchdog.on_activity(now)

    def sign_in(self, token: str) -> None:
        """Send a token, to sign in or to extend the session; ignored without a connection."""
        if not self._state.is_open:
            return
        id = self._new_id()
        self._token_refresh.on_token_sent(id)
        payload: dict[str, Any] = {"token": token}
        if self.recover_user_channel:
            payload |= self._subscriptions.positions.subscribe_fields(self._user_channel)
        self._priority_frames.append(encode_message("auth", payload, id))

    def on_close(self, code: int, reason: str, now: float) -> list[ClientEffect]:
        """Handle a close, or a failed attempt (``ABNORMAL_CLOSURE``)."""
        self._state.on_close(code, reason, reconnect_after(code), now)
        return self._reset_connection()

    def on_handshake_rejected(self, status: int, now: float) -> list[ClientEffect]:
        """Handle a handshake that the server rejected with this HTTP status."""
        action = reconnect_after_handshake_status(status)
        self._state.on_close(None, f"HTTP {status}", action, now)
        return self._reset_connection()

    def tick(self, now: float) -> list[ClientEffect]:
        """Run timers: timeout, ping, deferred subscriptions, token refresh."""
        if not self._state.is_open:
            return []
        if self._watchdog.has_timed_out(now):
            return [DropConnection("no data from the server within the timeout")]
        if self._watchdog.is_ping_due(now):
            id = self._new_id()
            self._watchdog.on_ping_sent(id, now)
            self._priority_frames.append(encode_message("ping", None, id))
        for channel in self._subscriptions.pop_deferred(now):
            self._send_queue.put(self._subscribe_frame(channel))
        return [RefreshToken()] if self._token_refresh.pop_due(now) else []

    # What to do next.

    @property
    def next_tick_at(self) -> float | None:
        """When to ``tick`` or, in backoff, to connect; None if there is no timer."""
        if not self._state.is_open:
            return self._state.retry_at
        times = (
            self._watchdog.next_check_at,
            self._subscriptions.next_retry_at,
            self._token_refresh.next_refresh_at,
        )
        return min(time for time in times if time is not None)

    def next_frame(self) -> bytes | None:
        """Return the next frame that may be sent now."""
        if not self._state.is_open:
            return None
        if self._priority_frames:
            return self._priority_frames.popleft()
        frame = self._send_queue.pop() if self.is_ready else None
        if frame is None:
            return None
        if frame.id is not None:
            self._pending_requests.mark_sent(frame.id)
        return frame.text

    @property
    def is_ready(self) -> bool:
        """Whether messages may be sent: signed in or, without a token, open."""
        return self._state.is_open and (self._signed_in or not self._has_token)

    @property
    def is_closed(self) -> bool:
        """Return whether the client is stopped and does not reconnect."""
        return self._state.state is ConnectionState.CLOSED

    @property
    def disconnect_reason(self) -> str:
        """Return why there is no connection."""
        return self._state.disconnect_reason

    def status(self, now: float) -> ConnectionStatus:
        """Return the status."""
        return self._state.status(
            now, signed_in=self._signed_in, round_trip_ms=self._watchdog.round_trip_ms
        )

    # Internals.

    def _on_auth_success(self, payload: dict[str, Any], now: float) -> None:
        self._user_channel = f"{ChannelKind.USER}:{payload.get('user_id')}"
        self._token_refresh.on_token_accepted(parse_timestamp(payload.get("expires_at")), now)
        self.auth_error = None
        if not self._signed_in:
            self._signed_in = True
            self._state.on_signed_in()
            if self._has_token:
                self._resubscribe()

    def _on_auth_error(self, id: object, payload: dict[str, Any]) -> list[ClientEffect]:
        if not self._signed_in:
            self.auth_error = str(payload.get("error", ""))
            return []
        return (
            [RefreshToken()]
            if self._has_token and self._token_refresh.should_retry_after_error(id)
            else []
        )

    def _resubscribe(self) -> None:
        channels = self._subscriptions.reset()
        self._send_queue.put_front([self._subscribe_frame(channel) for channel in channels])

    def _subscribe_frame(self, channel: str) -> OutgoingFrame:
        id = self._new_id()
        return OutgoingFrame(
            encode_message("subscribe", self._subscriptions.subscribe_payload(id, channel), id),
            is_internal=True,
        )

    def _reset_connection(self) -> list[ClientEffect]:
        """Reset per-connection state and fail sent requests; if stopped, queued ones, too."""
        self._signed_in, self.auth_error = False, None
        self._priority_frames.clear()
        self._send_queue.remove_internal()
        self._subscriptions.reset()
        self._token_refresh.reset()
        lost = self._pending_requests.fail_all(
            self._state.disconnect_reason, include_queued=self.is_closed
        )
        for request in lost:
            self._send_queue.remove(request.id)
        return [*lost]

    def _new_id(self) -> str:
        self._last_id += 1
        return f"client-{self._last_id}"


def _gap_message(channel: object) -> DispatchMessage:
    payload = {"channel": channel}
    return DispatchMessage(
        {"type": HISTORY_GAP, "payload": payload}, encode_message(HISTORY_GAP, payload)
    )
