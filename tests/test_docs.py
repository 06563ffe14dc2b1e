"""What the documentation refers to exists: files, modules and their names, links, settings."""

import ast
import re
from pathlib import Path

import pytest
from msgspec.structs import fields

import dashboard.settings
import simulator.settings
from server.__main__ import ProgramSettings

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in ROOT.glob("docs/*.md"))]
PACKAGES = "protocol|common|client|conformance|server|simulator|training|dashboard|bench"
SETTINGS = {
    f"WORKBENCH_{field.encode_name.upper()}"
    for program in (ProgramSettings, simulator.settings.Settings, dashboard.settings.Settings)
    for field in fields(program)
}
MAX_LINE = 120


def text_of(page: str) -> str:
    return (ROOT / page).read_text()


def anchors_of(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def names_in(path: Path) -> set[str]:
    return {getattr(node, "name", "") for node in ast.parse(path.read_text()).body}


def is_defined(dotted: str) -> bool:
    """Tell whether a dotted name is a package, a module, or a class or function of one."""
    path = ROOT / dotted.replace(".", "/")
    module = path.parent.with_suffix(".py")
    return (
        path.is_dir()
        or path.with_suffix(".py").is_file()
        or (module.is_file() and path.name in names_in(module))
    )


@pytest.mark.parametrize("page", PAGES)
def test_files_and_folders_exist(page):
    named = re.findall(rf"(?<![\w/.}}])((?:{PACKAGES}|tests|docs)/[\w./-]*\w/?)", text_of(page))

    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_modules_classes_and_functions_exist(page):
    text = text_of(page)
    named = re.findall(rf"`((?:{PACKAGES})(?:\.\w+)+)", text)
    named += [
        ".".join(pair) for pair in re.findall(rf"from ((?:{PACKAGES})\S*) import (\w+)", text)
    ]

    assert [name for name in named if not is_defined(name)] == []


@pytest.mark.parametrize("page", [*PAGES, "CHANGELOG.md", ".env.example"])
def test_settings_exist(page):
    assert set(re.findall(r"WORKBENCH_[A-Z_]+", text_of(page))) <= SETTINGS


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    broken = []
    for file, anchor in re.findall(r"\]\((?!http)([^)#]*)#?([^)]*)\)", text_of(page)):
        path = (ROOT / page).parent / file if file else ROOT / page
        if not path.exists() or (anchor and anchor not in anchors_of(path)):
            broken.append(f"{file}#{anchor}")

    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_prose_is_wrapped(page):
    prose = re.sub(r"^```.*?^```", "", text_of(page), flags=re.DOTALL | re.MULTILINE)

    assert [
        line for line in prose.splitlines() if len(line) > MAX_LINE and not line.startswith("|")
    ] == []
