"""A list that is frozen while one of its items is selected."""

import pytest

from dashboard.ui.frozen_list import SELECTION_ECHO_S, FrozenList


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def items(clock):
    """A list of numbers whose rows 3, 2, 1 were drawn."""
    items = FrozenList(clock)
    items.rows([3, 2, 1])
    return items


def test_shows_the_live_items_while_nothing_is_selected(items):
    assert items.rows([4, 3, 2]) == (4, 3, 2)
    assert not items.is_frozen


def test_keeps_the_rows_that_were_drawn_when_an_item_is_selected(items):
    items.select(2)

    assert items.selected == 2
    assert items.is_frozen
    assert items.rows([5, 4, 3]) == (3, 2, 1)


def test_a_table_without_a_selection_changes_nothing(items):
    items.select(2)

    items.select(None)

    assert (items.selected, items.rows([4])) == (2, (3, 2, 1))


def test_a_release_shows_the_live_items_and_keeps_the_selected_one(items):
    items.select(2)

    items.release()

    assert items.rows([5, 4, 3]) == (5, 4, 3)
    assert items.selected == 2


def test_the_key_of_the_table_changes_with_every_release(items):
    keys = [items.table_key("list")]
    for _ in range(2):
        items.release()
        keys.append(items.table_key("list"))

    assert len(set(keys)) == 3
    assert all(key.startswith("list") for key in keys)


def test_the_selection_that_a_table_reports_again_after_a_release_is_ignored(items, clock):
    items.select(2)
    items.release()
    items.rows([5, 4, 3])

    clock.now += SELECTION_ECHO_S
    items.select(3)
    assert not items.is_frozen

    clock.now += 0.1
    items.select(3)
    assert (items.selected, items.is_frozen) == (3, True)


@pytest.mark.parametrize(("start", "rows", "end"), [(2, 1, 1), (2, -1, 3), (3, -1, 3), (1, 1, 1)])
def test_moves_to_a_neighbour_but_not_beyond_the_ends(items, start, rows, end):
    items.select(start)

    items.move(rows)

    assert items.selected == end


def test_moves_to_the_first_row_if_the_selected_item_is_not_listed(items):
    items.selected = 9

    items.move(1)

    assert (items.selected, items.rows([5])) == (3, (3, 2, 1))


def test_moving_in_an_empty_list_selects_nothing(clock):
    items = FrozenList(clock)
    items.rows([])

    items.move(1)

    assert (items.selected, items.is_frozen) == (None, False)


def test_counts_the_items_newer_than_the_frozen_rows(items):
    assert items.new_count([5, 4, 3], int) == 0

    items.select(1)

    assert items.new_count([5, 4, 3], int) == 2
