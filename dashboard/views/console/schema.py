"""The schema of a message type, generated from the types, with the help of each field.  Pure."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from msgspec import Struct, inspect

from common.text_markers import N_
from dashboard.frames.frame_text import Translate
from dashboard.views.console.field_help import ADDRESS_HELP, ID_HELP, TYPE_HELP, field_help

OPTIONAL = N_("optional")
TEXT, AMOUNT, WHOLE, NUMBER = N_("string"), N_("amount, two decimals"), N_("integer"), N_("number")
YES_NO, MOMENT, LIST, ANY = N_("boolean"), N_("timestamp, ISO 8601"), N_("array of"), N_("any")
OBJECT = N_("object")
CHARACTERS, AT_LEAST = N_("{least}–{most} characters"), N_("at least {least}")
NOT_EMPTY, ONE_ADDRESS = N_("not empty"), N_("exactly one of the three")


class SchemaField(Struct, frozen=True):
    """One field: its type and its help are translated; ``depth`` is 0 for the message's own."""

    name: str
    type: str
    help: str = ""
    depth: int = 0


def message_schema(kind: type[Struct], translate: Translate = str) -> tuple[SchemaField, ...]:
    """Return the fields of a message of this type."""
    return (
        _type_field(kind, translate),
        SchemaField("id", f"{translate(TEXT)}, {translate(OPTIONAL)}", translate(ID_HELP)),
        *_payload_fields(kind, translate),
    )


def publication_schema(kind: type[Struct], translate: Translate = str) -> tuple[SchemaField, ...]:
    """Return the fields of a publication of an event of this type."""
    address = translate(ONE_ADDRESS)
    return (
        *(SchemaField(name, address, translate(words)) for name, words in ADDRESS_HELP.items()),
        _type_field(kind, translate),
        *_payload_fields(kind, translate),
    )


def _type_field(kind: type[Struct], translate: Translate) -> SchemaField:
    tag = str(kind.__struct_config__.tag)
    return SchemaField("type", f'"{tag}"', translate(TYPE_HELP[tag]))


def _payload_fields(kind: type[Struct], translate: Translate) -> Iterator[SchemaField]:
    whole = inspect.type_info(kind)
    assert isinstance(whole, inspect.StructType)  # noqa: S101 - every message is one
    payload = next(field for field in whole.fields if field.encode_name == "payload")
    return _fields(kind, payload, 0, translate)


def _fields(
    owner: type[Struct], field: inspect.Field, depth: int, translate: Translate
) -> Iterator[SchemaField]:
    text, inner = _describe_type(field.type, translate)
    if not field.required:
        text = f"{text}, {translate(OPTIONAL)}"
    help = field_help(owner, field.name)
    yield SchemaField(field.encode_name, text, translate(help) if help else "", depth)
    if inner is not None:
        for each in inner.fields:
            yield from _fields(inner.cls, each, depth + 1, translate)


def _describe_type(
    type_: inspect.Type, translate: Translate
) -> tuple[str, inspect.StructType | None]:
    """Describe a type; also returns the object whose fields follow."""
    match type_:
        case inspect.StructType():
            return translate(OBJECT), type_
        case inspect.VarTupleType() | inspect.ListType():
            text, inner = _describe_type(type_.item_type, translate)
            return f"{translate(LIST)} {text}", inner
        case inspect.EnumType():
            return " | ".join(str(each.value) for each in type_.cls), None
        case inspect.StrType():
            return _describe_text(type_, translate), None
        case inspect.IntType():
            least = "" if type_.ge is None else ", " + translate(AT_LEAST).format(least=type_.ge)
            return translate(WHOLE) + least, None
        case inspect.BoolType():
            return translate(YES_NO), None
        case inspect.DateTimeType():
            return translate(MOMENT), None
        case inspect.CustomType():  # money is the only one
            return translate(AMOUNT), None
        case inspect.FloatType():
            return translate(NUMBER), None
        case _:
            return translate(ANY), None


def _describe_text(type_: inspect.StrType, translate: Translate) -> str:
    if type_.max_length is not None:
        limits = {"least": type_.min_length or 0, "most": type_.max_length}
        return f"{translate(TEXT)}, {translate(CHARACTERS).format(**limits)}"
    return translate(TEXT) + (f", {translate(NOT_EMPTY)}" if type_.min_length else "")


def render(fields: Sequence[SchemaField]) -> str:
    """Return the fields as an HTML list of definitions."""
    lines = "".join(
        f'<dt style="margin-left:{12 * field.depth}px"><code>{html.escape(field.name)}</code> '
        f"{html.escape(field.type)}</dt>"
        f'<dd style="margin-left:{12 * field.depth}px">{html.escape(field.help)}</dd>'
        for field in fields
    )
    return f'<dl class="schema">{lines}</dl>'
