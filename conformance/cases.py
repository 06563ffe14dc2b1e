"""All conformance cases, with the answers documented in docs/protocol.md.  Pure."""

from __future__ import annotations

from typing import Any

from client.token_placeholders import TOKEN
from common.text_markers import N_
from conformance.case_types import (
    Actor,
    CaseGroup,
    ConformanceCase,
    Expectation,
    ExpectAuthError,
    ExpectClose,
    ExpectError,
    ExpectHttpStatus,
    SendFrames,
)
from conformance.placeholders import ORDER, TENANT
from protocol import codec
from protocol.close_codes import CloseCode
from protocol.errors import ErrorCode
from protocol.opcodes import Opcode

MAX_MESSAGE_BYTES = 4096
MAX_CHAT_CHARACTERS = 2000
MAX_PUBLISH_BYTES = 1 << 20
INVALID_MESSAGE = ExpectError(ErrorCode.INVALID_MESSAGE)
UNKNOWN_TYPE = ExpectError(ErrorCode.UNKNOWN_TYPE)
INVALID_PAYLOAD = ExpectError(ErrorCode.INVALID_PAYLOAD)
FORBIDDEN = ExpectError(ErrorCode.FORBIDDEN)
NOTIFICATION = {"id": "n_1", "title": "Увага", "body": "Знижки до вечора"}
PING = b'{"type":"ping","id":"t1"}'


def _send_case(
    name: str, title: str, expected: Expectation, data: bytes, **more: Any
) -> ConformanceCase:
    return ConformanceCase(name=name, title=title, expected=expected, send=SendFrames(data), **more)


def _forbidden_subscribe(
    name: str, title: str, channel: str, actor: Actor = Actor.CUSTOMER
) -> ConformanceCase:
    """Make a case of a subscription to a channel that ``actor`` has no access to."""
    return _send_case(
        name, title, FORBIDDEN, _encode_message("subscribe", channel=channel), actor=actor
    )


def _publish_case(
    name: str, title: str, status: int, actor: Actor, **publication: Any
) -> ConformanceCase:
    body = _publication_body(**publication)
    return ConformanceCase(
        name=name, title=title, expected=ExpectHttpStatus(status), actor=actor, publish_body=body
    )


def _publication_body(**more: Any) -> bytes:
    return codec.encode_json({"type": "notification", "payload": NOTIFICATION, **more})


def _encode_message(type_: str, **payload: Any) -> bytes:
    return codec.encode_json({"type": type_, "payload": payload, "id": "t1"})


def _message_over_limit() -> bytes:
    return _encode_message(
        "chat_message", content="x" * (MAX_MESSAGE_BYTES + 1 - len(_chat_message("")))
    )


def _chat_message(content: str) -> bytes:
    return _encode_message("chat_message", content=content)


