"""The agenda: in the order of time, and nothing that was called off."""

from simulator.engine.scheduler import Scheduler


def run(agenda, until):
    for at, action in agenda.pop_due(until):
        action(at)


def test_due_actions_run_in_order_of_time_then_of_insertion():
    agenda, done = Scheduler(), []
    for when, name in [(2.0, "b"), (1.0, "a"), (2.0, "c"), (3.0, "late")]:
        agenda.call_at(when, lambda at, name=name: done.append((at, name)))
    run(agenda, 2.0)

    assert done == [(1.0, "a"), (2.0, "b"), (2.0, "c")]


def test_an_action_scheduled_by_another_runs_if_it_is_due():
    agenda, done = Scheduler(), []
    agenda.call_at(1.0, lambda at: agenda.call_at(at + 1, done.append))
    run(agenda, 2.0)

    assert done == [2.0]


def test_a_cancelled_action_does_not_run():
    agenda, done = Scheduler(), []
    plan = agenda.call_at(1.0, done.append)
    agenda.call_at(1.0, lambda _: plan.cancel())
    other = agenda.call_at(2.0, done.append)
    other.cancel()
    run(agenda, 0.5)
    plan.cancel()
    run(agenda, 2.0)

    assert done == []
