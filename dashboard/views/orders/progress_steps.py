"""Progress steps of an order: completed, current and upcoming.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from dashboard.state.orders import HAPPY_PATH
from protocol.event_payloads import OrderStatus

EARLY_ENDINGS = (OrderStatus.CANCELLED, OrderStatus.REFUNDED)
"""Statuses that end an order early, in order."""


class StepState(StrEnum):
    """How a step is drawn."""

    DONE = "done"
    CURRENT = "now"
    FAILED = "failed"
    UPCOMING = "to_come"


class ProgressStep(Struct, frozen=True):
    """One step; ``at`` is None if it was not reached, or if its time is unknown."""

    status: OrderStatus
    at: float | None
    state: StepState


def progress_steps(
    status: OrderStatus, reached_at: Mapping[OrderStatus, float]
) -> tuple[ProgressStep, ...]:
    """Return the progress steps of an order in this status.

    ``reached_at`` has the known times.  An order that ended early has no upcoming steps; a failed
    payment replaces the step of the payment.
    """

    def step_of(step: OrderStatus, state: StepState) -> ProgressStep:
        return ProgressStep(step, reached_at.get(step), state)

    if status in EARLY_ENDINGS:
        completed = [step for step in HAPPY_PATH if step in reached_at] or [HAPPY_PATH[0]]
        cancelled = status is OrderStatus.CANCELLED or OrderStatus.CANCELLED in reached_at
        ends = [step_of(OrderStatus.CANCELLED, StepState.FAILED)] if cancelled else []
        if status is OrderStatus.REFUNDED:
            ends.append(step_of(OrderStatus.REFUNDED, StepState.CURRENT))
        return (*(step_of(step, StepState.DONE) for step in completed), *ends)
    if status is OrderStatus.PAYMENT_FAILED:
        before, _, *after = HAPPY_PATH
        failed = step_of(OrderStatus.PAYMENT_FAILED, StepState.FAILED)
        upcoming = (ProgressStep(step, None, StepState.UPCOMING) for step in after)
        return (step_of(before, StepState.DONE), failed, *upcoming)
    here = HAPPY_PATH.index(status)
    return (
        *(step_of(step, StepState.DONE) for step in HAPPY_PATH[:here]),
        step_of(status, StepState.CURRENT),
        *(ProgressStep(step, None, StepState.UPCOMING) for step in HAPPY_PATH[here + 1 :]),
    )
