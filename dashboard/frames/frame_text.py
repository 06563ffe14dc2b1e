"""Frames as text: one line for the list, formatted JSON, and an explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from client.recorded_frames import FrameKind, RecordedFrame
from common.text_markers import N_
from dashboard.frames import code_descriptions
from dashboard.frames.connection_summary import is_token_expiry
from dashboard.frames.connection_tracker import FrameNotes
from dashboard.frames.event_origins import Basis, EventOrigin, ReplayReason
from dashboard.messages import fields
from dashboard.state.channels import EVERYONE_ADDRESS
from protocol import codec
from protocol.close_codes import CloseCode
from protocol.errors import ErrorCode

Translate = Callable[[str], str]
REPLAYED_MARK, SAME_MARK = "↻", N_("same as {frame}")
_TONES = {  # of a reply by its meaning, of an event by the kind of its usual channel
    "auth_success": "ok",
    "subscribed": "ok",
    "unsubscribed": "ok",
    "open": "ok",
    "error": "bad",
    "auth_error": "bad",
    "pong": "muted",
    "order_update": "order",
    "notification": "user",
    "cart_update": "user",
    "chat_message": "user",
    "new_order": "tenant",
    "inventory_alert": "tenant",
    "customer_activity": "tenant",
    "traffic": "monitor",
    "stats": "monitor",
}


def frame_tone(frame: RecordedFrame, origin: EventOrigin | None = None) -> str:
    """Return the colour of a frame's chip: a severity, or the kind of the event's channel."""
    if origin is not None and origin.kind:
        return "accent" if origin.channel == EVERYONE_ADDRESS else origin.kind
    if frame.is_error:
        return "bad"
    if frame.kind is FrameKind.HTTP_RESPONSE:
        return "ok"
    return _TONES.get(frame.label, "accent" if frame.is_sent else "muted")


def channel_kind(origin: EventOrigin | None) -> str:
    """Return the kind of the channel on which an event came; empty if it is unknown."""
    return (
        ""
        if origin is None
        else EVERYONE_ADDRESS
        if origin.channel == EVERYONE_ADDRESS
        else origin.kind
    )


def marks(seq: int, origin: EventOrigin | None, translate: Translate = str) -> str:
    """Return the marks of an event in a frame: that it is replayed, and which frame it repeats.

    Of the frames with the same event, the first has no mark.
    """
    if origin is None:
        return ""
    copies = [other for other in (origin.first, *origin.copies) if 0 < other < seq]
    same = translate(SAME_MARK).format(frame=min(copies)) if copies else ""
    return " ".join(filter(None, (REPLAYED_MARK if origin.replay else "", same)))


def one_line(frame: RecordedFrame) -> str:
    """Return what a frame carries, as one line."""
    if frame.kind is FrameKind.HTTP_REQUEST:
        return _publication_line(frame)
    if frame.kind is FrameKind.HTTP_RESPONSE and not frame.is_error:
        return " · ".join(f"{name} {value}" for name, value in frame.json_body.items())
    if frame.error_code:
        error = frame.json_body.get("payload") or frame.json_body.get("error") or {}
        return f"{frame.error_code} · {error.get('message', '')}"
    if frame.kind is not FrameKind.TEXT or not frame.type:
        return frame.text
    payload = frame.json_body.get("payload")
    if isinstance(payload, dict):
        return _payload_line(payload)
    id = id_text(frame)
    return f"id {id}" if id else ""


def id_text(frame: RecordedFrame) -> str:
    """Return a frame's ``id`` as JSON, so that "7" and 7 look different; empty without one."""
    id = frame.json_body.get("id")
    return "" if id is None else codec.encode_json(id).decode()


def _payload_line(payload: Mapping[str, Any]) -> str:
    match payload:
        case {"channel": str(channel)}:
            return channel or '""'
        case {"token": str(token)}:
            return token
        case {"error": str(why)}:
            return why
        case {"user_id": str(user), **rest}:
            return " · ".join(filter(None, (user, rest.get("role", ""), rest.get("tenant_id", ""))))
        case {"order_id": str(order), "status": str(status), **rest}:
            before = rest.get("previous_status")
            return f"{order}: {before} → {status}" if before else f"{order}: {status}"
        case {"message": {"content": str(said)}}:
            return said
        case _:
            return fields.summarize_payload(payload)


def _publication_line(frame: RecordedFrame) -> str:
    found = frame.json_body
    address = (
        found.get("channel")
        or found.get("user")
        or (EVERYONE_ADDRESS if found.get("everyone") else "")
    )
    return f"{found.get('type', '')} → {address}" if address else frame.text


