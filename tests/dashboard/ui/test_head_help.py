"""Heads of tables: two that look the same in a language have the same help."""

import pytest

from dashboard.i18n import translate
from dashboard.ui import head_help


@pytest.mark.parametrize("code", translate.LANGUAGES)
def test_heads_that_are_translated_alike_have_the_same_help(code):
    catalogue = translate.load_catalogue(code)
    helps = {}
    for title, text in head_help.HELP.items():
        helps.setdefault(catalogue.gettext(title), set()).add(catalogue.gettext(text))

    assert {title: texts for title, texts in helps.items() if len(texts) > 1} == {}


def test_an_unknown_head_has_none():
    assert head_help.help_for("Order")
    assert head_help.help_for("no such head") == ""
