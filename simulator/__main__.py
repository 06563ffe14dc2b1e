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

from client import base
from client.asyncio import client
from common.env_settings import InvalidSettings, describe_settings, load_settings
from protocol.simulator_api import MAX_SPEED, MIN_SPEED
from simulator.app import RunOptions, serve
from simulator.data_files import InvalidDataFile
from simulator.dry_run.run import create_shop, summarise, write_publications
from simulator.engine.simulation_context import RunConfig
from simulator.errors import CommandRejected
from simulator.runner import check_throughput
from simulator.settings import Settings, ShopSettings
from simulator.shop.components import ShopData

S = TypeVar("S", bound=ShopSettings)
UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
DRY_RUN_S = 60.0


def duration(text: str) -> float:
    """Read a number of seconds: ``90``, ``60s``, ``5m``, ``1h``.

    Raises:
        ValueError: it is none of these.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if match is None:
        raise ValueError(text)
    return float(match[1]) * UNIT_SECONDS[match[2]]


def argument_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    cli = argparse.ArgumentParser(
        prog="python -m simulator",
        description="Shop simulator: publishes orders, stock and customer activity to the "
        "server. Settings come from the environment and from .env, in that order:",
        epilog=describe_settings(Settings),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cli.add_argument(
        "--dry-run",
        action="store_true",
        help="print the publications, one JSON object per line, in virtual time; "
        "needs neither a server nor a secret",
    )
    cli.add_argument(
        "--summary",
        action="store_true",
        help="with --dry-run: print a summary table instead",
    )
    cli.add_argument("--seed", help="overrides WORKBENCH_SEED")
    cli.add_argument(
        "--rate", help="overrides WORKBENCH_RATE: publications per virtual second, up to 5000"
    )
    cli.add_argument(
        "--speed",
        type=speed,
        default=MIN_SPEED,
        metavar="N",
        help="virtual seconds per real second, 1 (default) to 60; ignored by --dry-run",
    )
    cli.add_argument(
        "--scenario",
        dest="scenarios",
        action="append",
        default=[],
        metavar="NAME",
        help="start with this scenario; repeatable, see --list-scenarios",
    )
    cli.add_argument("--list-scenarios", action="store_true", help="list the scenarios and exit")
    cli.add_argument(
        "--for",
        dest="duration",
        type=duration,
        metavar="TIME",
        help="stop after this much virtual time: 60s (default of a dry run), 5m, 24h",
    )
    return cli


def main() -> int:
    """Run the simulator; returns the exit code."""
    cli = argument_parser()
    given = cli.parse_args()
    if given.summary and not given.dry_run:
        cli.error("--summary requires --dry-run")
    chosen = {"WORKBENCH_SEED": given.seed, "WORKBENCH_RATE": given.rate}
    variables = {
        **dotenv_values(".env"),
        **os.environ,
        **{name: text for name, text in chosen.items() if text is not None},
    }
    try:
        premises = ShopData.load()
        if given.list_scenarios:
            return _list_scenarios(premises)
        _check_scenarios(premises, given.scenarios)
        if given.dry_run:
            return _dry_run(_read_settings(ShopSettings, variables), premises, given)
        opening = RunOptions(
            scenarios=tuple(given.scenarios), speed=given.speed, duration_s=given.duration
        )
        settings = _read_settings(Settings, variables)
        check_throughput("speed", settings.rate, opening.speed)
        return _run(settings, premises, opening)
    except InvalidSettings as why:
        cli.exit(2, "".join(f"simulator: {problem}\n" for problem in why.problems))
    except (InvalidDataFile, CommandRejected) as why:
        cli.exit(2, f"simulator: {why}\n")
    except OSError as why:
        cure = "try another WORKBENCH_SIMULATOR_PORT"
        cli.exit(2, f"simulator: cannot listen; {cure}: {why.strerror}\n")


def speed(text: str) -> float:
    """Read how many virtual seconds pass in a real one.

    Raises:
        ValueError: it is no number from 1 to 60.
    """
    number = float(text)
    if not MIN_SPEED <= number <= MAX_SPEED:
        raise ValueError(text)
    return number


def _list_scenarios(data: ShopData) -> int:
    for each in data.scenarios.values():
        print(f"{each.name:16} {each.lasts_s:4g} s  {each.sentence.en}")  # noqa: T201 - asked for
    return 0


def _check_scenarios(data: ShopData, names: Iterable[str]) -> None:
    for name in names:
        if name not in data.scenarios:
            raise CommandRejected(
                "name",
                f"unknown scenario {name!r}; the scenarios are {', '.join(data.scenarios)}",
            )


def _read_settings(settings: type[S], variables: dict[str, str | None]) -> S:
    found = load_settings(settings, variables)
    found.check()
    return found


def _run(settings: Settings, data: ShopData, options: RunOptions) -> int:
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stdout)
    # A thousand clients would log every reconnect; `clients.pool` logs their number instead.
    for module in (client, base):
        logging.getLogger(module.__name__).setLevel(logging.WARNING)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, stop.set)
        await serve(settings, data, stop, options)

    asyncio.run(until_stopped())
    return 0


def _dry_run(settings: ShopSettings, data: ShopData, args: argparse.Namespace) -> int:
    start = RunConfig(
        seed=settings.seed,
        rate=settings.rate,
        connected_customers=settings.customers,
        tenant=settings.tenant,
        run_id="dry",
        started_at=time.time(),
    )
    # `| head` and Ctrl-C end it as they end any filter.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    shop, seconds = create_shop(data, start, args.scenarios), args.duration or DRY_RUN_S
    if args.summary:
        print(summarise(shop, seconds).table())  # noqa: T201 - asked for
    else:
        write_publications(shop, seconds, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
