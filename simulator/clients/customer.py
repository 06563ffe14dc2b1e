"""WebSocket client of a customer: follows their orders and chats with support."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from client.errors import QueueFull
from protocol.channels import Channel, ChannelKind
from protocol.event_payloads import OrderStatus
from simulator.shop.customers import Customer
from simulator.shop.orders import FINISHED_STATUSES
from simulator.shop.simulation_context import ANNOUNCEMENTS, DurationRange
from simulator.shop.support_script import CustomerScript, SupportScript

TYPING_TIME: DurationRange = (4.0, 12.0)
ASK_PROBABILITY = 0.15
"""Probability of asking support about a parcel when it is shipped."""
DELIVERY_TOPIC = "delivery"
MAX_FOLLOWED_ORDERS = 50
"""Maximum of followed orders; the final update of one may be lost during an outage."""

CallLater = Callable[[float, Callable[[], None]], object]
"""Calls a function after a delay in seconds."""


class ChatSocket(Protocol):
    """The methods of ``client.base.BaseClient`` that are used here."""

    def on(self, type: str, handler: Callable[[dict[str, Any]], object]) -> object:
        """Register a handler for a message type."""

    def send(self, type: str, payload: dict[str, Any]) -> None:
        """Send a message."""

    def subscribe(self, channel: str, *, recoverable: bool) -> None:
        """Subscribe to a channel; ``recoverable`` delivers missed messages."""

    def unsubscribe(self, channel: str) -> None:
        """Unsubscribe from a channel."""


class CustomerClient:
    """Client of one customer; follows the orders that updates on ``user:`` announce."""

    def __init__(
        self,
        socket: ChatSocket,
        customer: Customer,
        script: SupportScript,
        call_later: CallLater,
        rng: Random,
    ) -> None:
        self.customer = customer
        self._socket, self._script, self._call_later, self._rng = socket, script, call_later, rng
        self._conversation: CustomerScript | None = None
        self._first_message = ""
        self._conversation_id: str | None = None
        self.followed_orders: dict[str, str] = {}
        socket.on("order_update", self._on_order_update)
        socket.on("chat_message", self._on_chat_message)
        socket.subscribe(str(ANNOUNCEMENTS), recoverable=True)

    def ask_support(self, topic: str) -> None:
        """Open a conversation; an earlier one is abandoned."""
        self._conversation = CustomerScript(self._script, self._script.topic(topic))
        self._conversation_id = None
        self._first_message = self._conversation.first_message()
        self._send_chat({"content": self._first_message})

    def reset(self, customer: Customer, script: SupportScript) -> None:
        """Become a customer of a new shop: abandon the conversation and unfollow all orders."""
        self.customer, self._script = customer, script
        self._conversation = self._conversation_id = None
        for order_id in list(self.followed_orders):
            self._unfollow(order_id)

    def _on_order_update(self, update: dict[str, Any]) -> None:
        order_id, status = str(update["order_id"]), str(update["status"])
        # Each update arrives twice: on the order's channel and on the customer's.
        previous = self.followed_orders.get(order_id)
        if status in FINISHED_STATUSES:
            if previous is not None:
                self._unfollow(order_id)
            return
        self.followed_orders[order_id] = status
        if previous is None:
            self._socket.subscribe(str(Channel(ChannelKind.ORDER, order_id)), recoverable=True)
            if len(self.followed_orders) > MAX_FOLLOWED_ORDERS:
                self._unfollow(next(iter(self.followed_orders)))
        elif previous != status == OrderStatus.SHIPPED and self._rng.random() < ASK_PROBABILITY:
            self._call_later(self._rng.uniform(*TYPING_TIME), self._ask_about_delivery)

    def _unfollow(self, order_id: str) -> None:
        del self.followed_orders[order_id]
        self._socket.unsubscribe(str(Channel(ChannelKind.ORDER, order_id)))

    def _ask_about_delivery(self) -> None:
        if self._conversation is None or self._conversation.is_finished:
            self.ask_support(DELIVERY_TOPIC)

    def _on_chat_message(self, payload: dict[str, Any]) -> None:
        conversation, message = self._conversation, payload["message"]
        if conversation is None:
            return
        if message["sender_id"] == self.customer.id:
            if self._conversation_id is None and message["content"] == self._first_message:
                self._conversation_id = payload["conversation_id"]
        elif payload["conversation_id"] == self._conversation_id:
            reply = conversation.reply_to(message["sender_id"])
            if reply is not None:
                chat = {"conversation_id": payload["conversation_id"], "content": reply}
                self._call_later(
                    self._rng.uniform(*TYPING_TIME), lambda: self._continue(conversation, chat)
                )

    def _continue(self, conversation: CustomerScript, chat: dict[str, Any]) -> None:
        """Send the next message, unless the conversation was abandoned while it was typed."""
        if conversation is self._conversation:
            self._send_chat(chat)

    def _send_chat(self, payload: dict[str, Any]) -> None:
        try:
            self._socket.send("chat_message", payload)
        except QueueFull:
            # The server has been down for long: give up the conversation.
            self._conversation = None
