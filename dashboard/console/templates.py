"""Messages to begin with, generated from the message types.  Pure.

A template has the fields that are required, each with a value that fits its type: one from
the running shop where the caller knows it, one from ``EXAMPLES``, or the least that is valid.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

import msgspec
from msgspec import Struct, inspect

from protocol import codec
from protocol.messages import ClientMessage, Event

TOKEN = "$TOKEN"  # noqa: S105 - stands where the persona's token is put in on sending
ORDER, TENANT = "$ORDER", "$TENANT"
CLIENT: Mapping[str, type[Struct]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(ClientMessage)
}
"""What a client may say, by type."""
EVENTS: Mapping[str, type[Struct]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(Event)
}
"""What a service may publish, by type."""
PUBLISH = "publish "
NAMES = (
    "subscribe",
    *sorted(CLIENT.keys() - {"subscribe"}),
    *(PUBLISH + t for t in sorted(EVENTS)),
)
"""All templates: a client's messages, and each publication with PUBLISH before its type."""
EXAMPLES: Mapping[str, Any] = {
    "token": TOKEN,
    "content": "Добрий день! Коли відправите замовлення?",
    "order_id": "ord_1",
    "order.id": "ord_console_1",
    "number": "ORD-CONSOLE-1",
    "currency": "UAH",
    "product_id": "prod_1",
    "product_name": "Кобзар",
    "sku": "BK-1",
    "location": "Київ",
    "name": "Олена Ковальчук",
    "items.name": "Кобзар",
    "title": "Увага",
    "body": "Знижки до вечора",
    "status": "paid",
}
HOMES: Mapping[str, str] = {  # where each event is at home; see docs/protocol.md
    "order_update": "order:{order_id}",
    "notification": "user:{user_id}",
    "cart_update": "user:{user_id}",
    "new_order": "tenant:{tenant_id}",
    "inventory_alert": "tenant:{tenant_id}",
    "customer_activity": "tenant:{tenant_id}",
}


class Shop(Struct, frozen=True):
    """What templates take from the running shop; ``channel`` is one that may be joined."""

    user_id: str = "user_1"
    tenant_id: str = "shop"
    order_id: str = "ord_1"
    channel: str = "public:announcements"
    at: float = 0.0


def is_publication(name: str) -> bool:
    """Tell whether a template goes over HTTP."""
    return name.startswith(PUBLISH)


def kind_of(name: str) -> type[Struct]:
    """Return the message type of a template."""
    return EVENTS[name.removeprefix(PUBLISH)] if is_publication(name) else CLIENT[name]


def template(name: str, id: str, shop: Shop) -> str:
    """Write a template, over several lines; ``id`` is for a client's message.

    Raises:
        KeyError: there is none of this name.
    """
    type_ = name.removeprefix(PUBLISH)
    values = {"order_id": shop.order_id, "channel": shop.channel, "customer.id": shop.user_id}
    payload = _payload(kind_of(name), values, shop.at)
    if is_publication(name):
        address = HOMES[type_].format_map(msgspec.to_builtins(shop))
        return pretty({"channel": address, "type": type_, "payload": payload})
    message = {"type": type_, "id": id} | ({"payload": payload} if payload is not None else {})
    return pretty(message)


def republished(channel: str, message: str) -> str:
    """Write a message that was seen on a channel as a publication that sends it once more."""
    seen = codec.read(message)
    address = {"everyone": True} if channel == "*" else {"channel": channel}
    return pretty({**address, "type": seen.get("type", ""), "payload": seen.get("payload", {})})


def names(text: str) -> set[str]:
    """Name the fields of a JSON object; none where the text is no such thing."""
    try:
        found = codec.read(text)
    except codec.UNREADABLE:
        return set()
    return set(found) if isinstance(found, dict) else set()


def pretty(value: Any) -> str:
    """Write plain values as JSON over several lines."""
    return msgspec.json.format(codec.write(value), indent=2).decode()


def _payload(kind: type[Struct], values: Mapping[str, Any], at: float) -> Any:
    """Make the payload of a message type; None where it may be left out."""
    whole = inspect.type_info(kind)
    assert isinstance(whole, inspect.StructType)  # noqa: S101 - every message is one
    field = next(field for field in whole.fields if field.name == "payload")
    return _value(field.type, "", {**EXAMPLES, **values}, at) if field.required else None


def _value(type_: inspect.Type, path: str, values: Mapping[str, Any], at: float) -> Any:
    """Make a value that fits a type; the example whose name ends the path most exactly wins."""
    match type_:
        case inspect.StructType():
            return {
                field.encode_name: _value(field.type, f"{path}.{field.encode_name}", values, at)
                for field in type_.fields
                if field.required
            }
        case inspect.VarTupleType() | inspect.ListType():
            return [_value(type_.item_type, path, values, at)]
        case _:
            pass
    parts = path.strip(".").split(".")
    for start in range(len(parts)):
        if (name := ".".join(parts[start:])) in values:
            return values[name]
    return _least(type_, parts[-1], at)


def _least(type_: inspect.Type, name: str, at: float) -> Any:
    """Make the least that is valid."""
    match type_:
        case inspect.EnumType():
            return next(iter(type_.cls)).value
        case inspect.IntType():
            return max(1, type_.ge or 0)
        case inspect.DateTimeType():
            return codec.iso(at)
        case inspect.CustomType():  # money is the only one
            return Decimal("420.00")
        case inspect.BoolType():
            return True
        case _:
            return f"{name}_1"
