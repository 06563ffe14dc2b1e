"""Messages for fragments of a page that was left."""

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.web.stale_runs import PageTracker


def run(page, fragment="", is_auto=False):
    message = BackMsg()
    message.rerun_script.page_script_hash = page
    message.rerun_script.fragment_id = fragment
    message.rerun_script.is_auto_rerun = is_auto
    return message.SerializeToString()


@pytest.fixture
def tracker():
    """A tab that went from the Explorer to the Console; its sidebar is on both."""
    tracker = PageTracker()
    for message in (
        run("explorer"),
        run("explorer", "list", is_auto=True),
        run("explorer", "sidebar", is_auto=True),
        run("console"),
    ):
        assert not tracker.is_stale(message)
    return tracker


def test_a_timer_or_a_field_of_the_page_before_is_dropped(tracker):
    assert tracker.is_stale(run("explorer", "list", is_auto=True))
    assert tracker.is_stale(run("explorer", "list"))
    assert tracker.is_stale(run("console", "list"))


def test_fragments_of_the_page_and_of_the_sidebar_run(tracker):
    assert not tracker.is_stale(run("console", "frames", is_auto=True))
    assert not tracker.is_stale(run("console", "frames"))
    assert not tracker.is_stale(run("console", "sidebar", is_auto=True))
    assert not tracker.is_stale(run("console"))


def test_a_page_that_is_shown_again_runs(tracker):
    tracker.is_stale(run("explorer"))

    assert not tracker.is_stale(run("explorer", "list"))


def test_other_messages_pass(tracker):
    message = BackMsg()
    message.stop_script = True

    assert not tracker.is_stale(message.SerializeToString())