def _channel_of(publication: Mapping[str, Any]) -> str:
    """Return the channel that a publication is for; empty for one to everyone."""
    if user := publication.get("user"):
        return f"user:{user}"
    return str(publication.get("channel") or "")


def pretty_json(frame: RecordedFrame) -> str:
    """Write a frame over several lines where it is JSON, else as it is."""
    try:
        return msgspec.json.format(frame.text, indent=2)
    except (msgspec.DecodeError, ValueError):
        return frame.text


ANSWERED_BY = N_("Answered by frame {other} after {time}.")
ANSWERS_REQUEST = N_("Reply to frame {other}, sent {time} earlier.")
NO_REPLY = N_("No reply yet.")
WITHOUT_ID = N_("Sent without an id, so its reply cannot be matched.")
UPGRADE_WITH_TOKEN = N_("WebSocket upgrade request, with the token in the URL.")
UPGRADE_WITHOUT_TOKEN = N_("WebSocket upgrade request, without a token.")
OPENED_WITH_TOKEN = N_("The connection is open. The server's answer to the token follows.")
OPENED = N_(
    "The connection is open. Send `auth` within 10 s, or subscribe to a `public:` channel; "
    "otherwise close 4001 follows."
)
SIGNED_IN = N_(
    "Signed in, and subscribed to `{channel}`. Before the token expires, a client sends `auth` "
    "with a new one (here: `$FRESH_TOKEN`); else `auth_error` comes, and 25 s later close 4103."
)
PUBLISHED = N_(
    "The server accepted {accepted} and queued it for connections: {reached}. That is not a "
    "confirmation that the clients have processed it, and without a subscriber nobody gets it."
)
PUBLISHED_TO_NOBODY = N_(
    "The server accepted {accepted}. Nobody was subscribed to `{channel}` on the node that "
    "answered."
)
SIGNED_IN_AGAIN = N_("The new token extends the session; its subscriptions stay.")
SUBSCRIBED = N_(
    "Subscribed: what is published on `{channel}` from now on arrives, until `unsubscribe` or a "
    "close."
)
REMEMBER_POSITION = N_(
    "Each has its offset: after a reconnect, send the last one with the epoch as `since`."
)
RECOVERED = N_("All messages after `since` follow.")
NOT_RECOVERED = N_(
    "Messages are missing: the history no longer has all of them. Reload the state, and continue "
    "from this offset."
)
OTHER_EPOCH = N_(
    "The epoch is another one: the position in `since` belongs to an earlier history, so the "
    "server cannot tell what was missed. Reload the state, and continue from this position."
)
UNSUBSCRIBED = N_("Events on `{channel}` no longer arrive.")
ACCESS_LOST = N_(
    "Unsolicited: access to `{channel}` was lost, as the order was reassigned or a new token "
    "grants fewer channels."
)
PONG = N_("The connection works in both directions.")
OWN_CHAT = N_(
    "The sender's own copy. The same message goes to the customer on `user:` and to the staff on "
    "`tenant:`."
)
CLOSED_BY_CLIENT = N_("Closed by this client.")
NO_RESPONSE = N_("Server unreachable.")

CAME_ON = N_("An event. It came on `{channel}`, joined in frame {frame}.")
CAME_ON_OWN = N_("An event. It came on `{channel}`, which signing in joins (frame {frame}).")
CAME_ON_UNKNOWN_FRAME = N_("An event. It came on `{channel}`.")
PROBABLY_ON = N_("An event. It probably came on `{channel}`, joined in frame {frame}.")
PROBABLY_ON_OWN = N_(
    "An event. It probably came on `{channel}`, which signing in joins (frame {frame})."
)
OR_ON = N_("{others} can carry it too; only recoverable subscriptions name the channel.")
TO_EVERYONE = N_("An event. It was sent to everyone: no subscription is needed for it.")
ORIGIN_UNKNOWN = N_("An event. It came on one of {others}; the message does not say on which.")
PUBLISHED_HERE = N_("Frame {frame} published it.")
SAME_EVENT = N_(
    "Frame {frame} is the same event on `{channel}`: the shop publishes it on both channels, and "
    "this connection is subscribed to both. Handle it once."
)
REPLAYED_SINCE = N_(
    "Replayed: it was published before the subscription, and is sent because of `since`."
)
REPLAYED_LAST = N_(
    "Replayed: it is the channel's latest message, published before the subscription and sent "
    "because of `last`."
)
CAME_BEFORE = N_("Frame {frame} had brought it already.")

