"""Numbers, times and marks."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from dashboard import marks
from dashboard.fields import FieldChange
from dashboard.link import SocketPhase

NOON = 1_700_000_000.125  # 2023-11-14 22:13:20 UTC


def test_a_moment_is_told_where_the_viewer_is():
    assert marks.format_time(NOON, timezone=UTC) == "22:13:20"
    assert marks.format_time(NOON, timezone=ZoneInfo("Europe/Kyiv"), millis=True) == "00:13:20.125"


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "5 s"), (89, "89 s"), (120, "2 min"), (7200, "2 h")]
)
def test_a_span_is_told_in_its_unit(seconds, words):
    assert marks.format_duration(seconds) == words


def test_numbers_are_told_in_few_digits():
    assert [marks.format_rate(value) for value in (0.04, 12.34, 522.4)] == ["0.0", "12.3", "522"]
    assert [marks.format_count(value) for value in (7, 85421, 123_456, 45_000_000)] == [
        "7", "85421", "123k", "45M",
    ]  # fmt: skip


def test_what_comes_from_a_message_is_never_markup():
    evil = "<script>alert(1)</script>"

    for mark in (
        marks.chip_html(evil, "bad"),
        marks.dot_html(evil, "bad"),
        marks.status_html(evil, evil, "bad"),
        marks.diff_html([FieldChange(evil, evil, evil)]),
    ):
        assert "<script>" not in mark
        assert "&lt;script&gt;" in mark


def test_what_a_person_typed_is_never_markdown():
    assert marks.escape_markdown("/a*b_c[d]/") == r"/a\*b\_c\[d\]/"


def test_a_difference_shows_only_the_side_that_is_there():
    assert "<s>" not in marks.diff_html([FieldChange("new", None, "1")])
    assert "<ins>" not in marks.diff_html([FieldChange("gone", "1", None)])


def test_every_phase_has_its_colour():
    assert set(marks.PHASE_TONES) == set(SocketPhase)
