"""Progress steps of an order: completed, current and upcoming.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from dashboard.orderbook import WAY
from protocol.events import OrderStatus

ENDS = (OrderStatus.CANCELLED, OrderStatus.REFUNDED)
"""Statuses that end an order early, in order."""


class Mark(StrEnum):
    """How a step is drawn."""

    DONE = "done"
    NOW = "now"
    FAILED = "failed"
    TO_COME = "to_come"


class Stage(Struct, frozen=True):
    """One step; ``at`` is None where it was not reached, or nobody here saw when."""

    status: OrderStatus
    at: float | None
    mark: Mark


def stages(status: OrderStatus, when: Mapping[OrderStatus, float]) -> tuple[Stage, ...]:
    """Return the progress steps of an order in this status.

    ``when`` has the moments that are known.  A way that ended early shows how it went and
    nothing to come; a payment that failed stands in the place of the payment.
    """

    def stage(step: OrderStatus, mark: Mark) -> Stage:
        return Stage(step, when.get(step), mark)

    if status in ENDS:
        gone = [step for step in WAY if step in when] or [WAY[0]]
        cancelled = status is OrderStatus.CANCELLED or OrderStatus.CANCELLED in when
        ends = [stage(OrderStatus.CANCELLED, Mark.FAILED)] if cancelled else []
        if status is OrderStatus.REFUNDED:
            ends.append(stage(OrderStatus.REFUNDED, Mark.NOW))
        return (*(stage(step, Mark.DONE) for step in gone), *ends)
    if status is OrderStatus.PAYMENT_FAILED:
        before, _, *after = WAY
        failed = stage(OrderStatus.PAYMENT_FAILED, Mark.FAILED)
        to_come = (Stage(step, None, Mark.TO_COME) for step in after)
        return (stage(before, Mark.DONE), failed, *to_come)
    here = WAY.index(status)
    return (
        *(stage(step, Mark.DONE) for step in WAY[:here]),
        stage(status, Mark.NOW),
        *(Stage(step, None, Mark.TO_COME) for step in WAY[here + 1 :]),
    )
