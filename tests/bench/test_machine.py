"""The machine: who gets which cores, and what a process has used."""

import os
import subprocess
import sys

import pytest

from bench.machine import share_out, usage


@pytest.mark.parametrize(
    ("available", "server", "load"),
    [({0, 1}, {0}, {1}), ({2, 3, 5}, {2}, {3, 5}), ({4}, {4}, {4})],
)
def test_the_server_has_a_core_of_its_own_where_there_are_two(available, server, load):
    cores = share_out(frozenset(available))

    assert (cores.server, cores.load) == (server, load)
    assert cores.are_apart == (len(available) > 1)


@pytest.mark.external
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_is_counted_with_its_children():
    alone = usage(os.getpid())
    with subprocess.Popen(
        [sys.executable, "-c", "print(); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        together, of_child = usage(os.getpid()), usage(child.pid)
        child.communicate(b"\n")

    assert together.rss > of_child.rss > 0
    assert together.rss >= of_child.rss + alone.rss // 2
    assert together.cpu_s >= alone.cpu_s > 0
