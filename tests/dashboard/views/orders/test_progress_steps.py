"""The progress steps of an order."""

import pytest

from dashboard.views.orders.progress_steps import ProgressStep, StepState, progress_steps
from protocol.event_payloads import OrderStatus as S


def drawn(status, when=None):
    return [(stage.status, stage.state) for stage in progress_steps(status, when or {})]


def test_marks_done_current_and_upcoming_steps():
    assert drawn(S.PROCESSING) == [
        (S.PENDING, StepState.DONE),
        (S.PAID, StepState.DONE),
        (S.PROCESSING, StepState.CURRENT),
        (S.SHIPPED, StepState.UPCOMING),
        (S.DELIVERED, StepState.UPCOMING),
    ]


def test_gives_the_times_that_were_seen():
    first, second, third, *_ = progress_steps(S.PROCESSING, {S.PENDING: 1.0, S.PROCESSING: 9.0})

    assert (first.at, second.at, third.at) == (1.0, None, 9.0)


def test_moves_by_one_step_when_the_order_does():
    marks = [mark for _, mark in drawn(S.SHIPPED)]

    assert marks == [
        StepState.DONE,
        StepState.DONE,
        StepState.DONE,
        StepState.CURRENT,
        StepState.UPCOMING,
    ]


def test_has_no_upcoming_step_for_a_delivered_order():
    assert [mark for _, mark in drawn(S.DELIVERED)] == [StepState.DONE] * 4 + [StepState.CURRENT]


def test_shows_a_failed_payment_in_the_place_of_the_payment():
    assert drawn(S.PAYMENT_FAILED)[:3] == [
        (S.PENDING, StepState.DONE),
        (S.PAYMENT_FAILED, StepState.FAILED),
        (S.PROCESSING, StepState.UPCOMING),
    ]


def test_shows_the_steps_of_a_cancelled_order_without_upcoming_ones():
    assert progress_steps(S.CANCELLED, {S.PENDING: 1.0, S.PAID: 2.0, S.CANCELLED: 3.0}) == (
        ProgressStep(S.PENDING, 1.0, StepState.DONE),
        ProgressStep(S.PAID, 2.0, StepState.DONE),
        ProgressStep(S.CANCELLED, 3.0, StepState.FAILED),
    )


@pytest.mark.parametrize(
    ("when", "way"),
    [
        ({S.PENDING: 1, S.PAID: 2, S.CANCELLED: 3}, [S.PENDING, S.PAID, S.CANCELLED, S.REFUNDED]),
        ({S.PENDING: 1, S.DELIVERED: 2}, [S.PENDING, S.DELIVERED, S.REFUNDED]),
        ({}, [S.PENDING, S.REFUNDED]),
    ],
)
def test_ends_with_a_refund(when, way):
    steps = progress_steps(S.REFUNDED, when)

    assert [step.status for step in steps] == way
    assert steps[-1].state is StepState.CURRENT
