"""Settings from ``WORKBENCH_*`` variables: one frozen Struct per program, all errors reported.

The field ``jwt_secret`` is read from ``WORKBENCH_JWT_SECRET``, or from the variable of its
``msgspec.field(name=...)``.  Its type defines the valid values, its ``Meta(description=...)``
the text of ``--help``, and ``Meta(extra={"default": ...})`` what that says of a default which is
not a value of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import FieldInfo

ENV_PREFIX = "WORKBENCH_"
SettingsT = TypeVar("SettingsT", bound=Struct)


class InvalidSettings(Exception):
    """Missing or invalid variables; ``problems`` has a line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load_settings(settings: type[SettingsT], variables: Mapping[str, str | None]) -> SettingsT:
    """Load ``settings`` from variables; an empty variable counts as not set.

    Raises:
        InvalidSettings: with every variable that is missing or invalid.
    """
    hints = get_type_hints(settings, include_extras=True)
    values: dict[str, Any] = {}
    problems = []
    for field in msgspec.structs.fields(settings):
        variable = ENV_PREFIX + field.encode_name.upper()
        text = variables.get(variable)
        if not text:
            if field.required:
                problems.append(f"{variable} is not set: {_description(hints[field.name])}")
            continue
        try:
            values[field.name] = _convert(text, hints[field.name])
        except msgspec.ValidationError as error:
            problems.append(f"{variable} is not valid: {error}. {_description(hints[field.name])}")
    if problems:
        raise InvalidSettings(problems)
    return settings(**values)


def describe_settings(settings: type[Struct]) -> str:
    """Return one line per variable: its name, description and default."""
    hints = get_type_hints(settings, include_extras=True)
    lines = []
    for field in msgspec.structs.fields(settings):
        default = "required" if field.required else _describe_default(field, hints[field.name])
        variable = ENV_PREFIX + field.encode_name.upper()
        lines.append(f"  {variable:42} {_description(hints[field.name])} [{default}]")
    return "\n".join(lines)


def _convert(text: str, hint: Any) -> Any:
    bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if bare is bool:
        text = {"on": "true", "yes": "true", "off": "false", "no": "false"}.get(text.lower(), text)
    is_list = get_origin(bare) is tuple
    value = [part.strip() for part in text.split(",") if part.strip()] if is_list else text
    return msgspec.convert(value, hint, strict=False)


def _description(hint: Any) -> str:
    return next((meta.description for meta in _metas(hint) if meta.description), "")


def _describe_default(field: FieldInfo, hint: Any) -> str:
    described = (str(meta.extra["default"]) for meta in _metas(hint) if meta.extra)
    is_none = field.default is NODEFAULT or field.default in (None, (), "")
    return next(described, "none" if is_none else str(field.default))


def _metas(hint: Any) -> list[Meta]:
    return [each for each in get_args(hint)[1:] if isinstance(each, Meta)]
