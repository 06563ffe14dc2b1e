"""Templates of messages, generated from the message types.  Pure.

A template has the required fields, each with a value that fits its type: from the running shop,
from ``EXAMPLE_VALUES`` or ``EXAMPLE_TEXTS``, or a minimal valid one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

import msgspec
from msgspec import Struct, inspect

from client.token_placeholders import FRESH_TOKEN
from common.text_markers import N_
from protocol import codec
from protocol.messages import ClientMessage, Event
from protocol.publications import StreamPosition
from protocol.simulator_api import ShopLanguage

CLIENT_MESSAGES: Mapping[str, type[Struct]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(ClientMessage)
}
"""The messages that a client can send, by type."""
EVENT_MESSAGES: Mapping[str, type[Struct]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(Event)
}
"""The events that a service can publish, by type."""
PUBLISH_PREFIX = "publish "
OWN_MESSAGE = "own"
"""The name for a text that is no template's."""
RECOVER, USER, PUBLIC = "subscribe-recover", "subscribe-user", "subscribe-public"
SPECIAL_TEMPLATES: Mapping[str, str] = {
    "subscribe-last": N_("subscribe · with the latest message"),
    RECOVER: N_("subscribe · recover after a drop"),
    "subscribe-tenant": N_("subscribe · the shop's channel"),
    USER: N_("subscribe · the user's own channel, recoverable"),
    PUBLIC: N_("subscribe · announcements"),
}
"""Messages of one type for one purpose; their titles are translated."""
TEMPLATE_NAMES = (
    "subscribe",
    *SPECIAL_TEMPLATES,
    *sorted(CLIENT_MESSAGES.keys() - {"subscribe"}),
    *(PUBLISH_PREFIX + t for t in sorted(EVENT_MESSAGES)),
)
"""All templates: the client's messages, and each event after ``PUBLISH_PREFIX``."""
TEMPLATE_TITLES: Mapping[str, str] = {
    **{name: SPECIAL_TEMPLATES.get(name, name) for name in TEMPLATE_NAMES},
    OWN_MESSAGE: N_("a message of your own"),
}
EXAMPLE_VALUES: Mapping[str, Any] = {
    "token": FRESH_TOKEN,
    "order_id": "ord_1",
    "order.id": "ord_console_1",
    "number": "ORD-CONSOLE-1",
    "currency": "UAH",
    "product_id": "prod_1",
    "sku": "BK-1",
    "status": "paid",
}
EXAMPLE_TEXTS: Mapping[ShopLanguage, Mapping[str, str]] = {
    ShopLanguage.UKRAINIAN: {
        "content": "Добрий день! Коли відправите замовлення?",
        "product_name": "Кобзар",
        "location": "Київ",
        "name": "Олена Ковальчук",
        "items.name": "Кобзар",
        "title": "Увага",
        "body": "Знижки до вечора",
    },
    ShopLanguage.ENGLISH: {
        "content": "Hello! When will my order be shipped?",
        "product_name": "Kobzar",
        "location": "Kyiv",
        "name": "Olena Kovalchuk",
        "items.name": "Kobzar",
        "title": "Attention",
        "body": "Sale until this evening",
    },
}
"""Texts of the shop, in its language."""
DEFAULT_CHANNELS: Mapping[str, str] = {  # by event; see docs/protocol.md
    "order_update": "order:{order_id}",
    "notification": "user:{user_id}",
    "cart_update": "user:{user_id}",
    "new_order": "tenant:{tenant_id}",
    "inventory_alert": "tenant:{tenant_id}",
    "customer_activity": "tenant:{tenant_id}",
}


class TemplateValues(Struct, frozen=True):
    """Values of the running shop; ``channel`` is one that the persona can subscribe to.

    ``recovered_channel`` is one whose messages may be missing, ``since`` the last position there;
    ``was_subscribed`` is true if a connection was subscribed to it.
    """

    user_id: str = "user_1"
    tenant_id: str = "shop"
    order_id: str = "ord_1"
    channel: str = "public:announcements"
    recovered_channel: str = "public:announcements"
    since: StreamPosition | None = None
    was_subscribed: bool = False
    language: ShopLanguage = ShopLanguage.ENGLISH
    at: float = 0.0


_ADDRESSES = frozenset({"channel", "user", "everyone"})
_TYPE_FIELD = re.compile(r'"type"\s*:\s*"([a-z_]+)"')  # also in a text that is not finished
_ADDRESS_FIELD = re.compile(r'^\s*\{\s*"(channel|user|everyone)"')


def is_publication(name: str) -> bool:
    """Tell whether a template goes over HTTP."""
    return name.startswith(PUBLISH_PREFIX)


def message_type(name: str) -> type[Struct]:
    """Return the message type of a template."""
    return (
        EVENT_MESSAGES[name.removeprefix(PUBLISH_PREFIX)]
        if is_publication(name)
        else CLIENT_MESSAGES["subscribe" if name in SPECIAL_TEMPLATES else name]
    )


