"""``python -m simulator``: reads the settings, runs the shop until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import re
import signal
import sys
import time
from typing import TypeVar

from dotenv import dotenv_values

from protocol.environment import Misconfigured, describe, read
from simulator.datafiles import BadData
from simulator.desk import Start
from simulator.dryrun import write_publications
from simulator.service import serve
from simulator.settings import Settings, ShopSettings
from simulator.shop import Premises

S = TypeVar("S", bound=ShopSettings)
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
DRY_RUN_S = 60.0


def duration(text: str) -> float:
    """Read a number of seconds: ``90``, ``60s``, ``5m``, ``1h``.

    Raises:
        ValueError: it is none of these.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if match is None:
        raise ValueError(text)
    return float(match[1]) * SECONDS[match[2]]


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    cli = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A shop that behaves: publishes its orders, stock and customers to the "
        "server. Settings come from the environment and from .env, in that order:",
        epilog=describe(Settings),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cli.add_argument(
        "--dry-run",
        action="store_true",
        help="print the publications, one JSON object a line, in virtual time; "
        "needs neither a server nor a secret",
    )
    cli.add_argument("--seed", help="instead of WORKBENCH_SEED")
    cli.add_argument("--rate", help="instead of WORKBENCH_RATE")
    cli.add_argument(
        "--for",
        dest="duration",
        type=duration,
        metavar="TIME",
        help="how much virtual time a dry run takes, such as 60s (the default), 5m or 1h",
    )
    return cli


def main() -> int:
    """Run the simulator; returns the exit code."""
    cli = arguments()
    given = cli.parse_args()
    if given.duration is not None and not given.dry_run:
        cli.error("--for goes with --dry-run")
    chosen = {"WORKBENCH_SEED": given.seed, "WORKBENCH_RATE": given.rate}
    variables = {
        **dotenv_values(".env"),
        **os.environ,
        **{name: text for name, text in chosen.items() if text is not None},
    }
    try:
        premises = Premises.load()
        if given.dry_run:
            return _dry_run(_read(ShopSettings, variables), premises, given.duration or DRY_RUN_S)
        return _run(_read(Settings, variables), premises)
    except Misconfigured as why:
        cli.exit(2, "".join(f"simulator: {problem}\n" for problem in why.problems))
    except BadData as why:
        cli.exit(2, f"simulator: {why}\n")
    except OSError as why:
        cure = "try another WORKBENCH_SIMULATOR_PORT"
        cli.exit(2, f"simulator: cannot listen; {cure}: {why.strerror}\n")


def _read(settings: type[S], variables: dict[str, str | None]) -> S:
    found = read(settings, variables)
    found.check()
    return found


def _run(settings: Settings, premises: Premises) -> int:
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stdout)
    # Customers come and go together: `simulator.presence` says in one line how many there are.
    for name in ("client.aio", "client.surface"):
        logging.getLogger(name).setLevel(logging.WARNING)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, stop.set)
        await serve(settings, premises, stop)

    asyncio.run(until_stopped())
    return 0


def _dry_run(settings: ShopSettings, premises: Premises, seconds: float) -> int:
    start = Start(
        seed=settings.seed,
        rate=settings.rate,
        present=settings.customers,
        tenant=settings.tenant,
        run="dry",
        started_at=time.time(),
    )
    # A reader who has seen enough (`| head`) and Ctrl-C end it as they end any filter.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    write_publications(premises, start, seconds, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
