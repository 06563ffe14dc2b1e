"""What a frame means, in a sentence or two, for somebody who sees it for the first time.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.console import endings
from dashboard.console.frames import Frame, Kind, Match
from dashboard.console.schema import Word
from dashboard.console.sequence import round_trip
from dashboard.words import N_

ANSWERED = N_("Answered by frame {other} after {time}.")
ANSWERS = N_("Reply to frame {other}, sent {time} earlier.")
UNANSWERED = N_("No reply yet.")
EVENT = N_(
    "An event, sent because this connection is subscribed to its channel; not a reply to a request."
)
WITHOUT_ID = N_("Sent without an id, so its reply cannot be matched.")
CONNECTS = N_("WebSocket upgrade request, with the token in the URL.")
CONNECTS_BARE = N_("WebSocket upgrade request, without a token.")
OPENED = N_("The connection is open.")
HUNG_UP = N_("Closed by this client.")
NOBODY = N_("Server unreachable.")


def explain(frame: Frame, match: Match | None, word: Word = str) -> str:
    """Say what a frame means and what it has to do with the others; ``word`` translates."""
    told = [word(sentence) for sentence in _meaning(frame)]
    if match:
        words = ANSWERED if match.other > frame.seq else ANSWERS
        told.append(word(words).format(other=match.other, time=round_trip(match.seconds)))
    elif frame.sent and frame.kind is Kind.TEXT:
        told.append(word(WITHOUT_ID if frame.id is None else UNANSWERED))
    return " ".join(told)


def _meaning(frame: Frame) -> Iterator[str]:
    match frame.kind:
        case Kind.CONNECT:
            yield CONNECTS if frame.text else CONNECTS_BARE
        case Kind.OPEN:
            yield OPENED
        case Kind.CLOSE if frame.sent:
            yield HUNG_UP
        case Kind.CLOSE:
            yield endings.meaning(frame.code)
            yield endings.advice(frame.code)
        case Kind.REFUSED | Kind.ANSWER if frame.code in endings.STATUSES:
            yield endings.STATUSES[frame.code]
        case Kind.ANSWER if frame.code == 0:
            yield NOBODY
        case Kind.TEXT if frame.type == "auth_error":
            yield endings.NOT_TAKEN
        case Kind.TEXT if frame.type == "error":
            yield from _refusal(frame.error)
        case Kind.TEXT if frame.is_event:
            yield EVENT
        case _:
            pass


def _refusal(code: str) -> Iterator[str]:
    known = {str(each): words for each, words in endings.REFUSALS.items()}
    if code in known:
        yield known[code]
    yield endings.LIVES_ON
