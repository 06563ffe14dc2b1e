"""Lesson 4: channels that a customer may not subscribe to.  Pure."""

from __future__ import annotations

from common.text_markers import N_
from training.actions import Advance, Choose, Connect, Send
from training.conditions import InOrder, Received, Sent
from training.lesson_types import Choice, Goal, Lesson, Link, NearMiss, Question, Step
from training.lessons.near_misses import UNREADABLE
from training.lessons.own_order import ADVANCED, ORDERS, SUBSCRIBE, UPDATED, subscribe_step
from training.lessons.requests import ORDER, OTHER_ORDER, ping, send_subscribe, subscribe

OTHER = Sent(type="subscribe", where=("$[?$.payload.channel == 'order:{other_order}']",))
UNKNOWN = Sent(
    type="subscribe",
    where=(
        "channel ~ ^order:.",
        "$[?$.payload.channel != 'order:{order}']",
        "$[?$.payload.channel != 'order:{other_order}']",
    ),
)
NO_KIND = Sent(type="subscribe", where=("$.payload.channel", "channel ~ ^[^:]*$"))
NO_NAME = Sent(type="subscribe", where=("$[?$.payload.channel == '']",))
SUBSCRIBE_ANY = Sent(type="subscribe")
FORBIDDEN = ("code = forbidden",)

NO_CHANNEL = NearMiss(
    Sent(type="subscribe", lacks=("payload.channel",)),
    N_("Frame {n} has no `channel` inside `payload`. Keep the field, and change its value only."),
)
OWN_AGAIN = NearMiss(
    SUBSCRIBE,
    N_("Frame {n} asks for your own order again. Change the channel."),
)


def refused(text: str, request: Sent = SUBSCRIBE_ANY) -> NearMiss:
    """Return the near miss of a step's goals: the server has refused another request.

    Who reads ``forbidden`` may believe that the step is done, so the text has to speak of it.
    """
    return NearMiss(Received(type="error", where=FORBIDDEN, replying_to=request), text)


OTHER_REFUSED = (
    refused(
        N_(
            "The server did refuse with `forbidden` (frame {n}), but for another channel. It must "
            "be exactly `order:{other_order}`: compare it letter by letter."
        )
    ),
)
UNKNOWN_REFUSED = (
    refused(
        N_(
            "The server did refuse with `forbidden` (frame {n}), but for the order of "
            "{other_name}, which does exist. Use an id such as `ord_nobody`."
        ),
        OTHER,
    ),
    refused(
        N_(
            "The server did refuse with `forbidden` (frame {n}), but for a channel without a kind. "
            "Write `order:` before the id: `order:ord_nobody`."
        ),
        NO_KIND,
    ),
    refused(
        N_(
            "The server did refuse with `forbidden` (frame {n}), but not for an order. The channel "
            "must begin with `order:` and end with an id: `order:ord_nobody`."
        )
    ),
)
NAME_REFUSED = (
    refused(
        N_(
            "The server did refuse with `forbidden` (frame {n}), but for a channel that is not "
            'empty. Leave nothing between its quotes: `"channel": ""`.'
        )
    ),
)
RULE = Link(
    N_("Optional: what staff see of the refusal, for order {other_order}, in Connections"),
    "connections",
    (("who", "{user_id}"), ("ask", OTHER_ORDER)),
)
MAP = Link(
    N_("Optional, before you send: the Map, where a refused request is a red diamond"),
    "map",
)

