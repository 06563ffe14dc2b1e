"""The supervisor restarts what fails, and gives up what keeps failing."""

import asyncio

import pytest

from server.supervisor import MAX_FAILURES, Supervisor, TaskKeepsFailing


@pytest.fixture
async def supervisor():
    return Supervisor()


class Work:
    """Fails so many times, then runs until it is cancelled."""

    def __init__(self, failures):
        self.failures_left = failures
        self.is_running = asyncio.Event()

    async def __call__(self):
        if self.failures_left:
            self.failures_left -= 1
            raise ZeroDivisionError("unforeseen")
        self.is_running.set()
        await asyncio.Event().wait()


async def test_a_task_that_fails_is_restarted_counted_and_logged_once(supervisor, caplog):
    work = Work(failures=1)

    async with supervisor.running({"bus": work}), asyncio.timeout(20):
        await work.is_running.wait()

    assert supervisor.failures == {"bus": 1}
    assert [record.message for record in caplog.records] == ["task bus failed and is restarted"]
    assert "unforeseen" in caplog.text


async def test_nothing_counts_as_running_while_a_task_waits_for_its_restart(supervisor):
    seen = []

    async def fail_once():
        seen.append(supervisor.all_running)
        if len(seen) == 1:
            asyncio.get_running_loop().call_soon(
                lambda: asyncio.get_running_loop().call_soon(
                    lambda: seen.append(supervisor.all_running)
                )
            )
            raise ZeroDivisionError

    async with asyncio.timeout(20):
        await supervisor.start("bus", fail_once)

    assert seen == [True, False, True]


async def test_a_task_that_keeps_failing_is_given_up(supervisor):
    work = Work(failures=MAX_FAILURES)

    async with supervisor.running({"bus": work}), asyncio.timeout(20):
        with pytest.raises(TaskKeepsFailing, match="task bus failed 3 times"):
            await supervisor.watch()

        assert not supervisor.all_running


async def test_failures_of_different_tasks_do_not_add_up(supervisor):
    works = {name: Work(failures=MAX_FAILURES - 1) for name in ("bus", "heartbeat")}

    async with supervisor.running(works), asyncio.timeout(20):
        for work in works.values():
            await work.is_running.wait()

        assert supervisor.all_running


async def test_tasks_end_with_the_block(supervisor):
    work = Work(failures=0)

    async with supervisor.running({"bus": work}), asyncio.timeout(20):
        await work.is_running.wait()

    assert "bus" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_a_task_that_returns_is_not_restarted(supervisor):
    calls = []

    async def once():
        calls.append(1)

    async with asyncio.timeout(20):
        await supervisor.start("shard", once)

    assert calls == [1]
    assert supervisor.all_running
