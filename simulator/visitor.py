"""WebSocket client of a customer: follows their orders and chats with support."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from client.errors import QueueFull
from protocol.channels import Channel, Kind
from protocol.events import OrderStatus
from simulator.customers import Customer
from simulator.desk import Span
from simulator.orders import FINISHED
from simulator.support import Asking, Script

TYPING: Span = (4.0, 12.0)
CURIOUS = 0.15
"""Probability of asking support about a parcel that was shipped."""
ABOUT_A_PARCEL = "доставка"
MOST_FOLLOWED = 50
"""Maximum of followed orders; the final update of one may be lost during an outage."""
ANNOUNCEMENTS = Channel(Kind.PUBLIC, "announcements")

Later = Callable[[float, Callable[[], None]], object]
"""Calls a function after a delay in seconds."""


class Socket(Protocol):
    """The methods of ``client.surface.Surface`` that are used here."""

    def on(self, type: str, handler: Callable[[dict[str, Any]], object]) -> object:
        """Register a handler for a message type."""

    def send(self, type: str, payload: dict[str, Any]) -> None:
        """Send a message."""

    def subscribe(self, channel: str, *, recoverable: bool) -> None:
        """Subscribe to a channel; ``recoverable`` delivers missed messages."""

    def unsubscribe(self, channel: str) -> None:
        """Unsubscribe from a channel."""


class Visitor:
    """One customer; updates on ``user:`` say which orders to follow."""

    def __init__(
        self, socket: Socket, customer: Customer, script: Script, later: Later, draw: Random
    ) -> None:
        self.customer = customer
        self._socket, self._script, self._later, self._draw = socket, script, later, draw
        self._asking: Asking | None = None
        self._opening = ""
        self._conversation_id: str | None = None
        self.following: dict[str, str] = {}
        socket.on("order_update", self._order_changed)
        socket.on("chat_message", self._said)
        socket.subscribe(str(ANNOUNCEMENTS), recoverable=True)

    def ask(self, topic: str) -> None:
        """Open a conversation; an earlier one is abandoned."""
        self._asking = Asking(self._script, self._script.topic(topic))
        self._conversation_id = None
        self._opening = self._asking.open()
        self._say({"content": self._opening})

    def forget_orders(self) -> None:
        """Unsubscribe from all orders."""
        for order_id in list(self.following):
            self._leave(order_id)

    def _order_changed(self, update: dict[str, Any]) -> None:
        order_id, status = str(update["order_id"]), str(update["status"])
        # It arrives twice: on the order's channel and on the customer's own.
        before = self.following.get(order_id)
        if status in FINISHED:
            if before is not None:
                self._leave(order_id)
            return
        self.following[order_id] = status
        if before is None:
            self._socket.subscribe(str(Channel(Kind.ORDER, order_id)), recoverable=True)
            if len(self.following) > MOST_FOLLOWED:
                self._leave(next(iter(self.following)))
        elif before != status == OrderStatus.SHIPPED and self._draw.random() < CURIOUS:
            self._later(self._draw.uniform(*TYPING), self._ask_about_a_parcel)

    def _leave(self, order_id: str) -> None:
        del self.following[order_id]
        self._socket.unsubscribe(str(Channel(Kind.ORDER, order_id)))

    def _ask_about_a_parcel(self) -> None:
        if self._asking is None or self._asking.is_over:
            self.ask(ABOUT_A_PARCEL)

    def _said(self, said: dict[str, Any]) -> None:
        asking, message = self._asking, said["message"]
        if asking is None:
            return
        if message["sender_id"] == self.customer.id:
            if self._conversation_id is None and message["content"] == self._opening:
                self._conversation_id = said["conversation_id"]
        elif said["conversation_id"] == self._conversation_id:
            reply = asking.answered(message["sender_id"])
            if reply is not None:
                utterance = {"conversation_id": said["conversation_id"], "content": reply}
                self._later(self._draw.uniform(*TYPING), lambda: self._say(utterance))

    def _say(self, utterance: dict[str, Any]) -> None:
        try:
            self._socket.send("chat_message", utterance)
        except QueueFull:
            # The server has been down for long: give up the conversation.
            self._asking = None
