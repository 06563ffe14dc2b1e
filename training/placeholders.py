"""Placeholders in texts, frames and conditions, and the values they stand for.  Pure.

``{order}`` is replaced if ``order`` is among the values; anything else in braces stays, so the
braces of JSON do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import fields, replace

from client.recorded_frames import FrameKind, RecordedFrame
from training.actions import Action
from training.conditions import Condition

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_CHANNEL = re.compile(r'"channel"\s*:\s*"([^"]*)"')

T = TypeVar("T", bound=Struct)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace the placeholders whose values are known."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def fill_condition(condition: Condition, values: Mapping[str, str]) -> Condition:
    """Return a condition with the placeholders of all its texts replaced."""
    return _fill_struct(condition, values)


def fill_action(action: Action, values: Mapping[str, str]) -> Action:
    """Return an action with the placeholders of its texts replaced."""
    return _fill_struct(action, values)


def names_in(text: str) -> frozenset[str]:
    """Return the names of the placeholders in a text."""
    return frozenset(_PLACEHOLDER.findall(text))


def _fill_struct(struct: T, values: Mapping[str, str]) -> T:
    changed = {}
    for field in fields(struct):
        value = getattr(struct, field.name)
        filled = _fill_value(value, values)
        if filled != value:
            changed[field.name] = filled
    return replace(struct, **changed) if changed else struct


def _fill_value(value: Any, values: Mapping[str, str]) -> Any:
    if type(value) is str:  # not the members of an enumeration
        return fill(value, values)
    if isinstance(value, tuple):
        return tuple(_fill_value(each, values) for each in value)
    if isinstance(value, Struct):
        return _fill_struct(value, values)
    return value


def fill_position(text: str, frames: Iterable[RecordedFrame], user_id: str) -> str:
    """Replace ``{epoch}`` and ``{offset}`` in a frame by the last known position of its channel.

    That is the channel that the frame names; the last one of any channel if it names none.
    """
    match = _CHANNEL.search(text)
    return fill(text, position_values(frames, user_id, match[1] if match else ""))


def position_values(
    frames: Iterable[RecordedFrame], user_id: str, channel: str = ""
) -> dict[str, str]:
    """Return ``epoch`` and ``offset`` of what a connection last received from a channel.

    Args:
        frames: those of the connection, oldest first.
        user_id: the connection's user, whose own channel is subscribed by signing in.
        channel: an empty one stands for the channel of the latest position.
    """
    epochs: dict[str, str] = {}
    values: dict[str, str] = {}
    for frame in frames:
        if frame.is_sent or frame.kind is not FrameKind.TEXT:
            continue
        fields_of_position = frame.json_body
        named = fields_of_position.get("channel")
        if frame.type in ("subscribed", "auth_success"):
            fields_of_position = frame.payload
            named = fields_of_position.get("channel", f"user:{user_id}")
        offset = fields_of_position.get("offset")
        if not isinstance(named, str) or not isinstance(offset, int) or channel not in ("", named):
            continue
        if isinstance(epoch := fields_of_position.get("epoch"), str):
            epochs[named] = epoch
        if named in epochs:
            values = {"epoch": epochs[named], "offset": str(offset)}
    return values


def conversation_of(frames: Iterable[RecordedFrame]) -> str:
    """Return the id of the support conversation of the latest chat message; empty without one."""
    found = ""
    for frame in frames:
        id = frame.payload.get("conversation_id") if frame.type == "chat_message" else None
        if isinstance(id, str):
            found = id
    return found
