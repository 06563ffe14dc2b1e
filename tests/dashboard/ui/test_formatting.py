"""Numbers, times and HTML snippets."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from dashboard.ui import formatting

NOON = 1_700_000_000.125  # 2023-11-14 22:13:20 UTC


def test_a_time_is_shown_in_the_viewers_time_zone():
    assert formatting.format_time(NOON, timezone=UTC) == "22:13:20"
    assert (
        formatting.format_time(NOON, timezone=ZoneInfo("Europe/Kyiv"), millis=True)
        == "00:13:20.125"
    )


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "5 s"), (89, "89 s"), (120, "2 min"), (7200, "2 h")]
)
def test_a_duration_is_shown_in_its_unit(seconds, words):
    assert formatting.format_duration(seconds) == words


def test_numbers_are_shown_in_few_digits():
    assert [formatting.format_rate(value) for value in (0.04, 12.34, 522.4)] == [
        "0.0",
        "12.3",
        "522",
    ]
    counts = (7, 85421, 123_456, 2_276_000, 45_000_000)
    assert [formatting.format_count(count) for count in counts] == [
        "7", "85421", "123k", "2.3M", "45M",
    ]  # fmt: skip


def test_bytes_are_shown_in_few_digits():
    sizes = (980, 12_600, 1_400_000)

    assert [formatting.format_size(size) for size in sizes] == ["980 B", "12 KiB", "1.3 MiB"]


def test_text_of_a_message_is_never_html():
    evil = "<script>alert(1)</script>"

    for mark in (
        formatting.chip_html(evil, "bad"),
        formatting.dot_html(evil, "bad"),
        formatting.status_html(evil, evil, "bad"),
    ):
        assert "<script>" not in mark
        assert "&lt;script&gt;" in mark


def test_text_that_a_person_typed_is_never_markdown():
    assert formatting.escape_markdown("/a*b_c[d]/") == r"/a\*b\_c\[d\]/"


def test_code_in_a_text_stays_code_and_the_rest_is_escaped():
    assert formatting.markdown_with_code("Send `auth` to *a*") == r"Send `auth` to \*a\*"
