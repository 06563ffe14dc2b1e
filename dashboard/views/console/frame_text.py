"""Frames as text: one line for the list, formatted JSON, and an explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from client.recorded_frames import FrameKind, FrameMatch, RecordedFrame
from common.text_markers import N_
from dashboard.messages import fields
from dashboard.views.console import code_descriptions
from dashboard.views.console.schema import Translate

_TONES = {  # of a reply by its meaning, of an event by the kind of its channel
    "auth_success": "ok",
    "subscribed": "ok",
    "unsubscribed": "ok",
    "open": "ok",
    "error": "bad",
    "auth_error": "bad",
    "pong": "muted",
    "order_update": "order",
    "notification": "user",
    "cart_update": "user",
    "chat_message": "user",
    "new_order": "tenant",
    "inventory_alert": "tenant",
    "customer_activity": "tenant",
    "traffic": "monitor",
    "stats": "monitor",
}


def frame_tone(frame: RecordedFrame) -> str:
    """Return the colour of a frame's chip: a severity or a kind of channel."""
    if frame.is_error:
        return "bad"
    if frame.kind is FrameKind.HTTP_RESPONSE:
        return "ok"
    return _TONES.get(frame.label, "accent" if frame.is_sent else "muted")


def one_line(frame: RecordedFrame) -> str:
    """Return what a frame carries, as one line."""
    if frame.kind is FrameKind.HTTP_REQUEST:
        return _publication_line(frame)
    if frame.kind is FrameKind.HTTP_RESPONSE and not frame.is_error:
        return " · ".join(f"{name} {value}" for name, value in frame.json_body.items())
    if frame.error_code:
        error = frame.json_body.get("payload") or frame.json_body.get("error") or {}
        return f"{frame.error_code} · {error.get('message', '')}"
    if frame.kind is not FrameKind.TEXT or not frame.type:
        return frame.text
    payload = frame.json_body.get("payload")
    return _payload_line(payload) if isinstance(payload, dict) else ""


def _payload_line(payload: Mapping[str, Any]) -> str:
    match payload:
        case {"channel": str(channel)}:
            return channel
        case {"token": str(token)}:
            return token
        case {"error": str(why)}:
            return why
        case {"user_id": str(user), **rest}:
            return " · ".join(filter(None, (user, rest.get("role", ""), rest.get("tenant_id", ""))))
        case {"order_id": str(order), "status": str(status), **rest}:
            before = rest.get("previous_status")
            return f"{order}: {before} → {status}" if before else f"{order}: {status}"
        case {"message": {"content": str(said)}}:
            return said
        case _:
            return fields.summarize_payload(payload)


def _publication_line(frame: RecordedFrame) -> str:
    found = frame.json_body
    address = found.get("channel") or found.get("user") or ("*" if found.get("everyone") else "")
    return f"{found.get('type', '')} → {address}" if address else frame.text


def pretty_json(frame: RecordedFrame) -> str:
    """Write a frame over several lines where it is JSON, else as it is."""
    try:
        return msgspec.json.format(frame.text, indent=2)
    except (msgspec.DecodeError, ValueError):
        return frame.text


ANSWERED_BY = N_("Answered by frame {other} after {time}.")
ANSWERS_REQUEST = N_("Reply to frame {other}, sent {time} earlier.")
NO_REPLY = N_("No reply yet.")
EVENT = N_(
    "An event, sent because this connection is subscribed to its channel; not a reply to a request."
)
WITHOUT_ID = N_("Sent without an id, so its reply cannot be matched.")
UPGRADE_WITH_TOKEN = N_("WebSocket upgrade request, with the token in the URL.")
UPGRADE_WITHOUT_TOKEN = N_("WebSocket upgrade request, without a token.")
OPENED = N_("The connection is open.")
CLOSED_BY_CLIENT = N_("Closed by this client.")
NO_RESPONSE = N_("Server unreachable.")


def explain(
    frame: RecordedFrame,
    match: FrameMatch | None,
    format_duration: Callable[[float], str],
    translate: Translate = str,
) -> str:
    """Explain what a frame means and which frame it answers or is answered by."""
    sentences = [translate(sentence) for sentence in _explain_kind(frame)]
    if match:
        template = ANSWERED_BY if match.other_seq > frame.seq else ANSWERS_REQUEST
        time = format_duration(match.seconds)
        sentences.append(translate(template).format(other=match.other_seq, time=time))
    elif frame.is_sent and frame.kind is FrameKind.TEXT:
        sentences.append(translate(WITHOUT_ID if frame.id is None else NO_REPLY))
    return " ".join(sentences)


def _explain_kind(frame: RecordedFrame) -> Iterator[str]:
    match frame.kind:
        case FrameKind.CONNECT:
            yield UPGRADE_WITH_TOKEN if frame.text else UPGRADE_WITHOUT_TOKEN
        case FrameKind.OPEN:
            yield OPENED
        case FrameKind.CLOSE if frame.is_sent:
            yield CLOSED_BY_CLIENT
        case FrameKind.CLOSE:
            yield code_descriptions.close_code_text(frame.code)
            yield code_descriptions.reconnect_text(frame.code)
        case FrameKind.HANDSHAKE_REJECTED | FrameKind.HTTP_RESPONSE if (
            frame.code in code_descriptions.HTTP_STATUS_TEXTS
        ):
            yield code_descriptions.HTTP_STATUS_TEXTS[frame.code]
        case FrameKind.HTTP_RESPONSE if frame.code == 0:
            yield NO_RESPONSE
        case FrameKind.TEXT if frame.type == "auth_error":
            yield code_descriptions.TOKEN_REJECTED
        case FrameKind.TEXT if frame.type == "error":
            yield from _explain_error(frame.error_code)
        case FrameKind.TEXT if frame.is_event:
            yield EVENT
        case _:
            pass


def _explain_error(code: str) -> Iterator[str]:
    known = {str(each): words for each, words in code_descriptions.ERROR_CODE_TEXTS.items()}
    if code in known:
        yield known[code]
    yield code_descriptions.CONNECTION_STAYS_OPEN
