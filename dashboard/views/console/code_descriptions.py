"""Why a connection was ended or a request refused, and what to do, in words.  Pure."""

from __future__ import annotations

from client.sans_io.reconnect import ABNORMAL_CLOSURE, NO_STATUS_RECEIVED
from common.text_markers import N_
from protocol.errors import CloseCode, ErrorCode, Reconnect, reconnect_after

CLOSE_CODE_TEXTS = {
    CloseCode.NORMAL: N_("Normal closure."),
    CloseCode.GOING_AWAY: N_("The server is shutting down."),
    CloseCode.PROTOCOL_ERROR: N_("Protocol error: invalid WebSocket frames."),
    CloseCode.UNSUPPORTED_DATA: N_("Binary frame received; only text frames are supported."),
    CloseCode.INVALID_TEXT: N_("The message was not valid UTF-8."),
    CloseCode.MESSAGE_TOO_BIG: N_("The message exceeded the size limit (4096 bytes by default)."),
    CloseCode.INTERNAL_ERROR: N_("Internal server error; see the server's log."),
    CloseCode.NOT_SIGNED_IN: N_("Not signed in within 10 s, or signed in as another user."),
    CloseCode.DISCONNECTED: N_("An administrator disconnected the client."),
    CloseCode.SLOW_CONSUMER: N_("Slow consumer: too much data was queued for it."),
    CloseCode.FLOODING: N_("The client kept exceeding the rate limit after a warning."),
    CloseCode.TOO_MANY_CONNECTIONS: N_("Too many connections for this user (20 by default)."),
    CloseCode.TOKEN_EXPIRED: N_("The token expired and was not renewed within 25 s."),
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
NO_RECONNECT_NEEDED = N_("No action needed.")
ERROR_CODE_TEXTS = {
    ErrorCode.INVALID_MESSAGE: N_("Not JSON, not an object, type missing, or id not a string."),
    ErrorCode.UNKNOWN_TYPE: N_("Unknown message type, or one that only the server sends."),
    ErrorCode.INVALID_PAYLOAD: N_("The payload does not match the schema of its type."),
    ErrorCode.UNAUTHENTICATED: N_("Chat requires a valid token."),
    ErrorCode.FORBIDDEN: N_("No access to this channel or conversation, or it does not exist."),
    ErrorCode.RATE_LIMITED: N_("More than 50 messages per second after a burst of 100."),
    ErrorCode.TOO_MANY_SUBSCRIPTIONS: N_("More than 100 channels on one connection."),
    ErrorCode.INTERNAL: N_("The server could not process the request; try again."),
}
HTTP_STATUS_TEXTS = {
    401: N_("The token is missing, expired or invalid."),
    403: N_("Not allowed for this role, or a disallowed origin."),
    409: N_("The idempotency key was already used with a different body."),
    413: N_("The body is over 1 MiB."),
    422: N_("Valid JSON, but not a valid publication."),
    503: N_("The server is at capacity or shutting down."),
}
CONNECTION_STAYS_OPEN = N_("An error does not close the connection.")
TOKEN_REJECTED = N_(
    "The token is invalid or expired; the connection stays open. Send auth with a new token."
)


def close_code_text(code: int) -> str:
    """Say, untranslated, what a close code means."""
    return CLOSE_CODE_TEXTS.get(code) or RESERVED_CODE_TEXTS.get(code) or UNKNOWN_CODE  # type: ignore[call-overload]  # an int is a key of an IntEnum's


def reconnect_text(code: int) -> str:
    """Say, untranslated, what a client does after this close code."""
    if code == CloseCode.NORMAL:
        return NO_RECONNECT_NEEDED  # the client itself closed
    return RECONNECT_TEXTS[reconnect_after(code)]
