"""What a client has to do now, and until when.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from client.recorded_frames import FrameKind, RecordedFrame
from common.text_markers import N_
from dashboard.frames import code_descriptions
from dashboard.frames.connection_summary import (
    ConnectionPhase,
    ConnectionSummary,
    TokenState,
)
from protocol.channels import ChannelKind
from protocol.close_codes import CloseCode

SIGN_IN_TIMEOUT_S = 10.0
TOKEN_GRACE_S = 25.0
EXPIRES_SOON_S = 120.0
"""From when on a token's end is counted down."""
SIGN_IN = N_("Send `auth` with `$FRESH_TOKEN`, or subscribe to a `public:` channel.")
SIGN_IN_AGAIN = N_("The token was rejected. Send `auth` with `$FRESH_TOKEN`.")
REFRESH = N_(
    "Send `auth` with `$FRESH_TOKEN` before the token expires at {expires}. Otherwise `auth_error` "
    "comes at {expires}, and close 4103 at {closes}: 25 s after the expiry."
)
REFRESH_NOW = N_(
    "The token expired at {expires}. Events still arrive; new subscriptions and chat are refused. "
    "Send `auth` with `$FRESH_TOKEN` before {closes}: 25 s after the expiry, close 4103 follows."
)
NOTHING_DUE = N_("Nothing to do now.")
EXPIRES_LATER = N_(
    "The token expires at {expires}: then `auth_error` comes, and without a new token close 4103 "
    "at {closes}, 25 s after the expiry."
)
ANONYMOUS = N_("Without signing in, only `public:` channels can be joined.")
STAFF_CHANNEL = N_(
    "Chat messages, new orders and stock alerts reach the staff on `{channel}`. "
    "Signing in does not join it: subscribe to it."
)
CLOSES_WITH = N_("{time} until close {code}")
EXPIRES_IN = N_("{time} until the token expires")


class Suggestion(StrEnum):
    """A template that does what is to be done."""

    NONE = ""
    AUTH = "auth"
    JOIN_TENANT = "subscribe-tenant"
    RECOVER = "subscribe-recover"


class NextStep(Struct, frozen=True):
    """What to do, as texts with ``values`` and ``times``, which are in seconds since the epoch.

    ``deadline`` is in seconds since the epoch, ``starts_at`` the beginning of that time;
    ``consequence`` says what follows at the deadline, with ``{time}`` for the time left.
    """

    texts: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    times: tuple[tuple[str, float], ...] = ()
    suggestion: Suggestion = Suggestion.NONE
    deadline: float | None = None
    starts_at: float = 0.0
    consequence: str = ""
    code: int = 0

    def share_left(self, now: float) -> float:
        """Return the share of the time that is left, from 0 to 1."""
        if self.deadline is None:
            return 0.0
        whole = max(self.deadline - self.starts_at, 1.0)
        return min(1.0, max(0.0, (self.deadline - now) / whole))


def next_step(
    connection: ConnectionSummary,
    channels: Iterable[str],
    lost: Iterable[str],
    now: float,
    has_position: bool = False,
) -> NextStep:
    """Return what the client has to do.

    ``channels`` are the subscriptions, ``lost`` those that the last close ended; ``now`` is in
    seconds since the epoch; ``has_position`` is true if there is a position to recover from.
    """
    match connection.phase:
        case ConnectionPhase.OPEN if connection.user:
            return _when_signed_in(connection, frozenset(channels), now)
        case ConnectionPhase.OPEN:
            return _before_sign_in(connection, channels)
        case ConnectionPhase.CLOSED:
            return _after_close(connection, tuple(lost), has_position)
        case _:
            return NextStep()


def _before_sign_in(connection: ConnectionSummary, channels: Iterable[str]) -> NextStep:
    # With a public channel, a client need not sign in.
    if any(channel.startswith(f"{ChannelKind.PUBLIC}:") for channel in channels):
        return NextStep((ANONYMOUS,), suggestion=Suggestion.AUTH)
    rejected = connection.token is TokenState.REJECTED
    return NextStep(
        (SIGN_IN_AGAIN if rejected else SIGN_IN,),
        suggestion=Suggestion.AUTH,
        deadline=connection.since + SIGN_IN_TIMEOUT_S,
        starts_at=connection.since,
        consequence=CLOSES_WITH,
        code=CloseCode.NOT_SIGNED_IN,
    )


def _when_signed_in(
    connection: ConnectionSummary, channels: frozenset[str], now: float
) -> NextStep:
    expires_at = connection.expires_at
    if connection.token is TokenState.EXPIRED:
        started = connection.since if expires_at is None else expires_at
        return NextStep(
            (REFRESH_NOW,),
            times=_token_times(started),
            suggestion=Suggestion.AUTH,
            deadline=started + TOKEN_GRACE_S,
            starts_at=started,
            consequence=CLOSES_WITH,
            code=CloseCode.TOKEN_EXPIRED,
        )
    if expires_at is not None and expires_at - now < EXPIRES_SOON_S:
        return NextStep(
            (REFRESH,),
            times=_token_times(expires_at),
            suggestion=Suggestion.AUTH,
            deadline=expires_at,
            starts_at=max(connection.token_since, expires_at - EXPIRES_SOON_S),
            consequence=EXPIRES_IN,
        )
    tenant_channel = f"{ChannelKind.TENANT}:{connection.tenant}"
    if connection.is_staff and tenant_channel not in channels:
        return NextStep(
            (STAFF_CHANNEL,),
            (("channel", tenant_channel),),
            suggestion=Suggestion.JOIN_TENANT,
        )
    if expires_at is None:
        return NextStep((NOTHING_DUE,))
    texts = (NOTHING_DUE, EXPIRES_LATER, code_descriptions.PRACTISE_EXPIRY)
    return NextStep(texts, times=_token_times(expires_at))


def _token_times(expires_at: float) -> tuple[tuple[str, float], ...]:
    return (("expires", expires_at), ("closes", expires_at + TOKEN_GRACE_S))


def _after_close(
    connection: ConnectionSummary, lost: tuple[str, ...], has_position: bool
) -> NextStep:
    texts: tuple[str, ...] = ()
    closing = connection.closing_frame
    if closing is not None and not closing.is_sent:
        texts = (_advice_after(closing),)
    if not lost:
        return NextStep(texts)
    values = (("channels", ", ".join(f"`{channel}`" for channel in lost)),)
    texts = (*texts, code_descriptions.SUBSCRIPTIONS_LOST)
    if not has_position:
        texts = (*texts, code_descriptions.NO_POSITION)
    return NextStep(texts, values, suggestion=Suggestion.RECOVER)


def _advice_after(closing: RecordedFrame) -> str:
    if closing.kind is FrameKind.HANDSHAKE_REJECTED:
        return code_descriptions.HTTP_STATUS_TEXTS.get(closing.code, "")
    return code_descriptions.close_advice(closing.code)
