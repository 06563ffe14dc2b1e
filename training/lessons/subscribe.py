"""Lesson 3: events of an order, the latest one at once, and the end of a subscription.  Pure."""

from __future__ import annotations

from common.text_markers import N_
from training.actions import Advance, Choose, Connect, Disconnect, Send, Wait
from training.conditions import Closed, Connected, Count, InOrder, Never, Received, Sent
from training.lesson_types import Choice, Goal, Lesson, NearMiss, Question, Step
from training.lessons.near_misses import FORBIDDEN_CHANNEL, UNREADABLE
from training.lessons.own_order import (
    ADVANCED,
    CONNECTIONS,
    EXPLORER,
    ON_ORDER,
    ORDERS,
    UPDATED,
    subscribe_step,
)
from training.lessons.requests import ORDER, ping, send_subscribe, subscribe, unsubscribe

USER = "user:{user_id}"
ON_USER = "$[?$.payload.channel == 'user:{user_id}']"
WITH_LAST = "$[?$.payload.last == true]"
SUBSCRIBE_LAST = Sent(type="subscribe", where=(ON_ORDER, WITH_LAST))
ADVANCED_WHILE_AWAY = Never(condition=Connected(), after=Closed(code=1000), until=ADVANCED)
LEFT_ORDER = Received(type="unsubscribed", replying_to=Sent(type="unsubscribe", where=(ON_ORDER,)))
PONG = Received(type="pong", replying_to=Sent(type="ping"))
LEFT_USER = Received(type="unsubscribed", replying_to=Sent(type="unsubscribe", where=(ON_USER,)))

