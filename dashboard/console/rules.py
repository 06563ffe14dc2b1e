"""All conformance cases, with the answers documented in docs/protocol.md.  Pure."""

from __future__ import annotations

from typing import Any

from dashboard.console.frames import Opcode
from dashboard.console.templates import ORDER, TENANT, TOKEN
from dashboard.console.trials import (
    Answered,
    Closed,
    Expected,
    NotTaken,
    Refused,
    Send,
    Trial,
    Who,
)
from dashboard.words import N_
from protocol import codec
from protocol.errors import CloseCode, ErrorCode

LIMIT = 4096  # bytes of a message
LONGEST_CHAT = 2000  # characters
LONGEST_BODY = 1 << 20  # bytes of a publish
MALFORMED = Refused(ErrorCode.INVALID_MESSAGE)
UNKNOWN = Refused(ErrorCode.UNKNOWN_TYPE)
MISSHAPEN = Refused(ErrorCode.INVALID_PAYLOAD)
FORBIDDEN = Refused(ErrorCode.FORBIDDEN)
NOTICE = {"id": "n_1", "title": "Увага", "body": "Знижки до вечора"}
PING = b'{"type":"ping","id":"t1"}'


def _send(name: str, title: str, expected: Expected, data: bytes, **more: Any) -> Trial:
    return Trial(name=name, title=title, expected=expected, send=Send(data), **more)


def _join(name: str, title: str, channel: str, who: Who = Who.CUSTOMER) -> Trial:
    """Subscribe to a channel that ``who`` has no access to."""
    return _send(name, title, FORBIDDEN, _message("subscribe", channel=channel), who=who)


def _publish(name: str, title: str, status: int, who: Who, **publication: Any) -> Trial:
    body = _publication(**publication)
    return Trial(name=name, title=title, expected=Answered(status), who=who, post=body)


def _publication(**more: Any) -> bytes:
    return codec.write({"type": "notification", "payload": NOTICE, **more})


def _message(type_: str, **payload: Any) -> bytes:
    return codec.write({"type": type_, "payload": payload, "id": "t1"})


def _one_byte_over() -> bytes:
    return _message("chat_message", content="x" * (LIMIT + 1 - len(_chat(""))))


def _chat(content: str) -> bytes:
    return _message("chat_message", content=content)


