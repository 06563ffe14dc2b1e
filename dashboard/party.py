"""One end of the Inbox: somebody's socket in a tab, and what has reached them there.

The socket's thread writes and the tab reads, under one lock.  What was said before comes over
HTTP, and again after every reconnect, for what was said in between.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import msgspec
import streamlit as st

from client.errors import ConnectionLost, QueueFull, Refused, RequestTimedOut
from dashboard import personas, shared
from dashboard.ask import Asker, Unanswered
from dashboard.inbox import Inbox, Mail
from dashboard.line import Line
from dashboard.personas import Persona
from dashboard.talks import Talk, Talks
from dashboard.words import N_
from protocol import codec
from protocol.channels import Channel, Kind

SAY_TIMEOUT_S = 3.0
REMEMBERED = ("notification", "cart_update")
REMEMBERING_S = 3.0
"""After a connect, for the feed hears of a message up to half a second later than its socket."""
NOT_SAID = N_("The server did not answer in time; it may have been said all the same")

log = logging.getLogger(__name__)


class NotSaid(Exception):
    """The server did not take what was to be said; the text says why."""


class Party:
    """Who they are is the affair of the line and of the two that know what was before it.

    ``server`` knows the conversations; ``remembered`` returns the messages of their channel that
    others have heard.
    """

    def __init__(
        self,
        line: Line,
        server: Asker,
        remembered: Callable[[], Iterable[Mapping[str, Any]]],
        *,
        say_timeout_s: float = SAY_TIMEOUT_S,
    ) -> None:
        self.line, self._server, self._remembered = line, server, remembered
        self._say_timeout_s = say_timeout_s
        self._lock = threading.Lock()
        self._inbox, self._talks = Inbox(), Talks()
        self._is_listed = False
        self._recalled: set[str] = set()
        self._remember_until = time.monotonic() + REMEMBERING_S
        line.socket.on("*", self.hear)
        line.socket.on("auth_success", lambda _: self._forget_what_was_asked())
        for frame in line.frames():  # between the connect and the handler
            if frame.message is not None:
                self.hear(frame.message)

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take a message, of the socket or of the history."""
        try:
            with self._lock:
                self._inbox.hear(message)
                self._talks.hear(message)
        except (msgspec.ValidationError, ValueError) as why:
            log.warning("A %s was not understood: %s", message.get("type"), why)

    def mail(self) -> Mail:
        """Return the notifications and the cart."""
        if time.monotonic() < self._remember_until:
            for message in self._remembered():
                self.hear(message)
        with self._lock:
            return self._inbox.mail()

    @property
    def is_listed(self) -> bool:
        """Tell whether the server has said which conversations there are."""
        return self._is_listed

    def talks(self) -> tuple[Talk, ...]:
        """Return the conversations that may be heard, the latest first.

        The server is asked where somebody has begun one since it was asked last.
        """
        with self._lock:
            talks = self._talks.latest_first()
        if self.line.link().is_live and (
            not self._is_listed or any(talk.customer is None for talk in talks)
        ):
            answer = self._ask("/api/conversations")
            if answer is not None:
                with self._lock:
                    self._talks.listed(answer)
                    talks = self._talks.latest_first()
                self._is_listed = True
        return talks

    def recall(self, talk: Talk) -> Talk:
        """Return a conversation with what was said in it before, asked for once a connection."""
        if talk.id in self._recalled or not self.line.link().is_live:
            return talk
        answer = self._ask(f"/api/conversations/{talk.id}/messages")
        if answer is None:
            return talk
        self._recalled.add(talk.id)
        with self._lock:
            self._talks.recalled(talk.id, answer)
            return next(one for one in self._talks.latest_first() if one.id == talk.id)

    def say(self, words: str, talk_id: str | None) -> str:
        """Say something, to open a conversation or in one; return the conversation's id.

        Raises:
            NotSaid: in the server's words.
        """
        payload = {"content": words} | ({"conversation_id": talk_id} if talk_id else {})
        try:
            reply = self.line.socket.request("chat_message", payload, self._say_timeout_s)
        except Refused as why:
            raise NotSaid(why.message) from None
        except (RequestTimedOut, ConnectionLost, QueueFull):
            raise NotSaid(NOT_SAID) from None
        self.hear(reply)
        return str(reply["payload"]["conversation_id"])

    def close(self) -> None:
        """Hang up."""
        personas.hang_up(self.line)

    def _forget_what_was_asked(self) -> None:
        with self._lock:
            self._is_listed = False
            self._recalled.clear()
            self._remember_until = time.monotonic() + REMEMBERING_S

    def _ask(self, path: str) -> bytes | None:
        try:
            return self._server.get(path)
        except Unanswered as why:
            log.info("Conversations could not be read: %s", why)
            return None


@st.cache_resource(
    scope="session",
    max_entries=2,  # a customer and somebody of the staff
    on_release=Party.close,
    show_spinner=False,
    hash_funcs={Persona: repr},
)
def party(persona: Persona) -> Party:
    """Return this tab's end of the Inbox as somebody; the first call opens their socket.

    What the feed remembers of their channel is there from the start.
    """
    settings = shared.settings()
    server = Asker(settings.server_url, partial(persona.token, settings))
    tenant = persona.tenant or settings.tenant
    is_ours = tenant == settings.tenant and persona.lifetime_s > 0
    own = str(Channel(Kind.USER, persona.user_id)) if is_ours else ""
    opened = Party(personas.dialler()(persona), server, partial(remembered, own))
    if persona.is_staff:
        opened.line.socket.subscribe(str(Channel(Kind.TENANT, tenant)))
    return opened


def remembered(channel: str) -> Iterator[Mapping[str, Any]]:
    """Return what the feed has kept of a channel, for the Inbox."""
    for seen in shared.feed().snapshot().log.newest_first():
        if seen.channel == channel and seen.type in REMEMBERED:
            yield codec.read(seen.text)