Sentence = tuple[str, Mapping[str, object]]
_NO_VALUES: Mapping[str, object] = {}


def explain(
    frame: RecordedFrame,
    notes: FrameNotes,
    format_duration: Callable[[float], str],
    translate: Translate = str,
    origin_of: Callable[[int], EventOrigin | None] = lambda _: None,
    *,
    has_personas: bool = True,
) -> str:
    """Explain what a frame means, what to do, and which frame it answers or is answered by.

    ``origin_of`` returns the origin of another event by its ``seq``.  Without personas, none is
    recommended.  Backticks enclose code.
    """
    sentences = [
        translate(text).format(**values)
        for text, values in _explain_kind(frame, notes, origin_of)
        if has_personas or text != code_descriptions.PRACTISE_EXPIRY
    ]
    if match := notes.match:
        template = ANSWERED_BY if match.other_seq > frame.seq else ANSWERS_REQUEST
        time = format_duration(match.seconds)
        sentences.append(translate(template).format(other=match.other_seq, time=time))
    elif frame.is_sent and frame.kind is FrameKind.TEXT:
        sentences.append(translate(WITHOUT_ID if frame.id is None else NO_REPLY))
    return " ".join(sentences)


def _explain_kind(
    frame: RecordedFrame, notes: FrameNotes, origin_of: Callable[[int], EventOrigin | None]
) -> Iterator[Sentence]:
    match frame.kind:
        case FrameKind.CONNECT:
            yield (UPGRADE_WITH_TOKEN if frame.text else UPGRADE_WITHOUT_TOKEN), _NO_VALUES
        case FrameKind.OPEN:
            has_token = notes.request is not None and notes.request.text
            yield (OPENED_WITH_TOKEN if has_token else OPENED), _NO_VALUES
        case FrameKind.CLOSE:
            yield from _explain_close(frame, notes)
        case FrameKind.HANDSHAKE_REJECTED | FrameKind.HTTP_RESPONSE:
            yield from _explain_http(frame, notes.request)
        case FrameKind.TEXT if frame.is_event:
            yield from explain_origin(notes.origin, origin_of)
        case FrameKind.TEXT if not frame.is_sent:
            yield from _explain_reply(frame, notes)
        case _:
            pass


def _explain_close(frame: RecordedFrame, notes: FrameNotes) -> Iterator[Sentence]:
    if frame.is_sent:
        yield CLOSED_BY_CLIENT, _NO_VALUES
    else:
        yield code_descriptions.close_code_text(frame.code), _NO_VALUES
        yield code_descriptions.reconnect_text(frame.code), _NO_VALUES
        if frame.code in code_descriptions.CLOSE_ADVICE:
            yield code_descriptions.close_advice(frame.code), _NO_VALUES
        if frame.code == CloseCode.TOKEN_EXPIRED:
            yield code_descriptions.PRACTISE_EXPIRY, _NO_VALUES
    if notes.lost:
        yield code_descriptions.SUBSCRIPTIONS_LOST, {"channels": code_list(notes.lost)}


def _explain_http(frame: RecordedFrame, request: RecordedFrame | None) -> Iterator[Sentence]:
    channel = _channel_of(request.json_body) if request is not None else ""
    if frame.code == 0:
        yield NO_RESPONSE, _NO_VALUES
    elif frame.code < 300 and frame.json_body.get("reached") == 0 and channel:
        yield PUBLISHED_TO_NOBODY, {**frame.json_body, "channel": channel}
    elif frame.code < 300 and "reached" in frame.json_body:
        yield PUBLISHED, frame.json_body
    elif frame.code in code_descriptions.HTTP_STATUS_TEXTS:
        yield code_descriptions.HTTP_STATUS_TEXTS[frame.code], _NO_VALUES


def _explain_reply(frame: RecordedFrame, notes: FrameNotes) -> Iterator[Sentence]:
    channel = {"channel": frame.payload.get("channel", "")}
    match frame.type:
        case "auth_success" if notes.before.user:
            yield SIGNED_IN_AGAIN, _NO_VALUES
        case "auth_success":
            yield SIGNED_IN, {"channel": f"user:{frame.payload.get('user_id')}"}
            yield code_descriptions.PRACTISE_EXPIRY, _NO_VALUES
        case "auth_error":
            text = _explain_auth_error(frame, notes)
            yield text, _NO_VALUES
            if text != code_descriptions.OTHER_TOKEN_REJECTED:
                yield code_descriptions.PRACTISE_EXPIRY, _NO_VALUES
        case "subscribed":
            yield from _explain_subscribed(frame, notes)
        case "unsubscribed":
            yield (UNSUBSCRIBED if notes.request else ACCESS_LOST), channel
        case "pong":
            yield PONG, _NO_VALUES
        case "chat_message":
            yield OWN_CHAT, _NO_VALUES
        case "error":
            yield from _explain_error(frame.error_code, notes.request)
        case _:
            pass


