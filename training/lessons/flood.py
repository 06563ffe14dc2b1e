"""Lesson 8: the rate limit, and a client that reads too slowly.  Pure."""

from __future__ import annotations

from common.text_markers import N_
from training.actions import Choose, Connect, Flood, RunScenario, Send, Wait
from training.conditions import (
    Closed,
    Connected,
    ConnectionEnded,
    InOrder,
    Performed,
    Received,
    Sent,
)
from training.lesson_types import Choice, Goal, Lesson, Link, NearMiss, Question, Step
from training.lessons.near_misses import UNREADABLE
from training.lessons.own_order import EVENT_LOG
from training.lessons.requests import ping

SLOW_CLIENT = "slow-client"
ABOVE_THE_BURST = 150
FAR_ABOVE_THE_BURST = 400
LATER = Sent(type="ping", where=("id ~ ^after",))
WHILE = Sent(type="ping", where=("id ~ ^check",))
RATE_LIMITED = Received(type="error", where=("code = rate_limited",))
STARTED = Performed(action="start_scenario")

SLOWEST = Link(
    N_("Optional: the slowest clients in Connections"), "connections", (("sort", "waiting"),)
)
SCENARIOS = Link(N_("Optional: the scenario in Scenarios"), "scenarios")

FLOOD = Lesson(
    name="flood",
    title=N_("The flood"),
    minutes=7,
    teaches=N_(
        "Send too much and read too slowly, and see how the server protects all other clients."
    ),
    terms=("rate_limited", "4101", "4100", "burst"),
    steps=(
        Step(
            title=N_("Too many at once"),
            instruction=N_(
                "Press **Send 150 pings at once**. Wait until no more frames appear. Then send the "
                "`ping` in the editor."
            ),
            reason=N_(
                "A client may send 100 messages at once, and then 50 per second. So no "
                "client can keep the server busy at the cost of the others."
            ),
            goals=(
                Goal(N_("Some of the pings are refused with `rate_limited`"), RATE_LIMITED),
                Goal(
                    N_("A later `ping`, with the id `after-1`, is answered"),
                    InOrder((RATE_LIMITED, Received(type="pong", replying_to=LATER))),
                    (
                        NearMiss(
                            Received(
                                type="error", where=("code = rate_limited",), replying_to=LATER
                            ),
                            N_("Frame {n} refuses it: that was too soon. Wait, and send it again."),
                        ),
                        *UNREADABLE,
                    ),
                ),
            ),
            hints=(
                N_("One button, a short wait, one message."),
                N_("100 pings get a `pong`. The others get an `error` each: look at its `code`."),
                N_(
                    "Press **Send 150 pings at once**, below the editor. After two or three "
                    "seconds, press **Send** at the editor: its message has the `id` `after-1`."
                ),
            ),
            solution=(Flood(ABOVE_THE_BURST), Wait(1), Send(ping("after-1"))),
            explanation=N_(
                "The first 100 were answered, the rest got an `error` each, with their `id`. The "
                "connection is open, and after a second there is room again. A refused message was "
                "not carried out, so a client has to send it again, more slowly."
            ),
            draft=ping("after-1"),
            resume=(Connect(),),
            buttons=(Flood(ABOVE_THE_BURST),),
        ),
        Step(
            title=N_("Do not stop"),
            instruction=N_(
                "Press **Send 400 pings at once**, and see how the connection ends. Then press "
                "**Connect**."
            ),
            reason=N_(
                "Refusals cost the server work, too. It closes the connection of a client that "
                "ignores them."
            ),
            goals=(
                Goal(N_("The server closes the connection with 4101"), Closed(code=4101)),
                Goal(
                    N_("You connect again, and are signed in"),
                    InOrder((Closed(code=4101), Connected(), Received(type="auth_success"))),
                ),
            ),
            hints=(
                N_("Two buttons, one after the other."),
                N_("The last frame of the list is `close`. Select it, and read what it means."),
                N_(
                    "Press **Send 400 pings at once**, wait for `close 4101` at the end of the "
                    "list, and then press **Connect**."
                ),
            ),
            solution=(Flood(FAR_ABOVE_THE_BURST), Wait(1), Connect()),
            explanation=N_(
                "After about 100 refusals the server closed the connection. 4101 means: come back, "
                "but wait before you do, and longer each time. A client that comes back at once "
                "and goes on like this makes it worse."
            ),
            resume=(Connect(),),
            buttons=(Flood(FAR_ABOVE_THE_BURST),),
            links=(EVENT_LOG,),
        ),
        Step(
            title=N_("Too slow"),
            instruction=N_(
                "Press **Start “Slow client”**: a customer's phone stops reading. While it runs, "
                "send the `ping` in the editor once or twice. Wait for 4100, about ten seconds, "
                "then answer the question below the goals."
            ),
            reason=N_(
                "A client can also do harm by reading too little. What it does not read waits at "
                "the server, in its **send queue**."
            ),
            goals=(
                Goal(N_("The scenario `slow-client` starts"), STARTED),
                Goal(
                    N_("While it runs, your `ping` with the id `check-1` is answered"),
                    InOrder((STARTED, Received(type="pong", replying_to=WHILE))),
                    (
                        NearMiss(
                            Received(type="pong", replying_to=Sent(type="ping")),
                            N_(
                                "Frame {n} answers a ping with another `id`, or one that was sent "
                                "before the scenario. Send the one in the editor now."
                            ),
                        ),
                        *UNREADABLE,
                    ),
                ),
                Goal(
                    N_("The server closes the slow connection with 4100"),
                    InOrder((STARTED, ConnectionEnded(code=4100))),
                ),
            ),
            question=Question(
                N_("Why does the server close the slow connection, and not just wait for it?"),
                (
                    Choice(
                        "memory",
                        N_("Its send queue grows, and takes memory that all clients need"),
                    ),
                    Choice(
                        "turn",
                        N_("All other clients have to wait until it has read its messages"),
                        N_(
                            "Your own `ping` was answered at once: look at its round trip. Each "
                            "client has a send queue of its own."
                        ),
                    ),
                    Choice(
                        "punish",
                        N_("It has sent too many messages"),
                        N_(
                            "It has sent nothing; it reads too little. Sending too much is closed "
                            "with 4101."
                        ),
                    ),
                ),
            ),
            hints=(
                N_("One button, then the message in the editor, then a wait."),
                N_("The link to Connections shows the send queues, the longest one first."),
                N_(
                    "Press **Start “Slow client”**, then **Send**. The third goal is met by itself "
                    "after about ten seconds, when more than 1 MiB has waited for over a second."
                ),
            ),
            solution=(RunScenario(SLOW_CLIENT), Send(ping("check-1")), Wait(3), Choose("memory")),
            explanation=N_(
                "When more than 1 MiB has waited for a client for over a second, the server closes "
                "its connection with 4100. Nobody else noticed: your pings were answered at once. "
                "The slow client comes back after a wait, and recovers."
            ),
            draft=ping("check-1"),
            resume=(Connect(),),
            buttons=(RunScenario(SLOW_CLIENT),),
            links=(SLOWEST, SCENARIOS),
        ),
    ),
    wrap_up=N_(
        "A client that sends too much gets `rate_limited`, and 4101 if it goes on. One that reads "
        "too slowly gets 4100. Both come back after a wait, and nobody else notices."
    ),
)
