"""Every message that may cross the socket, as two tagged unions.

A message's ``tag`` is its type on the wire, whatever the class is called.  A new message is a
class of a few lines and its name in one of the unions at the end.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from protocol.errors import ErrorCode, Refusal
from protocol.events import (
    CartChanged,
    ChatSaid,
    CustomerActive,
    Moment,
    Notice,
    OrderPlaced,
    OrderUpdated,
    Payload,
    StockAlert,
)
from protocol.monitoring import Stats, Traffic
from protocol.publications import Position


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What every message carries: ``id``, which a reply repeats."""

    id: str | UnsetType = UNSET


class FromServer(Message, frozen=True, kw_only=True):
    """What every message of the server carries besides: when it was sent."""

    timestamp: Moment | UnsetType = UNSET


# Payloads of the conversation itself; those of the events are in protocol.events.


class Nothing(Payload, frozen=True):
    """An object whose fields nobody reads."""


class Wishes(Payload, frozen=True, kw_only=True):
    """How a channel is to be heard.

    With ``last`` its newest message follows the reply; with ``recoverable`` each message
    says its offset, and what came after ``since`` follows the reply.
    """

    last: bool | UnsetType = UNSET
    recoverable: bool | UnsetType = UNSET
    since: Position | UnsetType = UNSET


class Place(Payload, frozen=True, kw_only=True):
    """From where on a channel is heard, on a recoverable subscription.

    ``recovered`` answers ``since``: whether nothing is missing.
    """

    epoch: str | UnsetType = UNSET
    offset: int | UnsetType = UNSET
    recovered: bool | UnsetType = UNSET


class Credentials(Wishes, frozen=True):
    """A JSON Web Token, and how the user's own channel is to be heard."""

    token: str


class SignedIn(Place, frozen=True):
    """Whom the token speaks for, until when; the place is that in the user's own channel."""

    user_id: str
    tenant_id: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    expires_at: Moment | UnsetType = UNSET


class Rejected(Payload, frozen=True):
    """Why the token was not taken; never with the token in it."""

    error: str


class ChannelName(Payload, frozen=True):
    """The channel a message is about, such as ``order:ord_123``."""

    channel: str


class Wanted(Wishes, frozen=True):
    """The channel to hear, and how."""

    channel: str


class Joined(Place, frozen=True):
    """The channel that is heard."""

    channel: str


class Refused(Payload, frozen=True):
    """A machine-readable code and a sentence for people."""

    code: ErrorCode
    message: str


class Utterance(Payload, frozen=True):
    """What a person says in a conversation, or to open one."""

    content: Annotated[str, Meta(min_length=1, max_length=2000)]
    conversation_id: str | UnsetType = UNSET


# Client to server.


class Auth(Message, frozen=True, tag="auth"):
    """Sign in, or extend the session with a newer token of the same user."""

    payload: Credentials


class Subscribe(Message, frozen=True, tag="subscribe"):
    """Ask to hear a channel."""

    payload: Wanted


class Unsubscribe(Message, frozen=True, tag="unsubscribe"):
    """Ask to stop hearing a channel."""

    payload: ChannelName


class Ping(Message, frozen=True, tag="ping"):
    """Ask whether anyone is there."""

    payload: Nothing | UnsetType = UNSET


class Say(Message, frozen=True, tag="chat_message"):
    """Say something to support, or to a customer."""

    payload: Utterance


# Server to client: replies.


class AuthSuccess(FromServer, frozen=True, tag="auth_success"):
    """The token was taken; ``user:{user_id}`` is heard from now on."""

    payload: SignedIn


class AuthError(FromServer, frozen=True, tag="auth_error"):
    """The token was not taken, or has expired; the connection lives on."""

    payload: Rejected


class Subscribed(FromServer, frozen=True, tag="subscribed"):
    """The channel is heard from now on; one that answers nothing tells of a gap."""

    payload: Joined


class Unsubscribed(FromServer, frozen=True, tag="unsubscribed"):
    """The channel is no longer heard: as asked, or because access to it was lost."""

    payload: ChannelName


class Pong(FromServer, frozen=True, tag="pong"):
    """Somebody is there."""

    payload: Nothing | UnsetType = UNSET


class Error(FromServer, frozen=True, tag="error"):
    """The request with this ``id`` was refused; the connection lives on."""

    payload: Refused

    @classmethod
    def of(cls, refusal: Refusal, answering: str | UnsetType = UNSET) -> Error:
        """Shape a refusal for the wire."""
        id = refusal.id if refusal.id is not None else answering
        return cls(payload=Refused(code=refusal.code, message=refusal.message), id=id)


# Server to client: events.


class OrderUpdate(FromServer, frozen=True, tag="order_update"):
    """An order has changed."""

    payload: OrderUpdated


class Notification(FromServer, frozen=True, tag="notification"):
    """Something a person should read."""

    payload: Notice


class CartUpdate(FromServer, frozen=True, tag="cart_update"):
    """A customer's cart has changed."""

    payload: CartChanged


class InventoryAlert(FromServer, frozen=True, tag="inventory_alert"):
    """A shelf has fallen to its threshold, emptied or been filled."""

    payload: StockAlert


class NewOrder(FromServer, frozen=True, tag="new_order"):
    """An order has come in."""

    payload: OrderPlaced


class CustomerActivity(FromServer, frozen=True, tag="customer_activity"):
    """A customer arrived, filled a cart, wrote to support or left."""

    payload: CustomerActive


class ChatMessage(FromServer, frozen=True, tag="chat_message"):
    """Something was said in a support conversation."""

    payload: ChatSaid


class TrafficReport(FromServer, frozen=True, tag="traffic"):
    """What was published for a tenant since the last report."""

    payload: Traffic


class StatsReport(FromServer, frozen=True, tag="stats"):
    """How each node is."""

    payload: Stats


class Envelope(Struct, frozen=True, omit_defaults=True):
    """Any message whose payload is forwarded unread, byte for byte."""

    type: str
    payload: Raw
    id: str | UnsetType = UNSET


ClientMessage = Auth | Subscribe | Unsubscribe | Ping | Say
Event = OrderUpdate | Notification | CartUpdate | InventoryAlert | NewOrder | CustomerActivity
Reply = AuthSuccess | AuthError | Subscribed | Unsubscribed | Pong | Error
ServerMessage = Reply | Event | ChatMessage | TrafficReport | StatsReport
