"""The settings and options of the programs, and the list of their routes."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = Path(__file__).parent / "files"
SETTING = re.compile(r"^ +(WORKBENCH_\w+) .*\[([^\[\]]*)\]$", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
ROUTE = re.compile(r'(?:add_(get|post|put|patch|delete)|\bRoute)\(\s*"(/[^"]*)"')
TRANSCRIPTS = {"server": "http_*", "simulator": "simulator_http*", "dashboard": "workbench_http*"}


@pytest.mark.parametrize("name", ["server", "simulator", "dashboard"])
def test_a_program_has_these_settings_and_options(name, golden, launch):
    program = launch(name, "--help")
    program.process.wait()
    assert program.stop() == 0

    options = sorted(set(OPTION.findall(SETTING.sub("", program.output))))
    settings = [f"{name} [{default}]" for name, default in SETTING.findall(program.output)]
    golden(f"settings_{name}.txt", "\n".join([*options, *settings]) + "\n")


def routes(package):
    """Find the routes of a program in its source, as method and path."""
    modules = sorted((ROOT / package).rglob("*.py"))
    found = [route for module in modules for route in ROUTE.findall(module.read_text())]
    return sorted(f"{(method or 'get').upper()} {path}" for method, path in found)


@pytest.mark.parametrize("package", TRANSCRIPTS)
def test_a_program_has_these_routes(package, golden):
    golden(f"routes_{package}.txt", "\n".join(routes(package)) + "\n")


@pytest.mark.parametrize("package", TRANSCRIPTS)
def test_every_route_is_in_a_transcript(package):
    transcripts = "\n".join(file.read_text() for file in FILES.glob(TRANSCRIPTS[package]))

    for route in routes(package):
        pattern = re.sub(r"\\{\w+\\}", r"[^/?\\s]+", re.escape(route))
        assert re.search(rf"^{pattern}[? \n]", transcripts, re.MULTILINE), route
