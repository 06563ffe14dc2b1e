"""All WebSocket messages, as two tagged unions: those of clients and those of the server.

The ``tag`` of a class is the message type on the wire.  A new message is a class here, listed in
one of the unions at the end.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from protocol.errors import ErrorCode, RequestError
from protocol.event_payloads import (
    CartUpdatePayload,
    ChatMessagePayload,
    CustomerActivityPayload,
    InventoryAlertPayload,
    NewOrderPayload,
    NotificationPayload,
    OrderUpdatePayload,
    Payload,
    Timestamp,
)
from protocol.monitoring import StatsPayload, TrafficPayload
from protocol.publications import StreamPosition


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Fields of all messages: ``id``, which the reply repeats."""

    id: str | UnsetType = UNSET


class ServerMessageBase(Message, frozen=True, kw_only=True):
    """Fields of all messages of the server: also the time when it was sent."""

    timestamp: Timestamp | UnsetType = UNSET


# Payloads of requests and replies; those of events are in protocol.event_payloads.


class EmptyPayload(Payload, frozen=True):
    """An object without fields."""


class SubscribeOptions(Payload, frozen=True, kw_only=True):
    """Options of a subscription.

    With ``last`` the newest message of the channel follows the reply.  With ``recoverable`` each
    message has its offset, and the messages after ``since`` follow the reply.
    """

    last: bool | UnsetType = UNSET
    recoverable: bool | UnsetType = UNSET
    since: StreamPosition | UnsetType = UNSET


class RecoveryState(Payload, frozen=True, kw_only=True):
    """Stream position of a recoverable subscription.

    ``recovered`` is set if the request had ``since``: whether all messages after it follow.
    """

    epoch: str | UnsetType = UNSET
    offset: int | UnsetType = UNSET
    recovered: bool | UnsetType = UNSET


class AuthPayload(SubscribeOptions, frozen=True):
    """A JSON Web Token, and options of the subscription to the user's own channel."""

    token: str


class AuthSuccessPayload(RecoveryState, frozen=True):
    """The user of the token and its expiry; the position is that in the user's own channel."""

    user_id: str
    tenant_id: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    expires_at: Timestamp | UnsetType = UNSET


class AuthErrorPayload(Payload, frozen=True):
    """Why the token was rejected; never contains the token."""

    error: str


class ChannelPayload(Payload, frozen=True):
    """The name of a channel, such as ``order:ord_123``."""

    channel: str


class SubscribePayload(SubscribeOptions, frozen=True):
    """The channel to subscribe to, and options."""

    channel: str


class SubscribedPayload(RecoveryState, frozen=True):
    """The channel of the subscription."""

    channel: str


class ErrorPayload(Payload, frozen=True):
    """A code for programs and a message for people."""

    code: ErrorCode
    message: str


class SendChatPayload(Payload, frozen=True):
    """Text of a chat message; without a conversation it opens one."""

    content: Annotated[str, Meta(min_length=1, max_length=2000)]
    conversation_id: str | UnsetType = UNSET


# Client to server.


class Auth(Message, frozen=True, tag="auth"):
    """Sign in, or extend the session with a new token of the same user."""

    payload: AuthPayload


class Subscribe(Message, frozen=True, tag="subscribe"):
    """Subscribe to a channel."""

    payload: SubscribePayload


class Unsubscribe(Message, frozen=True, tag="unsubscribe"):
    """Unsubscribe from a channel."""

    payload: ChannelPayload


class Ping(Message, frozen=True, tag="ping"):
    """Heartbeat; answered with ``pong``."""

    payload: EmptyPayload | UnsetType = UNSET


class SendChatMessage(Message, frozen=True, tag="chat_message"):
    """Send a chat message to support, or to a customer."""

    payload: SendChatPayload


# Server to client: replies.


class AuthSuccess(ServerMessageBase, frozen=True, tag="auth_success"):
    """The token was accepted; the connection is subscribed to ``user:{user_id}``."""

    payload: AuthSuccessPayload


class AuthError(ServerMessageBase, frozen=True, tag="auth_error"):
    """The token was rejected, or has expired; the connection stays open."""

    payload: AuthErrorPayload


class Subscribed(ServerMessageBase, frozen=True, tag="subscribed"):
    """The subscription has started; sent unsolicited, it reports a gap."""

    payload: SubscribedPayload


class Unsubscribed(ServerMessageBase, frozen=True, tag="unsubscribed"):
    """The subscription has ended: by request, or because access was lost."""

    payload: ChannelPayload


class Pong(ServerMessageBase, frozen=True, tag="pong"):
    """Reply to ``ping``."""

    payload: EmptyPayload | UnsetType = UNSET


class Error(ServerMessageBase, frozen=True, tag="error"):
    """The request with this ``id`` failed; the connection stays open."""

    payload: ErrorPayload

    @classmethod
    def from_request_error(cls, error: RequestError, request_id: str | UnsetType = UNSET) -> Error:
        """Return the message for an error."""
        id = error.id if error.id is not None else request_id
        return cls(payload=ErrorPayload(code=error.code, message=error.message), id=id)


# Server to client: events.


class OrderUpdate(ServerMessageBase, frozen=True, tag="order_update"):
    """An order has changed."""

    payload: OrderUpdatePayload


class Notification(ServerMessageBase, frozen=True, tag="notification"):
    """A text for a person."""

    payload: NotificationPayload


class CartUpdate(ServerMessageBase, frozen=True, tag="cart_update"):
    """A customer's cart has changed."""

    payload: CartUpdatePayload


class InventoryAlert(ServerMessageBase, frozen=True, tag="inventory_alert"):
    """Stock has reached its threshold, run out or been replenished."""

    payload: InventoryAlertPayload


class NewOrder(ServerMessageBase, frozen=True, tag="new_order"):
    """A new order."""

    payload: NewOrderPayload


class CustomerActivity(ServerMessageBase, frozen=True, tag="customer_activity"):
    """A customer arrived, filled a cart, wrote to support or left."""

    payload: CustomerActivityPayload


class ChatMessage(ServerMessageBase, frozen=True, tag="chat_message"):
    """A message in a support conversation."""

    payload: ChatMessagePayload


class TrafficReport(ServerMessageBase, frozen=True, tag="traffic"):
    """The publications of a tenant since the last report."""

    payload: TrafficPayload


class StatsReport(ServerMessageBase, frozen=True, tag="stats"):
    """The state of each node."""

    payload: StatsPayload


class Envelope(Struct, frozen=True, omit_defaults=True):
    """Any message whose payload is forwarded byte for byte."""

    type: str
    payload: Raw
    id: str | UnsetType = UNSET


ClientMessage = Auth | Subscribe | Unsubscribe | Ping | SendChatMessage
Event = OrderUpdate | Notification | CartUpdate | InventoryAlert | NewOrder | CustomerActivity
Reply = AuthSuccess | AuthError | Subscribed | Unsubscribed | Pong | Error
ServerMessage = Reply | Event | ChatMessage | TrafficReport | StatsReport
