"""One order on two real sockets of a tab: its owner's and the shop's."""

from __future__ import annotations

import streamlit as st

from client.tap import Way
from dashboard import personas
from dashboard.line import Line
from dashboard.order_news import Heard
from dashboard.personas import Persona
from protocol.channels import Channel, Kind


class Following:
    """Both lines hear the order's channel, the last message of it at once.

    Each is asked for what it heard up to a moment, so that a page that is held stands still.
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
        """Hang up both."""
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
    """Return this tab's lines on an order; those on the order before it are closed."""
    dial = personas.dialler()
    return Following(order_id, dial(owner), dial(personas.ADMIN))
