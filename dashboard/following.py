"""Two WebSockets of a tab subscribed to one order: the owner's and the shop's."""

from __future__ import annotations

import streamlit as st

from client.tap import Way
from dashboard import personas
from dashboard.line import Line
from dashboard.order_news import Heard
from dashboard.personas import Persona
from protocol.channels import Channel, Kind


class Following:
    """Subscribes both sockets to the order's channel, with its latest message.

    Both return messages up to a given time, so that a paused page does not change.
    """

    def __init__(self, order_id: str, customer: Line, shop: Line) -> None:
        self.customer, self.shop = customer, shop
        self.channel = str(Channel(Kind.ORDER, order_id))
        for line in (customer, shop):
            line.socket.subscribe(self.channel, last=True)

    def heard_by_customer(self, until: float) -> list[Heard]:
        """Return what came to the customer, oldest first."""
        return _heard(self.customer, until)

    def heard_by_shop(self, until: float) -> list[Heard]:
        """Return what came to the shop, oldest first."""
        return _heard(self.shop, until)

    def close(self) -> None:
        """Close both sockets."""
        personas.hang_up(self.customer)
        personas.hang_up(self.shop)


def _heard(line: Line, until: float) -> list[Heard]:
    return [
        (frame.at, frame.message)
        for frame in line.frames()
        if frame.way is Way.RECEIVED and frame.message is not None and frame.at <= until
    ]


@st.cache_resource(
    scope="session",
    max_entries=1,
    on_release=Following.close,
    show_spinner=False,
    hash_funcs={Persona: repr},
)
def follow(order_id: str, owner: Persona) -> Following:
    """Return this tab's sockets for an order; closes those of the previous order."""
    dial = personas.dialler()
    return Following(order_id, dial(owner), dial(personas.ADMIN))