BE_REFUSED = Lesson(
    name="be-refused",
    title=N_("Be refused"),
    minutes=6,
    teaches=N_(
        "Ask for another customer's order. Learn what a refusal says, and what it keeps to itself."
    ),
    terms=("error", "forbidden", "invalid_payload", "timestamp"),
    steps=(
        subscribe_step(
            "r1",
            title=N_("Your own order first"),
            instruction=N_(
                "You are {name}, a customer. Subscribe to the channel of your own order `{order}` "
                "(a channel is like a mailing list: who subscribes gets its messages). The message "
                "is in the editor, so press **Send**."
            ),
            reason=N_(
                "Every order has a channel. The customer who placed the order and the shop's staff "
                "may subscribe to it, and nobody else."
            ),
            explanation=N_(
                "The server has looked up who placed the order, and it was you. It checks that for "
                "every `subscribe`."
            ),
        ),
        Step(
            title=N_("Now somebody else's"),
            instruction=N_(
                "Order `{other_order}` belongs to {other_name}. In the editor, change the channel "
                "to `order:{other_order}`, and send it."
            ),
            reason=N_(
                "The name of a channel is no secret: it is in links and e-mails. What protects the "
                "order is the server's check, each time somebody subscribes."
            ),
            goals=(
                Goal(
                    N_("You ask for `order:{other_order}`"),
                    OTHER,
                    (
                        NO_CHANNEL,
                        OWN_AGAIN,
                        *OTHER_REFUSED,
                        NearMiss(
                            SUBSCRIBE_ANY,
                            N_(
                                "Frame {n} asks for another channel. It must be exactly "
                                "`order:{other_order}`: compare it letter by letter."
                            ),
                        ),
                        *UNREADABLE,
                    ),
                ),
                Goal(
                    N_("The server refuses it with `forbidden`"),
                    Received(type="error", where=FORBIDDEN, replying_to=OTHER),
                    (*OTHER_REFUSED, *UNREADABLE),
                ),
            ),
            hints=(
                N_("Only one thing in the message has to change: the id of the order."),
                N_("Replace `{order}` by `{other_order}`, and leave `order:` and the quotes."),
                N_(
                    'The line in the editor is now `"channel": "order:{other_order}"`. Press '
                    "**Send**."
                ),
            ),
            solution=(send_subscribe(OTHER_ORDER, "r2"),),
            explanation=N_(
                "The `error` repeats your `id`. It has a `code` for programs and a `message` for "
                "people. A client decides by the code, as the message may change."
            ),
            draft=subscribe(ORDER, "r2"),
            resume=(Connect(), send_subscribe(ORDER, "r1")),
            links=(MAP,),
        ),
        Step(
            title=N_("An order that does not exist"),
            instruction=N_(
                "Ask for an order that nobody has placed: change the channel to "
                "`order:ord_nobody`, and send it. Then click the `error` before it in “Frames”, "
                "and compare the two."
            ),
            reason=N_(
                "The id of an order is easily misspelt. See what the server says about an order "
                "that does not exist."
            ),
            goals=(
                Goal(
                    N_("You ask for an order that does not exist"),
                    UNKNOWN,
                    (
                        NO_CHANNEL,
                        OWN_AGAIN,
                        *UNKNOWN_REFUSED,
                        NearMiss(
                            SUBSCRIBE_ANY,
                            N_(
                                "Frame {n} does not ask for an order. The channel must begin with "
                                "`order:` and end with an id: `order:ord_nobody`."
                            ),
                        ),
                        *UNREADABLE,
                    ),
                ),
                Goal(
                    N_("The server refuses it with `forbidden`, too"),
                    Received(type="error", where=FORBIDDEN, replying_to=UNKNOWN),
                    (*UNKNOWN_REFUSED, *UNREADABLE),
                ),
            ),
            hints=(
                N_("Any id that no order has will do."),
                N_("Keep `order:` and replace the id behind it, for example by `ord_nobody`."),
                N_(
                    'The line in the editor is `"channel": "order:ord_nobody"`. After that, '
                    "select both `error` frames in the list, one after the other."
                ),
            ),
            solution=(send_subscribe("order:ord_nobody", "r3"),),
            explanation=N_(
                "Only `id` and `timestamp` differ. The answer is the same, whether the order "
                "belongs to somebody else or does not exist."
            ),
            draft=subscribe(OTHER_ORDER, "r3"),
            resume=(Connect(), send_subscribe(ORDER, "r1"), send_subscribe(OTHER_ORDER, "r2")),
            links=(MAP,),
        ),
        Step(
            title=N_("Not even a name"),
            instruction=N_(
                "Send a `subscribe` with an empty channel: delete the text between the quotes "
                "behind `channel`. Once the server has answered, answer the question below the "
                "goals."
            ),
            reason=N_(
                "An empty text cannot be the name of any channel. See whether the server says so."
            ),
            goals=(
                Goal(
                    N_("You send a `subscribe` with an empty channel"),
                    NO_NAME,
                    (
                        NO_CHANNEL,
                        *NAME_REFUSED,
                        NearMiss(
                            SUBSCRIBE_ANY,
                            N_(
                                "The channel in frame {n} is not empty. Leave nothing between its "
                                'quotes: `"channel": ""`.'
                            ),
                        ),
                        *UNREADABLE,
                    ),
                ),
                Goal(
                    N_("The server answers with the same `forbidden`"),
                    Received(type="error", where=FORBIDDEN, replying_to=NO_NAME),
                    (*NAME_REFUSED, *UNREADABLE),
                ),
            ),
            question=Question(
                N_(
                    "Suppose the server said “not found” for orders that do not exist. Somebody "
                    "tries one id after another. What could they find out?"
                ),
                (
                    Choice(
                        "count-orders",
                        N_("How many orders the shop has: each `forbidden` means one that exists"),
                    ),
                    Choice(
                        "read-orders",
                        N_("What happens to other customers' orders"),
                        N_(
                            "No, the server would refuse their updates as before. But what would a "
                            "refusal say about the id?"
                        ),
                    ),
                    Choice(
                        "nothing",
                        N_("Nothing: an order that does not exist has no secrets"),
                        N_(
                            "Think of the other ids: those that are `forbidden`, and not “not "
                            "found”."
                        ),
                    ),
                ),
            ),
            hints=(
                N_("Keep `channel` and its quotes. Only what is between them goes."),
                N_('The line is then `"channel": ""`. Send it, and compare the three errors.'),
                N_(
                    "Think of somebody who tries `order:ord_1`, `order:ord_2` and so on. What "
                    "would “not found” say about one id, and `forbidden` about the next one?"
                ),
            ),
            solution=(send_subscribe("", "r4"), Choose("count-orders")),
            explanation=N_(
                "The server says `forbidden` each time, so nobody can find out by trying which "
                "orders exist, or how many. Another error, `invalid_payload`, comes only if the "
                "message lacks a field: without the line `channel`, for example."
            ),
            draft=subscribe("order:ord_nobody", "r4"),
            resume=(
                Connect(),
                send_subscribe(ORDER, "r1"),
                send_subscribe(OTHER_ORDER, "r2"),
                send_subscribe("order:ord_nobody", "r3"),
            ),
            links=(RULE, MAP),
        ),
        Step(
            title=N_("Carry on"),
            instruction=N_(
                "The server refused your last requests. Send a `ping`: it is in the editor. Then "
                "press **Advance the order**, in the middle, at your connection: it moves your "
                "order to its next status. (The update comes twice, and a `notification` may come "
                "as well.)"
            ),
            reason=N_(
                "An error answers one request. It never closes the connection, and it does not end "
                "any subscription."
            ),
            goals=(
                Goal(
                    N_("Your `ping` is answered"),
                    Received(type="pong", replying_to=Sent(type="ping")),
                    UNREADABLE,
                ),
                Goal(
                    N_("An `order_update` of your own order arrives"),
                    InOrder((ADVANCED, UPDATED)),
                ),
            ),
            hints=(
                N_("One message to send, and one button to press."),
                N_(
                    "**Send** is at the editor; **Advance the order** stands below it, at your "
                    "connection."
                ),
                N_(
                    "Press **Send**, then **Advance the order**. The update comes by itself: look "
                    "for `order_update` in the list of frames."
                ),
            ),
            solution=(Send(ping("p1")), Advance()),
            explanation=N_(
                "Your own subscription went on all the time: a client handles an error, and "
                "carries on. The update comes twice because the shop publishes it on two channels: "
                "the order's, and your own, to which signing in has subscribed you."
            ),
            draft=ping("p1"),
            resume=(Connect(), send_subscribe(ORDER, "r1")),
            buttons=(Advance(),),
            links=(ORDERS,),
        ),
    ),
    wrap_up=N_(
        "The server checks each `subscribe`. It refuses what is not yours, what does not exist and "
        "what has no name with the same `forbidden`. An error never closes the connection."
    ),
)
