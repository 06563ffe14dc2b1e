"""The glossary: explains the terms that the pages use.

Every page has a dialog with all terms, opened from the sidebar, with ``?``, or by a link of
``link_html``.  It runs in the browser alone: opening it redraws nothing.  A head, a field or a
channel kind gets its help text from ``explanation``.
"""

from __future__ import annotations

import html

import streamlit as st
from msgspec import Struct

from common.text_markers import N_
from dashboard.i18n.translate import _, cached_per_language, current_language
from dashboard.state.channels import EVERYONE_KIND
from dashboard.ui.theme import ASSETS_DIR

COMPONENT_KEY = "glossary"
_SCRIPT = (ASSETS_DIR / "glossary.js").read_text()
_component = st.components.v2.component(COMPONENT_KEY, js=_SCRIPT, isolate_styles=False)


class Term(Struct, frozen=True):
    """A term and its explanation, both English and marked for translation.

    Names of the protocol, such as ``order:`` or ``epoch``, are the same in every language.
    """

    name: str
    explanation: str


GROUPS: dict[str, tuple[Term, ...]] = {
    N_("Kinds of channels"): (
        Term(
            "order:",
            N_(
                "Updates of one order. The customer who placed it and the shop's staff may "
                "subscribe."
            ),
        ),
        Term(
            "user:",
            N_(
                "One user's own channel: notifications, cart changes, chat and updates of the "
                "user's orders. Signing in subscribes to it; nobody else may."
            ),
        ),
        Term(
            "tenant:",
            N_(
                "What a shop's staff needs to know: new orders, stock alerts, customer activity "
                "and chats. Only agents and admins of the shop may subscribe."
            ),
        ),
        Term(
            "public:",
            N_(
                "Announcements for everyone, with or without a token, such as on "
                "public:announcements."
            ),
        ),
        Term(
            "monitor:",
            N_(
                "The server's reports on the traffic of one shop, for its admins. This workbench "
                "gets its data from it."
            ),
        ),
        Term(
            EVERYONE_KIND,
            N_(
                "A publication to all connected clients. It belongs to no channel and is not "
                "recovered after a reconnect."
            ),
        ),
    ),
    N_("Connections"): (
        Term(
            N_("connection"),
            N_("One WebSocket between a client and the server. A user can have several."),
        ),
        Term(
            "WebSocket",
            N_(
                "A connection between a client and a server that stays open. Both sides can send "
                "at any time, unlike in HTTP, where only the client asks."
            ),
        ),
        Term(
            N_("client"),
            N_("A program that connects to the server, such as a page in a customer's browser."),
        ),
        Term(
            N_("session"),
            N_(
                "What the server knows about one connection: who signed in, its subscriptions "
                "and its rate limit."
            ),
        ),
        Term(
            N_("frame"),
            N_("One unit that is sent over a WebSocket. Here each text frame is one message."),
        ),
        Term(
            N_("direction (⇅)"),
            N_(
                "Which way a frame went, in a list of frames: ↑ from the client to the server, ↓ "
                "from the server to the client."
            ),
        ),
        Term(
            N_("send queue"),
            N_("Bytes that wait to be sent to one client. It is empty while the client keeps up."),
        ),
        Term(
            N_("slow consumer"),
            N_(
                "A client that reads more slowly than messages are sent to it, so that its send "
                "queue grows. The server closes such a connection with 4100."
            ),
        ),
        Term(
            N_("evicted"),
            N_("Disconnected as a slow consumer, to protect the server's memory."),
        ),
        Term(
            N_("backpressure"),
            N_(
                "What limits a growing send queue: over 1 MiB for more than a second, or over "
                "4 MiB, and the connection is closed."
            ),
        ),
        Term(
            N_("heartbeat"),
            N_("A ping message from the client and the server's pong: both are still there."),
        ),
        Term(
            N_("keep-alive ping"),
            N_("A WebSocket ping that the server sends to a client after 54 s of silence."),
        ),
        Term(
            N_("idle timeout"),
            N_("The silence after which the server drops a connection: 60 s."),
        ),
        Term(
            N_("close frame"),
            N_(
                "The last frame of a connection: it says that the connection ends, and why, by its "
                "close code."
            ),
        ),
        Term(
            N_("close code"),
            N_(
                "The number a connection is closed with. It tells the client whether to "
                "reconnect, and how."
            ),
        ),
        Term(
            N_("close reason"),
            N_("A short text that is sent with the close code."),
        ),
        Term(
            N_("disconnect"),
            N_(
                "To close a client's connection from the server's side; by an admin with code 4003."
            ),
        ),
        Term(
            N_("round trip"),
            N_("The time from sending a request to receiving its reply."),
        ),
    ),
    N_("Messages"): (
        Term(
            N_("channel"),
            N_("A named stream of messages. Its name is a kind and a key: order:ord_1."),
        ),
        Term(
            N_("subscription"),
            N_(
                "A connection's interest in a channel: the server sends it whatever is "
                "published there."
            ),
        ),
        Term(
            N_("subscriber"),
            N_("A connection that is subscribed to a channel."),
        ),
        Term(
            N_("publication"),
            N_("A message on its way to its address: a channel, a user or everyone."),
        ),
        Term(
            N_("publish"),
            N_("To hand a publication to the server, over HTTP. Services and admins may."),
        ),
        Term(
            N_("deliver"),
            N_(
                "To queue a publication for one connection. One publication to ten subscribers "
                "makes ten deliveries; one without subscribers makes none."
            ),
        ),
        Term(
            N_("reached"),
            N_("The number of connections that a publication was queued for."),
        ),
        Term(
            N_("broadcast"),
            N_("To queue one publication for many connections."),
        ),
        Term(
            N_("fan-out"),
            N_("The spreading of one publication to all its subscribers."),
        ),
        Term(
            N_("request"),
            N_("A message from a client that the server answers exactly once."),
        ),
        Term(
            N_("reply"),
            N_("The answer to a request. It has the id of the request."),
        ),
        Term(
            N_("event"),
            N_(
                "A message that answers no request. The server sends it because the connection "
                "is subscribed to a channel."
            ),
        ),
        Term(
            N_("error"),
            N_("A negative reply, with a code such as forbidden. The connection stays open."),
        ),
        Term(
            "type",
            N_("What a message is, such as order_update. It decides what the payload contains."),
        ),
        Term(
            "payload",
            N_("The content of a message. Its fields depend on the type."),
        ),
        Term(
            "JSON",
            N_(
                "The format of the messages: fields with names and values in braces, such as "
                '{"type": "ping"}. Strings are in quotes; numbers, true and false are not.'
            ),
        ),
        Term(
            N_("object"),
            N_(
                'Fields in braces, in JSON: {"type": "ping"}. Every message is one object, and its '
                "payload is an object in it."
            ),
        ),
        Term(
            N_("string"),
            N_('A text in quotes, in JSON: "7" is a string, 7 is a number.'),
        ),
        Term(
            "id",
            N_(
                "A string that a client chooses for a request. The reply repeats it, so that the "
                "client knows what is answered."
            ),
        ),
        Term(
            "timestamp",
            N_(
                "The time at which the server sent a message, in UTC. A message that is sent again "
                "because of last or since keeps its first one."
            ),
        ),
        Term(
            "idempotency key",
            N_(
                "A key sent with a publish request. If the request is repeated with the same "
                "key, nothing is published twice."
            ),
        ),
    ),
    N_("Types of messages"): (
        Term(
            "ping",
            N_("The smallest request, to find out whether the server is there. The reply is pong."),
        ),
        Term(
            "pong",
            N_("The reply to a ping, with its id if it had one."),
        ),
        Term(
            "auth",
            N_(
                "A request with a token: the client signs in, or replaces its token by a new one. "
                "The reply is auth_success or auth_error."
            ),
        ),
        Term(
            "auth_success",
            N_(
                "The server's message that a token is valid: who signed in, the shop, the role and "
                "when the token expires. It also means that the client is subscribed to its own "
                "user: channel."
            ),
        ),
        Term(
            "auth_error",
            N_(
                "The server's message that a token is not valid, or has expired. The connection "
                "stays open for a while, so that the client can send a new one."
            ),
        ),
        Term(
            "subscribe",
            N_(
                "A request for a channel: what is published there from then on arrives. The reply "
                "is subscribed, or an error."
            ),
        ),
        Term(
            "unsubscribe",
            N_("A request to end a subscription. The reply is unsubscribed."),
        ),
        Term(
            "order_update",
            N_(
                "The event that an order has changed. The shop publishes it on the order's channel "
                "and on the customer's own."
            ),
        ),
        Term(
            "chat_message",
            N_(
                "A message in a support chat. The sender's copy is the reply to the request, with "
                "its id; all others receive an event."
            ),
        ),
        Term(
            "conversation_id",
            N_(
                "The id of a support chat. The server chooses it when a customer sends the first "
                "message."
            ),
        ),
    ),
    N_("Error codes and close codes"): (
        Term(
            "invalid_message",
            N_(
                "An error code: the server cannot read the message. It is not JSON, not an object, "
                "has no type, or its id is not a string."
            ),
        ),
        Term(
            "unknown_type",
            N_("An error code: there is no such type, or only the server sends it."),
        ),
        Term(
            "invalid_payload",
            N_("An error code: a field of the payload is missing or has a wrong value."),
        ),
        Term(
            "unauthenticated",
            N_("An error code: only a client that has signed in may send chat messages."),
        ),
        Term(
            "forbidden",
            N_(
                "The code of an error: the user has no access to the channel or conversation, or "
                "it does not exist. The server does not say which."
            ),
        ),
        Term(
            "rate_limited",
            N_(
                "An error code: the client sends too fast. The request was not carried out; the "
                "client has to send it again, more slowly."
            ),
        ),
        Term(
            "1000",
            N_("The close code of a normal end: one side has closed the connection on purpose."),
        ),
        Term(
            "1006",
            N_(
                "The connection was lost: no close code has arrived. It is never sent; a client "
                "sets it itself."
            ),
        ),
        Term(
            "4001",
            N_(
                "The close code for a client that has not signed in within 10 s, or signs in as "
                "another user."
            ),
        ),
        Term(
            "4100",
            N_(
                "The close code for a slow consumer. The client connects again after a wait, and "
                "recovers."
            ),
        ),
        Term(
            "4101",
            N_(
                "The close code for a client that goes on sending too fast after rate_limited. It "
                "connects again after a wait."
            ),
        ),
        Term(
            "4103",
            N_(
                "The close code 25 s after a token has expired, if no new one has arrived. The "
                "client connects again with a new token."
            ),
        ),
    ),
    N_("Recovery"): (
        Term(
            N_("history"),
            N_("The messages a channel keeps: up to 1,000, for ten minutes."),
        ),
        Term(
            N_("recover"),
            N_("To receive the messages missed while disconnected."),
        ),
        Term(
            N_("stream position"),
            N_("The place of a message in its channel: an epoch and an offset."),
        ),
        Term(
            "epoch",
            N_(
                "Identifies one history of a channel. If it changes, messages were lost, and the "
                "client has to reload its state."
            ),
        ),
        Term(
            "offset",
            N_("The number of a message in its channel. It increases; it may skip numbers."),
        ),
        Term(
            "recoverable",
            N_(
                "An option of subscribe: the reply and each message carry the stream position, "
                "so that the client can recover later."
            ),
        ),
        Term(
            "since",
            N_(
                "An option of subscribe: the position of the last message the client handled. "
                "Those missed follow the reply."
            ),
        ),
        Term(
            "recovered",
            N_(
                "In the reply to a subscribe with since: true if all missed messages follow, false "
                "if some are lost and the client has to reload its state."
            ),
        ),
        Term(
            "last",
            N_(
                "An option of subscribe: the channel's latest message follows the reply at once, "
                "so that a reloaded page need not wait for the next change."
            ),
        ),
    ),
    N_("Access"): (
        Term(
            N_("token"),
            N_(
                "A signed text (JSON Web Token) that names the user, the shop, the role and when "
                "it expires; the server checks the signature. At its expiry auth_error comes, and "
                "25 s after it close 4103: the persona “60-second token” shows that."
            ),
        ),
        Term(
            N_("signature"),
            N_(
                "A part of a token that only its issuer can calculate. Whoever changes a signed "
                "token makes its signature wrong, and the server rejects it."
            ),
        ),
        Term(
            "$TOKEN",
            N_(
                "Stands in a message for your token, which takes its place when you send. No page "
                "shows the token itself."
            ),
        ),
        Term(
            "$FRESH_TOKEN",
            N_(
                "Stands in a message for a new token of the same user, which takes its place when "
                "you send."
            ),
        ),
        Term(
            N_("identity"),
            N_("The user that a token names."),
        ),
        Term(
            N_("anonymous"),
            N_(
                "A client without a token. It must sign in or subscribe to a public: channel "
                "within 10 s, or it is closed with 4001."
            ),
        ),
        Term(
            N_("role"),
            N_("What a user is: customer, agent, admin or service."),
        ),
        Term(
            N_("permission"),
            N_(
                "What an identity may do. The server decides it for each request, by role, shop "
                "and owner."
            ),
        ),
        Term(
            N_("staff"),
            N_("The agents and admins of a shop."),
        ),
        Term(
            N_("tenant"),
            N_("One shop. A server can serve several; none sees the data of another."),
        ),
        Term(
            N_("revoke"),
            N_("To reject tokens that have not expired yet, for example stolen ones."),
        ),
        Term(
            N_("rate limit"),
            N_("How many messages a client may send: 50 per second."),
        ),
        Term(
            N_("burst"),
            N_("How many messages a client may send at once before the rate limit applies: 100."),
        ),
        Term(
            N_("token bucket"),
            N_(
                "How the rate limit is counted: each message takes one from a supply that "
                "refills at 50 per second, up to 100."
            ),
        ),
    ),
    N_("Server"): (
        Term(
            N_("node"),
            N_("One server process."),
        ),
        Term(
            N_("cluster"),
            N_("Several servers on one Redis, which act as one."),
        ),
        Term(
            N_("membership"),
            N_("Which nodes of a cluster are alive."),
        ),
        Term(
            N_("registry"),
            N_("The list of a cluster's nodes, kept in Redis."),
        ),
        Term(
            N_("leader"),
            N_("The node that reports for the whole cluster."),
        ),
        Term(
            N_("latency"),
            N_("The time from accepting a publication to writing it to a socket."),
        ),
        Term(
            "p95",
            N_("The 95th percentile: 95 of 100 values are at most this large."),
        ),
        Term(
            N_("loop lag"),
            N_(
                "How late the server's event loop runs, because something else kept it busy. It "
                "delays everything."
            ),
        ),
        Term(
            N_("sample"),
            N_(
                "The messages that the monitor shows: all, up to 500 per second, and a part "
                "above. Counters are exact at any rate."
            ),
        ),
    ),
    N_("Shop"): (
        Term(
            N_("order"),
            N_(
                "A purchase, from checkout to delivery. Pages show its number (ORD-…); channels "
                "and messages use its id (ord_…)."
            ),
        ),
        Term(
            N_("advance"),
            N_("To move an order to its next status, such as from paid to processing."),
        ),
        Term(
            N_("cart"),
            N_("The products a customer is about to order."),
        ),
        Term(
            N_("stock level"),
            N_("How many pieces of a product a warehouse has."),
        ),
        Term(
            N_("threshold"),
            N_("The stock level at which the shop is warned that a product runs low."),
        ),
        Term(
            N_("alert"),
            N_("A message to the staff: a product runs low, is out, or is back in stock."),
        ),
        Term(
            N_("replenishment"),
            N_("A delivery that fills up a warehouse's stock of a product."),
        ),
        Term(
            N_("scenario"),
            N_(
                "A situation that the simulator plays on request, such as a flash sale or a slow "
                "client."
            ),
        ),
        Term(
            N_("action"),
            N_("One thing that happens in the simulation, such as a payment, at a planned time."),
        ),
        Term(
            N_("virtual clock"),
            N_("The simulation's own clock. It can be paused and run up to 60 times as fast."),
        ),
        Term(
            N_("scheduler"),
            N_("The part of the simulator that runs each action at its time."),
        ),
        Term(
            N_("seed"),
            N_("A number that fixes all chance in the simulation: the same seed, the same day."),
        ),
    ),
    N_("Workbench"): (
        Term(
            N_("persona"),
            N_("A user this tab acts as, with a connection and a token of its own."),
        ),
        Term(
            N_("conformance test"),
            N_("A request whose answer is documented, compared with what the server answers."),
        ),
        Term(
            N_("expected"),
            N_("The answer to a conformance test that the protocol documents."),
        ),
        Term(
            N_("actual"),
            N_("What the server did in a conformance test."),
        ),
    ),
}
TERMS = {term.name: term for terms in GROUPS.values() for term in terms}


