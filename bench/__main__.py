"""``python -m bench``: measures the server on this machine and prints a table."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import msgspec

from bench.context import SPARE_FILES, BenchContext, bench_context, print_progress
from bench.load.connect import ConnectFailed
from bench.load.http_publisher import PublishFailed
from bench.load.verify import VerificationFailed
from bench.machine import machine_description, raise_open_file_limit
from bench.measurements import cluster, fanout, idle, pages, ping_pong, scaling
from bench.report import json_document, text_table
from bench.servers.processes import ProcessDidNotStart
from bench.servers.raw_write import SOCKETS
from bench.stats import Measurement

ROUNDS = 5
MEASUREMENTS: dict[str, Callable[[BenchContext], list[Measurement]]] = {
    "fanout": fanout.run,
    "echo": ping_pong.run,
    "idle": idle.run,
    "growth": scaling.run,
    "cluster": cluster.run,
    "pages": pages.run,
}
DEFAULT_MEASUREMENTS = [
    name for name in MEASUREMENTS if name != "pages"
]  # that one takes twelve minutes
EXIT_INTERRUPTED = 130


def measurements(text: str) -> list[str]:
    """Read a list of scenes: ``fanout,idle``.

    Raises:
        ValueError: one of them does not exist.
    """
    names = text.split(",")
    if not set(names) <= set(MEASUREMENTS):
        raise ValueError(text)
    return names


def argument_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    cli = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures the server on this machine (Linux), compared with raw socket "
        "writes and with a plain aiohttp server. It starts and stops all processes.",
    )
    cli.add_argument("--quick", action="store_true", help=f"one round instead of {ROUNDS}")
    cli.add_argument(
        "--only",
        type=measurements,
        default=DEFAULT_MEASUREMENTS,
        metavar="SCENES",
        help=f"some of {','.join(MEASUREMENTS)}; default: all but pages",
    )
    cli.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the values of every round"
    )
    return cli


def main() -> int:
    """Run the benchmark; returns the exit code."""
    cli = argument_parser()
    given = cli.parse_args()
    if sys.platform != "linux":
        cli.exit(2, "bench: requires Linux: CPU and memory are read from /proc\n")
    signal.signal(signal.SIGTERM, _on_sigterm)
    rounds = 1 if given.quick else ROUNDS
    files = raise_open_file_limit(idle.CLIENTS + SOCKETS + SPARE_FILES)
    figures: list[Measurement] = []
    try:
        with bench_context(rounds, files) as lab:
            if not lab.cores.are_separate:
                print_progress("only one core: server and load share it")
            for name in given.only:
                figures += MEASUREMENTS[name](lab)
    except (ConnectFailed, PublishFailed, VerificationFailed) as why:
        cli.exit(1, f"bench: a measurement failed: {why}\n")
    except ProcessDidNotStart as why:
        cli.exit(1, f"bench: a server did not start: {why}\n")
    except KeyboardInterrupt:
        cli.exit(EXIT_INTERRUPTED, "bench: stopped\n")
    sys.stdout.write(f"\n{text_table(figures)}")
    if given.json is not None:
        about = {"rounds": rounds, "at": int(time.time()), "machine": machine_description()}
        given.json.parent.mkdir(parents=True, exist_ok=True)
        text = msgspec.json.format(msgspec.json.encode(json_document(figures, about)))
        given.json.write_bytes(text + b"\n")
        print_progress(f"wrote {given.json}")
    return 0


def _on_sigterm(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
