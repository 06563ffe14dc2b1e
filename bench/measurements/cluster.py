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

from bench.context import BenchContext, print_progress
from bench.load.payloads import WIRE_BYTES
from bench.measurements.fanout import LISTS, SINGLES, SUBSCRIBERS, FanoutResult, measure_delivery
from bench.servers.processes import ProcessDidNotStart, Target
from bench.stats import Measurement

SECTION = f"a cluster: {SUBSCRIBERS:,} subscribers, {WIRE_BYTES} bytes"
REDIS_START_TIMEOUT_S = 10.0
IDLE_S = 2.0  # over which a server that does nothing is looked at
TRAFFIC_KINDS = (SINGLES, LISTS)


@contextlib.contextmanager
def start_redis(binary: str, cores: frozenset[int]) -> Iterator[str]:
    """Start a Redis of our own on these cores; yields its address."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "redis.sock"
        options = ("--port", "0", "--unixsocket", str(path), "--dir", folder, "--save", "")
        process = subprocess.Popen(  # noqa: S603 - found on the PATH, with options of our own
            [binary, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            os.sched_setaffinity(process.pid, cores)
            deadline = time.monotonic() + REDIS_START_TIMEOUT_S
            while not path.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise ProcessDidNotStart("redis-server did not start")
                time.sleep(0.01)
            yield f"unix://{path}"
        finally:
            process.terminate()
            process.wait()


def run(context: BenchContext) -> list[Measurement]:
    """Measure one server alone, and a cluster of three, in turns."""
    binary = shutil.which("redis-server")
    if binary is None:
        print_progress("redis-server is not on the PATH: skipping the cluster")
        return []
    alone: defaultdict[str, list[FanoutResult]] = defaultdict(list)
    across: defaultdict[str, list[FanoutResult]] = defaultdict(list)
    unheard: defaultdict[str, list[float]] = defaultdict(list)
    with start_redis(binary, context.cores.server) as url, contextlib.ExitStack() as stack:
        single = stack.enter_context(context.start_server())
        told, hearing, deaf = (
            stack.enter_context(context.start_server(WORKBENCH_REDIS_URL=url)) for _ in range(3)
        )
        stack.enter_context(context.connected(single, SUBSCRIBERS))
        stack.enter_context(context.connected(hearing, SUBSCRIBERS))
        for number in range(context.rounds):
            print_progress(f"a cluster, round {number + 1} of {context.rounds}")
            for each in TRAFFIC_KINDS:
                took = measure_delivery(context, single, SUBSCRIBERS, each, each.requests)
                alone[each.name].append(took)
                with _record_cpu_share(deaf, unheard[f"during {each.name}"]):
                    took = measure_delivery(
                        context, hearing, SUBSCRIBERS, each, each.requests, publish_via=told
                    )
                across[each.name].append(took)
            with _record_cpu_share(deaf, unheard["idle"]):
                time.sleep(IDLE_S)
    figures = [
        Measurement(
            section=SECTION,
            name=f"{each.name}, {who}: deliveries per second",
            unit="k/s",
            ours=[one.per_second / 1e3 for one in took[each.name]],
            load_utilisation=[one.load_busy for one in took[each.name]],
        )
        for each in TRAFFIC_KINDS
        for who, took in (("one server", alone), ("two and Redis", across))
    ]
    idle = [
        Measurement(
            section=SECTION,
            name=f"CPU of a server without subscribers, {when}",
            unit="%",
            ours=took,
        )
        for when, took in unheard.items()
    ]
    return [*figures, *idle]


@contextlib.contextmanager
def _record_cpu_share(server: Target, percentages: list[float]) -> Iterator[None]:
    """Note what share of a core a server takes, in percent."""
    before, started = server.usage().cpu_s, time.monotonic()
    yield
    cpu_s, seconds = server.usage().cpu_s - before, time.monotonic() - started
    percentages.append(100 * cpu_s / seconds)