AUTH = _message("auth", token=TOKEN)
MESSAGES = (
    _send("not-json", N_("Not JSON"), MALFORMED, b'{"type": "ping", '),
    _send("not-object", N_("JSON, but not an object"), MALFORMED, b'["ping"]'),
    _send("no-type", N_("Missing type"), MALFORMED, b'{"payload":{},"id":"t1"}'),
    _send("id-object", N_("id is an object"), MALFORMED, b'{"type":"ping","id":{}}'),
    _send("unknown-type", N_("Unknown type"), UNKNOWN, _message("dance")),
    _send("server-type", N_("Server-only type"), UNKNOWN, _message("order_update")),
    _send("no-channel", N_("Subscribe without a channel"), MISSHAPEN, _message("subscribe")),
    _send("long-chat", N_("2001 characters"), MISSHAPEN, _chat("x" * (LONGEST_CHAT + 1))),
    _send("too-big", N_("4097 bytes"), Closed(CloseCode.MESSAGE_TOO_BIG), _one_byte_over()),
    Trial(
        name="binary",
        title=N_("Binary frame"),
        expected=Closed(CloseCode.UNSUPPORTED_DATA),
        send=Send(PING, opcode=Opcode.BINARY),
    ),
    Trial(
        name="continuation",
        title=N_("Continuation frame without a start"),
        expected=Closed(CloseCode.PROTOCOL_ERROR),
        send=Send(PING, opcode=Opcode.CONTINUATION),
    ),
    _send("not-utf8", N_("Invalid UTF-8"), Closed(CloseCode.INVALID_TEXT), b'{"type":"\xff"}'),
)
CHANNELS = (
    _join("foreign-order", N_("Someone else's order"), f"order:{ORDER}"),
    _join("foreign-user", N_("Another user's channel"), "user:user_1"),
    _join("customer-tenant", N_("Customer on tenant:"), f"tenant:{TENANT}"),
    _join("customer-monitor", N_("Customer on monitor:"), f"monitor:{TENANT}"),
    _join("anonymous-tenant", N_("Anonymous on tenant:"), f"tenant:{TENANT}", Who.NOBODY),
    _join("other-tenant", N_("Another shop's admin"), f"tenant:{TENANT}", Who.STRANGER),
    _join("no-key", N_("Channel without a key"), "order:"),
    Trial(
        name="many-channels",
        title=N_("101 channels"),
        expected=Refused(ErrorCode.TOO_MANY_SUBSCRIPTIONS),
        send=Send(
            b'{"type":"subscribe","payload":{"channel":"public:c#"},"id":"t#"}',
            times=101,
            answered=True,
        ),
    ),
)
SIGNING_IN = (
    Trial(name="bad-token", title=N_("Invalid token"), expected=NotTaken(), who=Who.FORGED),
    Trial(name="expired-token", title=N_("Expired token"), expected=NotTaken(), who=Who.EXPIRED),
    _send(
        "expired-auth",
        N_("Expired token in auth"),
        NotTaken(),
        AUTH,
        who=Who.NOBODY,
        shows=Who.EXPIRED,
    ),
    _send(
        "anonymous-chat",
        N_("Chat without signing in"),
        Refused(ErrorCode.UNAUTHENTICATED),
        _chat("Добрий день!"),
        who=Who.NOBODY,
    ),
    _send(
        "as-another",
        N_("Sign in as another user"),
        Closed(CloseCode.NOT_SIGNED_IN),
        AUTH,
        shows=Who.OTHER,
    ),
    Trial(
        name="foreign-origin",
        title=N_("Disallowed origin"),
        expected=Answered(403),
        origin="https://elsewhere.example",
    ),
    Trial(
        name="many-connections",
        title=N_("21 connections for one user"),
        expected=Closed(CloseCode.TOO_MANY_CONNECTIONS),
        crowd=20,
    ),
    Trial(
        name="silent",
        title=N_("No sign-in within 10 s"),
        expected=Closed(CloseCode.NOT_SIGNED_IN),
        who=Who.NOBODY,
        patience_s=15.0,
    ),
    Trial(
        name="token-ends",
        title=N_("Token expires, 27 s"),
        expected=Closed(CloseCode.TOKEN_EXPIRED),
        who=Who.BRIEF,
        patience_s=35.0,
    ),
)
TOO_MUCH = (
    Trial(
        name="burst",
        title=N_("150 messages at once"),
        expected=Refused(ErrorCode.RATE_LIMITED),
        send=Send(PING, times=150),
    ),
    Trial(
        name="flood",
        title=N_("Flood of 400 messages"),
        expected=Closed(CloseCode.FLOODING),
        send=Send(PING, times=400),
    ),
)
PUBLICATIONS = (
    _publish("by-customer", N_("Publish as a customer"), 403, Who.CUSTOMER, user="user_1"),
    _publish("by-nobody", N_("Publish without a token"), 401, Who.NOBODY, user="user_1"),
    _publish("no-address", N_("Publish without an address"), 422, Who.SERVICE),
    _publish("no-event", N_("Not an event type"), 422, Who.SERVICE, user="u", type="pong"),
    _publish(
        "bad-status",
        N_("Unknown status"),
        422,
        Who.SERVICE,
        channel=f"order:{ORDER}",
        type="order_update",
        payload={"order_id": "ord_1", "status": "lost"},
    ),
    _publish(
        "to-monitor", N_("Publish to monitor:"), 422, Who.SERVICE, channel=f"monitor:{TENANT}"
    ),
    Trial(
        name="too-big-body",
        title=N_("Body over 1 MiB"),
        expected=Answered(413),
        who=Who.SERVICE,
        post=_publication(user="user_1").ljust(LONGEST_BODY + 1),
    ),
    Trial(
        name="key-reused",
        title=N_("Idempotency key reused"),
        expected=Answered(409),
        who=Who.SERVICE,
        after=_publication(user="trial_1"),
        post=_publication(user="trial_2"),
    ),
)
ALL: tuple[Trial, ...] = (*MESSAGES, *CHANNELS, *SIGNING_IN, *TOO_MUCH, *PUBLICATIONS)
TRIALS = {trial.name: trial for trial in ALL}
