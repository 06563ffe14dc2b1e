"""The agenda: in the order of time, and nothing that was called off."""

from simulator.engine.scheduler import Scheduler


def run(agenda, until):
    for at, action in agenda.pop_due(until):
        action(at)


def test_does_what_is_due_in_the_order_of_time_and_then_of_planning():
    agenda, done = Scheduler(), []
    for when, name in [(2.0, "b"), (1.0, "a"), (2.0, "c"), (3.0, "late")]:
        agenda.call_at(when, lambda at, name=name: done.append((at, name)))
    run(agenda, 2.0)

    assert done == [(1.0, "a"), (2.0, "b"), (2.0, "c")]


def test_does_what_is_planned_meanwhile_and_is_due():
    agenda, done = Scheduler(), []
    agenda.call_at(1.0, lambda at: agenda.call_at(at + 1, done.append))
    run(agenda, 2.0)

    assert done == [2.0]


def test_does_not_do_what_was_called_off():
    agenda, done = Scheduler(), []
    plan = agenda.call_at(1.0, done.append)
    agenda.call_at(1.0, lambda _: plan.cancel())
    other = agenda.call_at(2.0, done.append)
    other.cancel()
    run(agenda, 0.5)
    plan.cancel()
    run(agenda, 2.0)

    assert done == []
