"""Download of the class."""

import pytest
from starlette.requests import Request

from dashboard.dependencies import Dependencies, install
from dashboard.settings import Settings
from dashboard.web.class_download import CLASS_ROUTE
from training import progress
from training.learner_files import LearnerFiles


@pytest.fixture
def files(tmp_path, secret):
    """The learners' files of a workbench."""
    settings = Settings(jwt_secret=secret, data_dir=str(tmp_path))
    with install(Dependencies(settings=settings)):
        yield LearnerFiles(tmp_path)


def download(query=""):
    scope = {"type": "http", "method": "GET", "query_string": query.encode(), "headers": []}
    return CLASS_ROUTE.endpoint(Request(scope))


def test_the_class_is_downloaded_as_it_is_now(files):
    assert len(download().body.splitlines()) == 1

    files.update("Ada", lambda learner: progress.record_done(learner, "say-hello", 0, 60.0, 1))
    answer = download()

    assert answer.headers["Content-Disposition"] == 'attachment; filename="class.csv"'
    assert answer.body.decode("utf-8-sig").splitlines()[1] == "Ada,Say hello,1,4,0,0,0.0,"


def test_the_table_has_the_language_that_the_page_asks_for(files):
    files.update("Ada", lambda learner: progress.record_done(learner, "say-hello", 0, 60.0, 1))

    assert "Привітайтеся" in download("language=uk").body.decode("utf-8-sig")
    assert "Say hello" in download("language=xx").body.decode("utf-8-sig")


def test_files_that_cannot_be_read_are_said(files, tmp_path):
    (tmp_path / "learners").mkdir()
    (tmp_path / "learners" / "a.json").mkdir()

    assert download().status_code == 500
