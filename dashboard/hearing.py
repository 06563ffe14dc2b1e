"""Why a client does or does not hear a channel, and whether one message came to it.  Pure.

The server says whether it hears the channel and which rule decided; here that is put beside
when the client connected, what waits for it and what was published, into sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from dashboard.attendance import Access, Connection
from dashboard.history import Log, Seen
from dashboard.words import N_

RULES = {
    "public": N_("Public channels are open to everybody."),
    "own_user": N_("This is the user's own channel."),
    "owner": N_("The order is this user's."),
    "staff": N_("The user is on the staff of this shop."),
    "admin": N_("The user is an admin of this shop."),
    "tenant_token": N_("The token names this shop and no role, which is enough for its channel."),
    "not_signed_in": N_("The client has not signed in."),
    "expired": N_("The client's token has expired: nothing is opened until it sends a new one."),
    "other_user": N_("The channel is another user's."),
    "not_owner": N_("The order is another user's, and this one is not on the staff."),
    "not_staff": N_("The channel is for the shop's staff, and the user is not on it."),
    "not_admin": N_("The channel is for the shop's admins, and the user is none."),
    "other_tenant": N_("The channel is another shop's."),
    "unknown_order": N_("The shop has no order with this id."),
    "malformed": N_("This is no channel's name: a kind, a colon and a key, as in order:ord_1."),
}
HEARS, MAY, MAY_NOT, STILL = (
    N_("It hears this channel"),
    N_("It may hear this channel, but has not joined it"),
    N_("It may not hear this channel"),
    N_("It hears this channel for a moment yet"),
)
JOIN_IT = N_("The client must send subscribe for it; a client that reconnects must send it again.")
JOINS_ITSELF = N_("Signing in joins it: this client has left it since, with unsubscribe.")
ASKED_IN_VAIN = N_("A subscribe for it is answered with forbidden.")
NEW_TOKEN = N_("Delivery ends 25 s after the token's end, unless the client sends a new one.")
NOTHING_SENT = N_("Nothing was published on it since {since}, as far as the workbench remembers.")
TOO_EARLY = N_(
    "The {type} of {at} was sent before this client connected, at {connected}. With "
    "last: true in subscribe the newest message of a channel follows at once."
)
QUEUED = N_(
    "The {type} of {at} was queued for {reached} clients: for this one too, if it had joined by "
    "then. What its page does not show, its page has to explain."
)
REACHED_OTHERS = N_("The {type} of {at} was queued for the {reached} clients that heard it then.")
WAITS = N_("{bytes} bytes wait to be sent to it: it reads slower than the shop speaks.")
SIBLINGS = N_("The same user hears it on another connection: {ids}.")

Word = Callable[[str], str]


class Explanation(Struct, frozen=True):
    """An answer: in a line, with the colour of its severity, and why, in sentences."""

    title: str
    tone: str
    sentences: tuple[str, ...]


class Evidence(Struct, frozen=True):
    """What is known besides the server's answer; ``since`` is when the log begins.

    ``message`` is the one in question, on the channel in question; ``siblings`` are the same
    user's other connections.
    """

    message: Seen | None
    since: float
    siblings: tuple[Connection, ...] = ()


def evidence(
    connection: Connection,
    channel: str,
    connections: Iterable[Connection],
    log: Log,
    picked: Seen | None,
    now: float,
) -> Evidence:
    """Collect the evidence: about the picked message if it is of this channel, or the newest."""
    message = picked if picked is not None and picked.channel == channel else None
    if message is None:
        message = next((seen for seen in log.newest_first() if seen.channel == channel), None)
    siblings = tuple(
        each
        for each in connections
        if each.user_id == connection.user_id
        and each.id != connection.id
        and channel in each.channels
    )
    return Evidence(message, log.oldest_at or now, siblings)


def explain(
    connection: Connection,
    access: Access,
    found: Evidence,
    word: Word = str,
    clock: Callable[[float], str] = str,
) -> Explanation:
    """Say why, in the order in which a person would ask; ``word`` translates."""
    rule = RULES.get(access.rule)
    sentences = (
        word(rule) if rule else access.explanation,
        *_remedy(connection, access, word),
        *_message(connection, access, found, word, clock),
    )
    match access.joined, access.allowed:
        case True, True:
            return Explanation(word(HEARS), "ok", sentences)
        case True, False:
            return Explanation(word(STILL), "warn", sentences)
        case False, True:
            return Explanation(word(MAY), "warn", sentences)
        case _:
            return Explanation(word(MAY_NOT), "bad", sentences)


def _remedy(connection: Connection, access: Access, word: Word) -> Iterator[str]:
    if access.joined and not access.allowed:
        yield word(NEW_TOKEN)
    elif access.allowed and not access.joined:
        own = access.channel == f"user:{connection.user_id}"
        yield word(JOINS_ITSELF if own else JOIN_IT)
    elif not access.allowed:
        yield word(ASKED_IN_VAIN)


def _message(
    connection: Connection,
    access: Access,
    found: Evidence,
    word: Word,
    clock: Callable[[float], str],
) -> Iterator[str]:
    """Say what became of the message in question."""
    message = found.message
    connected = connection.connected_at.timestamp()
    if access.rule != "malformed" and (access.joined or access.allowed or message):
        if message is None:
            yield word(NOTHING_SENT).format(since=clock(found.since))
        else:
            told = {"type": message.type, "at": clock(message.at), "reached": message.reached}
            told["connected"] = clock(connected)
            if access.joined and message.at < connected:
                yield word(TOO_EARLY).format(**told)
            else:
                yield word(QUEUED if access.joined else REACHED_OTHERS).format(**told)
    if access.joined and connection.waiting_bytes:
        yield word(WAITS).format(bytes=connection.waiting_bytes)
    if found.siblings and not access.joined:
        yield word(SIBLINGS).format(ids=", ".join(each.id for each in found.siblings))
