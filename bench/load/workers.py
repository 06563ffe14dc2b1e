"""The load processes, and the orders they are given; knows nothing of what these do."""

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
MAX_PROCESSES = 4  # processes; they share the cores that the server leaves

Pipe = Connection


class LoadWorkers:
    """Load processes that each carry out the same order, on a share of the connections."""

    def __init__(self, pipes: Sequence[Pipe]) -> None:
        self._pipes = pipes

    def split(self, names: Sequence[str]) -> list[Sequence[str]]:
        """Deal something out, as evenly as it goes."""
        return [names[start :: len(self._pipes)] for start in range(len(self._pipes))]

    def start(
        self, command: Callable[Concatenate[ClientGroups, P], T], *args: P.args, **kw: P.kwargs
    ) -> None:
        """Let all begin with an order; ``collect`` what comes of it before the next."""
        for pipe in self._pipes:
            pipe.send((command, args, kw))

    def start_each(self, command: Callable[..., T], all_args: Sequence[tuple[Any, ...]]) -> None:
        """Let each begin with an order, with arguments of its own."""
        for pipe, args in zip(self._pipes, all_args, strict=True):
            pipe.send((command, args, {}))

    def collect(self) -> list[Any]:
        """Wait for all; returns what each found.

        Raises:
            Exception: what one of them raised.
        """
        answers = [pipe.recv() for pipe in self._pipes]
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return answers

    def run(
        self, command: Callable[Concatenate[ClientGroups, P], T], *args: P.args, **kw: P.kwargs
    ) -> list[T]:
        """Give an order to all and wait for them."""
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
            process.terminate()  # it may be in the midst of an order, and has nothing to lose
            process.join()


def _worker_process(pipe: Pipe, cores: frozenset[int], secret: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us ends us
    os.sched_setaffinity(0, cores)
    load = ClientGroups(secret)
    with contextlib.suppress(EOFError, OSError):
        while True:
            order, args, kw = pipe.recv()
            try:
                answer = order(load, *args, **kw)
            except Exception as why:  # noqa: BLE001 - it is raised where the order came from
                answer = why
            pipe.send(answer)
