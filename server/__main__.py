"""``python -m server``: reads the settings, serves until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
from typing import Annotated

from dotenv import dotenv_values
from msgspec import Meta

from common.env_settings import InvalidSettings, describe_settings, load_settings
from server.app import start_server
from server.logs import LogFormat, configure_logging
from server.open_file_limit import raise_open_file_limit
from server.redis_client import RedisUnusable
from server.settings import Settings
from server.stores.base import StoreUnavailable
from server.supervisor import TaskKeepsFailing

GC_THRESHOLDS = (20_000, 20, 50)  # allocations, and collections of younger generations
log = logging.getLogger("server")


class ProgramSettings(Settings, frozen=True, kw_only=True):
    """The server's settings, and the format of its log."""

    log_format: Annotated[LogFormat, Meta(description="Log lines as text or as json")] = (
        LogFormat.TEXT
    )


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    # What exists now stays; the rest is mostly connections, which leave few cycles behind.
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    raise_open_file_limit(settings.connections)
    async with start_server(settings) as port:
        log.info("listening on http://%s:%d", settings.host, port)
        await stop.wait()
        log.info("stopping")


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not available on every platform, and optional
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def main() -> int:
    """Run the server; returns the exit code."""
    cli = argparse.ArgumentParser(
        prog="python -m server",
        description="Shop Realtime: the WebSocket server. Settings come from the environment "
        "and from .env, in that order:",
        epilog=describe_settings(ProgramSettings),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cli.parse_args()
    try:
        settings = load_settings(ProgramSettings, {**dotenv_values(".env"), **os.environ})
        configure_logging(settings.log_format)
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(_serve(settings))
    except InvalidSettings as why:
        cli.exit(2, "".join(f"server: {problem}\n" for problem in why.problems))
    except RedisUnusable as why:
        cli.exit(2, f"server: {why}\n")
    except StoreUnavailable as why:
        what = (
            "Redis failed during the start (WORKBENCH_REDIS_URL)"
            if settings.redis_url
            else "the database cannot be used (WORKBENCH_DATA_DIR)"
        )
        cli.exit(2, f"server: {what}: {why}\n")
    except TaskKeepsFailing as why:
        cli.exit(1, f"server: {why}; the log has the errors\n")
    except OSError as why:
        cli.exit(2, f"server: cannot listen (WORKBENCH_HOST, WORKBENCH_PORT): {why.strerror}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
