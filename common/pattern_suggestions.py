"""The nearest valid form of a search pattern that is invalid or finds nothing.  Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from common import field_conditions, text_patterns
from common.text_patterns import InvalidPattern

PAYLOAD = "payload"  # `$[?@.total > 1]` tests the members of each message, such as its payload
_NAMES = r"[^\W\d][\w-]*(?:\.[\w-]+)*"
_OPERATOR = r"!=|<>|>=|=>|<=|=<|===?|=|>|<|contains\b|~"
_CLAUSE = rf"(?:@\.?)?(?P<path>{_NAMES})\s*(?P<operator>{_OPERATOR})\s*(?P<value>.+?)"
_PATH_CONDITION = re.compile(rf"[$@]\.?{_CLAUSE}")
_FILTER = re.compile(
    rf"\$(?:\.\.?(?P<parent>{_NAMES}))?(?:\[\*\])?\.?\[\?\s*\(?\s*(?P<tests>.+?)\s*\)?\s*\]?"
)
_AND = re.compile(r"\s*(?:&&?|\band\b)\s*")
_CANONICAL = {"=": "==", "===": "==", "=>": ">=", "=<": "<=", "<>": "!="}
_LITERAL = re.compile(r"[+-]?\d+(?:\.\d+)?|true|false|null|'.*'|\".*\"")


def suggest_pattern(text: str) -> str:
    """Return another valid pattern that probably says what was meant; empty if there is none."""
    text = text.strip()
    for make in _MAKERS:
        for suggestion in make(text):
            if suggestion != text and _is_valid(suggestion):
                return suggestion
    return ""


def _is_valid(text: str) -> bool:
    try:
        return text_patterns.parse_pattern(text) is not None
    except InvalidPattern:
        return False


def _escaped_expression(text: str) -> Iterator[str]:
    """`/(/` is not closed: search it literally."""
    if text.startswith("/") and len(text) > 1 and not _is_valid(text):
        yield f"/{re.escape(text[1:].removesuffix('/'))}/"


def _filtered_members(text: str) -> Iterator[str]:
    """`$.payload.cart[?total > 1]` tests the members of `cart`: test the payload instead."""
    if not (match := _FILTER.fullmatch(text)):
        return
    parent = _without_payload(match["parent"] or "")
    if not parent and _is_valid(text):
        return
    clauses = [re.fullmatch(_CLAUSE, test) for test in _AND.split(match["tests"])]
    tests = [_path_test(clause, parent) for clause in clauses if clause]
    if len(tests) == len(clauses):
        yield f"$[?{' && '.join(tests)}]"


def _compared_path(text: str) -> Iterator[str]:
    """`$.payload.cart.total > 1`: a path has no comparison outside of a filter."""
    clauses = [_PATH_CONDITION.fullmatch(part) for part in _AND.split(text)]
    found = [clause for clause in clauses if clause]
    if not found or len(found) < len(clauses):
        return
    is_inside = all("." in _without_payload(clause["path"]) for clause in found)
    if is_inside or all(clause["path"].startswith(f"{PAYLOAD}.") for clause in found):
        yield f"$[?{' && '.join(_path_test(clause) for clause in found)}]"
    yield " and ".join(_condition(clause) for clause in found)


def _mistyped_condition(text: str) -> Iterator[str]:
    """`cart.total => 1`: the operator has another spelling."""
    clauses = [re.fullmatch(_CLAUSE, part) for part in _AND.split(text)]
    if all(clauses) and not _is_valid(text):
        yield " and ".join(_condition(clause) for clause in clauses if clause)


def _bare_path(text: str) -> Iterator[str]:
    """`cart.total` alone is searched as words: it was meant as a path."""
    if re.fullmatch(_NAMES, text) and "." in text:
        yield f"$.{PAYLOAD}.{_without_payload(text)}"


def _words_and_condition(text: str) -> Iterator[str]:
    """`cart_update cart total > 1` is searched as words: a type, and a path without its dots."""
    match = re.fullmatch(rf"(?P<words>[\w. ]+?)\s+(?P<condition>{_CLAUSE})", text)
    if not match or field_conditions.parse_conditions(text):
        return
    words = match["words"].removesuffix(" and").split()
    types = words[:1] if "_" in words[0] else []  # the names of most types have one
    path = "".join(f"{name}." for name in words[len(types) :])
    condition = re.fullmatch(_CLAUSE, match["condition"])
    if condition is not None:
        tests = [*(f"type = {type_}" for type_ in types), f"{path}{_condition(condition)}"]
        yield " and ".join(tests)


def _path_test(clause: re.Match[str], parent: str = "") -> str:
    path = ".".join(part for part in (parent, _without_payload(clause["path"])) if part)
    operator = _CANONICAL.get(clause["operator"], clause["operator"])
    value = clause["value"].strip()
    return f"@.{path} {operator} {value if _LITERAL.fullmatch(value) else repr(value)}"


def _condition(clause: re.Match[str]) -> str:
    operator = _CANONICAL.get(clause["operator"], clause["operator"])
    operator = "=" if operator == "==" else operator
    return f"{_without_payload(clause['path'])} {operator} {clause['value'].strip()}"


def _without_payload(path: str) -> str:
    return "" if path == PAYLOAD else path.removeprefix(f"{PAYLOAD}.")


_MAKERS: tuple[Callable[[str], Iterator[str]], ...] = (
    _escaped_expression,
    _filtered_members,
    _compared_path,
    _mistyped_condition,
    _bare_path,
    _words_and_condition,
)
