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

from bench import cluster, echo, fanout, growth, idle, pages
from bench.bare import SOCKETS
from bench.dial import NotConnected
from bench.lab import SPARE_FILES, Lab, laboratory, say
from bench.machine import allow_open_files, description
from bench.publisher import NotPublished
from bench.report import document, table
from bench.sequence import OutOfStep
from bench.stats import Figure
from bench.targets import DidNotStart

ROUNDS = 5
SCENES: dict[str, Callable[[Lab], list[Figure]]] = {
    "fanout": fanout.run,
    "echo": echo.run,
    "idle": idle.run,
    "growth": growth.run,
    "cluster": cluster.run,
    "pages": pages.run,
}
UNASKED = [name for name in SCENES if name != "pages"]  # that one takes twelve minutes
INTERRUPTED = 130


def scenes(text: str) -> list[str]:
    """Read a list of scenes: ``fanout,idle``.

    Raises:
        ValueError: one of them does not exist.
    """
    names = text.split(",")
    if not set(names) <= set(SCENES):
        raise ValueError(text)
    return names


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    cli = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures the server on this machine (Linux), compared with raw socket "
        "writes and with a plain aiohttp server. It starts and stops all processes.",
    )
    cli.add_argument("--quick", action="store_true", help=f"one round instead of {ROUNDS}")
    cli.add_argument(
        "--only",
        type=scenes,
        default=UNASKED,
        metavar="SCENES",
        help=f"some of {','.join(SCENES)}; default: all but pages",
    )
    cli.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the values of every round"
    )
    return cli


def main() -> int:
    """Run the benchmark; returns the exit code."""
    cli = arguments()
    given = cli.parse_args()
    if sys.platform != "linux":
        cli.exit(2, "bench: requires Linux: CPU and memory are read from /proc\n")
    signal.signal(signal.SIGTERM, _stop)
    rounds = 1 if given.quick else ROUNDS
    files = allow_open_files(idle.CLIENTS + SOCKETS + SPARE_FILES)
    figures: list[Figure] = []
    try:
        with laboratory(rounds, files) as lab:
            if not lab.cores.are_apart:
                say("only one core: server and load share it")
            for name in given.only:
                figures += SCENES[name](lab)
    except (NotConnected, NotPublished, OutOfStep) as why:
        cli.exit(1, f"bench: a measurement failed: {why}\n")
    except DidNotStart as why:
        cli.exit(1, f"bench: a server did not start: {why}\n")
    except KeyboardInterrupt:
        cli.exit(INTERRUPTED, "bench: stopped\n")
    sys.stdout.write(f"\n{table(figures)}")
    if given.json is not None:
        about = {"rounds": rounds, "at": int(time.time()), "machine": description()}
        given.json.parent.mkdir(parents=True, exist_ok=True)
        text = msgspec.json.format(msgspec.json.encode(document(figures, about)))
        given.json.write_bytes(text + b"\n")
        say(f"wrote {given.json}")
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
