"""Route that serves the class of Training as a table: ``GET /class.csv?language=uk``.

Not by Streamlit's download button, for the reason that ``web.download`` gives.
"""

from __future__ import annotations

import logging
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard import dependencies
from dashboard.i18n.translate import LANGUAGE_KEY, LANGUAGES, SOURCE_LANGUAGE, load_catalogue
from training.class_csv import to_csv
from training.lesson_files import load_own_lessons
from training.lessons.catalogue import LESSONS

log = logging.getLogger(__name__)


def url_path(language: str) -> str:
    """Return the path of the download in a language."""
    return f"{CLASS_ROUTE.path}?{LANGUAGE_KEY}={language}"


def serve_class(request: Request) -> Response:
    """Respond with the class as it is now."""
    language = request.query_params.get(LANGUAGE_KEY, "")
    catalogue = load_catalogue(language if language in LANGUAGES else SOURCE_LANGUAGE)
    own = load_own_lessons(Path(dependencies.settings().data_dir), LESSONS)
    try:
        learners = dependencies.learner_files().all()
    except OSError as error:
        log.warning("the learners' files could not be read: %s", error)
        return PlainTextResponse("The learners' files could not be read.\n", 500)
    table = to_csv(learners, (*LESSONS.values(), *own.lessons), catalogue.gettext)
    headers = {
        "Content-Disposition": 'attachment; filename="class.csv"',
        "Cache-Control": "no-store",
    }
    return Response(table, media_type="text/csv", headers=headers)


CLASS_ROUTE = Route("/class.csv", serve_class)
