"""Lesson 1: a ping, its reply, and an error.  Pure."""

from __future__ import annotations

from common.text_markers import N_
from training.actions import Connect, Send
from training.conditions import Count, InOrder, Received, Sent
from training.lesson_types import Goal, Lesson, NearMiss, Step
from training.lessons.near_misses import NOT_READABLE, UNKNOWN_TYPE, UNREADABLE
from training.lessons.requests import ping, request

HAS_ID = "$[?length($.id) > 0]"
PING = Sent(type="ping")
PING_WITH_ID = Sent(type="ping", where=(HAS_ID,))
PING_WITH_NUMBER = Sent(type="ping", numbers=("id",))
NUMBER_AS_ID = '{\n  "type": "ping",\n  "id": 7\n}'

OTHER_TYPE = NearMiss(
    Sent(where=("$[?$.type != 'ping']",)),
    N_("Frame {n} is not a `ping`. The type must be exactly `ping`, in small letters."),
)
NO_ID = NearMiss(
    Sent(type="ping", lacks=("id",)),
    N_(
        'Frame {n} has no `id`, so its `pong` has none either. Add `"id": "hello-1"` below the '
        "type, and a comma after the type."
    ),
)
NUMBER_ID = NearMiss(
    PING_WITH_NUMBER,
    N_("The `id` in frame {n} is a number. It must be a string: put it in quotes."),
)
EMPTY_ID = NearMiss(
    Sent(type="ping", where=("$[?$.id == '']",)),
    N_("The `id` in frame {n} is empty. Write something between the quotes."),
)

