"""Context of a measurement: servers on one core, load on the others, rounds, progress output."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

from msgspec import Struct

from bench.bare import Bare, bare
from bench.crew import Crew, crew
from bench.load import Load
from bench.machine import Cores, share_out
from bench.notices import CHANNEL
from bench.targets import OURS, PLAIN, Target, running
from bench.waiting import Done

SPARE_FILES = 500  # open files of a process for everything that is no client


class Lab(Struct, frozen=True):
    """Context of a benchmark run."""

    crew: Crew
    bare: Bare
    cores: Cores
    secret: str
    rounds: int
    open_files: int

    def server(self, **environment: str) -> AbstractContextManager[Target]:
        """Start our server, as shipped but for these variables."""
        return running(OURS, self.cores.server, self.secret, **environment)

    def plain(self) -> AbstractContextManager[Target]:
        """Start the plain server."""
        return running(PLAIN, self.cores.server, self.secret)

    def connect(self, target: Target, clients: int, own: int = 0) -> list[Done]:
        """Sign in so many clients; each gets ``own`` channels and the shared one."""
        shares = self.crew.shares([f"{number}" for number in range(clients)])
        orders = [(target.group, target.port, share, own, CHANNEL) for share in shares]
        self.crew.start_each(Load.connect, orders)
        return self.crew.collect()

    @contextlib.contextmanager
    def connected(self, target: Target, clients: int, own: int = 0) -> Iterator[None]:
        """Keep so many clients connected while the block lasts.

        After a failure the crew may be at work still; what ends it ends its connections.
        """
        self.connect(target, clients, own)
        yield
        self.crew.all(Load.close, target.group)

    def busy(self, done: Sequence[Done], extra_cpu_s: float = 0.0) -> float:
        """Return the share of its cores that the load used, from 0 to 1.

        ``extra_cpu_s`` is what this process added to what the crew used.
        """
        spent = sum(each.cpu_s for each in done) + extra_cpu_s
        return spent / (max(each.seconds for each in done) * len(self.cores.load))


def say(what: str) -> None:
    """Print progress to stderr."""
    sys.stderr.write(f"bench: {what}\n")
    sys.stderr.flush()


@contextlib.contextmanager
def laboratory(rounds: int, open_files: int) -> Iterator[Lab]:
    """Start the load, apart from where the servers will be; everything ends with the block."""
    before = os.sched_getaffinity(0)
    cores, secret = share_out(frozenset(before)), secrets.token_hex(32)
    os.sched_setaffinity(0, cores.load)  # this process publishes
    try:
        with crew(cores.load, secret) as hands, bare(hands, cores.server) as writer:
            yield Lab(hands, writer, cores, secret, rounds, open_files)
    finally:
        os.sched_setaffinity(0, before)
