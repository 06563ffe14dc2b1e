"""The catalogues: nothing is missing, nothing is stale, and what is filled in fits."""

import ast
from string import Formatter

import pytest

from dashboard import catalogue, words


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.fixture(params=catalogue.TARGET_LANGUAGES)
def code(request):
    return request.param


def test_every_text_of_the_pages_is_translated(code):
    assert catalogue.untranslated(catalogue.read_catalogue(code)) == []


def test_a_catalogue_is_what_make_words_writes(code):
    """
    A text that is new in the code or gone from it is a difference here.
    """
    path = words.LOCALES_DIR / f"{code}.po"

    assert path.read_bytes() == catalogue.render_updated(code), "run `make words`"


def test_a_translation_takes_what_the_text_takes(code):
    for message in catalogue.read_catalogue(code):
        if message.id:
            several = message.id[-1] if isinstance(message.id, tuple) else message.id
            assert {frozenset(fields(form)) for form in catalogue.plural_forms(message)} == {
                frozenset(fields(several))
            }, message.id


def test_the_code_marks_words_at_all():
    found = {message.id for message in catalogue.extract_messages()}

    assert {"Overview", "Pause"} <= found


def test_ukrainian_has_three_plurals():
    ukrainian = words.load_catalogue("uk")

    forms = [ukrainian.ngettext("{count} product", "{count} products", n) for n in (1, 2, 5, 21)]

    assert forms == ["{count} товар", "{count} товари", "{count} товарів", "{count} товар"]


def test_what_no_tab_asks_for_is_in_english():
    assert words.current_language() == "en"
    assert words._("Pause") == "Pause"
    assert words.ngettext("{count} product", "{count} products", 2) == "{count} products"


def test_no_text_is_marked_inside_an_f_string():
    """
    The extractor does not look there, before Python 3.12.
    """
    hidden = [
        f"{module.name}:{call.lineno}"
        for module in words.LOCALES_DIR.parent.rglob("*.py")
        for string in ast.walk(ast.parse(module.read_text()))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("_", "N_", "ngettext")
    ]

    assert hidden == []
