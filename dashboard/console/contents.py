"""What a frame carries, in a line or over several.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from dashboard import fields
from dashboard.console.frames import Frame, Kind


def content(frame: Frame) -> str:
    """Say what a frame carries, in a line."""
    if frame.kind is Kind.POST:
        return _publication(frame)
    if frame.kind is Kind.ANSWER and not frame.is_refusal:
        return " · ".join(f"{name} {value}" for name, value in frame.body.items())
    if frame.error:
        told = frame.body.get("payload") or frame.body.get("error") or {}
        return f"{frame.error} · {told.get('message', '')}"
    if frame.kind is not Kind.TEXT or not frame.type:
        return frame.text
    payload = frame.body.get("payload")
    return _payload(payload) if isinstance(payload, dict) else ""


def _payload(payload: Mapping[str, Any]) -> str:
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
            return fields.summary(payload)


def _publication(frame: Frame) -> str:
    found = frame.body
    address = found.get("channel") or found.get("user") or ("*" if found.get("everyone") else "")
    return f"{found.get('type', '')} → {address}" if address else frame.text


def pretty(frame: Frame) -> str:
    """Write a frame over several lines where it is JSON, else as it is."""
    try:
        return msgspec.json.format(frame.text, indent=2)
    except (msgspec.DecodeError, ValueError):
        return frame.text
