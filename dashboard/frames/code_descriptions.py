"""Why a connection was ended or a request refused, and what to do, in words.  Pure."""

from __future__ import annotations

from common.text_markers import N_
from protocol.close_codes import (
    ABNORMAL_CLOSURE,
    NO_STATUS_RECEIVED,
    CloseCode,
    Reconnect,
    reconnect_after,
)
from protocol.errors import ErrorCode

CLOSE_CODE_TEXTS = {
    CloseCode.NORMAL: N_("Normal closure."),
    CloseCode.GOING_AWAY: N_("The server is shutting down."),
    CloseCode.PROTOCOL_ERROR: N_("Protocol error: invalid WebSocket frames."),
    CloseCode.UNSUPPORTED_DATA: N_(
        "The client sent a binary frame; the server accepts only text frames."
    ),
    CloseCode.INVALID_TEXT: N_("The client sent text that is not valid UTF-8."),
    CloseCode.MESSAGE_TOO_BIG: N_(
        "The client sent a message over the size limit (4096 bytes by default)."
    ),
    CloseCode.INTERNAL_ERROR: N_("Internal server error; see the server's log."),
    CloseCode.NOT_SIGNED_IN: N_("Not signed in within 10 s, or signed in as another user."),
    CloseCode.DISCONNECTED: N_("An administrator disconnected the client."),
    CloseCode.SLOW_CONSUMER: N_("Slow consumer: too much data was queued for it."),
    CloseCode.FLOODING: N_("The client kept exceeding the rate limit after a warning."),
    CloseCode.TOO_MANY_CONNECTIONS: N_("Too many connections for this user (20 by default)."),
    CloseCode.TOKEN_EXPIRED: N_(
        "The token expired, and no new one came within 25 s of its expiry."
    ),
    CloseCode.RESTARTING: N_("The server is restarting."),
}
RESERVED_CODE_TEXTS = {
    NO_STATUS_RECEIVED: N_("Closed without a close code."),
    ABNORMAL_CLOSURE: N_(
        "Connection lost without a close frame: a network failure, or a process that ended."
    ),
}
UNKNOWN_CODE = N_("Unknown close code.")
RECONNECT_TEXTS = {
    Reconnect.NEVER: N_("Clients do not reconnect automatically."),
    Reconnect.IMMEDIATELY: N_("Clients reconnect immediately, with jitter."),
    Reconnect.WITH_BACKOFF: N_("Clients reconnect with back-off."),
    Reconnect.WITH_NEW_TOKEN: N_("Clients reconnect with a new token."),
}
CLOSE_ADVICE = {
    CloseCode.PROTOCOL_ERROR: N_("Correct the frames before connecting again."),
    CloseCode.UNSUPPORTED_DATA: N_("Send text frames, then connect again."),
    CloseCode.INVALID_TEXT: N_("Encode messages as UTF-8, then connect again."),
    CloseCode.MESSAGE_TOO_BIG: N_("Send smaller messages, then connect again."),
    CloseCode.NOT_SIGNED_IN: N_(
        "Connect, and send `auth` within 10 s with a valid token of the same user."
    ),
    CloseCode.DISCONNECTED: N_("Stay disconnected until a person decides otherwise."),
    CloseCode.SLOW_CONSUMER: N_("Read faster or subscribe to fewer channels, then reconnect."),
    CloseCode.FLOODING: N_("Send at most 50 messages per second, and wait after `rate_limited`."),
    CloseCode.TOO_MANY_CONNECTIONS: N_("Close other connections of this user, then reconnect."),
    CloseCode.TOKEN_EXPIRED: N_(
        "Connect with a new token; next time send `auth` with `$FRESH_TOKEN` before the old one "
        "expires, or at the latest 25 s after its expiry."
    ),
}
"""What to do besides what ``RECONNECT_TEXTS`` says, by close code."""
SUBSCRIPTIONS_LOST = N_(
    "Subscriptions end with the connection: {channels}. Subscribe again after connecting; "
    "messages in between are recovered only with `recoverable` and `since`."
)
NO_POSITION = N_(
    "None of them was recoverable, so their messages had no offset to send as `since`."
)
PRACTISE_EXPIRY = N_(
    "To watch a token expire, choose the persona “60-second token” in the sidebar."
)
NO_RECONNECT_NEEDED = N_("No action needed.")
ERROR_CODE_TEXTS = {
    ErrorCode.INVALID_MESSAGE: N_(
        "Possible causes: not JSON, not an object, no type, or an id that is not a string."
    ),
    ErrorCode.UNKNOWN_TYPE: N_("Unknown message type, or one that only the server sends."),
    ErrorCode.INVALID_PAYLOAD: N_("The payload does not match the schema of its type."),
    ErrorCode.UNAUTHENTICATED: N_("Chat requires a valid token."),
    ErrorCode.FORBIDDEN: N_("No access to this channel or conversation, or it does not exist."),
    ErrorCode.RATE_LIMITED: N_("More than 50 messages per second after a burst of 100."),
    ErrorCode.TOO_MANY_SUBSCRIPTIONS: N_("More than 100 channels on one connection."),
    ErrorCode.INTERNAL: N_("The server could not process the request."),
}
HTTP_STATUS_TEXTS = {
    401: N_("The token is missing, expired or invalid."),
    403: N_("Not allowed for this role, or a disallowed origin."),
    409: N_("The idempotency key was already used with a different body."),
    413: N_("The body is over 1 MiB."),
    422: N_("Valid JSON, but not a valid publication."),
    503: N_("The server is at capacity or shutting down."),
}
ERROR_ADVICE = {
    ErrorCode.INVALID_MESSAGE: N_("Correct the message; sent unchanged, it fails again."),
    ErrorCode.UNKNOWN_TYPE: N_("Use a type that clients may send: the templates list them."),
    ErrorCode.INVALID_PAYLOAD: N_("Compare the payload with the schema below the editor."),
    ErrorCode.UNAUTHENTICATED: N_("Send `auth` with a valid token first."),
    ErrorCode.FORBIDDEN: N_("Do not repeat it: the answer stays the same."),
    ErrorCode.RATE_LIMITED: N_(
        "Wait before sending more: a client that continues is closed with 4101."
    ),
    ErrorCode.TOO_MANY_SUBSCRIPTIONS: N_("Unsubscribe from channels that are no longer needed."),
    ErrorCode.INTERNAL: N_("Wait a moment and send it again."),
}
"""What to do after an error, by its code."""
CHANNEL_RULES = {
    "order": N_(
        "The rule for `order:`: only the customer who placed the order and the shop's staff may "
        "subscribe."
    ),
    "user": N_("The rule for `user:`: only that user may subscribe."),
    "tenant": N_("The rule for `tenant:`: only the shop's staff may subscribe."),
    "monitor": N_("The rule for `monitor:`: only the shop's admins may subscribe."),
}
"""Who may subscribe, by the kind of the channel."""
SAME_ANSWER = N_(
    "The server answers the same whether the channel is unknown or not allowed, so as not to give "
    "away what exists."
)
CONNECTION_STAYS_OPEN = N_("An error does not close the connection.")
TOKEN_REJECTED = N_(
    "The token is invalid or expired, and the connection is not signed in. Send `auth` with "
    "`$FRESH_TOKEN` within 10 s of connecting, or close 4001 follows."
)
OTHER_TOKEN_REJECTED = N_(
    "This token is invalid or expired. The sign-in with the earlier token remains until that one "
    "expires. Send `auth` with `$FRESH_TOKEN`."
)
TOKEN_HAS_EXPIRED = N_(
    "The token of the sign-in has expired. Events still arrive; new subscriptions and chat are "
    "refused. Send `auth` with `$FRESH_TOKEN`: 25 s after the expiry, close 4103 follows."
)


def close_code_text(code: int) -> str:
    """Say, untranslated, what a close code means."""
    return CLOSE_CODE_TEXTS.get(code) or RESERVED_CODE_TEXTS.get(code) or UNKNOWN_CODE  # type: ignore[call-overload]  # an int is a key of an IntEnum's


def close_advice(code: int) -> str:
    """Say, untranslated, what to do after a close code."""
    return CLOSE_ADVICE.get(code) or reconnect_text(code)  # type: ignore[call-overload]  # as above


def reconnect_text(code: int) -> str:
    """Say, untranslated, what a client does after this close code."""
    if code == CloseCode.NORMAL:
        return NO_RECONNECT_NEEDED  # the client itself closed
    return RECONNECT_TEXTS[reconnect_after(code)]
