"""Load processes, and the commands they are sent."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any, Concatenate, ParamSpec, TypeVar

from bench.load.client_group import ClientGroups

P = ParamSpec("P")
T = TypeVar("T")
MAX_PROCESSES = 4
"""They share the cores that the server does not use."""

Pipe = Connection


class LoadWorkers:
    """Load processes that run the same command, each on a share of the connections."""

    def __init__(self, pipes: Sequence[Pipe]) -> None:
        self._pipes = pipes

    def split(self, names: Sequence[str]) -> list[Sequence[str]]:
        """Split names evenly between the processes."""
        return [names[start :: len(self._pipes)] for start in range(len(self._pipes))]

    def start(
        self, command: Callable[Concatenate[ClientGroups, P], T], *args: P.args, **kw: P.kwargs
    ) -> None:
        """Start a command on all; call ``collect`` before the next."""
        for pipe in self._pipes:
            pipe.send((command, args, kw))

    def start_each(self, command: Callable[..., T], all_args: Sequence[tuple[Any, ...]]) -> None:
        """Start a command on each, with arguments of its own."""
        for pipe, args in zip(self._pipes, all_args, strict=True):
            pipe.send((command, args, {}))

    def collect(self) -> list[Any]:
        """Wait for all; returns their results.

        Raises:
            Exception: that of the first one that failed.
        """
        results = [pipe.recv() for pipe in self._pipes]
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return results

    def run(
        self, command: Callable[Concatenate[ClientGroups, P], T], *args: P.args, **kw: P.kwargs
    ) -> list[T]:
        """Run a command on all; returns their results."""
        self.start(command, *args, **kw)
        return self.collect()


@contextlib.contextmanager
def start_workers(cores: frozenset[int], secret: str) -> Iterator[LoadWorkers]:
    """Start load processes on these cores; they end with the block."""
    spawn = multiprocessing.get_context("spawn")
    processes, pipes = [], []
    try:
        for _ in range(min(MAX_PROCESSES, max(2, len(cores)))):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(
                target=_worker_process, args=(theirs, cores, secret), daemon=True
            )
            process.start()
            theirs.close()
            processes.append(process)
            pipes.append(ours)
        yield LoadWorkers(pipes)
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.terminate()  # it may be in a command, and has nothing to save
            process.join()


def _worker_process(pipe: Pipe, cores: frozenset[int], secret: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    os.sched_setaffinity(0, cores)
    groups = ClientGroups(secret)
    with contextlib.suppress(EOFError, OSError):
        while True:
            command, args, kw = pipe.recv()
            try:
                result = command(groups, *args, **kw)
            except Exception as error:  # noqa: BLE001 - the parent raises it
                result = error
            pipe.send(result)
