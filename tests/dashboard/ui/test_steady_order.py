"""An order of rows that changes only now and then."""

import pytest

from dashboard.ui.steady_order import SteadyOrder


@pytest.fixture
def arrange():
    order = SteadyOrder()

    def go(rows, at, scope=""):
        return "".join(order.arrange(rows, rows, scope=scope, at=at, hold_s=10.0))

    return go


def test_the_order_stays_until_the_time_is_over(arrange):
    assert arrange("abc", 0.0) == "abc"
    assert arrange("cba", 9.0) == "abc"
    assert arrange("cba", 10.0) == "cba"
    assert arrange("abc", 19.0) == "cba"


def test_a_row_that_is_new_comes_where_it_is_sorted_to(arrange):
    arrange("abc", 0.0)

    assert arrange("cxba", 1.0) == "axbc"


def test_another_scope_has_its_own_order_at_once(arrange):
    arrange("abc", 0.0)

    assert arrange("cba", 1.0, scope="by name") == "cba"


def test_other_rows_have_their_own_order_at_once(arrange):
    arrange("abc", 0.0)

    assert arrange("zyx", 1.0) == "zyx"
