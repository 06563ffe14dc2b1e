"""Context of a measurement: servers on one core, load on the others, rounds, progress output."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from msgspec import Struct

from bench.load.client_group import ClientGroups
from bench.load.payloads import CHANNEL
from bench.load.readiness import CommandTiming
from bench.load.workers import LoadWorkers, start_workers
from bench.machine import CoreAssignment, assign_cores
from bench.servers.processes import PLAIN_SERVER, SERVER, Target, start_process
from bench.servers.raw_write import RawWriter, raw_writer

SPARE_FILES = 500
"""Open files of a process besides its clients."""


class BenchContext(Struct, frozen=True):
    """Context of a benchmark run."""

    workers: LoadWorkers
    raw_writer: RawWriter
    cores: CoreAssignment
    secret: str
    rounds: int
    open_files: int
    uws_folder: Path
    seed: int
    """Seed of the first round, where chance plays a part."""

    def start_server(self, **environment: str) -> AbstractContextManager[Target]:
        """Start our server with these environment variables.

        The limit per address is raised: the load has one address.
        """
        raised = {"WORKBENCH_CONNECTIONS_PER_ADDRESS": "1000000"}
        return start_process(SERVER, self.cores.server, self.secret, **raised, **environment)

    def start_plain_server(self) -> AbstractContextManager[Target]:
        """Start the plain server."""
        return start_process(PLAIN_SERVER, self.cores.server, self.secret)

    def connect(self, target: Target, clients: int, own_channels: int = 0) -> list[CommandTiming]:
        """Sign in clients; each subscribes to ``own_channels`` channels and to the shared one."""
        shares = self.workers.split([f"{number}" for number in range(clients)])
        all_args = [
            (target.connection_group, target.port, share, own_channels, CHANNEL) for share in shares
        ]
        self.workers.start_each(ClientGroups.connect, all_args)
        return self.workers.collect()

    @contextlib.contextmanager
    def connected(self, target: Target, clients: int, own_channels: int = 0) -> Iterator[None]:
        """Keep clients connected while the block lasts.

        After a failure the workers may still be busy; their connections end with them.
        """
        self.connect(target, clients, own_channels)
        yield
        self.workers.run(ClientGroups.close, target.connection_group)

    def load_utilisation(self, timings: Sequence[CommandTiming], extra_cpu_s: float = 0.0) -> float:
        """Return the share of its cores that the load used, from 0 to 1.

        ``extra_cpu_s`` is the CPU time of this process, in addition to that of the workers.
        """
        cpu_s = sum(timing.cpu_s for timing in timings) + extra_cpu_s
        return cpu_s / (max(timing.seconds for timing in timings) * len(self.cores.load))


def print_progress(message: str) -> None:
    """Print progress to stderr."""
    sys.stderr.write(f"bench: {message}\n")
    sys.stderr.flush()


@contextlib.contextmanager
def bench_context(
    rounds: int, open_files: int, uws_folder: Path, seed: int
) -> Iterator[BenchContext]:
    """Start the load processes, on other cores than the servers; they end with the block."""
    before = os.sched_getaffinity(0)
    cores, secret = assign_cores(frozenset(before)), secrets.token_hex(32)
    os.sched_setaffinity(0, cores.load)  # this process publishes
    try:
        with (
            start_workers(cores.load, secret) as workers,
            raw_writer(workers, cores.server) as writer,
        ):
            yield BenchContext(workers, writer, cores, secret, rounds, open_files, uws_folder, seed)
    finally:
        os.sched_setaffinity(0, before)
