"""Other servers to compare with, if they are installed: uWebSockets.js and nats-server."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from bench.servers.processes import LISTENING, Target, start_command

UWS_PACKAGE = "@trufflesuite/uws-js-unofficial"
UWS_PROGRAM = Path(__file__).parent / "uws.js"
NATS_LISTENING = r"client connections on 127\.0\.0\.1:(?P<port>\d+)"

Start = Callable[[frozenset[int]], AbstractContextManager[Target]]
"""Starts a server on these cores; it ends with the block."""


class PeerNotInstalled(Exception):
    """It is not installed; the message says how to have it."""


def find_uws(folder: Path) -> Start:
    """Return what starts the uWebSockets.js of this folder.

    Raises:
        PeerNotInstalled: it is not there, or Node is not on the PATH.
    """
    node, modules = shutil.which("node"), folder.resolve() / "node_modules"
    if node is None or not (modules / UWS_PACKAGE).is_dir():
        raise PeerNotInstalled(
            f"uWebSockets.js is not compared with: install Node, and run "
            f"`npm install --prefix {folder} {UWS_PACKAGE}`"
        )
    return lambda cores: start_command(
        "uws", [node, str(UWS_PROGRAM)], cores, LISTENING, NODE_PATH=str(modules)
    )


def find_nats() -> Start:
    """Return what starts nats-server.

    Raises:
        PeerNotInstalled: it is not on the PATH.
    """
    binary = shutil.which("nats-server")
    if binary is None:
        raise PeerNotInstalled(
            "nats-server is not compared with: install it, on Debian with `apt install nats-server`"
        )
    return lambda cores: start_command(
        "nats", [binary, "-a", "127.0.0.1", "-p", "-1"], cores, NATS_LISTENING, GOMAXPROCS="1"
    )
