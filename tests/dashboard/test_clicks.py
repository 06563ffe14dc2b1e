"""One act a click."""

from dashboard.clicks import REPEAT_S, Clicks


def test_the_first_click_is_none_told_again():
    assert not Clicks().is_repeat("place", 0.0)


def test_a_click_that_is_told_again_and_again_is_one():
    clicks = Clicks()
    clicks.is_repeat("place", 100.0)

    assert [clicks.is_repeat("place", 100.0 + after) for after in (0.1, 0.3)] == [True, True]


def test_the_next_click_counts_however_often_the_last_was_told():
    clicks = Clicks()
    clicks.is_repeat("place", 100.0)
    clicks.is_repeat("place", 100.0 + REPEAT_S / 2)

    assert not clicks.is_repeat("place", 100.0 + REPEAT_S * 1.01)


def test_another_act_is_never_a_repeat():
    clicks = Clicks()
    clicks.is_repeat(("restock",), 100.0)

    assert not clicks.is_repeat(("announce", "Увага"), 100.0)