SUBSCRIBE_LESSON = Lesson(
    name="subscribe",
    title=N_("Subscribe"),
    minutes=9,
    teaches=N_(
        "Receive what happens to an order as it happens, get its latest state at once, and stop "
        "receiving."
    ),
    terms=("subscribe", "channel", "advance", "order_update", "last", "unsubscribe"),
    steps=(
        subscribe_step(
            "s1",
            title=N_("Subscribe to your order"),
            instruction=N_(
                "You are {name}, and you have placed order `{order}`. Send the `subscribe` in the "
                "editor: it names the channel of your order, `order:{order}`."
            ),
            reason=N_(
                "A channel is a named stream of messages. After one `subscribe`, everything that "
                "is published on it reaches you, and you need not ask again."
            ),
            explanation=N_(
                "`subscribed` repeats the channel and your `id`. From now on the server sends you "
                "each update of this order. Such a message is called an **event**."
            ),
        ),
        Step(
            title=N_("Receive an event"),
            instruction=N_(
                "Press **Advance the order**: the shop moves your order to its next status. Look "
                "at the frames that arrive, then answer the question below the goals."
            ),
            reason=N_(
                "Nothing in the shop waits for your question any more: the event comes at the "
                "moment when something changes. It answers no request, so it has no `id`."
            ),
            goals=(
                Goal(N_("You press **Advance the order**"), ADVANCED),
                Goal(
                    N_("An `order_update` of your order arrives, twice"),
                    InOrder((ADVANCED, Count(condition=UPDATED, least=2))),
                    (
                        NearMiss(
                            InOrder((Connected(), ADVANCED, UPDATED)),
                            N_(
                                "Only frame {n} has arrived: the new connection is not subscribed "
                                "to `order:{order}`. Press **Reset** and begin this step again."
                            ),
                        ),
                    ),
                ),
            ),
            question=Question(
                N_("Why does the same `order_update` arrive twice?"),
                (
                    Choice(
                        "repeated",
                        N_("The server repeats it, because you have not confirmed the first one"),
                        N_(
                            "The server sends an event once for each subscription, and waits for "
                            "no confirmation. Count the channels that you are subscribed to."
                        ),
                    ),
                    Choice(
                        "two-changes",
                        N_("The order has changed twice"),
                        N_(
                            "Select both frames and compare them: `status` and `updated_at` are "
                            "the same, so it is one change."
                        ),
                    ),
                    Choice(
                        "two-channels",
                        N_(
                            "The shop publishes it on `order:{order}` and on `user:{user_id}`, and "
                            "you are subscribed to both"
                        ),
                    ),
                ),
            ),
            hints=(
                N_("The button is below the editor; the question is below the goals."),
                N_("Signing in has subscribed you to one channel, and you have added another."),
                N_(
                    "Signing in subscribes to your own channel `user:{user_id}`; your `subscribe` "
                    "added `order:{order}`. The shop publishes an order's update on both."
                ),
            ),
            solution=(Advance(), Choose("two-channels")),
            explanation=N_(
                "A customer's own channel, `user:{user_id}`, carries the updates of all their "
                "orders. Whoever subscribes to an order as well receives both copies, and its "
                "client keeps one."
            ),
            draft=ping("p1"),
            resume=(Connect(), send_subscribe(ORDER, "s1")),
            buttons=(Advance(),),
            links=(EXPLORER, ORDERS),
        ),
        Step(
            title=N_("The latest state at once"),
            instruction=N_(
                "Press **Disconnect**, then **Advance the order**, then **Connect**. Now add "
                '`"last": true` below the channel in the editor, and send the `subscribe`.'
            ),
            reason=N_(
                "What is published while you are away is not delivered to you. A page that is "
                "opened late would be empty until the next change, so it asks for the latest one."
            ),
            goals=(
                Goal(
                    N_("The order advances while you are disconnected"),
                    ADVANCED_WHILE_AWAY,
                    (
                        NearMiss(
                            InOrder((ADVANCED, UPDATED)),
                            N_(
                                "Frame {n} reached you, so you were connected when the order "
                                "advanced. Press **Disconnect** first, then **Advance the order**, "
                                "and **Connect** last."
                            ),
                        ),
                    ),
                ),
                Goal(
                    N_("You connect again, and `subscribe` with `last`"),
                    InOrder(
                        (
                            ADVANCED_WHILE_AWAY,
                            Connected(),
                            Received(type="subscribed", replying_to=SUBSCRIBE_LAST),
                        )
                    ),
                    (
                        NearMiss(
                            Sent(type="subscribe", where=("$.last",)),
                            N_(
                                "In frame {n}, `last` stands beside `payload`. Move it inside, "
                                "below `channel`."
                            ),
                        ),
                        NearMiss(
                            Sent(type="subscribe", lacks=("payload.last",)),
                            N_('Frame {n} has no `last`. Add `"last": true` below `channel`.'),
                        ),
                        FORBIDDEN_CHANNEL,
                        *UNREADABLE,
                    ),
                ),
                Goal(
                    N_("The `order_update` that you have missed follows at once"),
                    InOrder(
                        (
                            ADVANCED_WHILE_AWAY,
                            Connected(),
                            Received(type="subscribed", replying_to=SUBSCRIBE_LAST),
                            UPDATED,
                        )
                    ),
                ),
            ),
            hints=(
                N_("All buttons are below the editor, at your connection."),
                N_("`last` stands in `payload`, like `channel`. Put a comma after the channel."),
                N_(
                    'The payload is `{"channel": "order:{order}", "last": true}`. Note that `true` '
                    "has no quotes. If the connection is closed, press **Connect** first."
                ),
            ),
            solution=(
                Disconnect(),
                Advance(),
                Connect(),
                send_subscribe(ORDER, "s2", last=True),
            ),
            explanation=N_(
                "Connecting has brought back your own channel, but not the order's: subscriptions "
                "end with their connection. With `last`, the latest message of the channel follows "
                "`subscribed`, exactly as it was first sent: compare the `timestamp` of the two."
            ),
            draft=subscribe(ORDER, "s2"),
            resume=(Connect(),),
            buttons=(Advance(),),
            links=(EXPLORER, ORDERS),
        ),
        Step(
            title=N_("Unsubscribe from the order"),
            instruction=N_(
                "Send the `unsubscribe` in the editor. Then press **Advance the order** and count "
                "the copies of the `order_update`."
            ),
            reason=N_(
                "Each subscription costs traffic and battery. A client leaves the channels of what "
                "is no longer on the screen."
            ),
            goals=(
                Goal(
                    N_("The server confirms with `unsubscribed`"),
                    LEFT_ORDER,
                    (
                        NearMiss(
                            LEFT_USER,
                            N_(
                                "Frame {n} ends the subscription to your own channel. In this "
                                "step, leave `order:{order}`."
                            ),
                        ),
                        NearMiss(
                            Received(type="unsubscribed"),
                            N_(
                                "Frame {n} confirms another channel. Write `order:{order}`: "
                                "`unsubscribe` is confirmed for any name."
                            ),
                        ),
                        *UNREADABLE,
                    ),
                ),
                Goal(
                    N_("After that, the order advances, and an `order_update` still arrives"),
                    InOrder((LEFT_ORDER, ADVANCED, UPDATED)),
                    (
                        NearMiss(
                            InOrder((ADVANCED, LEFT_ORDER)),
                            N_(
                                "You have advanced the order before `unsubscribed` in frame {n}. "
                                "Press **Advance the order** once more."
                            ),
                        ),
                    ),
                ),
            ),
            hints=(
                N_("You need not change the message: send it, and then press the button."),
                N_("Look in the list for `order_update` below `unsubscribed`: how many are there?"),
                N_(
                    "Press **Send**, wait for `unsubscribed`, and press **Advance the order**. One "
                    "`order_update` arrives instead of two."
                ),
            ),
            solution=(Send(unsubscribe(ORDER, "u1")), Wait(1), Advance()),
            explanation=N_(
                "One copy is left, the one on `user:{user_id}`. You left one channel, and the shop "
                "publishes the update on two."
            ),
            draft=unsubscribe(ORDER, "u1"),
            resume=(Connect(), send_subscribe(ORDER, "s1")),
            buttons=(Advance(),),
            links=(CONNECTIONS,),
        ),
        Step(
            title=N_("Receive nothing"),
            instruction=N_(
                "Send the `unsubscribe` in the editor, for your own channel. Press **Advance the "
                "order**. Then replace the text in the editor by "
                '`{"type": "ping", "id": "p1"}`, and send it.'
            ),
            reason=N_(
                "How do you know that nothing comes? You ask for something that is sent later: "
                "when the `pong` is there and no event before it, no event was sent to you."
            ),
            goals=(
                Goal(
                    N_("You unsubscribe from `user:{user_id}`"),
                    LEFT_USER,
                    (
                        NearMiss(
                            Received(type="unsubscribed"),
                            N_(
                                "Frame {n} confirms another channel. In this step, leave "
                                "`user:{user_id}`."
                            ),
                        ),
                        *UNREADABLE,
                    ),
                ),
                Goal(
                    N_("After that, the order advances"),
                    InOrder((LEFT_USER, ADVANCED)),
                    (
                        NearMiss(
                            InOrder((ADVANCED, LEFT_USER)),
                            N_(
                                "You have advanced the order before `unsubscribed` in frame {n}. "
                                "Press **Advance the order** once more."
                            ),
                        ),
                    ),
                ),
                Goal(
                    N_("A `pong` arrives, and no `order_update` before it"),
                    InOrder((LEFT_USER, Never(condition=UPDATED, after=ADVANCED, until=PONG))),
                    (
                        NearMiss(
                            InOrder((PONG, ADVANCED)),
                            N_(
                                "The `pong` in frame {n} came before the order advanced. Send the "
                                "`ping` again."
                            ),
                        ),
                        NearMiss(
                            InOrder((LEFT_USER, ADVANCED, UPDATED)),
                            N_(
                                "Frame {n} has reached you, so you are still subscribed to "
                                "`order:{order}`. Unsubscribe from it, and advance the order again."
                            ),
                        ),
                    ),
                ),
            ),
            hints=(
                N_("Three things, one after another: unsubscribe, advance, ping."),
                N_(
                    "Wait for `unsubscribed` before you press **Advance the order**, and then ping."
                ),
                N_(
                    "Press **Send** for the message in the editor. Press **Advance the order**. "
                    'Delete the text in the editor, write `{"type": "ping", "id": "p1"}` '
                    "and send it."
                ),
            ),
            solution=(
                Send(unsubscribe(USER, "u2")),
                Wait(1),
                Advance(),
                Send(ping("p1")),
            ),
            explanation=N_(
                "The order has advanced, and you have received nothing: no subscription, no "
                "delivery. The connection is still open, as the `pong` shows. The next sign-in "
                "subscribes to your own channel again."
            ),
            draft=unsubscribe(USER, "u2"),
            resume=(Connect(),),
            buttons=(Advance(),),
            links=(ORDERS, CONNECTIONS),
        ),
    ),
    wrap_up=N_(
        "Events arrive for the channels that you are subscribed to, once for each. Signing in "
        "subscribes to your own channel; all else is up to the client, after each connect. `last` "
        "gives a page that is opened late the latest state."
    ),
)
