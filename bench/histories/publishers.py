"""Publishers of numbered messages, one for each channel, on a server taken at random."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import aiohttp

from bench.histories.clients import TEXT_FIELD
from bench.histories.events import EventKind
from bench.histories.recorder import Recorder

ANSWER_TIMEOUT_S = 1.0
HTTP_OK = 200
HTTP_CLIENT_ERRORS = range(400, 500)
RETRY_S = 0.1

PayloadOf = Callable[[int], tuple[str, dict[str, Any]]]
"""Type and payload of the message with this number."""


def notification(number: int) -> tuple[str, dict[str, Any]]:
    """Return a notification, which any channel takes."""
    return "notification", {"id": f"n{number}", "title": "Histories", "body": "…"}


class Publisher:
    """Publishes on one channel, one request at a time; records each answer."""

    def __init__(
        self,
        channel: str,
        payload_of: PayloadOf,
        *,
        http: aiohttp.ClientSession,
        token: str,
        ports: Sequence[int],
        recorder: Recorder,
        rng: Random,
    ) -> None:
        self.channel = channel
        self._payload_of = payload_of
        self._http, self._headers = http, {"Authorization": f"Bearer {token}"}
        self._ports, self._recorder, self._rng = ports, recorder, rng
        self._numbers = itertools.count(1)

    async def run(self, interval_s: float, stop: asyncio.Event) -> None:
        """Publish at most once per interval until ``stop`` is set."""
        while not stop.is_set():
            await self._publish()
            await asyncio.sleep(interval_s)

    async def publish_accepted(self) -> str:
        """Publish until one message is accepted; returns its text."""
        while True:
            text, outcome = await self._publish()
            if outcome is EventKind.ACCEPTED:
                return text
            await asyncio.sleep(RETRY_S)

    async def _publish(self) -> tuple[str, EventKind]:
        number = next(self._numbers)
        type, payload = self._payload_of(number)
        text = f"{number}-{self._rng.getrandbits(32):08x}"
        body = {"channel": self.channel, "type": type, "payload": payload | {TEXT_FIELD: text}}
        port = self._rng.choice(self._ports)
        self._recorder.record(EventKind.PUBLISH, channel=self.channel, text=text, detail=f"{port}")
        outcome, detail = await self._post(f"http://127.0.0.1:{port}/api/publish", body)
        self._recorder.record(outcome, channel=self.channel, text=text, detail=detail)
        return text, outcome

    async def _post(self, url: str, body: dict[str, Any]) -> tuple[EventKind, str]:
        try:
            async with (
                asyncio.timeout(ANSWER_TIMEOUT_S),
                self._http.post(url, json=body, headers=self._headers) as response,
            ):
                status, detail = response.status, f"{response.status}"
                if status in HTTP_CLIENT_ERRORS:
                    return EventKind.REFUSED, f"{status} {await response.text()}"
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            return EventKind.UNKNOWN, type(error).__name__
        return (EventKind.ACCEPTED if status == HTTP_OK else EventKind.UNKNOWN), detail
