"""Two WebSockets of a tab subscribed to one order: the owner's and the shop's."""

from __future__ import annotations

import streamlit as st

from dashboard import personas
from dashboard.dependencies import feed, socket_factory
from dashboard.personas import Persona
from dashboard.sockets.persona_socket import PersonaSocket, close_async
from dashboard.views.orders.delivery_times import ReceivedMessage
from protocol.channels import Channel, ChannelKind


class OrderSockets:
    """Subscribes both sockets to the order's channel, with its latest message.

    Both return messages up to a given time, so that a paused page does not change.
    """

    def __init__(
        self, order_id: str, customer_socket: PersonaSocket, shop_socket: PersonaSocket
    ) -> None:
        self.customer_socket, self.shop_socket = customer_socket, shop_socket
        self.channel = str(Channel(ChannelKind.ORDER, order_id))
        for socket in (customer_socket, shop_socket):
            socket.client.subscribe(self.channel, last=True)

    def customer_messages(self, until: float) -> list[ReceivedMessage]:
        """Return the messages that the customer received, oldest first."""
        return _received_until(self.customer_socket, until)

    def shop_messages(self, until: float) -> list[ReceivedMessage]:
        """Return the messages that the shop received, oldest first."""
        return _received_until(self.shop_socket, until)

    def close(self) -> None:
        """Close both sockets."""
        close_async(self.customer_socket)
        close_async(self.shop_socket)


def _received_until(socket: PersonaSocket, until: float) -> list[ReceivedMessage]:
    return [
        (frame.at, frame.message)
        for frame in socket.frames()
        if not frame.is_sent and frame.message is not None and frame.at <= until
    ]


@st.cache_resource(
    scope="session",
    max_entries=1,
    on_release=OrderSockets.close,
    show_spinner=False,
    hash_funcs={Persona: repr},
)
def order_sockets(order_id: str, owner: Persona) -> OrderSockets:
    """Return this tab's sockets for an order; closes those of the previous order."""
    open_socket = socket_factory()
    admin = personas.in_language(personas.ADMIN, feed().shop_language)
    return OrderSockets(order_id, open_socket(owner), open_socket(admin))
