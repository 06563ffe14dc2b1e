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

from bench.load.client_group import ClientGroups
from bench.load.payloads import SAMPLE_FRAME
from bench.load.workers import LoadWorkers, Pipe

SOCKETS = 1000
FRAMES_PER_ROUND = 50
"""To each socket; few enough to fit its buffer."""
CONNECTION_GROUP = "raw"


class RawWriter:
    """Measures the cost of a raw write."""

    def __init__(self, workers: LoadWorkers, pipe: Pipe) -> None:
        self._workers = workers
        self._pipe = pipe

    def measure_write_us(self) -> float:
        """Write a round to every socket; returns the CPU microseconds of one write."""
        self._workers.start(
            ClientGroups.receive_bytes, CONNECTION_GROUP, FRAMES_PER_ROUND * len(SAMPLE_FRAME)
        )
        self._pipe.send(FRAMES_PER_ROUND)
        self._workers.collect()
        return float(self._pipe.recv())


@contextlib.contextmanager
def raw_writer(workers: LoadWorkers, cores: frozenset[int]) -> Iterator[RawWriter]:
    """Connect the workers to a process that writes; it ends with the block."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_writer_process, args=(theirs, cores), daemon=True)
    process.start()
    theirs.close()
    try:
        port = ours.recv()
        shares = workers.split([""] * SOCKETS)
        workers.start_each(
            ClientGroups.connect_tcp, [(CONNECTION_GROUP, port, len(share)) for share in shares]
        )
        workers.collect()
        yield RawWriter(workers, ours)
    finally:
        ours.close()
        process.terminate()
        process.join()


def _writer_process(pipe: Pipe, cores: frozenset[int]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
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
                        each.send(SAMPLE_FRAME)
                cpu_s = time.process_time() - before
                pipe.send(cpu_s / (frames * SOCKETS) * 1e6)
