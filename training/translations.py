"""Whether the texts of the built-in lessons are translated.

The pages translate them, so the translations are in the catalogues of the workbench.  They are
read as files: this package does not import the workbench.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.pofile import read_po

from training.lesson_rules import IsTranslated

CATALOGUES = Path(__file__).parents[1] / "dashboard" / "i18n" / "locales"


def translation_check(folder: Path = CATALOGUES) -> IsTranslated:
    """Return a function that tells whether every catalogue of the folder translates a text."""
    catalogues = []
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.stem)
        catalogues.append({str(each.id) for each in catalogue if each.id and each.string})
    return lambda text: all(text in translated for translated in catalogues)
