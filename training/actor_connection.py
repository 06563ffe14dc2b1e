"""The connection of one actor of an exercise, and the tokens that it is opened with."""

from __future__ import annotations

import secrets

from client.frame_recorder import FrameRecorder
from client.raw_connection import RawConnection
from client.recorded_frames import FrameKind, RecordedFrame, parse_frame_text
from client.token_placeholders import EXPIRED_TOKEN, FORGED_TOKEN, FRESH_TOKEN, TOKEN
from training.actions import TokenKind
from training.environment import Environment
from training.placeholders import fill_position, names_in

CONNECT_TIMEOUT_S = 5.0
REPLY_TIMEOUT_S = 2.0
SHORT_LIFETIME_S = 60.0
_REPLIES = {"pong", "subscribed", "unsubscribed", "auth_success", "auth_error", "error"}


class ActorConnection:
    """An actor's raw connection; its frames are kept when it is opened again.  Thread-safe."""

    def __init__(self, environment: Environment, user_id: str, role: str, name: str) -> None:
        self.user_id, self.role, self.name = user_id, role, name
        self.recorder = FrameRecorder()
        self._environment = environment
        self._raw = RawConnection(environment.socket_url, self.recorder)
        self._token: str | None = None

    @property
    def is_open(self) -> bool:
        """Return whether there is a connection, or one being opened."""
        return self._raw.is_open

    def last_seq(self) -> int:
        """Return the number of the latest frame; 0 without one."""
        frames = self.recorder.frames()
        return frames[-1].seq if frames else 0

    def connect(self, kind: TokenKind) -> None:
        """Open the connection, after closing an open one; the recorder shows the result."""
        self._raw.close()
        self._token = None if kind is TokenKind.NONE else self._make_token(kind)
        self._raw.open(self._token)

    def disconnect(self) -> None:
        """Close the connection with 1000."""
        self._raw.close()

    def abort(self) -> None:
        """End the connection without a close frame."""
        self._raw.abort()

    def send(self, text: str) -> str:
        """Send a frame with its placeholders replaced; returns it with those of tokens left."""
        if names_in(text):
            text = fill_position(text, self.recorder.frames(), self.user_id)
        self._raw.send(self._with_tokens(text).encode())
        return text

    def wait_until_connected(self, after_seq: int) -> None:
        """Wait for the result of ``connect``: of the handshake, and of the sign-in in the URL."""
        has_token = self._token is not None

        def is_result(frame: RecordedFrame) -> bool:
            if frame.seq <= after_seq or frame.is_sent:
                return False
            is_end = frame.kind in (FrameKind.HANDSHAKE_REJECTED, FrameKind.CLOSE)
            is_signed_in = frame.type in ("auth_success", "auth_error")
            return is_end or is_signed_in or (frame.kind is FrameKind.OPEN and not has_token)

        self.recorder.wait_for(is_result, CONNECT_TIMEOUT_S)

    def wait_until_closed(self, after_seq: int) -> None:
        """Wait for the end of the connection."""
        self.recorder.wait_for(
            lambda f: f.seq > after_seq and f.kind is FrameKind.CLOSE, CONNECT_TIMEOUT_S
        )

    def wait_for_reply(self, sent: str, after_seq: int) -> RecordedFrame | None:
        """Wait for the reply to a frame, or for the end of the connection; None on timeout."""
        _, message = parse_frame_text(sent.encode())
        id = (message or {}).get("id")
        type_ = (message or {}).get("type")

        def is_reply(frame: RecordedFrame) -> bool:
            if frame.seq <= after_seq or (frame.is_sent and frame.kind is not FrameKind.CLOSE):
                return False
            if frame.kind is FrameKind.CLOSE:
                return True
            if isinstance(id, str):
                return frame.id == id
            is_own_message = frame.type == type_ == "chat_message"
            return frame.id is None and (frame.type in _REPLIES or is_own_message)

        return self.recorder.wait_for(is_reply, REPLY_TIMEOUT_S)

    def _with_tokens(self, text: str) -> str:
        made = {
            FRESH_TOKEN: TokenKind.VALID,
            EXPIRED_TOKEN: TokenKind.EXPIRED,
            FORGED_TOKEN: TokenKind.FORGED,
        }
        for placeholder, kind in made.items():
            if placeholder in text:
                text = text.replace(placeholder, self._make_token(kind))
        if TOKEN in text:
            text = text.replace(TOKEN, self._token or self._make_token(TokenKind.VALID))
        return text

    def _make_token(self, kind: TokenKind) -> str:
        lifetimes = {TokenKind.SHORT_LIVED: SHORT_LIFETIME_S, TokenKind.EXPIRED: -60.0}
        return self._environment.token(
            self.user_id,
            self.role,
            self.name,
            lifetimes.get(kind, 3600.0),
            secrets.token_hex(32) if kind is TokenKind.FORGED else "",
        )
