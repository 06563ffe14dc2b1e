"""What a frame carries, in a line or over several.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from client.recorded_frames import FrameKind, RecordedFrame
from dashboard.messages import fields


def one_line(frame: RecordedFrame) -> str:
    """Say what a frame carries, in a line."""
    if frame.kind is FrameKind.HTTP_REQUEST:
        return _publication_line(frame)
    if frame.kind is FrameKind.HTTP_RESPONSE and not frame.is_error:
        return " · ".join(f"{name} {value}" for name, value in frame.json_body.items())
    if frame.error_code:
        told = frame.json_body.get("payload") or frame.json_body.get("error") or {}
        return f"{frame.error_code} · {told.get('message', '')}"
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
