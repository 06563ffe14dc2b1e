"""What a frame means, in a sentence or two, for somebody who sees it for the first time.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

from client.recorded_frames import FrameKind, FrameMatch, RecordedFrame
from dashboard.i18n.translate import N_
from dashboard.views.console import code_descriptions
from dashboard.views.console.schema import Translate
from dashboard.views.console.sequence_diagram import format_round_trip

ANSWERED_BY = N_("Answered by frame {other} after {time}.")
ANSWERS_REQUEST = N_("Reply to frame {other}, sent {time} earlier.")
NO_REPLY = N_("No reply yet.")
EVENT = N_(
    "An event, sent because this connection is subscribed to its channel; not a reply to a request."
)
WITHOUT_ID = N_("Sent without an id, so its reply cannot be matched.")
UPGRADE_WITH_TOKEN = N_("WebSocket upgrade request, with the token in the URL.")
UPGRADE_WITHOUT_TOKEN = N_("WebSocket upgrade request, without a token.")
OPENED = N_("The connection is open.")
CLOSED_BY_CLIENT = N_("Closed by this client.")
NO_RESPONSE = N_("Server unreachable.")


def explain(frame: RecordedFrame, match: FrameMatch | None, translate: Translate = str) -> str:
    """Say what a frame means and what it has to do with the others; ``word`` translates."""
    told = [translate(sentence) for sentence in _explain_kind(frame)]
    if match:
        words = ANSWERED_BY if match.other_seq > frame.seq else ANSWERS_REQUEST
        told.append(
            translate(words).format(other=match.other_seq, time=format_round_trip(match.seconds))
        )
    elif frame.is_sent and frame.kind is FrameKind.TEXT:
        told.append(translate(WITHOUT_ID if frame.id is None else NO_REPLY))
    return " ".join(told)


def _explain_kind(frame: RecordedFrame) -> Iterator[str]:
    match frame.kind:
        case FrameKind.CONNECT:
            yield UPGRADE_WITH_TOKEN if frame.text else UPGRADE_WITHOUT_TOKEN
        case FrameKind.OPEN:
            yield OPENED
        case FrameKind.CLOSE if frame.is_sent:
            yield CLOSED_BY_CLIENT
        case FrameKind.CLOSE:
            yield code_descriptions.close_code_text(frame.code)
            yield code_descriptions.reconnect_text(frame.code)
        case FrameKind.HANDSHAKE_REJECTED | FrameKind.HTTP_RESPONSE if (
            frame.code in code_descriptions.HTTP_STATUS_TEXTS
        ):
            yield code_descriptions.HTTP_STATUS_TEXTS[frame.code]
        case FrameKind.HTTP_RESPONSE if frame.code == 0:
            yield NO_RESPONSE
        case FrameKind.TEXT if frame.type == "auth_error":
            yield code_descriptions.TOKEN_REJECTED
        case FrameKind.TEXT if frame.type == "error":
            yield from _explain_error(frame.error_code)
        case FrameKind.TEXT if frame.is_event:
            yield EVENT
        case _:
            pass


def _explain_error(code: str) -> Iterator[str]:
    known = {str(each): words for each, words in code_descriptions.ERROR_CODE_TEXTS.items()}
    if code in known:
        yield known[code]
    yield code_descriptions.CONNECTION_STAYS_OPEN
