"""A list that is frozen while one of its items is selected."""

import pytest

from dashboard.ui.frozen_list import FrozenList


@pytest.fixture
def items():
    """A list of numbers whose rows 3, 2, 1 were drawn."""
    items = FrozenList()
    items.rows([3, 2, 1])
    return items


def test_shows_the_live_items_while_nothing_is_selected(items):
    assert items.rows([4, 3, 2]) == (4, 3, 2)
    assert not items.is_frozen


def test_keeps_the_rows_that_were_shown_when_an_item_is_selected(items):
    items.rows([4, 3, 2])

    items.select(2, (3, 2, 1))

    assert items.selected == 2
    assert items.is_frozen
    assert items.rows([5, 4, 3]) == (3, 2, 1)


def test_a_release_shows_the_live_items_and_keeps_the_selected_one(items):
    items.select(2, [3, 2, 1])

    items.release()

    assert items.rows([5, 4, 3]) == (5, 4, 3)
    assert (items.selected, items.releases) == (2, 1)


@pytest.mark.parametrize(("start", "rows", "end"), [(2, 1, 1), (2, -1, 3), (3, -1, 3), (1, 1, 1)])
def test_moves_to_a_neighbour_but_not_beyond_the_ends(items, start, rows, end):
    items.select(start, [3, 2, 1])

    items.move(rows)

    assert items.selected == end


def test_moves_to_the_first_row_if_the_selected_item_is_not_listed(items):
    items.selected = 9

    items.move(1)

    assert (items.selected, items.rows([5])) == (3, (3, 2, 1))


def test_moving_in_an_empty_list_selects_nothing():
    items = FrozenList()
    items.rows([])

    items.move(1)

    assert (items.selected, items.is_frozen) == (None, False)


def test_counts_the_items_newer_than_the_frozen_rows(items):
    assert items.new_count([5, 4, 3], int) == 0

    items.select(1, [3, 2, 1])

    assert items.new_count([5, 4, 3], int) == 2
