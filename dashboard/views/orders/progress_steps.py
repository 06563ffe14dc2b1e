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
    """One step; ``at`` is None where it was not reached, or nobody here saw when."""

    status: OrderStatus
    at: float | None
    state: StepState


def progress_steps(
    status: OrderStatus, reached_at: Mapping[OrderStatus, float]
) -> tuple[ProgressStep, ...]:
    """Return the progress steps of an order in this status.

    ``when`` has the moments that are known.  A way that ended early shows how it went and
    nothing to come; a payment that failed stands in the place of the payment.
    """

    def stage(step: OrderStatus, mark: StepState) -> ProgressStep:
        return ProgressStep(step, reached_at.get(step), mark)

    if status in EARLY_ENDINGS:
        gone = [step for step in HAPPY_PATH if step in reached_at] or [HAPPY_PATH[0]]
        cancelled = status is OrderStatus.CANCELLED or OrderStatus.CANCELLED in reached_at
        ends = [stage(OrderStatus.CANCELLED, StepState.FAILED)] if cancelled else []
        if status is OrderStatus.REFUNDED:
            ends.append(stage(OrderStatus.REFUNDED, StepState.CURRENT))
        return (*(stage(step, StepState.DONE) for step in gone), *ends)
    if status is OrderStatus.PAYMENT_FAILED:
        before, _, *after = HAPPY_PATH
        failed = stage(OrderStatus.PAYMENT_FAILED, StepState.FAILED)
        to_come = (ProgressStep(step, None, StepState.UPCOMING) for step in after)
        return (stage(before, StepState.DONE), failed, *to_come)
    here = HAPPY_PATH.index(status)
    return (
        *(stage(step, StepState.DONE) for step in HAPPY_PATH[:here]),
        stage(status, StepState.CURRENT),
        *(ProgressStep(step, None, StepState.UPCOMING) for step in HAPPY_PATH[here + 1 :]),
    )
