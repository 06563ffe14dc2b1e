"""``python -m bench``: measures the server on this machine and prints a table."""

from __future__ import annotations

import argparse
import os
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
from bench.measurements import (
    abuse,
    cluster,
    fanout,
    histories,
    idle,
    open_loop,
    pages,
    pages_clicks,
    pages_loading,
    pages_map,
    pages_reset,
    pages_sends,
    ping_pong,
    scaling,
    training_lessons,
    training_together,
)
from bench.report import json_document, text_table
from bench.servers.processes import ProcessDidNotStart
from bench.servers.raw_write import SOCKETS
from bench.stats import Measurement

ROUNDS = 5
MEASUREMENTS: dict[str, Callable[[BenchContext], list[Measurement]]] = {
    "fanout": fanout.run,
    "open_loop": open_loop.run,
    "ping_pong": ping_pong.run,
    "idle": idle.run,
    "scaling": scaling.run,
    "cluster": cluster.run,
    "abuse": abuse.run,
    "histories": histories.run,
    "pages": pages.run,
    "pages_clicks": pages_clicks.run,
    "pages_loading": pages_loading.run,
    "pages_map": pages_map.run,
    "pages_reset": pages_reset.run,
    "pages_sends": pages_sends.run,
    "training_lessons": training_lessons.run,
    "training_together": training_together.run,
}
DEFAULT_MEASUREMENTS = [
    name
    for name in MEASUREMENTS
    if name not in ("abuse", "histories") and not name.startswith(("pages", "training"))
]
"""All but those of the workbench, which need a browser and take minutes, and what only passes
or fails."""
EXIT_INTERRUPTED = 130


def measurements(text: str) -> list[str]:
    """Parse a list of measurements: ``fanout,idle``.

    Raises:
        ValueError: a name is unknown.
    """
    names = text.split(",")
    if not set(names) <= set(MEASUREMENTS):
        raise ValueError(text)
    return names


def argument_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures the server on this machine (Linux), compared with raw socket "
        "writes and with a plain aiohttp server. It starts and stops all processes.",
    )
    parser.add_argument("--quick", action="store_true", help=f"one round instead of {ROUNDS}")
    parser.add_argument(
        "--only",
        type=measurements,
        default=DEFAULT_MEASUREMENTS,
        metavar="NAMES",
        help=f"some of {','.join(MEASUREMENTS)}; default: all but abuse, histories, "
        "pages and training",
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="seed of the first of the histories (default: 1)"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the values of every round"
    )
    parser.add_argument(
        "--uws",
        type=Path,
        default=Path(os.environ.get("BENCH_UWS", "data/uws")),
        metavar="FOLDER",
        help="folder with the npm package of uWebSockets.js [BENCH_UWS, or data/uws]",
    )
    return parser


def main() -> int:
    """Run the benchmark; returns the exit code."""
    parser = argument_parser()
    args = parser.parse_args()
    if sys.platform != "linux":
        parser.exit(2, "bench: requires Linux: CPU and memory are read from /proc\n")
    signal.signal(signal.SIGTERM, _on_sigterm)
    rounds = 1 if args.quick else ROUNDS
    files = raise_open_file_limit(idle.CLIENTS + SOCKETS + SPARE_FILES)
    results: list[Measurement] = []
    try:
        with bench_context(rounds, files, args.uws, args.seed) as context:
            if not context.cores.are_separate:
                print_progress("only one core: server and load share it")
            for name in args.only:
                results += MEASUREMENTS[name](context)
    except (ConnectFailed, PublishFailed, VerificationFailed) as error:
        parser.exit(1, f"bench: a measurement failed: {error}\n")
    except ProcessDidNotStart as error:
        parser.exit(1, f"bench: a server did not start: {error}\n")
    except KeyboardInterrupt:
        parser.exit(EXIT_INTERRUPTED, "bench: stopped\n")
    sys.stdout.write(f"\n{text_table(results)}")
    if args.json is not None:
        run_info = {"rounds": rounds, "at": int(time.time()), "machine": machine_description()}
        args.json.parent.mkdir(parents=True, exist_ok=True)
        text = msgspec.json.format(msgspec.json.encode(json_document(results, run_info)))
        args.json.write_bytes(text + b"\n")
        print_progress(f"wrote {args.json}")
    return 0


def _on_sigterm(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
