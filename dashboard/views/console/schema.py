"""The schema of a message type as text, a line per field, generated from the types.  Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

from msgspec import Struct, inspect

from common.text_markers import N_

INDENT = "  "
MAX_WIDTH = 36  # that fit beside the editor
OPTIONAL = N_("optional")
TEXT, AMOUNT, WHOLE, NUMBER = N_("string"), N_("amount, two decimals"), N_("integer"), N_("number")
YES_NO, MOMENT, LIST, ANY = N_("boolean"), N_("timestamp, ISO 8601"), N_("array of"), N_("any")
CHARACTERS, AT_LEAST = N_("{least}–{most} characters"), N_("at least {least}")
NOT_EMPTY, ONE_ADDRESS = N_("not empty"), N_("exactly one of the three")

Translate = Callable[[str], str]
Row = tuple[str, str]


def message_schema(kind: type[Struct], translate: Translate = str) -> str:
    """Return the fields of a message of this type."""
    whole = inspect.type_info(kind)
    assert isinstance(whole, inspect.StructType)  # noqa: S101 - every message is one
    fields = {field.encode_name: field for field in whole.fields}
    rows = [row for name in ("id", "payload") for row in _rows(fields[name], 0, translate)]
    return _align([("type", f'"{whole.tag}"'), *rows])


def publication_schema(kind: type[Struct], translate: Translate = str) -> str:
    """Return the fields of a publication of an event of this type."""
    whole = inspect.type_info(kind)
    assert isinstance(whole, inspect.StructType)  # noqa: S101 - as above
    payload = next(field for field in whole.fields if field.encode_name == "payload")
    address = [("channel", translate(ONE_ADDRESS)), ("user", ""), ("everyone", "")]
    return _align([*address, ("type", f'"{whole.tag}"'), *_rows(payload, 0, translate)])


def _align(rows: list[Row]) -> str:
    """Align the descriptions in a column, and wrap long ones."""
    left = max(len(name) for name, _ in rows) + 2
    lines = []
    for name, description in rows:
        first, *others = textwrap.wrap(description, MAX_WIDTH - left) or [""]
        lines += [f"{name:{left}}{first}".rstrip(), *(" " * left + other for other in others)]
    return "\n".join(lines)


def _rows(field: inspect.Field, depth: int, translate: Translate) -> Iterator[Row]:
    text, inner = _describe_type(field.type, translate)
    if not field.required:
        text = f"{text}, {translate(OPTIONAL)}" if text else translate(OPTIONAL)
    yield INDENT * depth + field.encode_name, text
    for each in inner:
        yield from _rows(each, depth + 1, translate)


def _describe_type(
    type_: inspect.Type, translate: Translate
) -> tuple[str, tuple[inspect.Field, ...]]:
    """Describe a type; also returns its inner fields."""
    match type_:
        case inspect.StructType():
            return "", type_.fields
        case inspect.VarTupleType() | inspect.ListType():
            text, inner = _describe_type(type_.item_type, translate)
            return f"{translate(LIST)} {text}".rstrip(" ") + ("" if text else " …"), inner
        case inspect.EnumType():
            return " | ".join(str(each.value) for each in type_.cls), ()
        case inspect.StrType():
            return _describe_text(type_, translate), ()
        case inspect.IntType():
            least = "" if type_.ge is None else ", " + translate(AT_LEAST).format(least=type_.ge)
            return translate(WHOLE) + least, ()
        case inspect.BoolType():
            return translate(YES_NO), ()
        case inspect.DateTimeType():
            return translate(MOMENT), ()
        case inspect.CustomType():  # money is the only one
            return translate(AMOUNT), ()
        case inspect.FloatType():
            return translate(NUMBER), ()
        case _:
            return translate(ANY), ()


def _describe_text(type_: inspect.StrType, translate: Translate) -> str:
    if type_.max_length is not None:
        limits = {"least": type_.min_length or 0, "most": type_.max_length}
        return f"{translate(TEXT)}, {translate(CHARACTERS).format(**limits)}"
    return translate(TEXT) + (f", {translate(NOT_EMPTY)}" if type_.min_length else "")
