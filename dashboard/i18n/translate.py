"""Translation of the pages into the tab's language.

The texts in the code are English; every other language has a catalogue in ``locales/``.
``make words`` updates the catalogues from the code.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import ParamSpec, TypeVar

import streamlit as st
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from streamlit.runtime.scriptrunner import get_script_run_ctx

P = ParamSpec("P")
T = TypeVar("T")
LANGUAGES = {"en": "English", "uk": "Українська"}
"""The names of the languages, each in itself, by code."""
SOURCE_LANGUAGE = "en"
LANGUAGE_KEY = "language"  # the selection's key, in the session and in the URL
LOCALES_DIR = Path(__file__).parent / "locales"


def _(text: str) -> str:
    """Return the text in the tab's language."""
    return load_catalogue(current_language()).gettext(text)


def ngettext(one: str, several: str, count: float) -> str:
    """Return the plural form for a count; the caller fills in the ``{...}``.

    An ``int`` is shown without decimals, a ``float`` with them.
    """
    return load_catalogue(current_language()).ngettext(one, several, plural_number(count))


def plural_number(count: float) -> int:
    """Return the number whose plural form fits a count.

    CLDR gives numbers with decimals a form of their own, which gettext lacks.  It is that of two in
    English, and in Ukrainian for neuter nouns, the only ones with decimals here: 34,7 повідомлення.
    """
    return count if isinstance(count, int) else 2


def current_language() -> str:
    """Return the tab's language: selected, from the URL, or else the browser's."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return SOURCE_LANGUAGE  # outside of a tab: a thread, or a test of a pure module
    chosen = st.session_state.get(LANGUAGE_KEY) or st.query_params.get(LANGUAGE_KEY)
    return chosen if chosen in LANGUAGES else browser_language()


def browser_language() -> str:
    """Return the browser's language if there is a catalogue for it, else English."""
    code = (st.context.locale or "").partition("-")[0]
    return code if code in LANGUAGES else SOURCE_LANGUAGE


def cached_per_language(make: Callable[P, T]) -> Callable[P, T]:
    """Cache a function's results by language and arguments."""
    made: dict[Hashable, T] = {}

    def get(*args: P.args, **kwargs: P.kwargs) -> T:
        key = (current_language(), args, *sorted(kwargs.items()))
        if key not in made:
            made[key] = make(*args, **kwargs)
        return made[key]

    return get


@cache
def load_catalogue(code: str) -> NullTranslations:
    """Read a language's catalogue."""
    if code == SOURCE_LANGUAGE:
        return NullTranslations()
    with (LOCALES_DIR / f"{code}.po").open("rb") as file:
        known = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, known)
    compiled.seek(0)
    return GNUTranslations(compiled)
