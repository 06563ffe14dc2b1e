"""Fetches the connection list for all tabs in the background.

A tab gets the last result at once; if it is older than a second, the next one is fetched on a
thread.  No requests are sent while no tab shows the list.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from client.http_client import ApiClient, ApiRequestError, decode_response
from protocol.admin_api import ChannelAccess, ConnectionList, DisconnectResult

MAX_AGE_S = 0.9


class PollResult(Struct, frozen=True):
    """The last list and when it was received (seconds since the epoch; None before the first).

    ``error`` is why there is no newer one; empty if there is.
    """

    connections: ConnectionList[datetime] = ConnectionList((), 0)
    at: float | None = None
    error: str = ""


class ConnectionsClient:
    """Client of the server's admin API.  Thread-safe."""

    def __init__(self, api: ApiClient, clock: Callable[[], float] = time.time) -> None:
        self._api, self._clock = api, clock
        self._lock = threading.Lock()
        self._latest = PollResult()
        self._requested_at = float("-inf")
        self._fetch_thread: threading.Thread | None = None

    def latest(self) -> PollResult:
        """Return the last result and start a refresh if it is old."""
        with self._lock:
            is_fetching = self._fetch_thread is not None and self._fetch_thread.is_alive()
            if self._clock() - self._requested_at >= MAX_AGE_S and not is_fetching:
                self._requested_at = self._clock()
                self._fetch_thread = threading.Thread(
                    target=self._fetch, name="connections-refresh", daemon=True
                )
                self._fetch_thread.start()
            return self._latest

    def check_access(self, connection_id: str, channel: str) -> ChannelAccess:
        """Return a connection's access to a channel.

        Raises:
            ApiRequestError: with status 404 if it has disconnected.
        """
        query = urlencode({"channel": channel})
        return decode_response(
            _access_decoder.decode,
            self._api.get(f"/api/connections/{quote(connection_id, safe='')}/access?{query}"),
        )

    def disconnect(self, connection_id: str) -> int:
        """Disconnect a connection; returns how many were closed.

        Raises:
            ApiRequestError: with status 404 if it has disconnected.
        """
        answer = self._api.delete(f"/api/connections/{quote(connection_id, safe='')}")
        return decode_response(_disconnect_decoder.decode, answer).disconnected

    def disconnect_user(self, user_id: str, revoke: bool) -> int:
        """Disconnect all connections of a user and optionally revoke the user's tokens.

        Raises:
            ApiRequestError: no connection was closed.
        """
        path = f"/api/users/{quote(user_id, safe='')}/disconnect"
        return decode_response(
            _disconnect_decoder.decode, self._api.post(path, {"revoke": revoke})
        ).disconnected

    def _fetch(self) -> None:
        try:
            listed = decode_response(_connections_decoder.decode, self._api.get("/api/connections"))
            result = PollResult(listed, self._clock())
        except ApiRequestError as error:
            result = PollResult(self._latest.connections, self._latest.at, str(error))
        with self._lock:
            self._latest = result


_connections_decoder = msgspec.json.Decoder(ConnectionList[datetime])
_access_decoder = msgspec.json.Decoder(ChannelAccess)
_disconnect_decoder = msgspec.json.Decoder(DisconnectResult)
