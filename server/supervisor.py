"""Keeps the tasks running that must run as long as the server does.

What a task foresees, such as an outage of Redis, it handles itself and is no failure.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

from server.background_tasks import cancel_and_wait
from server.retry_delay import RetryDelay

log = logging.getLogger(__name__)

MAX_FAILURES = 3  # of one task within the window: then the process ends
FAILURE_WINDOW_S = 60.0
MIN_RESTART_DELAY_S, MAX_RESTART_DELAY_S = 0.1, 1.0

Work = Callable[[], Coroutine[Any, Any, None]]


class TaskKeepsFailing(Exception):
    """A task that must run failed several times within a minute."""


class Supervisor:
    """Starts tasks, and restarts those that fail.

    ``failures`` counts the exceptions of each task by its name.
    """

    def __init__(self) -> None:
        self.failures: Counter[str] = Counter()
        self._restarting = 0
        self._given_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def all_running(self) -> bool:
        """Whether every task runs, so that none is about to be restarted."""
        return not self._restarting and not self._given_up.done()

    @asynccontextmanager
    async def running(self, works: Mapping[str, Work]) -> AsyncIterator[None]:
        """Keep these tasks running, by their names, while the block lasts."""
        tasks = [self.start(name, work) for name, work in works.items()]
        try:
            yield
        finally:
            await cancel_and_wait(tasks)

    def start(self, name: str, work: Work) -> asyncio.Task[None]:
        """Keep one task running until it returns, or the returned task is cancelled."""
        return asyncio.create_task(self._keep_running(name, work), name=name)

    async def watch(self) -> None:
        """Wait until a task is given up.

        Raises:
            TaskKeepsFailing: always; this server cannot do its work.
        """
        await asyncio.shield(self._given_up)

    async def _keep_running(self, name: str, work: Work) -> None:
        loop, failed_at = asyncio.get_running_loop(), deque[float](maxlen=MAX_FAILURES)
        delay = RetryDelay(MIN_RESTART_DELAY_S, MAX_RESTART_DELAY_S)
        while True:
            try:
                return await work()
            except Exception:  # whatever it is: nobody foresaw it
                self.failures[name] += 1
                failed_at.append(loop.time())
                log.exception("task %s failed and is restarted", name)
            if len(failed_at) == MAX_FAILURES and failed_at[-1] - failed_at[0] < FAILURE_WINDOW_S:
                self._give_up(name)
            if failed_at[-1] - failed_at[0] > FAILURE_WINDOW_S:
                delay.reset()
            self._restarting += 1
            try:
                await delay.wait()
            finally:
                self._restarting -= 1

    def _give_up(self, name: str) -> None:
        if not self._given_up.done():
            self._given_up.set_exception(
                TaskKeepsFailing(f"task {name} failed {MAX_FAILURES} times within a minute")
            )
