"""Cluster: publishes on one node and receives on another, compared with a single server.

All servers and Redis share one core, as in the other measurements, so that the values include
the work of all of them.  A third server, without subscribers, shows what traffic of other nodes
costs.
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
IDLE_S = 2.0
"""Over which the CPU of an idle server is measured."""
TRAFFIC_KINDS = (SINGLES, LISTS)


@contextlib.contextmanager
def start_redis(binary: str, cores: frozenset[int]) -> Iterator[str]:
    """Start a Redis on these cores; yields its URL."""
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
    """Measure a single server and a cluster of three, alternately."""
    binary = shutil.which("redis-server")
    if binary is None:
        print_progress("redis-server is not on the PATH: skipping the cluster")
        return []
    single_results: defaultdict[str, list[FanoutResult]] = defaultdict(list)
    cluster_results: defaultdict[str, list[FanoutResult]] = defaultdict(list)
    idle_cpu: defaultdict[str, list[float]] = defaultdict(list)
    with start_redis(binary, context.cores.server) as url, contextlib.ExitStack() as stack:
        single = stack.enter_context(context.start_server())
        publisher_node, subscriber_node, idle_node = (
            stack.enter_context(context.start_server(WORKBENCH_REDIS_URL=url)) for _ in range(3)
        )
        stack.enter_context(context.connected(single, SUBSCRIBERS))
        stack.enter_context(context.connected(subscriber_node, SUBSCRIBERS))
        for number in range(context.rounds):
            print_progress(f"a cluster, round {number + 1} of {context.rounds}")
            for pattern in TRAFFIC_KINDS:
                name, requests = pattern.name, pattern.requests
                result = measure_delivery(context, single, SUBSCRIBERS, pattern, requests)
                single_results[name].append(result)
                with _record_cpu_share(idle_node, idle_cpu[f"during {name}"]):
                    result = measure_delivery(
                        context,
                        subscriber_node,
                        SUBSCRIBERS,
                        pattern,
                        requests,
                        publish_via=publisher_node,
                    )
                cluster_results[name].append(result)
            with _record_cpu_share(idle_node, idle_cpu["idle"]):
                time.sleep(IDLE_S)
    deliveries = [
        Measurement(
            section=SECTION,
            name=f"{pattern.name}, {servers}: deliveries per second",
            unit="k/s",
            ours=[result.per_second / 1e3 for result in results[pattern.name]],
            load_utilisation=[result.load_busy for result in results[pattern.name]],
        )
        for pattern in TRAFFIC_KINDS
        for servers, results in (
            ("one server", single_results),
            ("two servers and Redis", cluster_results),
        )
    ]
    idle = [
        Measurement(
            section=SECTION,
            name=f"CPU of a server without subscribers, {when}",
            unit="%",
            ours=percentages,
        )
        for when, percentages in idle_cpu.items()
    ]
    return [*deliveries, *idle]


@contextlib.contextmanager
def _record_cpu_share(server: Target, percentages: list[float]) -> Iterator[None]:
    """Record the share of a core that a server uses, in percent."""
    before, started = server.usage().cpu_s, time.monotonic()
    yield
    cpu_s, seconds = server.usage().cpu_s - before, time.monotonic() - started
    percentages.append(100 * cpu_s / seconds)
