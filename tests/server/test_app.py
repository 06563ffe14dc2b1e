"""A server whose background tasks meet an exception that nobody foresaw."""

import asyncio

import pytest

from server.app import start_server
from server.settings import Settings
from server.supervisor import MAX_FAILURES, Supervisor, TaskKeepsFailing

SINGLE = {"connection_timeouts", "monitor", "purge", "request_timeouts"}
CLUSTER = SINGLE | {
    "cluster_bus", "heartbeat", "resync", "idle_channels", "history_gaps", "redis_pubsub"
}  # fmt: skip


class FaultySupervisor(Supervisor):
    """A supervisor whose tasks can be ended by an exception from outside."""

    def __init__(self):
        super().__init__()
        self.faults, self.starts = {}, asyncio.Queue()

    def start(self, name, work):
        return super().start(name, lambda: self._with_fault(name, work))

    async def _with_fault(self, name, work):
        running, fault = asyncio.create_task(work()), asyncio.get_running_loop().create_future()
        self.faults[name] = fault
        self.starts.put_nowait(name)
        try:
            await asyncio.wait({running, fault}, return_when=asyncio.FIRST_COMPLETED)
            if fault.done():
                raise ZeroDivisionError("unforeseen")
            running.result()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def inject(self, name):
        self.faults.pop(name).set_result(None)

    async def wait_for_start(self, name):
        async with asyncio.timeout(20):
            while await self.starts.get() != name:
                pass


@pytest.fixture
async def supervisor():
    return FaultySupervisor()


@pytest.fixture
def start(serve, supervisor):
    """Start a server with the supervisor; wait until all its tasks run."""

    async def start(names, **settings):
        server = await serve(make_supervisor=lambda: supervisor, **settings)
        async with asyncio.timeout(20):
            while not names <= set(supervisor.faults):
                await supervisor.starts.get()
        return server

    return start


async def is_ready(server):
    return (await server.request("GET", "/readyz"))[0] == 200


async def assert_each_is_restarted(server, supervisor, names):
    for name in names:
        supervisor.inject(name)
        await asyncio.sleep(0)
        await supervisor.wait_for_start(name)
    assert supervisor.failures == dict.fromkeys(names, 1)
    async with asyncio.timeout(20):
        while not await is_ready(server):
            await asyncio.sleep(0.02)
    _, metrics = await server.read("/metrics")
    for name in names:
        assert f'shop_ws_task_failures_total{{task="{name}"}} 1.0' in metrics


async def test_each_task_of_a_single_node_is_restarted(start, supervisor):
    server = await start(SINGLE)
    assert set(supervisor.faults) == SINGLE

    await assert_each_is_restarted(server, supervisor, sorted(SINGLE))


async def test_each_task_of_a_node_in_a_cluster_is_restarted(
    start, supervisor, redis_server, redis_prefix
):
    server = await start(CLUSTER, redis_url=redis_server.url, redis_prefix=redis_prefix)
    assert set(supervisor.faults) == CLUSTER

    await assert_each_is_restarted(server, supervisor, sorted(CLUSTER))


async def test_a_server_is_not_ready_while_a_task_is_restarted(start, supervisor):
    server = await start(SINGLE)
    assert await is_ready(server)

    supervisor.inject("monitor")
    while supervisor.all_running:
        await asyncio.sleep(0)

    assert not await is_ready(server)


async def test_a_server_ends_if_a_task_keeps_failing(secret, tmp_path, supervisor):
    settings = Settings(port=0, jwt_secret=secret, data_dir=str(tmp_path))

    async def serve_with_faults():
        async with start_server(settings, lambda: supervisor), asyncio.timeout(20):
            for _ in range(MAX_FAILURES):
                while "monitor" not in supervisor.faults:
                    await supervisor.starts.get()
                supervisor.inject("monitor")
            await asyncio.Event().wait()

    with pytest.raises(TaskKeepsFailing, match="task monitor failed"):
        await serve_with_faults()
