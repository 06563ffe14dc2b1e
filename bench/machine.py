"""What Linux tells of processes, and how it is asked for cores and open files.

Knows nothing about servers or load.  Everything here is Linux only: /proc has what a process
used without asking it, children included.
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
    """What a process and its descendants have used: CPU seconds so far, resident bytes now."""

    cpu_s: float
    rss_bytes: int


class CoreAssignment(Struct, frozen=True):
    """Which cores the server under test may use, and which the load."""

    server: frozenset[int]
    load: frozenset[int]

    @property
    def are_separate(self) -> bool:
        """Tell whether nobody is in anybody's way."""
        return not self.server & self.load


def assign_cores(available: frozenset[int]) -> CoreAssignment:
    """Give the server the first core and the load the rest; one core is shared."""
    first, *rest = sorted(available)
    return CoreAssignment(frozenset({first}), frozenset(rest or {first}))


def process_tree_usage(pid: int) -> ResourceUsage:
    """Look up what the process tree under ``pid`` has used."""
    fields: dict[int, list[str]] = {}
    children = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in parentheses, may contain anything; 3 fields before the parent's id.
            found = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        each = int(stat.parent.name)
        fields[each] = found
        children[int(found[1])].append(each)
    cpu_s, pages, family = 0.0, 0, [pid]
    while family:
        each = family.pop()
        family += children[each]
        ended = sum(map(int, fields[each][13:15]))  # what children that ended have used, in ticks
        cpu_s += time.clock_gettime(_cpu_clock(each)) + ended * TICK_S
        pages += int(fields[each][21])
    return ResourceUsage(cpu_s, pages * PAGE_BYTES)


def _cpu_clock(pid: int) -> int:
    """Return the clock of a process' CPU time, exact where /proc counts in hundredths.

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
    """Say what machine this is."""
    return {
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "python": platform.python_version(),
    }
