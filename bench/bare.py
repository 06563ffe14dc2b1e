"""Cost of one raw write: a loop of ``socket.send``.

The same bytes to as many sockets as the fan-out has subscribers, in a process on the server's
core.  It is a lower bound for any server that writes once per delivery.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Iterator

from bench.crew import Crew, Pipe
from bench.load import Load
from bench.notices import FRAME

SOCKETS = 1000
FRAMES = 50  # to each socket in a round: few enough to fit a socket's buffer
GROUP = "bare"


class Bare:
    """Measures a write, as often as it is asked to."""

    def __init__(self, crew: Crew, pipe: Pipe) -> None:
        self._crew = crew
        self._pipe = pipe

    def write_us(self) -> float:
        """Write to every socket for a round; returns the CPU microseconds that one write took."""
        self._crew.start(Load.drain, GROUP, FRAMES * len(FRAME))
        self._pipe.send(FRAMES)
        self._crew.collect()
        return float(self._pipe.recv())


@contextlib.contextmanager
def bare(crew: Crew, cores: frozenset[int]) -> Iterator[Bare]:
    """Connect the crew to a process that writes; it ends with the block."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_write, args=(theirs, cores), daemon=True)
    process.start()
    theirs.close()
    try:
        port = ours.recv()
        shares = crew.shares([""] * SOCKETS)
        crew.start_each(Load.connect_bare, [(GROUP, port, len(share)) for share in shares])
        crew.collect()
        yield Bare(crew, ours)
    finally:
        ours.close()
        process.terminate()
        process.join()


def _write(pipe: Pipe, cores: frozenset[int]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us ends us
    os.sched_setaffinity(0, cores)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024))
        pipe.send(listener.getsockname()[1])
        sockets = [stack.enter_context(listener.accept()[0]) for _ in range(SOCKETS)]
        for each in sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(EOFError, OSError):
            while True:
                frames = pipe.recv()
                before = time.process_time()
                for _ in range(frames):
                    for each in sockets:
                        each.send(FRAME)
                spent = time.process_time() - before
                pipe.send(spent / (frames * SOCKETS) * 1e6)
