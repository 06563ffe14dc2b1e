"""``python -m dashboard.i18n.extract`` (``make words``): updates the catalogues from the code.

New texts are added untranslated and unused ones removed.  Entries are sorted and have no line
numbers, so that parallel changes merge cleanly.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from dashboard.i18n.translate import LANGUAGES, LOCALES_DIR, SOURCE_LANGUAGE

TARGET_LANGUAGES = tuple(code for code in LANGUAGES if code != SOURCE_LANGUAGE)
WIDTH = 100
ROOT = LOCALES_DIR.parents[2]
FOLDERS = tuple(
    ROOT / name for name in ("client", "common", "conformance", "dashboard", "training")
)


def extract_messages() -> Catalog:
    """Collect the marked texts of all modules whose texts the pages show."""
    found = Catalog()
    for folder in FOLDERS:
        for _file, _line, message, _comments, context in extract_from_dir(folder):
            found.add(message, context=context)
    return found


def read_catalogue(code: str) -> Catalog:
    """Read a language's catalogue; an empty one if there is none."""
    path = _catalogue_path(code)
    return read_po(io.BytesIO(path.read_bytes() if path.exists() else b""), locale=code)


def render_updated(code: str) -> bytes:
    """Return the language's catalogue with exactly the marked texts."""
    catalogue = read_catalogue(code)
    catalogue.update(extract_messages(), no_fuzzy_matching=True)
    written = io.BytesIO()
    write_po(
        written,
        catalogue,
        width=WIDTH,
        no_location=True,
        omit_header=True,
        sort_output=True,
        ignore_obsolete=True,
    )
    return written.getvalue()


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the texts that lack a translation, or one of its plural forms."""
    return [
        str(message.id) for message in catalogue if message.id and not all(plural_forms(message))
    ]


def plural_forms(message: Message) -> tuple[str, ...]:
    """Return a text's translations, one for each plural form."""
    string = message.string
    return (string,) if isinstance(string, str) else tuple(map(str, string or ("",)))


def _catalogue_path(code: str) -> Path:
    return LOCALES_DIR / f"{code}.po"


def main() -> None:
    """Write the catalogues and print the texts that are not translated."""
    for code in TARGET_LANGUAGES:
        _catalogue_path(code).write_bytes(render_updated(code))
        for text in untranslated(read_catalogue(code)):
            print(f"{_catalogue_path(code).name}: {text}")  # noqa: T201 - the command's output


if __name__ == "__main__":
    main()
