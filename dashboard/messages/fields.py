"""Fields of a message: summary line, diff with an earlier message, values over time.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeGuard

import msgspec
from msgspec import Struct

from dashboard.state.message_log import LoggedMessage
from protocol import codec

SUBJECT_FIELDS = ("order_id", "product_id", "location", "conversation_id")


class FieldChange(Struct, frozen=True):
    """One field that differs; None if it is missing on a side."""

    field: str
    before: str | None
    after: str | None


class FieldRow(Struct, frozen=True):
    """A field of a payload, and its earlier value: None if it is the same or unknown."""

    path: str
    value: Any
    before: str | None = None

    @property
    def is_number(self) -> bool:
        """Whether the field can be plotted."""
        return _is_number(self.value)


def payload_of(message: LoggedMessage) -> dict[str, Any]:
    """Return the payload of a message; empty if it is not an object."""
    found = codec.decode_json(message.text).get("payload")
    return found if isinstance(found, dict) else {}


def flatten(value: Mapping[str, Any] | list[Any], path: str = "") -> dict[str, Any]:
    """Return nested fields under dotted names: ``items.0.name``."""
    fields: dict[str, Any] = {}
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, part in pairs:
        if isinstance(part, Mapping | list):
            fields |= flatten(part, f"{path}{key}.")
        else:
            fields[f"{path}{key}"] = part
    return fields


def summarize_payload(payload: Mapping[str, Any]) -> str:
    """Summarise a payload in one line: text as is, numbers with their names.

    Ids, URLs, times and the items of lists are omitted.
    """
    parts = []
    for path, value in flatten({k: v for k, v in payload.items() if k != "order"}).items():
        name = path.rpartition(".")[2]
        is_omitted = name.endswith(("id", "_url", "_at")) or any(
            p.isdigit() for p in path.split(".")
        )
        if isinstance(value, bool) or value is None or is_omitted:
            continue
        parts.append(value if isinstance(value, str) else f"{name} {value}")
    if not parts and isinstance(payload.get("order"), Mapping):
        return summarize_payload(payload["order"])
    return " · ".join(dict.fromkeys(parts))


def format_values(selected: Iterable[Any]) -> str:
    """Format the values that a path selected."""
    return " · ".join(v if isinstance(v, str) else codec.encode_json(v).decode() for v in selected)


def original_text(message: LoggedMessage) -> str:
    """Return a message as it was received, to the byte."""
    return message.text.decode(errors="replace")


def pretty_json(message: LoggedMessage) -> str:
    """Return a message over several lines; only white space between the tokens differs."""
    return msgspec.json.format(message.text, indent=2).decode()


@lru_cache(maxsize=4096)
def summarize_message(message: LoggedMessage) -> str:
    """Summarise a message's payload; cached for the rows shown last."""
    return summarize_payload(payload_of(message))


def subject_of(payload: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the ids that identify a payload's subject; empty ones compare equal.

    A customer's channel carries updates of several orders, a tenant's of several products.
    """
    return tuple(payload.get(name) for name in SUBJECT_FIELDS)


def previous_of_same_subject(
    message: LoggedMessage, candidates: Iterable[LoggedMessage]
) -> LoggedMessage | None:
    """Return the latest earlier message about the same subject."""
    about = subject_of(payload_of(message))
    earlier = sorted((m for m in candidates if m.seq < message.seq), key=lambda m: -m.seq)
    return next((m for m in earlier if subject_of(payload_of(m)) == about), None)


def changed_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FieldChange]:
    """Return the fields that differ, in the order of the new payload."""
    was, now = flatten(old), flatten(new)
    return [
        FieldChange(field, _text_of(was, field), _text_of(now, field))
        for field in dict.fromkeys([*now, *was])
        if (field in was, was.get(field)) != (field in now, now.get(field))
    ]


def field_rows(message: LoggedMessage, previous: LoggedMessage | None) -> list[FieldRow]:
    """Return the fields of a message, in their order, with those of an earlier one."""
    payload = payload_of(message)
    before = {}
    if previous is not None:
        changes = changed_fields(payload_of(previous), payload)
        before = {change.field: change.before for change in changes}
    return [FieldRow(path, value, before.get(path)) for path, value in flatten(payload).items()]


def _text_of(fields: Mapping[str, Any], field: str) -> str | None:
    return str(fields[field]) if field in fields else None


def numeric_fields(payload: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields that can be plotted."""
    return [field for field, value in flatten(payload).items() if _is_number(value)]


def field_points(field: str, messages: Iterable[LoggedMessage]) -> list[tuple[float, float]]:
    """Return times (seconds since the epoch) and values of a field where it is a number."""
    values = ((message.at, flatten(payload_of(message)).get(field)) for message in messages)
    return [(at, float(value)) for at, value in values if _is_number(value)]


def _is_number(value: object) -> TypeGuard[int | Decimal]:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
