"""The learner's own order: what several lessons ask for, and the pages that show it.  Pure."""

from __future__ import annotations

from common.text_markers import N_
from training.actions import Connect
from training.conditions import Performed, Received, Sent
from training.lesson_types import Goal, Link, NearMiss, Step
from training.lessons.near_misses import FORBIDDEN_CHANNEL, UNREADABLE
from training.lessons.requests import ORDER, send_subscribe, subscribe

ON_ORDER = "$[?$.payload.channel == 'order:{order}']"
SUBSCRIBE = Sent(type="subscribe", where=(ON_ORDER,))
ADVANCED = Performed(action="advance_order")
UPDATED = Received(type="order_update", where=("order_id = {order}",))

CONNECTIONS = Link(
    N_("Optional: your subscriptions in Connections"), "connections", (("who", "{user_id}"),)
)
EVENT_LOG = Link(
    N_("Optional: the event log in Connections"), "connections", (("user", "{user_id}"),)
)
EXPLORER = Link(N_("Optional: the order's channel in Explorer"), "explorer", (("channel", ORDER),))
ORDERS = Link(N_("Optional: the order in Orders"), "orders", (("order", "{order}"),))


def subscribe_step(id: str, *, title: str, instruction: str, reason: str, explanation: str) -> Step:
    """Return a step that is done by sending what is in the editor: a ``subscribe`` to the order.

    ``id`` is that of the request; the texts are those of the step.
    """
    return Step(
        title=title,
        instruction=instruction,
        reason=reason,
        goals=(
            Goal(
                N_("You send `subscribe` for `order:{order}`"),
                SUBSCRIBE,
                (
                    NearMiss(
                        Sent(type="subscribe", lacks=("payload.channel",)),
                        N_("Frame {n} names no channel: `channel` stands inside `payload`."),
                    ),
                    NearMiss(
                        Sent(type="subscribe"),
                        N_(
                            "Frame {n} asks for another channel. It must be exactly "
                            "`order:{order}`: compare it letter by letter."
                        ),
                    ),
                    *UNREADABLE,
                ),
            ),
            Goal(
                N_("The server confirms it with `subscribed`"),
                Received(type="subscribed", replying_to=SUBSCRIBE),
                (FORBIDDEN_CHANNEL, *UNREADABLE),
            ),
        ),
        hints=(
            N_("You need not change the message."),
            N_("A channel's name is a kind, a colon and an id: here `order:` and `{order}`."),
            N_(
                "Press **Send** without a change. If you have changed the message, its channel "
                "must be exactly `order:{order}`."
            ),
        ),
        solution=(send_subscribe(ORDER, id),),
        explanation=explanation,
        draft=subscribe(ORDER, id),
        resume=(Connect(),),
        links=(CONNECTIONS,),
    )
