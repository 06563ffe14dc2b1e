"""The nemesis: breaks one thing at a time, picked by a seed, and repairs it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from random import Random

from bench.histories.cluster import Node, Redis
from bench.histories.events import EventKind
from bench.histories.proxy import Proxy
from bench.histories.recorder import Recorder

PAUSE_S = (0.5, 3.0)
"""Between two acts."""
STALL_S = (1.0, 3.0)
OUTAGE_S = (0.2, 1.5)

Act = Callable[[], Awaitable[None]]


class Nemesis:
    """Its acts; each ends when what it broke runs again.

    ``ports`` are those of the nodes, in order; it enters the new port of a node.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        ports: list[int],
        redis: Redis,
        proxies: Sequence[Proxy],
        recorder: Recorder,
        rng: Random,
    ) -> None:
        self._nodes, self._ports, self._redis, self._proxies = nodes, ports, redis, proxies
        self._recorder, self._rng = recorder, rng
        self._acts: Sequence[Act] = (
            self.kill_server,
            self.stall_server,
            self.stall_redis,
            self.restart_redis,
            self.kill_redis,
            self.lose_redis,
            self.cut_all,
        )

    async def run(self, seconds: float) -> None:
        """Act at random for so long."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + seconds
        while True:
            pause_s = self._rng.uniform(*PAUSE_S)
            if loop.time() + pause_s >= ends_at:
                await asyncio.sleep(max(0.0, ends_at - loop.time()))
                return
            await asyncio.sleep(pause_s)
            await self._rng.choice(self._acts)()

    async def kill_server(self) -> None:
        """Kill a server and start it again."""
        number = self._rng.randrange(len(self._nodes))
        node = self._nodes[number]
        self._record(f"kill server {number}")
        node.send_signal(signal.SIGKILL)
        await self._outage()
        await asyncio.to_thread(node.start_again)
        self._ports[number] = node.target.port
        self._record(f"server {number} runs again")

    async def stall_server(self) -> None:
        """Stop a server for some seconds, as a paused virtual machine does."""
        number = self._rng.randrange(len(self._nodes))
        self._record(f"stall server {number}")
        self._nodes[number].send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(self._rng.uniform(*STALL_S))
        finally:
            self._nodes[number].send_signal(signal.SIGCONT)
        self._record(f"server {number} goes on")

    async def stall_redis(self) -> None:
        """Stop Redis for some seconds."""
        self._record("stall redis")
        self._redis.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(self._rng.uniform(*STALL_S))
        finally:
            self._redis.send_signal(signal.SIGCONT)
        self._record("redis goes on")

    async def restart_redis(self) -> None:
        """End Redis, and start it again with its data."""
        await self._end_redis("restart redis", signal.SIGTERM)

    async def kill_redis(self) -> None:
        """Kill Redis, and start it again with its data."""
        await self._end_redis("kill redis", signal.SIGKILL)

    async def lose_redis(self) -> None:
        """Kill Redis, and start it again without its data."""
        await self._end_redis("lose redis", signal.SIGKILL, loses_data=True)

    async def cut_all(self) -> None:
        """Break the connections of all clients."""
        self._record("cut all clients")
        for proxy in self._proxies:
            proxy.cut()

    async def _end_redis(
        self, name: str, number: signal.Signals, *, loses_data: bool = False
    ) -> None:
        self._record(name)
        await asyncio.to_thread(self._redis.stop, number)
        if loses_data:
            self._redis.lose_data()
        await self._outage()
        await asyncio.to_thread(self._redis.start)
        self._record("redis runs again")

    async def _outage(self) -> None:
        await asyncio.sleep(self._rng.uniform(*OUTAGE_S))

    def _record(self, act: str) -> None:
        self._recorder.record(EventKind.NEMESIS, detail=act)
