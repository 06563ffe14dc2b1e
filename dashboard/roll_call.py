"""Fetches the connection list for all tabs in the background.

A tab gets the last answer at once; if that is older than a second, the next is fetched
meanwhile, on a thread.  While nobody looks nothing is asked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from dashboard import attendance
from dashboard.ask import Asker, Unanswered
from dashboard.attendance import Access, Attendance

FRESH_S = 0.9
S = TypeVar("S")


class Called(Struct, frozen=True):
    """The last answer: when it came (seconds since the epoch; None before the first).

    ``trouble`` says why there is no newer one.
    """

    attendance: Attendance = Attendance((), 0)
    at: float | None = None
    trouble: str = ""


class RollCall:
    """Knows the server's admin routes.  For several threads."""

    def __init__(self, asker: Asker, clock: Callable[[], float] = time.time) -> None:
        self._asker, self._clock = asker, clock
        self._lock = threading.Lock()
        self._called = Called()
        self._asked_at = float("-inf")
        self._asking: threading.Thread | None = None

    def latest(self) -> Called:
        """Return the last result and start a refresh if it is old."""
        with self._lock:
            if self._clock() - self._asked_at >= FRESH_S and self._asking is None:
                self._asked_at = self._clock()
                self._asking = threading.Thread(
                    target=self._ask, name="connections-refresh", daemon=True
                )
                self._asking.start()
            return self._called

    def access(self, connection_id: str, channel: str) -> Access:
        """Return a connection's access to a channel.

        Raises:
            Unanswered: with status 404 if it has disconnected.
        """
        query = urlencode({"channel": channel})
        return _read(
            attendance.read_access,
            self._asker.get(f"/api/connections/{quote(connection_id, safe='')}/access?{query}"),
        )

    def disconnect(self, connection_id: str) -> int:
        """Disconnect a connection; returns how many were closed.

        Raises:
            Unanswered: with status 404 if it has disconnected.
        """
        answer = self._asker.delete(f"/api/connections/{quote(connection_id, safe='')}")
        return _read(_farewell.decode, answer).disconnected

    def disconnect_user(self, user_id: str, revoke: bool) -> int:
        """Disconnect all connections of a user and optionally revoke the user's tokens.

        Raises:
            Unanswered: nobody was disconnected.
        """
        path = f"/api/users/{quote(user_id, safe='')}/disconnect"
        return _read(_farewell.decode, self._asker.post(path, {"revoke": revoke})).disconnected

    def _ask(self) -> None:
        try:
            people = _read(attendance.read, self._asker.get("/api/connections"))
            called = Called(people, self._clock())
        except Unanswered as why:
            called = Called(self._called.attendance, self._called.at, str(why))
        with self._lock:
            self._called, self._asking = called, None


class _Farewell(Struct, frozen=True):
    disconnected: int


_farewell = msgspec.json.Decoder(_Farewell)


def _read(decode: Callable[[bytes], S], answer: bytes) -> S:
    """Decode an answer; one that is none of ours counts as no answer."""
    try:
        return decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unanswered("unexpected response") from None
