"""The tracker of an order."""

import pytest

from dashboard.tracker import Mark, Stage, stages
from protocol.events import OrderStatus as S


def drawn(status, when=None):
    return [(stage.status, stage.mark) for stage in stages(status, when or {})]


def test_marks_what_is_behind_what_is_now_and_what_is_to_come():
    assert drawn(S.PROCESSING) == [
        (S.PENDING, Mark.DONE),
        (S.PAID, Mark.DONE),
        (S.PROCESSING, Mark.NOW),
        (S.SHIPPED, Mark.TO_COME),
        (S.DELIVERED, Mark.TO_COME),
    ]


def test_says_when_where_that_was_seen():
    first, second, third, *_ = stages(S.PROCESSING, {S.PENDING: 1.0, S.PROCESSING: 9.0})

    assert (first.at, second.at, third.at) == (1.0, None, 9.0)


def test_moves_by_one_step_when_the_order_does():
    marks = [mark for _, mark in drawn(S.SHIPPED)]

    assert marks == [Mark.DONE, Mark.DONE, Mark.DONE, Mark.NOW, Mark.TO_COME]


def test_has_nothing_to_come_for_a_delivered_order():
    assert [mark for _, mark in drawn(S.DELIVERED)] == [Mark.DONE] * 4 + [Mark.NOW]


def test_shows_a_failed_payment_in_the_place_of_the_payment():
    assert drawn(S.PAYMENT_FAILED)[:3] == [
        (S.PENDING, Mark.DONE),
        (S.PAYMENT_FAILED, Mark.FAILED),
        (S.PROCESSING, Mark.TO_COME),
    ]


def test_shows_a_cancelled_order_as_it_went_and_nothing_to_come():
    assert stages(S.CANCELLED, {S.PENDING: 1.0, S.PAID: 2.0, S.CANCELLED: 3.0}) == (
        Stage(S.PENDING, 1.0, Mark.DONE),
        Stage(S.PAID, 2.0, Mark.DONE),
        Stage(S.CANCELLED, 3.0, Mark.FAILED),
    )


@pytest.mark.parametrize(
    ("when", "way"),
    [
        ({S.PENDING: 1, S.PAID: 2, S.CANCELLED: 3}, [S.PENDING, S.PAID, S.CANCELLED, S.REFUNDED]),
        ({S.PENDING: 1, S.DELIVERED: 2}, [S.PENDING, S.DELIVERED, S.REFUNDED]),
        ({}, [S.PENDING, S.REFUNDED]),
    ],
)
def test_ends_with_the_money_that_came_back(when, way):
    steps = stages(S.REFUNDED, when)

    assert [step.status for step in steps] == way
    assert steps[-1].mark is Mark.NOW
