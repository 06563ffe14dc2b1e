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
from collections.abc import Iterable, Mapping
from typing import TypeVar

from dotenv import dotenv_values

from client import base
from client.asyncio import client
from common.env_settings import InvalidSettings, describe_settings, load_settings
from protocol.simulator_api import MAX_PUBLICATION_RATE, MAX_SPEED, MIN_SPEED, ShopLanguage
from simulator.app import RunOptions, serve
from simulator.data_files import InvalidDataFile
from simulator.dry_run.run import create_shop, summarise, write_publications
from simulator.errors import CommandRejected
from simulator.runner import check_throughput
from simulator.scenarios.definitions import Scenario
from simulator.settings import Settings, ShopSettings
from simulator.shop.components import ShopData
from simulator.shop.simulation_context import RunConfig

S = TypeVar("S", bound=ShopSettings)
UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
DRY_RUN_S = 60.0


def duration(text: str) -> float:
    """Parse a duration to seconds: ``90``, ``60s``, ``5m``, ``1h``.

    Raises:
        ValueError: the text has none of these forms.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if match is None:
        raise ValueError(text)
    return float(match[1]) * UNIT_SECONDS[match[2]]


def argument_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="Shop simulator: publishes orders, stock and customer activity to the "
        "server. Settings come from the environment and from .env, in that order:",
        epilog=describe_settings(Settings),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="print the publications, one JSON object per line, in virtual time; "
        "needs neither a server nor a secret",
    )
    parser.add_argument(
        "--summary",
        action="store_true",
        help="with --dry-run: print a summary table instead",
    )
    parser.add_argument("--seed", help="overrides WORKBENCH_SEED")
    parser.add_argument(
        "--rate",
        help="overrides WORKBENCH_RATE: publications per virtual second, "
        f"up to {MAX_PUBLICATION_RATE:g}",
    )
    parser.add_argument(
        "--language", metavar="CODE", help="overrides WORKBENCH_SHOP_LANGUAGE: uk or en"
    )
    parser.add_argument(
        "--speed",
        type=speed,
        default=MIN_SPEED,
        metavar="N",
        help="virtual seconds per real second, 1 (default) to 60; ignored by --dry-run",
    )
    parser.add_argument(
        "--scenario",
        dest="scenarios",
        action="append",
        default=[],
        metavar="NAME",
        help="start with this scenario; repeatable, see --list-scenarios",
    )
    parser.add_argument("--list-scenarios", action="store_true", help="list the scenarios and exit")
    parser.add_argument(
        "--for",
        dest="duration",
        type=duration,
        metavar="TIME",
        help="stop after this much virtual time: 60s (default of a dry run), 5m, 24h",
    )
    return parser


def main() -> int:
    """Run the simulator; return the exit code."""
    parser = argument_parser()
    args = parser.parse_args()
    if args.summary and not args.dry_run:
        parser.error("--summary requires --dry-run")
    overrides = {
        "WORKBENCH_SEED": args.seed,
        "WORKBENCH_RATE": args.rate,
        "WORKBENCH_SHOP_LANGUAGE": args.language,
    }
    variables = {
        **dotenv_values(".env"),
        **os.environ,
        **{name: text for name, text in overrides.items() if text is not None},
    }
    try:
        data = {language: ShopData.load(language) for language in ShopLanguage}
        scenarios = data[ShopLanguage.UKRAINIAN].scenarios
        if args.list_scenarios:
            return _list_scenarios(scenarios.values())
        _check_scenarios(scenarios, args.scenarios)
        if args.dry_run:
            shop_settings = _read_settings(ShopSettings, variables)
            return _dry_run(shop_settings, data[shop_settings.shop_language], args)
        options = RunOptions(
            scenarios=tuple(args.scenarios), speed=args.speed, duration_s=args.duration
        )
        settings = _read_settings(Settings, variables)
        check_throughput("speed", settings.rate, options.speed)
        return _run(settings, data, options)
    except InvalidSettings as error:
        parser.exit(2, "".join(f"simulator: {problem}\n" for problem in error.problems))
    except (InvalidDataFile, CommandRejected) as error:
        parser.exit(2, f"simulator: {error}\n")
    except OSError as error:
        hint = "try another WORKBENCH_SIMULATOR_PORT"
        parser.exit(2, f"simulator: cannot listen; {hint}: {error.strerror}\n")


def speed(text: str) -> float:
    """Parse a speed: virtual seconds per real second.

    Raises:
        ValueError: the text is not a number from 1 to 60.
    """
    number = float(text)
    if not MIN_SPEED <= number <= MAX_SPEED:
        raise ValueError(text)
    return number


def _list_scenarios(scenarios: Iterable[Scenario]) -> int:
    for scenario in scenarios:
        line = f"{scenario.name:16} {scenario.lasts_s:4g} s  {scenario.sentence.en}"
        print(line)  # noqa: T201 - the output of this option
    return 0


def _check_scenarios(scenarios: Mapping[str, Scenario], names: Iterable[str]) -> None:
    for name in names:
        if name not in scenarios:
            raise CommandRejected(
                "name",
                f"unknown scenario {name!r}; the scenarios are {', '.join(scenarios)}",
            )


def _read_settings(settings: type[S], variables: dict[str, str | None]) -> S:
    loaded = load_settings(settings, variables)
    loaded.check()
    return loaded


def _run(settings: Settings, data: Mapping[ShopLanguage, ShopData], options: RunOptions) -> int:
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stdout)
    # A thousand clients would log every reconnect; `clients.pool` logs their number instead.
    for module in (client, base):
        logging.getLogger(module.__name__).setLevel(logging.WARNING)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, stop.set)
        await serve(settings, data, stop, options)

    asyncio.run(until_stopped())
    return 0


def _dry_run(settings: ShopSettings, data: ShopData, args: argparse.Namespace) -> int:
    config = RunConfig(
        seed=settings.seed,
        rate=settings.rate,
        connected_customers=settings.customers,
        tenant=settings.tenant,
        run_id="dry",
        started_at=time.time(),
    )
    # `| head` and Ctrl-C end the program silently, as they do with other filters.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    shop, seconds = create_shop(data, config, args.scenarios), args.duration or DRY_RUN_S
    if args.summary:
        print(summarise(shop, seconds).table())  # noqa: T201 - the output of this option
    else:
        write_publications(shop, seconds, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
