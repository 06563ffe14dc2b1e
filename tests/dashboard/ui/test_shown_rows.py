"""The rows that a browser may still show."""

import pytest

from dashboard.ui.shown_rows import KEPT_VERSIONS, ShownRows


@pytest.fixture
def shown():
    return ShownRows()


def add(shown, *rows):
    return shown.add(rows, [str(row) for row in rows])


def test_rows_with_the_same_ids_are_one_version(shown):
    first = add(shown, 1, 2)

    assert add(shown, 1, 2) == first
    assert add(shown, 2, 1) != first


def test_finds_a_row_with_the_rows_it_was_shown_in(shown):
    old = add(shown, 3, 2, 1)
    add(shown, 5, 4, 3)

    assert shown.find(old, "1", str) == (1, (3, 2, 1))


def test_finds_a_row_of_an_unknown_version_in_the_newest_rows(shown):
    add(shown, 3, 2, 1)

    assert shown.find(99, "2", str) == (2, (3, 2, 1))


def test_finds_no_row_that_was_never_shown(shown):
    assert shown.find(add(shown, 1), "2", str) is None


def test_keeps_a_version_that_is_held_and_the_newest_ones(shown):
    held, old = add(shown, 0), add(shown, 1)
    shown.hold(held)
    for row in range(2, KEPT_VERSIONS + 3):
        newest = add(shown, row)

    assert shown.find(held, "0", str) == (0, (0,))
    assert shown.find(old, "1", str) is None
    assert shown.find(newest, str(KEPT_VERSIONS + 2), str) is not None