def _explain_auth_error(frame: RecordedFrame, notes: FrameNotes) -> str:
    if is_token_expiry(notes.before, frame):
        return code_descriptions.TOKEN_HAS_EXPIRED
    if notes.before.user:
        return code_descriptions.OTHER_TOKEN_REJECTED
    return code_descriptions.TOKEN_REJECTED


def _explain_subscribed(frame: RecordedFrame, notes: FrameNotes) -> Iterator[Sentence]:
    if notes.request is not None:
        yield SUBSCRIBED, {"channel": frame.payload.get("channel", "")}
    match frame.payload.get("recovered"):
        case True:
            yield RECOVERED, _NO_VALUES
        case False:
            yield (OTHER_EPOCH if _is_other_epoch(frame, notes) else NOT_RECOVERED), _NO_VALUES
        case _ if "offset" in frame.payload:
            yield REMEMBER_POSITION, _NO_VALUES
        case _:
            pass


def _is_other_epoch(frame: RecordedFrame, notes: FrameNotes) -> bool:
    """Return whether the position that the request asked from has another epoch than the reply."""
    since = notes.request.payload.get("since") if notes.request is not None else None
    return isinstance(since, dict) and since.get("epoch") != frame.payload.get("epoch")


def _explain_error(code: str, request: RecordedFrame | None) -> Iterator[Sentence]:
    known = {str(each): each for each in ErrorCode}.get(code)
    if known is not None:
        yield code_descriptions.ERROR_CODE_TEXTS[known], _NO_VALUES
        if known is ErrorCode.FORBIDDEN and request is not None and request.type == "subscribe":
            kind = str(request.payload.get("channel", "")).partition(":")[0]
            if kind in code_descriptions.CHANNEL_RULES:
                yield code_descriptions.CHANNEL_RULES[kind], _NO_VALUES
                yield code_descriptions.SAME_ANSWER, _NO_VALUES
        yield code_descriptions.ERROR_ADVICE[known], _NO_VALUES
    yield code_descriptions.CONNECTION_STAYS_OPEN, _NO_VALUES


def explain_origin(
    origin: EventOrigin | None, origin_of: Callable[[int], EventOrigin | None]
) -> Iterator[Sentence]:
    """Explain on which subscription an event came, why, and which frames are the same event."""
    if origin is None:
        return
    yield from _explain_channel(origin)
    if origin.request:
        yield PUBLISHED_HERE, {"frame": origin.request}
    match origin.replay:
        case ReplayReason.SINCE:
            yield REPLAYED_SINCE, _NO_VALUES
        case ReplayReason.LAST:
            yield REPLAYED_LAST, _NO_VALUES
        case _:
            pass
    if origin.first:
        yield CAME_BEFORE, {"frame": origin.first}
    for seq in origin.copies:
        other = origin_of(seq)
        yield SAME_EVENT, {"frame": seq, "channel": other.channel if other else ""}


def _explain_channel(origin: EventOrigin) -> Iterator[Sentence]:
    others = {"others": code_list(origin.alternatives)}
    if origin.basis is Basis.UNKNOWN:
        yield ORIGIN_UNKNOWN, others
        return
    if origin.channel == EVERYONE_ADDRESS:
        yield TO_EVERYONE, _NO_VALUES
        return
    subscription = origin.subscription
    if subscription is None:
        yield CAME_ON_UNKNOWN_FRAME, {"channel": origin.channel}
        return
    is_probable = origin.basis is Basis.PROBABLE
    if subscription.by_sign_in:
        text = PROBABLY_ON_OWN if is_probable else CAME_ON_OWN
    else:
        text = PROBABLY_ON if is_probable else CAME_ON
    yield text, {"channel": origin.channel, "frame": subscription.seq}
    if is_probable:
        yield OR_ON, others


def code_list(channels: Iterable[str]) -> str:
    """Write channels one after the other, each as code; ``*`` is a message to everyone."""
    return ", ".join(
        "`everyone`" if channel == EVERYONE_ADDRESS else f"`{channel}`" for channel in channels
    )
