"""CPU and memory of process trees, cores and the limit of open files.  Linux only.

Independent of what the processes do: /proc has their usage, children included.
"""

from __future__ import annotations

import os
import platform
import resource
import time
from collections import defaultdict
from pathlib import Path

from msgspec import Struct

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class ResourceUsage(Struct, frozen=True):
    """CPU seconds so far and resident bytes now, of a process and its descendants."""

    cpu_s: float
    rss_bytes: int


class CoreAssignment(Struct, frozen=True):
    """Cores of the server under test, and cores of the load."""

    server: frozenset[int]
    load: frozenset[int]

    @property
    def are_separate(self) -> bool:
        """Whether the server and the load have cores of their own."""
        return not self.server & self.load


def assign_cores(available: frozenset[int]) -> CoreAssignment:
    """Give the server the first core and the load the rest; one core is shared."""
    first, *rest = sorted(available)
    return CoreAssignment(frozenset({first}), frozenset(rest or {first}))


def process_tree_usage(pid: int) -> ResourceUsage:
    """Read the resource usage of the process tree under ``pid``."""
    fields: dict[int, list[str]] = {}
    children = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in parentheses, may contain anything; 3 fields before the parent's id.
            values = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        child = int(stat.parent.name)
        fields[child] = values
        children[int(values[1])].append(child)
    cpu_s, pages, pending = 0.0, 0, [pid]
    while pending:
        member = pending.pop()
        pending += children[member]
        ended_ticks = sum(map(int, fields[member][13:15]))  # of children that have ended
        cpu_s += time.clock_gettime(_cpu_clock(member)) + ended_ticks * TICK_S
        pages += int(fields[member][21])
    return ResourceUsage(cpu_s, pages * PAGE_BYTES)


def _cpu_clock(pid: int) -> int:
    """Return the clock of a process's CPU time; /proc only counts hundredths of a second.

    This is clock_getcpuclockid(3), which Python does not have.
    """
    return (~pid << 3) | 2


def raise_open_file_limit(wanted: int) -> int:
    """Raise the limit of open files for this process and its children; returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in ((wanted, max(hard, wanted)), (min(hard, wanted), hard)):
        if soft < limit[0]:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, limit)
            except (ValueError, OSError):  # only root may raise the hard one, and not always
                continue
            return limit[0]
    return soft


def machine_description() -> dict[str, str | int]:
    """Describe this machine."""
    return {
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "python": platform.python_version(),
    }
