"""``python -m dashboard.catalogue`` (``make words``): updates the catalogues from the code.

New texts are added untranslated and unused ones removed; entries are sorted
and carry no line numbers, so that parallel changes merge cleanly.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from dashboard.words import FOLDER, LANGUAGES, SOURCE

TRANSLATED = tuple(code for code in LANGUAGES if code != SOURCE)
WIDTH = 100


def extracted() -> Catalog:
    """Collect what is marked in the dashboard's modules."""
    found = Catalog()
    for _file, _line, message, _comments, context in extract_from_dir(FOLDER.parent):
        found.add(message, context=context)
    return found


def read(code: str) -> Catalog:
    """Read a language's catalogue as it is now; an empty one if there is none."""
    path = _path(code)
    return read_po(io.BytesIO(path.read_bytes() if path.exists() else b""), locale=code)


def updated(code: str) -> bytes:
    """Return what the language's catalogue should be: all that is marked, and nothing else."""
    catalogue = read(code)
    catalogue.update(extracted(), no_fuzzy_matching=True)
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
    """Name the texts that lack a translation, or one of its plural forms."""
    return [str(message.id) for message in catalogue if message.id and not all(forms(message))]


def forms(message: Message) -> tuple[str, ...]:
    """Return a text's translations, one for each plural form."""
    string = message.string
    return (string,) if isinstance(string, str) else tuple(map(str, string or ("",)))


def _path(code: str) -> Path:
    return FOLDER / f"{code}.po"


def main() -> None:
    """Write the catalogues, and say what is left to translate."""
    for code in TRANSLATED:
        _path(code).write_bytes(updated(code))
        for text in untranslated(read(code)):
            print(f"{_path(code).name}: {text}")  # noqa: T201 - what was asked for


if __name__ == "__main__":
    main()
