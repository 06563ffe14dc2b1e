"""Cluster: publishes on one node and receives on another, compared with a single server.

All servers and Redis share one core, as in the other scenes, so that a cluster's figures
hold the work of all of them.  A third server without subscribers shows the cost of that.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bench.fanout import LISTS, SINGLES, SUBSCRIBERS, Delivered, deliver
from bench.lab import Lab, say
from bench.notices import WIRE_BYTES
from bench.stats import Figure
from bench.targets import DidNotStart, Target

SCENE = f"a cluster: {SUBSCRIBERS:,} subscribers, {WIRE_BYTES} bytes"
START_S = 10.0
REST_S = 2.0  # over which a server that does nothing is looked at
KINDS = (SINGLES, LISTS)


@contextlib.contextmanager
def redis(binary: str, cores: frozenset[int]) -> Iterator[str]:
    """Start a Redis of our own on these cores; yields its address."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "redis.sock"
        options = ("--port", "0", "--unixsocket", str(path), "--dir", folder, "--save", "")
        process = subprocess.Popen(  # noqa: S603 - found on the PATH, with options of our own
            [binary, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            os.sched_setaffinity(process.pid, cores)
            deadline = time.monotonic() + START_S
            while not path.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise DidNotStart("redis-server did not start")
                time.sleep(0.01)
            yield f"unix://{path}"
        finally:
            process.terminate()
            process.wait()


def run(lab: Lab) -> list[Figure]:
    """Measure one server alone, and a cluster of three, in turns."""
    binary = shutil.which("redis-server")
    if binary is None:
        say("redis-server is not on the PATH: skipping the cluster")
        return []
    alone: defaultdict[str, list[Delivered]] = defaultdict(list)
    across: defaultdict[str, list[Delivered]] = defaultdict(list)
    unheard: defaultdict[str, list[float]] = defaultdict(list)
    with redis(binary, lab.cores.server) as url, contextlib.ExitStack() as stack:
        single = stack.enter_context(lab.server())
        told, hearing, deaf = (
            stack.enter_context(lab.server(WORKBENCH_REDIS_URL=url)) for _ in range(3)
        )
        stack.enter_context(lab.connected(single, SUBSCRIBERS))
        stack.enter_context(lab.connected(hearing, SUBSCRIBERS))
        for number in range(lab.rounds):
            say(f"a cluster, round {number + 1} of {lab.rounds}")
            for each in KINDS:
                took = deliver(lab, single, SUBSCRIBERS, each, each.requests)
                alone[each.name].append(took)
                with _share_of(deaf, unheard[f"during {each.name}"]):
                    took = deliver(lab, hearing, SUBSCRIBERS, each, each.requests, via=told)
                across[each.name].append(took)
            with _share_of(deaf, unheard["idle"]):
                time.sleep(REST_S)
    figures = [
        Figure(
            scene=SCENE,
            what=f"{each.name}, {who}: deliveries per second",
            unit="k/s",
            ours=[one.per_second / 1e3 for one in took[each.name]],
            load_busy=[one.load_busy for one in took[each.name]],
        )
        for each in KINDS
        for who, took in (("one server", alone), ("two and Redis", across))
    ]
    idle = [
        Figure(
            scene=SCENE, what=f"CPU of a server without subscribers, {when}", unit="%", ours=took
        )
        for when, took in unheard.items()
    ]
    return [*figures, *idle]


@contextlib.contextmanager
def _share_of(server: Target, shares: list[float]) -> Iterator[None]:
    """Note what share of a core a server takes, in percent."""
    before, started = server.usage().cpu_s, time.monotonic()
    yield
    cpu_s, seconds = server.usage().cpu_s - before, time.monotonic() - started
    shares.append(100 * cpu_s / seconds)
