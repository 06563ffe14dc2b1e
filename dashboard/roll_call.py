"""Asks the server who is connected, once for all tabs that look, and never in their way.

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
        """Return the last answer, and see to it that there will be a newer one."""
        with self._lock:
            if self._clock() - self._asked_at >= FRESH_S and self._asking is None:
                self._asked_at = self._clock()
                self._asking = threading.Thread(target=self._ask, name="roll-call", daemon=True)
                self._asking.start()
            return self._called

    def access(self, connection_id: str, channel: str) -> Access:
        """Ask why a client does or does not hear a channel.

        Raises:
            Unanswered: 404 where the client has gone meanwhile.
        """
        query = urlencode({"channel": channel})
        return _read(
            attendance.read_access,
            self._asker.get(f"/api/connections/{quote(connection_id, safe='')}/access?{query}"),
        )

    def disconnect(self, connection_id: str) -> int:
        """Have a connection ended; returns how many were.

        Raises:
            Unanswered: 404 where the client has gone meanwhile.
        """
        answer = self._asker.delete(f"/api/connections/{quote(connection_id, safe='')}")
        return _read(_farewell.decode, answer).disconnected

    def disconnect_user(self, user_id: str, revoke: bool) -> int:
        """Have all of a user's connections ended, and their tokens so far refused if asked to.

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
        raise Unanswered("its answer is not understood") from None
