"""The catalogues: complete, without unused texts, and with matching placeholders."""

import ast
import re
from string import Formatter

import pytest

from dashboard.i18n import extract, translate


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.fixture(params=extract.TARGET_LANGUAGES)
def code(request):
    return request.param


def test_every_text_of_the_pages_is_translated(code):
    assert extract.untranslated(extract.read_catalogue(code)) == []


def test_a_catalogue_equals_what_make_words_writes(code):
    """
    A text that is new in the code or gone from it is a difference here.
    """
    path = translate.LOCALES_DIR / f"{code}.po"

    assert path.read_bytes() == extract.render_updated(code), "run `make words`"


def test_a_translation_has_the_placeholders_of_its_text(code):
    for message in extract.read_catalogue(code):
        if message.id:
            several = message.id[-1] if isinstance(message.id, tuple) else message.id
            assert {frozenset(fields(form)) for form in extract.plural_forms(message)} == {
                frozenset(fields(several))
            }, message.id


def test_the_code_contains_marked_texts():
    found = {message.id for message in extract.extract_messages()}

    assert {"Overview", "Pause view"} <= found


def test_the_pages_call_the_workbench_by_one_name():
    for message in extract.read_catalogue("uk"):
        forms = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = " ".join([*forms, *extract.plural_forms(message)])

        assert not re.search("dashboard|пульт", texts.replace("python -m dashboard", ""), re.I)


def test_ukrainian_has_three_plurals():
    ukrainian = translate.load_catalogue("uk")

    forms = [ukrainian.ngettext("{count} product", "{count} products", n) for n in (1, 2, 5, 21)]

    assert forms == ["{count} товар", "{count} товари", "{count} товарів", "{count} товар"]


def test_a_number_with_decimals_has_the_plural_of_two():
    ukrainian = translate.load_catalogue("uk")

    forms = [
        ukrainian.ngettext(
            "{rate} message/s", "{rate} messages/s", translate.plural_number(rate)
        ).format(rate=rate)
        for rate in (1, 1.0, 34.7, 5.0, 525, 522)
    ]

    assert forms == [
        "1 повідомлення/с",
        "1.0 повідомлення/с",
        "34.7 повідомлення/с",
        "5.0 повідомлення/с",
        "525 повідомлень/с",
        "522 повідомлення/с",
    ]


def test_text_outside_of_a_tab_is_in_english():
    assert translate.current_language() == "en"
    assert translate._("Pause") == "Pause"
    assert translate.ngettext("{count} product", "{count} products", 2) == "{count} products"


def test_no_text_is_marked_inside_an_f_string():
    """
    The extractor does not look there, before Python 3.12.
    """
    hidden = [
        f"{module.name}:{call.lineno}"
        for module in translate.LOCALES_DIR.parent.rglob("*.py")
        for string in ast.walk(ast.parse(module.read_text()))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("_", "N_", "ngettext")
    ]

    assert hidden == []