SAY_HELLO = Lesson(
    name="say-hello",
    title=N_("Say hello"),
    minutes=5,
    teaches=N_("Send a first message, and find the reply that belongs to it."),
    terms=("object", "ping", "pong", "id", "error", "invalid_message"),
    steps=(
        Step(
            title=N_("Send a ping"),
            instruction=N_(
                "You are {name}, a customer of the shop. Your connection to the server is open. "
                "Send a `ping`: it is already in the editor, so press **Send**. (A frame is one "
                "message; the list “Frames” numbers them.)"
            ),
            reason=N_(
                "A WebSocket is a connection that stays open for hours, often in silence. A `ping` "
                "is the cheapest way to find out whether the other side is still there."
            ),
            goals=(
                Goal(N_("You send a `ping`"), PING, (OTHER_TYPE, NOT_READABLE)),
                Goal(
                    N_("The server answers with a `pong`"),
                    Received(type="pong", replying_to=PING),
                    UNREADABLE,
                ),
            ),
            hints=(
                N_("Look at the editor: it holds a complete message."),
                N_("A message is one JSON object with a `type`. A `ping` needs nothing else."),
                N_(
                    "Press **Send** below the editor. Two frames appear in the list: ↑ is the "
                    "message that you sent, ↓ is the reply."
                ),
            ),
            solution=(Send(ping()),),
            explanation=N_(
                "Your message and the reply are two separate frames. Nothing in them says that "
                "they belong together: this `pong` could answer any `ping`."
            ),
            draft=ping(),
            resume=(Connect(),),
        ),
        Step(
            title=N_("Give it an id"),
            instruction=N_(
                "Send another `ping`, this time with an `id`. Any string will do, that is, any "
                'text in quotes, as in `"id": "hello-1"`. Put it on a new line under `type`, and a '
                'comma after `"ping"`.'
            ),
            reason=N_(
                "One connection carries many requests, and other messages arrive in between. The "
                "server repeats the `id` in its reply, so a client knows what is answered."
            ),
            goals=(
                Goal(
                    N_("Your `ping` has an `id`"),
                    PING_WITH_ID,
                    (EMPTY_ID, NUMBER_ID, NO_ID, OTHER_TYPE, NOT_READABLE),
                ),
                Goal(
                    N_("The `pong` repeats the `id`"),
                    Received(type="pong", replying_to=PING_WITH_ID),
                ),
            ),
            hints=(
                N_("The `id` stands next to `type`, inside the same brackets."),
                N_("It is a string, so it needs quotes. Put a comma between the two fields."),
                N_(
                    "Replace the text in the editor by this, and press **Send**: "
                    '`{"type": "ping", "id": "hello-1"}`'
                ),
            ),
            solution=(Send(ping("hello-1")),),
            explanation=N_(
                "The same `id` goes to the server and comes back: the two frames are a pair. The "
                "**round trip** beside the reply is the time between the two."
            ),
            draft=ping(),
            resume=(Connect(),),
        ),
        Step(
            title=N_("Two in a row"),
            instruction=N_(
                "Send the `ping` in the editor. Then change its `id`, and send it again. Find both "
                "pairs, and their round trips, in the diagram “Sequence”."
            ),
            reason=N_(
                "A real page asks for several things while it loads. With ids, a client can send "
                "all its requests at once and need not wait for each reply."
            ),
            goals=(
                Goal(
                    N_("You send two pings with different ids"),
                    Count(condition=PING_WITH_ID, least=2, different="id"),
                    (
                        NearMiss(
                            Count(condition=PING_WITH_ID, least=2),
                            N_(
                                "Frame {n} has the same `id` as an earlier one. Change it, for "
                                "example to `hello-2`."
                            ),
                        ),
                        EMPTY_ID,
                        NUMBER_ID,
                        NO_ID,
                        *UNREADABLE,
                    ),
                ),
                Goal(
                    N_("Each of them gets a `pong` of its own"),
                    Count(
                        condition=Received(type="pong", replying_to=PING_WITH_ID),
                        least=2,
                        different="id",
                    ),
                ),
            ),
            hints=(
                N_("Send the message in the editor, change its `id`, and send it again."),
                N_("The two ids must differ. `hello-1` and `hello-2` will do, for example."),
                N_(
                    "Press **Send**. The editor keeps your text: change `hello-1` to `hello-2` in "
                    "it, and press **Send** again."
                ),
            ),
            solution=(Send(ping("hello-1")), Send(ping("hello-2"))),
            explanation=N_(
                "Two requests, two replies, and no doubt which belongs to which. An `id` has to be "
                "unique only among the requests that still wait for a reply."
            ),
            draft=ping("hello-1"),
            resume=(Connect(),),
        ),
        Step(
            title=N_("Make a mistake on purpose"),
            instruction=N_(
                "Send a `ping` whose `id` is a number instead of a string, that is, without "
                "quotes. The server refuses it. Then send a correct `ping`."
            ),
            reason=N_(
                "Every client makes mistakes. An `error` says what is wrong and leaves the "
                "connection open, so one bad message does not disconnect a customer."
            ),
            goals=(
                Goal(
                    N_("You send an `id` that is a number"),
                    PING_WITH_NUMBER,
                    (
                        NearMiss(
                            PING_WITH_ID,
                            N_("The `id` in frame {n} is a string: remove its quotes."),
                        ),
                        NearMiss(
                            Sent(type="ping", lacks=("id",)),
                            N_('Frame {n} has no `id`. Write `"id": 7`, without quotes at the 7.'),
                        ),
                        UNKNOWN_TYPE,
                        NOT_READABLE,
                    ),
                ),
                Goal(
                    N_("The server refuses it with `invalid_message`"),
                    Received(
                        type="error",
                        where=("code = invalid_message",),
                        replying_to=PING_WITH_NUMBER,
                    ),
                ),
                Goal(
                    N_("A `ping` after that is answered"),
                    InOrder(
                        (
                            Received(
                                type="error",
                                where=("code = invalid_message",),
                                replying_to=PING_WITH_NUMBER,
                            ),
                            Received(type="pong", replying_to=PING),
                        )
                    ),
                ),
            ),
            hints=(
                N_("In JSON a string has quotes, and a number has none."),
                N_("Remove the quotes around the `id`, so that it is 7 and not “7”, and send it."),
                N_(
                    'Send `{"type": "ping", "id": 7}`. After the error, replace the text in the '
                    'editor by `{"type": "ping"}`, and send that.'
                ),
            ),
            solution=(Send(NUMBER_AS_ID), Send(ping())),
            explanation=N_(
                "The `error` has no `id`, because the one you sent was not a string. The "
                "connection has stayed open: the next `ping` was answered as before."
            ),
            draft=request("ping", "7"),
            resume=(Connect(),),
        ),
    ),
    wrap_up=N_(
        "A message is a JSON object with a `type`. An `id` ties a reply to its request. An `error` "
        "answers one message, and the connection stays open."
    ),
)
