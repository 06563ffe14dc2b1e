"""Why a connection was ended or a request refused, and what to do, in words.  Pure."""

from __future__ import annotations

from client.endings import ABNORMAL, NO_CODE, Comeback, after_close
from dashboard.words import N_
from protocol.errors import CloseCode, ErrorCode

CLOSES = {
    CloseCode.NORMAL: N_("Goodbye, as agreed."),
    CloseCode.GOING_AWAY: N_("The server is going away."),
    CloseCode.PROTOCOL_ERROR: N_("These were no WebSocket frames."),
    CloseCode.UNSUPPORTED_DATA: N_("A binary frame: only text frames are understood."),
    CloseCode.INVALID_TEXT: N_("The text was not valid UTF-8."),
    CloseCode.MESSAGE_TOO_BIG: N_("The message was over the limit, 4096 bytes by default."),
    CloseCode.INTERNAL_ERROR: N_("The server failed; its log says why."),
    CloseCode.NOT_SIGNED_IN: N_("Not signed in within 10 s, or signed in as somebody else."),
    CloseCode.DISCONNECTED: N_("An administrator ended the connection."),
    CloseCode.SLOW_CONSUMER: N_("It read too slowly: too much was waiting to be sent to it."),
    CloseCode.FLOODING: N_("It kept sending over the rate limit after being told."),
    CloseCode.TOO_MANY_CONNECTIONS: N_("The user has too many connections: 20 by default."),
    CloseCode.TOKEN_EXPIRED: N_("The token expired, and no newer one came in 25 s."),
    CloseCode.RESTARTING: N_("The server is restarting."),
}
OTHERS = {
    NO_CODE: N_("It was ended without a code."),
    ABNORMAL: N_("It broke off without a goodbye: the network, or a program that ended."),
}
UNKNOWN = N_("The protocol does not know this code.")
COMEBACK = {
    Comeback.NEVER: N_("A client does not come back by itself: something must change first."),
    Comeback.AT_ONCE: N_("A client comes back at once, with jitter."),
    Comeback.AFTER_BACK_OFF: N_("A client comes back after a back-off."),
}
WITH_NEW_TOKEN = N_("A client comes back with a new token.")
FINISHED = N_("Nothing is left to do.")
REFUSALS = {
    ErrorCode.INVALID_MESSAGE: N_("Not JSON, no object, no `type`, or an `id` that is no text."),
    ErrorCode.UNKNOWN_TYPE: N_("No such message, or one that only the server sends."),
    ErrorCode.INVALID_PAYLOAD: N_("The payload does not have the shape of its type."),
    ErrorCode.UNAUTHENTICATED: N_("Chat needs a token that is valid now."),
    ErrorCode.FORBIDDEN: N_("Not this client's channel or conversation, or there is none."),
    ErrorCode.RATE_LIMITED: N_("Over 50 messages a second after a burst of 100."),
    ErrorCode.TOO_MANY_SUBSCRIPTIONS: N_("Over 100 channels on one connection."),
    ErrorCode.INTERNAL: N_("The server could not do it now; ask again."),
}
STATUSES = {
    401: N_("The token is missing, expired or not to be trusted."),
    403: N_("Known, but not allowed to do this, or a page of a foreign origin."),
    409: N_("The same key with another body."),
    413: N_("The body is over 1 MiB."),
    422: N_("Understood, but it cannot be taken as it is."),
    503: N_("The server is full or stopping."),
}
LIVES_ON = N_("A refusal ends nothing: the connection lives on.")
NOT_TAKEN = N_("The token is not trusted or has expired; the connection lives on.")


def meaning(code: int) -> str:
    """Say, untranslated, what a close code means."""
    return CLOSES.get(code) or OTHERS.get(code) or UNKNOWN  # type: ignore[call-overload]  # an int is a key of an IntEnum's


def advice(code: int) -> str:
    """Say, untranslated, what a client does after this close code."""
    if code == CloseCode.NORMAL:
        return FINISHED
    return WITH_NEW_TOKEN if code == CloseCode.TOKEN_EXPIRED else COMEBACK[after_close(code)]
