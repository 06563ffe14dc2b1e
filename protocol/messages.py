"""Every message that may cross the socket, as two tagged unions.

A message's ``tag`` is its type on the wire, whatever the class is called.  A new message is a
class of a few lines and its name in one of the unions at the end.
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
    """What every message carries: ``id``, which a reply repeats."""

    id: str | UnsetType = UNSET


class ServerMessageBase(Message, frozen=True, kw_only=True):
    """What every message of the server carries besides: when it was sent."""

    timestamp: Timestamp | UnsetType = UNSET


# Payloads of the conversation itself; those of the events are in protocol.event_payloads.


class EmptyPayload(Payload, frozen=True):
    """An object whose fields nobody reads."""


class SubscribeOptions(Payload, frozen=True, kw_only=True):
    """How a channel is to be heard.

    With ``last`` its newest message follows the reply; with ``recoverable`` each message
    says its offset, and what came after ``since`` follows the reply.
    """

    last: bool | UnsetType = UNSET
    recoverable: bool | UnsetType = UNSET
    since: StreamPosition | UnsetType = UNSET


class RecoveryState(Payload, frozen=True, kw_only=True):
    """From where on a channel is heard, on a recoverable subscription.

    ``recovered`` answers ``since``: whether nothing is missing.
    """

    epoch: str | UnsetType = UNSET
    offset: int | UnsetType = UNSET
    recovered: bool | UnsetType = UNSET


class AuthPayload(SubscribeOptions, frozen=True):
    """A JSON Web Token, and how the user's own channel is to be heard."""

    token: str


class AuthSuccessPayload(RecoveryState, frozen=True):
    """Whom the token speaks for, until when; the place is that in the user's own channel."""

    user_id: str
    tenant_id: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    expires_at: Timestamp | UnsetType = UNSET


class AuthErrorPayload(Payload, frozen=True):
    """Why the token was not taken; never with the token in it."""

    error: str


class ChannelPayload(Payload, frozen=True):
    """The channel a message is about, such as ``order:ord_123``."""

    channel: str


class SubscribePayload(SubscribeOptions, frozen=True):
    """The channel to hear, and how."""

    channel: str


class SubscribedPayload(RecoveryState, frozen=True):
    """The channel that is heard."""

    channel: str


class ErrorPayload(Payload, frozen=True):
    """A machine-readable code and a sentence for people."""

    code: ErrorCode
    message: str


class SendChatPayload(Payload, frozen=True):
    """What a person says in a conversation, or to open one."""

    content: Annotated[str, Meta(min_length=1, max_length=2000)]
    conversation_id: str | UnsetType = UNSET


# Client to server.


class Auth(Message, frozen=True, tag="auth"):
    """Sign in, or extend the session with a newer token of the same user."""

    payload: AuthPayload


class Subscribe(Message, frozen=True, tag="subscribe"):
    """Ask to hear a channel."""

    payload: SubscribePayload


class Unsubscribe(Message, frozen=True, tag="unsubscribe"):
    """Ask to stop hearing a channel."""

    payload: ChannelPayload


class Ping(Message, frozen=True, tag="ping"):
    """Ask whether anyone is there."""

    payload: EmptyPayload | UnsetType = UNSET


class SendChatMessage(Message, frozen=True, tag="chat_message"):
    """Say something to support, or to a customer."""

    payload: SendChatPayload


# Server to client: replies.


class AuthSuccess(ServerMessageBase, frozen=True, tag="auth_success"):
    """The token was taken; ``user:{user_id}`` is heard from now on."""

    payload: AuthSuccessPayload


class AuthError(ServerMessageBase, frozen=True, tag="auth_error"):
    """The token was not taken, or has expired; the connection lives on."""

    payload: AuthErrorPayload


class Subscribed(ServerMessageBase, frozen=True, tag="subscribed"):
    """The channel is heard from now on; one that answers nothing tells of a gap."""

    payload: SubscribedPayload


class Unsubscribed(ServerMessageBase, frozen=True, tag="unsubscribed"):
    """The channel is no longer heard: as asked, or because access to it was lost."""

    payload: ChannelPayload


class Pong(ServerMessageBase, frozen=True, tag="pong"):
    """Somebody is there."""

    payload: EmptyPayload | UnsetType = UNSET


class Error(ServerMessageBase, frozen=True, tag="error"):
    """The request with this ``id`` was refused; the connection lives on."""

    payload: ErrorPayload

    @classmethod
    def from_request_error(cls, error: RequestError, request_id: str | UnsetType = UNSET) -> Error:
        """Shape a refusal for the wire."""
        id = error.id if error.id is not None else request_id
        return cls(payload=ErrorPayload(code=error.code, message=error.message), id=id)


# Server to client: events.


class OrderUpdate(ServerMessageBase, frozen=True, tag="order_update"):
    """An order has changed."""

    payload: OrderUpdatePayload


class Notification(ServerMessageBase, frozen=True, tag="notification"):
    """Something a person should read."""

    payload: NotificationPayload


class CartUpdate(ServerMessageBase, frozen=True, tag="cart_update"):
    """A customer's cart has changed."""

    payload: CartUpdatePayload


class InventoryAlert(ServerMessageBase, frozen=True, tag="inventory_alert"):
    """A shelf has fallen to its threshold, emptied or been filled."""

    payload: InventoryAlertPayload


class NewOrder(ServerMessageBase, frozen=True, tag="new_order"):
    """An order has come in."""

    payload: NewOrderPayload


class CustomerActivity(ServerMessageBase, frozen=True, tag="customer_activity"):
    """A customer arrived, filled a cart, wrote to support or left."""

    payload: CustomerActivityPayload


class ChatMessage(ServerMessageBase, frozen=True, tag="chat_message"):
    """Something was said in a support conversation."""

    payload: ChatMessagePayload


class TrafficReport(ServerMessageBase, frozen=True, tag="traffic"):
    """What was published for a tenant since the last report."""

    payload: TrafficPayload


class StatsReport(ServerMessageBase, frozen=True, tag="stats"):
    """How each node is."""

    payload: StatsPayload


class Envelope(Struct, frozen=True, omit_defaults=True):
    """Any message whose payload is forwarded unread, byte for byte."""

    type: str
    payload: Raw
    id: str | UnsetType = UNSET


ClientMessage = Auth | Subscribe | Unsubscribe | Ping | SendChatMessage
Event = OrderUpdate | Notification | CartUpdate | InventoryAlert | NewOrder | CustomerActivity
Reply = AuthSuccess | AuthError | Subscribed | Unsubscribed | Pong | Error
ServerMessage = Reply | Event | ChatMessage | TrafficReport | StatsReport
