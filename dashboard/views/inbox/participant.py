"""An Inbox participant: a persona's socket and the messages received on it.

The socket's thread writes and the tab reads, under one lock.  The history comes over HTTP, and
again after every reconnect, for what was missed in between.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

import msgspec
import streamlit as st

from client.errors import ConnectionLost, QueueFull, RequestRejected, RequestTimedOut
from client.http_client import ApiClient, ApiRequestError
from common.text_markers import N_
from dashboard import dependencies
from dashboard.personas import Persona
from dashboard.sockets.persona_socket import PersonaSocket, close_async
from dashboard.sources.feed import ANNOUNCEMENTS
from dashboard.views.inbox.conversations import ChatConversation, ChatConversations
from dashboard.views.inbox.notifications import Inbox, InboxSnapshot
from protocol import codec
from protocol.channels import Channel, ChannelKind

SEND_TIMEOUT_S = 3.0
BACKFILLED_TYPES = ("notification", "cart_update")
BACKFILL_WINDOW_S = 3.0
"""After connecting, as the feed receives a message up to half a second after the socket."""
SEND_TIMED_OUT = N_("The server did not answer in time; the message may have been sent anyway")

T = TypeVar("T")
log = logging.getLogger(__name__)


class SendFailed(Exception):
    """The server did not accept a message; the text is the reason."""


class ChatParticipant:
    """Receives on one socket, loads history over HTTP, and sends chat messages.

    ``api`` has the conversations; ``backfill`` returns earlier messages of the user's channel.
    """

    def __init__(
        self,
        socket: PersonaSocket,
        api: ApiClient,
        backfill: Callable[[], Iterable[Mapping[str, Any]]],
        *,
        send_timeout_s: float = SEND_TIMEOUT_S,
    ) -> None:
        self.socket, self._api, self._backfill = socket, api, backfill
        self._send_timeout_s = send_timeout_s
        self._lock = threading.Lock()
        self._inbox, self._conversations = Inbox(), ChatConversations()
        self._has_conversation_list = False
        self._loaded_histories: set[str] = set()
        self._backfill_until = time.monotonic() + BACKFILL_WINDOW_S
        socket.client.on("*", self.on_message)
        socket.client.on("auth_success", lambda _: self._reset_loaded())
        for frame in socket.frames():  # between the connect and the handler
            if frame.message is not None:
                self.on_message(frame.message)

    def on_message(self, message: Mapping[str, Any]) -> None:
        """Apply a message from the socket or the backfill."""
        try:
            with self._lock:
                self._inbox.on_message(message)
                self._conversations.on_message(message)
        except (msgspec.ValidationError, ValueError) as why:
            log.warning("cannot decode %s: %s", message.get("type"), why)

    def inbox_snapshot(self) -> InboxSnapshot:
        """Return the notifications and the cart."""
        if time.monotonic() < self._backfill_until:
            for message in self._backfill():
                self.on_message(message)
        with self._lock:
            return self._inbox.snapshot()

    @property
    def has_conversation_list(self) -> bool:
        """Whether the server has listed the conversations."""
        return self._has_conversation_list

    def conversations(self) -> tuple[ChatConversation, ...]:
        """Return the conversations of this persona, latest first.

        They are listed again when a new one has begun.
        """
        with self._lock:
            found = self._conversations.latest_first()
        if self.socket.status().is_live and (
            not self._has_conversation_list or any(one.customer is None for one in found)
        ):
            listed = self._load("/api/conversations", self._add_list)
            if listed is not None:
                found, self._has_conversation_list = listed, True
        return found

    def load_history(self, conversation: ChatConversation) -> ChatConversation:
        """Return a conversation with its history, loaded once per connection."""
        if conversation.id in self._loaded_histories or not self.socket.status().is_live:
            return conversation
        loaded = self._load(
            f"/api/conversations/{conversation.id}/messages",
            lambda answer: self._conversations.add_history(conversation, answer),
        )
        if loaded is None:
            return conversation
        self._loaded_histories.add(conversation.id)
        return loaded

    def send_message(self, text: str, conversation_id: str | None) -> str:
        """Send a message in a conversation or in a new one; returns the conversation's id.

        Raises:
            SendFailed: with the server's message.
        """
        payload = {"content": text} | (
            {"conversation_id": conversation_id} if conversation_id else {}
        )
        try:
            reply = self.socket.client.request("chat_message", payload, self._send_timeout_s)
        except RequestRejected as why:
            raise SendFailed(why.message) from None
        except (RequestTimedOut, ConnectionLost, QueueFull):
            raise SendFailed(SEND_TIMED_OUT) from None
        self.on_message(reply)
        return str(reply["payload"]["conversation_id"])

    def close(self) -> None:
        """Close the socket."""
        close_async(self.socket)

    def _reset_loaded(self) -> None:
        with self._lock:
            self._has_conversation_list = False
            self._loaded_histories.clear()
            self._backfill_until = time.monotonic() + BACKFILL_WINDOW_S

    def _add_list(self, answer: bytes) -> tuple[ChatConversation, ...]:
        self._conversations.add_list(answer)
        return self._conversations.latest_first()

    def _load(self, path: str, apply: Callable[[bytes], T]) -> T | None:
        """Apply the server's response to the conversations; None if there is none to apply."""
        try:
            answer = self._api.get(path)
            with self._lock:
                return apply(answer)
        except (ApiRequestError, *codec.DECODE_ERRORS) as why:
            log.info("cannot load conversations: %s", why)
            return None


@st.cache_resource(
    scope="session",
    max_entries=2,  # a customer and a staff member
    on_release=ChatParticipant.close,
    show_spinner=False,
    hash_funcs={Persona: repr},
)
def chat_participant(persona: Persona) -> ChatParticipant:
    """Return this tab's participant for a persona; the first call opens its socket.

    It starts with what the feed has of the persona's channel, and with the announcements.
    """
    settings = dependencies.settings()
    server = ApiClient(settings.server_url, partial(persona.token, settings))
    tenant = persona.tenant or settings.tenant
    is_ours = tenant == settings.tenant and persona.lifetime_s > 0
    own = str(Channel(ChannelKind.USER, persona.user_id)) if is_ours else ""
    opened = ChatParticipant(
        dependencies.socket_factory()(persona), server, partial(feed_backfill, own)
    )
    if persona.is_staff:
        opened.socket.client.subscribe(str(Channel(ChannelKind.TENANT, tenant)))
    else:
        opened.socket.client.subscribe(str(ANNOUNCEMENTS), last=True, recoverable=True)
    return opened


def feed_backfill(channel: str) -> Iterator[Mapping[str, Any]]:
    """Yield a user's earlier messages, from the feed: of the own channel, and announcements.

    Nothing if ``channel`` is empty.
    """
    if not channel:
        return
    now = dependencies.feed().snapshot()
    yield from now.announcements
    for logged in now.log.newest_first():
        if logged.channel == channel and logged.type in BACKFILLED_TYPES:
            yield codec.decode_json(logged.text)
