"""Recoverable clients that reconnect, unsubscribe and subscribe again at random."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import aiohttp

from bench.histories.events import EventKind
from bench.histories.proxy import Proxy
from bench.histories.recorder import Recorder
from client.asyncio.client import AsyncShopWebSocket
from client.base import TokenSource
from client.sans_io.connection_events import Direction
from protocol.errors import ErrorCode

SUBSCRIBE_AGAIN_S = 0.3
"""After a subscription was rejected."""
CHANGE_AFTER_S = (0.3, 3.0)
"""Between two things that a client does at random."""
TEMPORARY_ERRORS = (ErrorCode.RATE_LIMITED, ErrorCode.INTERNAL)
TEXT_FIELD = "text"
"""Field of a payload that identifies the message."""


class Client:
    """A user's client with our own client library; records what its handlers get."""

    def __init__(
        self, user: str, channels: Sequence[str], proxy: Proxy, recorder: Recorder, rng: Random
    ) -> None:
        self.user = user
        self._own_channel = f"user:{user}"
        self._channels = channels  # besides its own
        self._proxy, self._recorder, self._rng = proxy, recorder, rng
        self._wanted: set[str] = {self._own_channel}
        self._subscribed: set[str] = set()
        self._leaving: set[str] = set()  # unsubscribed, without a reply yet
        self._requests: dict[str, tuple[str, str]] = {}  # type and channel, by the id
        self._received: set[tuple[str, str]] = set()  # channels and texts
        self._changed = asyncio.Event()

    async def run(self, token: TokenSource, http: aiohttp.ClientSession) -> None:
        """Stay connected until cancelled."""
        self._client = AsyncShopWebSocket(
            f"ws://127.0.0.1:{self._proxy.port}/ws",
            token,
            http=http,
            recoverable=True,
            rng=self._rng,
            on_frame=self._on_frame,
        )
        self._client.on("*", self._on_message)
        self._record(EventKind.SUBSCRIBE, self._own_channel)
        for channel in self._channels:
            self._subscribe(channel)
        await self._client.connect()
        try:
            await asyncio.Event().wait()
        finally:
            await self._client.disconnect()

    async def act_at_random(self) -> None:
        """Break the connection or leave a channel for a while, again and again."""
        while True:
            await asyncio.sleep(self._rng.uniform(*CHANGE_AFTER_S))
            if self._rng.random() < 0.5:
                self._proxy.cut()
                continue
            channel = self._rng.choice(self._channels)
            if channel not in self._subscribed:
                continue
            self._record(EventKind.UNSUBSCRIBE, channel)
            self._wanted.discard(channel)
            self._leaving.add(channel)
            self._client.unsubscribe(channel)
            await self._until(lambda: not self._leaving)
            self._subscribe(channel)

    async def wait_for(self, last_texts: dict[str, str]) -> None:
        """Wait until it has received the last message of each channel that it did not leave."""
        await self._until(
            lambda: all((name, last_texts[name]) in self._received for name in self._wanted)
        )

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Wait until it holds; asked after each event that is recorded."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def _subscribe(self, channel: str) -> None:
        self._wanted.add(channel)
        self._record(EventKind.SUBSCRIBE, channel)
        self._client.subscribe(channel, recoverable=True)

    def _on_frame(self, direction: Direction, frame: bytes) -> None:
        if direction is Direction.SENT:
            message = json.loads(frame)
            if message["type"] in ("subscribe", "unsubscribe"):
                self._requests[message["id"]] = message["type"], message["payload"]["channel"]

    def _on_message(self, message: dict[str, Any]) -> None:
        payload, id = message.get("payload", {}), str(message.get("id"))
        detail = " ".join(
            f"{key}={part[key]}"
            for part in (message, payload)
            for key in ("epoch", "offset", "recovered")
            if key in part
        )
        match message["type"]:
            case "auth_success":
                self._on_connected(detail)
            case "subscribed":
                self._subscribed.add(payload["channel"])
                self._record(EventKind.SUBSCRIBED, payload["channel"], detail=detail)
            case "gap":
                self._record(EventKind.GAP, payload["channel"])
            case "unsubscribed" if id in self._requests:
                self._on_unsubscribed(payload["channel"], EventKind.UNSUBSCRIBED)
            case "unsubscribed":
                self._on_rejected(payload["channel"], "access was revoked")
            case "error" if id in self._requests and self._requests[id][0] == "subscribe":
                self._on_refused(self._requests[id][1], str(payload.get("code")))
            case _ if isinstance(payload, dict) and TEXT_FIELD in payload:
                channel = str(message.get("channel"))
                self._received.add((channel, payload[TEXT_FIELD]))
                self._record(EventKind.RECEIVED, channel, payload[TEXT_FIELD], detail)
            case _:
                pass

    def _on_connected(self, detail: str) -> None:
        self._recorder.record(EventKind.CONNECTED, client=self.user)
        self._record(EventKind.SUBSCRIBED, self._own_channel, detail=detail)
        for channel in list(self._leaving):  # the connection was lost before the reply
            self._on_unsubscribed(channel, EventKind.UNSUBSCRIBED)

    def _on_unsubscribed(self, channel: str, kind: EventKind, detail: str = "") -> None:
        self._subscribed.discard(channel)
        self._leaving.discard(channel)
        self._record(kind, channel, detail=detail)

    def _on_refused(self, channel: str, code: str) -> None:
        if code in TEMPORARY_ERRORS:
            self._record(EventKind.POSTPONED, channel, detail=code)
        else:
            self._on_rejected(channel, code)

    def _on_rejected(self, channel: str, detail: str) -> None:
        self._on_unsubscribed(channel, EventKind.REJECTED, detail)
        asyncio.get_running_loop().call_later(SUBSCRIBE_AGAIN_S, self._subscribe_again, channel)

    def _subscribe_again(self, channel: str) -> None:
        if channel not in self._leaving:
            self._subscribe(channel)

    def _record(self, kind: EventKind, channel: str, text: str = "", detail: str = "") -> None:
        self._recorder.record(kind, client=self.user, channel=channel, text=text, detail=detail)
        self._changed.set()
