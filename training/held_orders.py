"""Orders that the shop holds for an exercise: only the exercise changes their status."""

from __future__ import annotations

import secrets
import time

from msgspec import UNSET

from client.http_client import UNEXPECTED_RESPONSE, ApiRequestError
from protocol.event_payloads import OrderStatus
from protocol.simulator_api import (
    AdvanceOrder,
    CommandResponse,
    OrderSummary,
    PlaceOrder,
    PublisherState,
    is_order_of_run,
)
from training.actions import TokenKind
from training.actor_connection import ActorConnection
from training.environment import Environment, Services

HOLD_S = 4 * 3600.0
"""Virtual seconds for which only commands change an order."""
PUBLISH_TIMEOUT_S = 10.0
RETRY_DELAY_S = 0.02


class HeldOrders:
    """Places and changes orders through the simulator, and waits until the server knows of it.

    It asks for a new order's channel on a connection of its own, as an admin.  It is not
    subscribed while an order changes: the workbench would count it among those reached.
    """

    def __init__(self, environment: Environment, services: Services) -> None:
        self._services = services
        self._observer = ActorConnection(
            environment, f"training_{secrets.token_hex(4)}", "admin", "Training"
        )
        self._statuses: dict[str, OrderStatus] = {}
        self._requests = 0

    def place(self, user_id: str) -> OrderSummary:
        """Place an order, and wait until its owner may subscribe to it.

        Raises:
            ApiRequestError: the simulator or the server cannot be reached, or nothing is in stock.
        """
        command = PlaceOrder(customer=user_id, hold_s=HOLD_S)
        order = _order_of(self._services.send_command(command))
        self._statuses[order.id] = order.status
        deadline = time.monotonic() + PUBLISH_TIMEOUT_S
        while not self._subscribe(order.id):
            if time.monotonic() > deadline:
                raise ApiRequestError("the server does not know the order")
            time.sleep(RETRY_DELAY_S)
        self._unsubscribe(order.id)
        return order

    def forget_those_before_a_reset(self) -> None:
        """Take orders that the shop has lost by a reset for finished.

        Nothing changes if the simulator cannot be reached.
        """
        try:
            run = self._services.shop_state().run
        except ApiRequestError:
            return
        for id in self._statuses:
            if not is_order_of_run(id, run):
                self._statuses[id] = OrderStatus.REFUNDED

    def can_advance(self, id: str) -> bool:
        """Return whether an order has a next status, as far as is known here."""
        return self._statuses[id] is not OrderStatus.REFUNDED

    def advance(self, id: str) -> None:
        """Change an order to its next status, and wait until the server has published it.

        A delivered order is refunded.

        Raises:
            ApiRequestError: the simulator cannot be reached, or the order has no next status.
        """
        is_delivered = self._statuses[id] is OrderStatus.DELIVERED
        command = AdvanceOrder(id, OrderStatus.REFUNDED if is_delivered else None)
        try:
            status = _order_of(self._services.send_command(command)).status
        except ApiRequestError as error:
            if error.status is not None:
                self._statuses[id] = OrderStatus.REFUNDED  # the shop does not change it any more
            raise
        self._statuses[id] = status
        self._wait_until_published()

    def close(self) -> None:
        """Finish the orders, as far as the simulator can be reached, and disconnect."""
        self._observer.disconnect()
        for id, status in self._statuses.items():
            is_shipped = status is OrderStatus.SHIPPED
            to = OrderStatus.DELIVERED if is_shipped else OrderStatus.CANCELLED
            if status not in _FINISHED:
                try:
                    self._services.send_command(AdvanceOrder(id, to))
                except ApiRequestError:
                    continue  # it ends by itself when its time is over

    def _wait_until_published(self) -> None:
        """Wait until the simulator has published what waits in its queue now."""
        deadline = time.monotonic() + PUBLISH_TIMEOUT_S
        counts = self._services.shop_state().publisher
        wanted = _settled(counts) + counts.waiting
        while _settled(counts) < wanted and time.monotonic() < deadline:
            time.sleep(RETRY_DELAY_S)
            counts = self._services.shop_state().publisher

    def _subscribe(self, id: str) -> bool:
        return self._request("subscribe", id) == "subscribed"

    def _unsubscribe(self, id: str) -> None:
        self._request("unsubscribe", id)

    def _request(self, type_: str, order_id: str) -> str:
        """Send a request about an order's channel; returns the type of the reply."""
        if not self._observer.is_open:
            after_seq = self._observer.last_seq()
            self._observer.connect(TokenKind.VALID)
            self._observer.wait_until_connected(after_seq)
        self._requests += 1
        after_seq = self._observer.last_seq()
        text = (
            f'{{"type":"{type_}","id":"{self._requests}",'
            f'"payload":{{"channel":"order:{order_id}"}}}}'
        )
        self._observer.send(text)
        reply = self._observer.wait_for_reply(text, after_seq)
        return reply.type if reply else ""


_FINISHED = {OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.REFUNDED}


def _settled(counts: PublisherState) -> int:
    """Return how many publications have left the simulator's queue, which keeps their order."""
    return counts.accepted + counts.refused + counts.dropped


def _order_of(response: CommandResponse) -> OrderSummary:
    if response.order is UNSET:
        raise ApiRequestError(UNEXPECTED_RESPONSE)
    return response.order
