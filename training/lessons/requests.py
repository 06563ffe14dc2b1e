"""Requests in the form in which lessons send them and show them in the editor.  Pure."""

from __future__ import annotations

import json
from typing import Any

from training.actions import LEARNER, Send

ORDER = "order:{order}"
OTHER_ORDER = "order:{other_order}"


def request(type_: str, id: str = "", payload: dict[str, Any] | None = None) -> str:
    """Return the JSON of a request as a person writes it: with line breaks."""
    message: dict[str, Any] = {"type": type_}
    if id:
        message["id"] = id
    if payload is not None:
        message["payload"] = payload
    # An offset is a number; its placeholder is a text until it is filled in.
    return json.dumps(message, indent=2).replace('"{offset}"', "{offset}")


def ping(id: str = "") -> str:
    """Return a ``ping``."""
    return request("ping", id)


def subscribe(channel: str, id: str, **options: Any) -> str:
    """Return a ``subscribe`` with options such as ``last=True``."""
    return request("subscribe", id, {"channel": channel, **options})


def unsubscribe(channel: str, id: str) -> str:
    """Return an ``unsubscribe``."""
    return request("unsubscribe", id, {"channel": channel})


def auth(token: str, id: str) -> str:
    """Return an ``auth``; ``$TOKEN`` and ``$FRESH_TOKEN`` stand for tokens."""
    return request("auth", id, {"token": token})


def chat_message(content: str, id: str, conversation: str = "") -> str:
    """Return a ``chat_message``; without a conversation it opens one."""
    payload = {"conversation_id": conversation} if conversation else {}
    return request("chat_message", id, {**payload, "content": content})


def send_subscribe(channel: str, id: str, by: str = LEARNER, **options: Any) -> Send:
    """Return the action that sends a ``subscribe``."""
    return Send(subscribe(channel, id, **options), by)
