"""Actions in words: on a step's buttons, and in what *Show the solution* does.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from common.text_markers import N_
from training.actions import (
    Action,
    Advance,
    Choose,
    Connect,
    Cut,
    Disconnect,
    Flood,
    Publish,
    RunScenario,
    Send,
    TokenKind,
)
from training.lesson_types import Lesson

TOKEN_TITLES = {
    TokenKind.VALID: N_("with a valid token"),
    TokenKind.NONE: N_("without a token"),
    TokenKind.SHORT_LIVED: N_("with a 60-second token"),
    TokenKind.EXPIRED: N_("with an expired token"),
    TokenKind.FORGED: N_("with a forged token"),
}
CONNECT_TITLES = {
    TokenKind.VALID: N_("Connect with a valid token"),
    TokenKind.NONE: N_("Connect without a token"),
    TokenKind.SHORT_LIVED: N_("Connect with a 60-second token"),
    TokenKind.EXPIRED: N_("Connect with an expired token"),
    TokenKind.FORGED: N_("Connect with a forged token"),
}


class ActionText(Struct, frozen=True):
    """An action in words, untranslated, with its values; ``icon`` is a Material icon.

    ``code`` is the JSON that it sends or publishes.
    """

    text: str
    icon: str
    values: tuple[tuple[str, str], ...] = ()
    code: str = ""


def action_text(action: Action) -> ActionText | None:
    """Return an action in words; None for one that only waits."""
    match action:
        case Connect(token=token):
            return ActionText(CONNECT_TITLES[token], "link")
        case Disconnect():
            return ActionText(N_("Disconnect"), "link_off")
        case Cut():
            return ActionText(N_("Cut the connection"), "content_cut")
        case Send(text=text):
            return ActionText(N_("Send this frame"), "send", code=text)
        case Flood(count=count):
            return ActionText(N_("Send {count} pings at once"), "bolt", (("count", str(count)),))
        case Publish(body=body):
            return ActionText(N_("Publish this as a service"), "campaign", code=body)
        case Advance(order=order):
            return ActionText(N_("Advance the order"), "local_shipping", (("order", order),))
        case RunScenario(name=name):
            return ActionText(N_("Start “{scenario}”"), "science", (("scenario", name),))
        case Choose(choice=choice):
            return ActionText(N_("Choose the right answer"), "check", (("choice", choice),))
        case _:
            return None


def token_kinds(lesson: Lesson | None) -> tuple[TokenKind, ...]:
    """Return the kinds of tokens to choose from when connecting; one if there is no choice.

    The sandbox has them all.
    """
    if lesson is None:
        return tuple(TOKEN_TITLES)
    used = {action.token for action in _actions(lesson) if isinstance(action, Connect)}
    if used <= {TokenKind.VALID}:
        return (TokenKind.VALID,)
    return tuple(kind for kind in TOKEN_TITLES if kind in used | {TokenKind.VALID, TokenKind.NONE})


def _actions(lesson: Lesson) -> Iterator[Action]:
    parts: Iterable[tuple[Action, ...]] = (
        each for step in lesson.steps for each in (step.solution, step.buttons)
    )
    for actions in parts:
        yield from actions
