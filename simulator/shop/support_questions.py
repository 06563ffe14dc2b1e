"""Generates support questions of connected customers, independent of the rate."""

from __future__ import annotations

from protocol.event_payloads import CustomerAction, CustomerActivityPayload
from protocol.messages import CustomerActivity
from simulator.engine.scheduler import ScheduledAction
from simulator.shop.components import ShopComponents
from simulator.shop.simulation_events import AskSupport

FIRST_QUESTION_AT_S, MEAN_INTERVAL_S = 5.0, 40.0
"""In virtual seconds."""


class SupportQuestionGenerator:
    """Generates questions; none if no customer is connected."""

    def __init__(self, components: ShopComponents) -> None:
        self._components, self._context = components, components.context
        self._next_question: ScheduledAction | None = None
        if self._context.config.connected_customers:
            self._next_question = self._context.scheduler.call_at(FIRST_QUESTION_AT_S, self._ask)

    def reschedule(self, at: float) -> None:
        """Reschedule after a change of the active scenarios."""
        if self._next_question is not None:
            self._next_question.cancel()
            self._schedule_next(at)

    def _schedule_next(self, at: float) -> None:
        questions_per_s = self._components.active_scenarios.question_multiplier / MEAN_INTERVAL_S
        delay_s = self._context.rng.expovariate(questions_per_s)
        self._next_question = self._context.scheduler.call_at(at + delay_s, self._ask)

    def _ask(self, at: float) -> None:
        rng, data = self._context.rng, self._components.data
        number = rng.randint(1, self._context.config.connected_customers)
        customer = data.customers.customer(number)
        topic = rng.choice(data.support_script.topics)
        self._context.emit(AskSupport(customer, topic.name))
        activity = CustomerActivityPayload(
            customer.person, CustomerAction.CHAT, self._context.datetime_at(at)
        )
        self._context.publish_to_staff(CustomerActivity(payload=activity))
        self._schedule_next(at)
