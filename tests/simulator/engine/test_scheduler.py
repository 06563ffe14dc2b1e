"""The scheduler: actions run in order of time, unless cancelled."""

from simulator.engine.scheduler import Scheduler


def run(scheduler, until):
    for at, action in scheduler.pop_due(until):
        action(at)


def test_due_actions_run_in_order_of_time_then_of_insertion():
    scheduler, done = Scheduler(), []
    for when, name in [(2.0, "b"), (1.0, "a"), (2.0, "c"), (3.0, "late")]:
        scheduler.call_at(when, lambda at, name=name: done.append((at, name)))
    run(scheduler, 2.0)

    assert done == [(1.0, "a"), (2.0, "b"), (2.0, "c")]


def test_an_action_scheduled_by_another_runs_if_it_is_due():
    scheduler, done = Scheduler(), []
    scheduler.call_at(1.0, lambda at: scheduler.call_at(at + 1, done.append))
    run(scheduler, 2.0)

    assert done == [2.0]


def test_a_cancelled_action_does_not_run():
    scheduler, done = Scheduler(), []
    scheduled = scheduler.call_at(1.0, done.append)
    scheduler.call_at(1.0, lambda _: scheduled.cancel())
    other = scheduler.call_at(2.0, done.append)
    other.cancel()
    run(scheduler, 0.5)
    scheduled.cancel()
    run(scheduler, 2.0)

    assert done == []