def explanation(name: str) -> str:
    """Return the translated explanation of a term, for ``help=``.

    Raises:
        KeyError: the glossary has no such term.
    """
    return _(TERMS[name].explanation)


def kind_explanation(kind: str) -> str:
    """Return the translated explanation of a kind of channel: ``order``, ``everyone``."""
    return explanation(kind if kind == EVERYONE_KIND else f"{kind}:")


def link_html(name: str, text: str) -> str:
    """Return a button that opens the glossary at a term.

    Raises:
        KeyError: the glossary has no such term.
    """
    term = html.escape(TERMS[name].name)
    return f'<button class="term-link" data-term="{term}">{html.escape(text)}</button>'


def mount() -> None:
    """Draw the button that opens the glossary, once per full run."""
    _component(key=COMPONENT_KEY, data=_content())


@cached_per_language
def _content() -> dict[str, object]:
    """Return the dialog's texts; a term also has its English name where that is another."""
    groups = [
        {
            "title": _(title),
            "terms": [
                {"id": term.name, "name": _(term.name), "text": _(term.explanation)}
                for term in terms
            ],
        }
        for title, terms in GROUPS.items()
    ]
    return {
        "language": current_language(),
        "title": _("Glossary"),
        "search": _("Find a term"),
        "nothing": _("No matching terms"),
        "close": _("Close"),
        "groups": groups,
    }