def render_template(name: str, id: str, values: TemplateValues) -> str:
    """Write a template, over several lines; ``id`` is for a client's message.

    Raises:
        KeyError: there is none of this name.
    """
    if name in SPECIAL_TEMPLATES:
        options = _subscribe_options(name, values)
        return pretty({"type": "subscribe", "id": id, "payload": options})
    type_ = name.removeprefix(PUBLISH_PREFIX)
    fields = {
        **EXAMPLE_VALUES,
        **EXAMPLE_TEXTS[values.language],
        "order_id": values.order_id,
        "channel": values.channel,
        "customer.id": values.user_id,
    }
    payload = _payload(message_type(name), fields, values.at)
    if is_publication(name):
        address = DEFAULT_CHANNELS[type_].format_map(msgspec.structs.asdict(values))
        return pretty({"channel": address, "type": type_, "payload": payload})
    message = {"type": type_, "id": id} | ({"payload": payload} if payload is not None else {})
    return pretty(message)


def _subscribe_options(name: str, values: TemplateValues) -> dict[str, Any]:
    match name:
        case "subscribe-last":
            return {"channel": values.channel, "last": True}
        case "subscribe-tenant":
            return {"channel": f"tenant:{values.tenant_id}"}
        case "subscribe-user":
            return {"channel": f"user:{values.user_id}", "recoverable": True}
        case "subscribe-public":
            return {"channel": "public:announcements"}
        case _:
            since = {} if values.since is None else {"since": msgspec.to_builtins(values.since)}
            return {"channel": values.recovered_channel, "recoverable": True, **since}


def template_of(text: str, selected: str) -> str:
    """Return the template that a text is like.

    ``OWN_MESSAGE`` if its type is none of the templates', the selected one if it has no type.
    """
    found = _TYPE_FIELD.search(text)
    if not found:
        return selected
    name = f"{PUBLISH_PREFIX}{found[1]}" if is_publication_text(text) else found[1]
    if name == "subscribe":
        return _subscribe_template(text, selected)
    return name if name in TEMPLATE_NAMES else OWN_MESSAGE


def _subscribe_template(text: str, selected: str) -> str:
    if '"recoverable"' in text:
        is_own = selected == USER and '"user:' in text and '"since"' not in text
        return USER if is_own else RECOVER
    if '"last"' in text:
        return "subscribe-last"
    prefix = {"subscribe-tenant": '"tenant:', PUBLIC: '"public:'}.get(selected)
    return selected if prefix and prefix in text else "subscribe"


def is_publication_text(text: str) -> bool:
    """Tell whether a text is a publication, for HTTP: it has an address, a message has none."""
    names = json_object(text).keys()
    return bool(names & _ADDRESSES) if names else bool(_ADDRESS_FIELD.search(text))


def json_object(text: str) -> dict[str, Any]:
    """Return the JSON object in a text; empty if there is none."""
    try:
        found = codec.decode_json(text)
    except codec.DECODE_ERRORS:
        return {}
    return found if isinstance(found, dict) else {}


def pretty(value: Any) -> str:
    """Write plain values as JSON over several lines."""
    return msgspec.json.format(codec.encode_json(value), indent=2).decode()


def _payload(kind: type[Struct], values: Mapping[str, Any], at: float) -> Any:
    """Make the payload of a message type; None where it may be left out."""
    whole = inspect.type_info(kind)
    assert isinstance(whole, inspect.StructType)  # noqa: S101 - every message is one
    field = next(field for field in whole.fields if field.name == "payload")
    return _example_value(field.type, "", values, at) if field.required else None


def _example_value(type_: inspect.Type, path: str, values: Mapping[str, Any], at: float) -> Any:
    """Return a value that fits a type; the example with the most specific path wins."""
    match type_:
        case inspect.StructType():
            return {
                field.encode_name: _example_value(
                    field.type, f"{path}.{field.encode_name}", values, at
                )
                for field in type_.fields
                if field.required
            }
        case inspect.VarTupleType() | inspect.ListType():
            return [_example_value(type_.item_type, path, values, at)]
        case _:
            pass
    parts = path.strip(".").split(".")
    for start in range(len(parts)):
        if (name := ".".join(parts[start:])) in values:
            return values[name]
    return _minimal_value(type_, parts[-1], at)


def _minimal_value(type_: inspect.Type, name: str, at: float) -> Any:
    """Return a minimal valid value."""
    match type_:
        case inspect.EnumType():
            return next(iter(type_.cls)).value
        case inspect.IntType():
            return max(1, type_.ge or 0)
        case inspect.DateTimeType():
            return codec.format_timestamp(at)
        case inspect.CustomType():  # money is the only one
            return Decimal("420.00")
        case inspect.BoolType():
            return True
        case _:
            return f"{name}_1"
