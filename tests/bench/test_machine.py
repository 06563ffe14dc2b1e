"""Core assignment and resource usage of process trees."""

import os
import subprocess
import sys

import pytest

from bench.machine import assign_cores, process_tree_usage


@pytest.mark.parametrize(
    ("available", "server", "load"),
    [({0, 1}, {0}, {1}), ({2, 3, 5}, {2}, {3, 5}), ({4}, {4}, {4})],
)
def test_the_server_has_a_core_of_its_own_where_there_are_two(available, server, load):
    cores = assign_cores(frozenset(available))

    assert (cores.server, cores.load) == (server, load)
    assert cores.are_separate == (len(available) > 1)


@pytest.mark.external
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_is_counted_with_its_children():
    alone = process_tree_usage(os.getpid())
    with subprocess.Popen(
        [sys.executable, "-c", "print(); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        together, of_child = process_tree_usage(os.getpid()), process_tree_usage(child.pid)
        child.communicate(b"\n")

    assert together.rss_bytes > of_child.rss_bytes > 0
    assert together.rss_bytes >= of_child.rss_bytes + alone.rss_bytes // 2
    assert together.cpu_s >= alone.cpu_s > 0
