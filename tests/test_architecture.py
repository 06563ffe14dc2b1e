"""Imports point one way: the wire at the bottom, programs on top."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MAY_IMPORT = {
    "protocol": {"msgspec"},
    "client": {"protocol", "msgspec", "aiohttp", "jwt", "redis", "websocket"},
    "server": {
        "protocol",
        "msgspec",
        "aiohttp",
        "aiosqlite",
        "dotenv",
        "jwt",
        "prometheus_client",
        "redis",
        "uvloop",
    },
    "simulator": {"protocol", "client", "msgspec", "aiohttp", "dotenv", "jwt"},
    "dashboard": {
        "protocol",
        "client",
        "babel",
        "dotenv",
        "jsonpath",
        "msgspec",
        "pandas",
        "prometheus_client",
        "re2",
        "starlette",
        "streamlit",
    },
    "bench": {"client", "msgspec", "aiohttp", "playwright", "uvloop"},
}


def imports_of(module):
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_lies_below(package):
    found = {name for module in (ROOT / package).rglob("*.py") for name in imports_of(module)}

    assert found - sys.stdlib_module_names - {package} <= MAY_IMPORT[package]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_names_on_the_wire_do_not_depend_on_the_names_of_classes(package):
    derived = [
        f"{module.name}: {node.name}"
        for module in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.ClassDef)
        for keyword in node.keywords
        if keyword.arg == "tag"
        and not (isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str))
    ]

    assert derived == []


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_module_has_one_subject_and_so_a_few_hundred_lines_at_most(package):
    lengths = {
        str(module.relative_to(ROOT)): len(module.read_text().splitlines())
        for module in (ROOT / package).rglob("*.py")
    }

    assert {name: lines for name, lines in lengths.items() if lines > 300} == {}


def test_only_one_module_knows_aiohttps_socket():
    """
    Everything a client gets goes through its outbox, or the order of frames is lost.
    """
    users = {
        module.name
        for module in (ROOT / "server").rglob("*.py")
        if "WebSocketResponse" in module.read_text()
    }

    assert users == {"upgrade.py"}
