"""Parts of a lesson as HTML."""

import pytest

from dashboard.views.training import lesson_html
from dashboard.views.training.lesson_html import GoalLine

WORDS = ("met", "not met yet")


def test_code_and_bold_are_the_only_marks_of_a_text():
    text = lesson_html.rich_text('Send `{"a": 1}` to **<b>** & wait')

    assert text == 'Send <code>{"a": 1}</code> to <b>&lt;b&gt;</b> &amp; wait'


def test_a_step_that_is_shown_again_is_done_and_current():
    dots = lesson_html.step_dots(3, 0, {0, 1})

    assert dots.count('<i class="past now"></i>') == 1
    assert dots.count('<i class="past"></i>') == 1
    assert dots.count('<i class=""></i>') == 1


def test_goals_are_counted_and_their_state_is_readable_without_colours():
    lines = [GoalLine("You send a `ping`", True, remark="frame 4"), GoalLine("A `pong`")]

    html = lesson_html.goals_html("Goal", lines, "", WORDS)

    assert "1 / 2" in html
    assert '<li class="met">You send a <code>ping</code>' in html
    assert html.index("(met)") < html.index("frame 4") < html.index("(not met yet)")
    assert "near-miss" not in html


def test_a_link_opens_beside_the_lesson_and_says_so():
    html = lesson_html.links_html([("The <Map>", "/map?a=1&b=2")], "opens in a new tab")

    assert '<a href="/map?a=1&amp;b=2" target="_blank" rel="noopener">The &lt;Map&gt;' in html
    assert '<span class="spoken"> (opens in a new tab)</span></a>' in html
    assert lesson_html.links_html([], "opens in a new tab") == ""


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [([4], "4"), ([4, 5], "4, 5"), ([10, 11, 12, 13], "10–13"), ([4, 9, 12, 13], "… 12, 13")],
)
def test_frames_that_follow_each_other_are_a_range(numbers, shown):
    assert lesson_html.frame_numbers(numbers) == shown


def test_a_near_miss_is_explained_below_the_goals():
    lines = [GoalLine("Your `ping` has an `id`", is_near_miss=True)]

    html = lesson_html.goals_html("Goal", lines, "Frame 6 has no `id`.", WORDS)

    assert '<li class="near">' in html
    assert html.endswith('role="status">Frame 6 has no <code>id</code>.</div>')
