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
from collections.abc import Iterable
from typing import TypeVar

from dotenv import dotenv_values

from client import aio, surface
from protocol.environment import Misconfigured, describe, read
from simulator.commands import FASTEST, SLOWEST, Refused
from simulator.datafiles import BadData
from simulator.desk import Start
from simulator.dryrun import open_shop, summarise, write_publications
from simulator.house import Premises
from simulator.runner import check_pace
from simulator.service import Opening, serve
from simulator.settings import Settings, ShopSettings

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
    cli.add_argument(
        "--summary",
        action="store_true",
        help="with --dry-run: print what it comes to instead, as a table",
    )
    cli.add_argument("--seed", help="instead of WORKBENCH_SEED")
    cli.add_argument(
        "--rate", help="instead of WORKBENCH_RATE: publications a virtual second, up to 5000"
    )
    cli.add_argument(
        "--speed",
        type=pace,
        default=SLOWEST,
        metavar="N",
        help="virtual seconds in a real one, 1 (the default) to 60; a dry run is as fast as it can",
    )
    cli.add_argument(
        "--scenario",
        dest="scenarios",
        action="append",
        default=[],
        metavar="NAME",
        help="begin with this scenario; may be given several times. See --list-scenarios",
    )
    cli.add_argument("--list-scenarios", action="store_true", help="say what they are, and end")
    cli.add_argument(
        "--for",
        dest="duration",
        type=duration,
        metavar="TIME",
        help="end after so much virtual time, such as 60s (the default of a dry run), 5m or 24h",
    )
    return cli


def main() -> int:
    """Run the simulator; returns the exit code."""
    cli = arguments()
    given = cli.parse_args()
    if given.summary and not given.dry_run:
        cli.error("--summary goes with --dry-run")
    chosen = {"WORKBENCH_SEED": given.seed, "WORKBENCH_RATE": given.rate}
    variables = {
        **dotenv_values(".env"),
        **os.environ,
        **{name: text for name, text in chosen.items() if text is not None},
    }
    try:
        premises = Premises.load()
        if given.list_scenarios:
            return _list_scenarios(premises)
        _check_scenarios(premises, given.scenarios)
        if given.dry_run:
            return _dry_run(_read(ShopSettings, variables), premises, given)
        opening = Opening(
            scenarios=tuple(given.scenarios), speed=given.speed, lasts_s=given.duration
        )
        settings = _read(Settings, variables)
        check_pace("speed", settings.rate, opening.speed)
        return _run(settings, premises, opening)
    except Misconfigured as why:
        cli.exit(2, "".join(f"simulator: {problem}\n" for problem in why.problems))
    except (BadData, Refused) as why:
        cli.exit(2, f"simulator: {why}\n")
    except OSError as why:
        cure = "try another WORKBENCH_SIMULATOR_PORT"
        cli.exit(2, f"simulator: cannot listen; {cure}: {why.strerror}\n")


def pace(text: str) -> float:
    """Read how many virtual seconds pass in a real one.

    Raises:
        ValueError: it is no number from 1 to 60.
    """
    number = float(text)
    if not SLOWEST <= number <= FASTEST:
        raise ValueError(text)
    return number


def _list_scenarios(premises: Premises) -> int:
    for each in premises.scenarios.values():
        print(f"{each.name:16} {each.lasts_s:4g} s  {each.sentence.en}")  # noqa: T201 - asked for
    return 0


def _check_scenarios(premises: Premises, names: Iterable[str]) -> None:
    for name in names:
        if name not in premises.scenarios:
            raise Refused("name", f"no scenario {name!r}, but {', '.join(premises.scenarios)}")


def _read(settings: type[S], variables: dict[str, str | None]) -> S:
    found = read(settings, variables)
    found.check()
    return found


def _run(settings: Settings, premises: Premises, opening: Opening) -> int:
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stdout)
    # Customers come and go together: `simulator.presence` says in one line how many there are.
    for module in (aio, surface):
        logging.getLogger(module.__name__).setLevel(logging.WARNING)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, stop.set)
        await serve(settings, premises, stop, opening)

    asyncio.run(until_stopped())
    return 0


def _dry_run(settings: ShopSettings, premises: Premises, given: argparse.Namespace) -> int:
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
    shop, seconds = open_shop(premises, start, given.scenarios), given.duration or DRY_RUN_S
    if given.summary:
        print(summarise(shop, seconds).table())  # noqa: T201 - asked for
    else:
        write_publications(shop, seconds, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