AUTH_MESSAGE = _encode_message("auth", token=TOKEN)
MESSAGE_CASES = (
    _send_case("not-json", N_("Not JSON"), INVALID_MESSAGE, b'{"type": "ping", '),
    _send_case("not-object", N_("JSON, but not an object"), INVALID_MESSAGE, b'["ping"]'),
    _send_case("no-type", N_("Missing type"), INVALID_MESSAGE, b'{"payload":{},"id":"t1"}'),
    _send_case("id-object", N_("id is an object"), INVALID_MESSAGE, b'{"type":"ping","id":{}}'),
    _send_case("unknown-type", N_("Unknown type"), UNKNOWN_TYPE, _encode_message("dance")),
    _send_case(
        "server-type", N_("Server-only type"), UNKNOWN_TYPE, _encode_message("order_update")
    ),
    _send_case(
        "no-channel",
        N_("Subscribe without a channel"),
        INVALID_PAYLOAD,
        _encode_message("subscribe"),
    ),
    ConformanceCase(
        name="binary",
        title=N_("Binary frame"),
        expected=ExpectClose(CloseCode.UNSUPPORTED_DATA),
        send=SendFrames(PING, opcode=Opcode.BINARY),
    ),
    ConformanceCase(
        name="continuation",
        title=N_("Continuation frame without a start"),
        expected=ExpectClose(CloseCode.PROTOCOL_ERROR),
        send=SendFrames(PING, opcode=Opcode.CONTINUATION),
    ),
    _send_case(
        "not-utf8", N_("Invalid UTF-8"), ExpectClose(CloseCode.INVALID_TEXT), b'{"type":"\xff"}'
    ),
)
CHANNEL_CASES = (
    _forbidden_subscribe(
        "foreign-order", N_("Subscribe to someone else's order"), f"order:{ORDER}"
    ),
    _forbidden_subscribe("foreign-user", N_("Subscribe to another user's channel"), "user:user_1"),
    _forbidden_subscribe("customer-tenant", N_("Customer on tenant:"), f"tenant:{TENANT}"),
    _forbidden_subscribe("customer-monitor", N_("Customer on monitor:"), f"monitor:{TENANT}"),
    _forbidden_subscribe(
        "anonymous-tenant", N_("Anonymous on tenant:"), f"tenant:{TENANT}", Actor.ANONYMOUS
    ),
    _forbidden_subscribe(
        "other-tenant",
        N_("Another shop's admin on tenant:"),
        f"tenant:{TENANT}",
        Actor.OTHER_TENANT_ADMIN,
    ),
    _forbidden_subscribe("no-key", N_("Subscribe to a channel without a key"), "order:"),
)
AUTHENTICATION_CASES = (
    ConformanceCase(
        name="bad-token",
        title=N_("Connect with a forged token"),
        expected=ExpectAuthError(),
        actor=Actor.FORGED_TOKEN,
    ),
    ConformanceCase(
        name="expired-token",
        title=N_("Connect with an expired token"),
        expected=ExpectAuthError(),
        actor=Actor.EXPIRED_TOKEN,
    ),
    _send_case(
        "expired-auth",
        N_("Send auth with an expired token"),
        ExpectAuthError(),
        AUTH_MESSAGE,
        actor=Actor.ANONYMOUS,
        token_of=Actor.EXPIRED_TOKEN,
    ),
    _send_case(
        "as-another",
        N_("Sign in as another user"),
        ExpectClose(CloseCode.NOT_SIGNED_IN),
        AUTH_MESSAGE,
        token_of=Actor.OTHER_CUSTOMER,
    ),
    ConformanceCase(
        name="foreign-origin",
        title=N_("Connect from a disallowed origin"),
        expected=ExpectHttpStatus(403),
        origin="https://elsewhere.example",
    ),
    ConformanceCase(
        name="silent",
        title=N_("No sign-in within 10 s; takes 10 s"),
        expected=ExpectClose(CloseCode.NOT_SIGNED_IN),
        actor=Actor.ANONYMOUS,
        timeout_s=15.0,
    ),
    ConformanceCase(
        name="token-ends",
        title=N_("Token expires; takes 27 s"),
        expected=ExpectClose(CloseCode.TOKEN_EXPIRED),
        actor=Actor.SHORT_LIVED_TOKEN,
        timeout_s=35.0,
    ),
)
CHAT_CASES = (
    _send_case(
        "long-chat",
        N_("Chat message of 2001 characters"),
        INVALID_PAYLOAD,
        _chat_message("x" * (MAX_CHAT_CHARACTERS + 1)),
    ),
    _send_case(
        "anonymous-chat",
        N_("Chat without signing in"),
        ExpectError(ErrorCode.UNAUTHENTICATED),
        _chat_message("Добрий день!"),
        actor=Actor.ANONYMOUS,
    ),
)
LIMIT_CASES = (
    _send_case(
        "too-big",
        N_("Message of 4097 bytes"),
        ExpectClose(CloseCode.MESSAGE_TOO_BIG),
        _message_over_limit(),
    ),
    ConformanceCase(
        name="many-channels",
        title=N_("Subscribe to 101 channels"),
        expected=ExpectError(ErrorCode.TOO_MANY_SUBSCRIPTIONS),
        send=SendFrames(
            b'{"type":"subscribe","payload":{"channel":"public:c#"},"id":"t#"}',
            times=101,
            await_replies=True,
        ),
        timeout_s=15.0,
    ),
    ConformanceCase(
        name="many-connections",
        title=N_("21 connections for one user"),
        expected=ExpectClose(CloseCode.TOO_MANY_CONNECTIONS),
        sibling_connections=20,
    ),
    ConformanceCase(
        name="burst",
        title=N_("150 messages at once"),
        expected=ExpectError(ErrorCode.RATE_LIMITED),
        send=SendFrames(PING, times=150),
    ),
    ConformanceCase(
        name="flood",
        title=N_("Flood of 400 messages"),
        expected=ExpectClose(CloseCode.FLOODING),
        send=SendFrames(PING, times=400),
    ),
)
PUBLISH_CASES = (
    _publish_case("by-customer", N_("Publish as a customer"), 403, Actor.CUSTOMER, user="user_1"),
    _publish_case("by-nobody", N_("Publish without a token"), 401, Actor.ANONYMOUS, user="user_1"),
    _publish_case("no-address", N_("Publish without an address"), 422, Actor.SERVICE),
    _publish_case(
        "no-event", N_("Publish what is not an event"), 422, Actor.SERVICE, user="u", type="pong"
    ),
    _publish_case(
        "bad-status",
        N_("Publish an unknown order status"),
        422,
        Actor.SERVICE,
        channel=f"order:{ORDER}",
        type="order_update",
        payload={"order_id": "ord_1", "status": "lost"},
    ),
    _publish_case(
        "to-monitor", N_("Publish to monitor:"), 422, Actor.SERVICE, channel=f"monitor:{TENANT}"
    ),
    ConformanceCase(
        name="too-big-body",
        title=N_("Publish a body over 1 MiB"),
        expected=ExpectHttpStatus(413),
        actor=Actor.SERVICE,
        publish_body=_publication_body(user="user_1").ljust(MAX_PUBLISH_BYTES + 1),
    ),
    ConformanceCase(
        name="key-reused",
        title=N_("Reuse an idempotency key with another body"),
        expected=ExpectHttpStatus(409),
        actor=Actor.SERVICE,
        first_publish_body=_publication_body(user="conformance_1"),
        publish_body=_publication_body(user="conformance_2"),
    ),
)
CASE_GROUPS = (
    CaseGroup(N_("Invalid messages"), MESSAGE_CASES),
    CaseGroup(N_("Signing in and tokens"), AUTHENTICATION_CASES),
    CaseGroup(N_("Subscribing"), CHANNEL_CASES),
    CaseGroup(N_("Chat"), CHAT_CASES),
    CaseGroup(N_("Limits"), LIMIT_CASES),
    CaseGroup(N_("Publishing over HTTP"), PUBLISH_CASES),
)
"""All cases by subject."""
ALL_CASES: tuple[ConformanceCase, ...] = tuple(
    case for group in CASE_GROUPS for case in group.cases
)
CASES_BY_NAME = {case.name: case for case in ALL_CASES}
