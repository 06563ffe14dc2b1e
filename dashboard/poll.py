"""Asks the simulator for its state every other second, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

import msgspec

from dashboard import stock
from dashboard.stock import ShopState

EVERY_S = 2.0
TIMEOUT_S = 2.0
LONGEST = 8 << 20  # bytes of an answer; sixty products and their orders are some 200 KiB


class Poller:
    """Tells ``hear`` the answer, or ``miss`` why there is none, until it is closed.

    ``url`` is that of the simulator's control; ``token`` is asked before every request.
    """

    def __init__(
        self,
        url: str,
        token: Callable[[], str],
        hear: Callable[[ShopState], None],
        miss: Callable[[str], None],
        every_s: float = EVERY_S,
    ) -> None:
        self._url, self._token, self._hear, self._miss = url, token, hear, miss
        self._every_s = every_s
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulator-poll", daemon=True)
        # The simulator is on this machine or this network: a proxy of the environment is not asked.
        self._opener: OpenerDirector = build_opener(ProxyHandler({}))

    def start(self) -> None:
        """Begin asking, at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop; an answer that is under way is not waited for longer than ``TIMEOUT_S``."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(TIMEOUT_S)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._ask()
            self._closing.wait(self._every_s)

    def _ask(self) -> None:
        bearer = {"Authorization": f"Bearer {self._token()}"}
        request = Request(f"{self._url.rstrip('/')}/state", headers=bearer)  # noqa: S310 - the settings take http and https only
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                self._hear(stock.read(answer.read(LONGEST)))
        except HTTPError as why:
            why.close()
            self._miss(f"it answered {why.code} {why.reason}")
        except (OSError, HTTPException):
            self._miss("nobody answers")
        except msgspec.DecodeError:
            self._miss("its answer is not the state of a shop")
