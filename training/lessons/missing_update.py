"""Lesson 5: three reasons why a client did not receive an update.  Pure."""

from __future__ import annotations

from common.text_markers import N_
from training.actions import Action, Advance, Choose, Connect, Disconnect, Send
from training.lesson_types import Choice, Goal, Lesson, LessonActor, Link, Question, Step
from training.lessons.own_order import ADVANCED
from training.lessons.requests import ORDER, send_subscribe, unsubscribe

COMPANION = "companion"
COMPANION_ORDER = "{companion_order}"
CORRECT_PAGE, NOBODY, OPEN_AGAIN = "developers", "nobody", "companion"


def case(
    *,
    order: str,
    right: str,
    wrong: dict[str, str],
    title: str,
    instruction: str,
    reason: str,
    goal: str,
    hints: tuple[str, ...],
    explanation: str,
    setup: tuple[Action, ...],
) -> Step:
    """Return a step: the learner advances an order that the companion does not receive.

    The page Connections shows the cause; the learner says who has to act on it.  ``right`` is the
    right choice, ``wrong`` explains the two others.  ``setup`` brings the companion's connection
    into the state that is the cause.  The rest is as in ``Step``.
    """
    texts = {
        CORRECT_PAGE: N_("The developers: the page has to be corrected"),
        NOBODY: N_("Nobody: the update is for somebody else"),
        OPEN_AGAIN: N_("{companion}: open the shop's page again"),
    }
    choices = tuple(
        Choice(name, text, "" if name == right else wrong[name]) for name, text in texts.items()
    )
    channel = f"order:{order}"
    companion = (("who", "{companion_user_id}"), ("ask", channel))
    return Step(
        title=title,
        instruction=instruction,
        reason=reason,
        goals=(Goal(goal, ADVANCED),),
        question=Question(
            N_(
                "{companion} has not received the update. Who has to do something, so that the "
                "next one arrives?"
            ),
            choices,
        ),
        hints=hints,
        solution=(Advance(order), Choose(right)),
        explanation=explanation,
        resume=(Connect(),),
        setup=setup,
        buttons=(Advance(order),),
        links=(
            Link(N_("{companion} in Connections"), "connections", companion),
            Link(N_("The order's channel in Explorer"), "explorer", (("channel", channel),)),
        ),
    )


MISSING_UPDATE = Lesson(
    name="missing-update",
    title=N_("Why did it not arrive?"),
    minutes=6,
    teaches=N_(
        "A customer has missed an update. Find out why on the page Connections, from three causes."
    ),
    terms=("connection", "subscription", "subscriber", "forbidden"),
    actors=(LessonActor(name=COMPANION, title=N_("{companion} · customer"), is_playable=False),),
    steps=(
        case(
            order=COMPANION_ORDER,
            right=OPEN_AGAIN,
            wrong={
                CORRECT_PAGE: N_(
                    "The page may be right: it receives only while it is connected. Search for "
                    "{companion} in Connections: there is no connection at all."
                ),
                NOBODY: N_(
                    "The order belongs to {companion}, so the update is for {companion}. Is there "
                    "a connection for it? Search for {companion} in Connections."
                ),
            },
            title=N_("First case"),
            instruction=N_(
                "You are {name}; {companion} is another customer. Press **Advance the order**: the "
                "shop advances {companion}'s order `{companion_order}`, and {companion} receives "
                "nothing. Open **{companion} in Connections** below, see whether there is a "
                "connection, and come back to answer."
            ),
            reason=N_(
                "“I did not get the message” is the most frequent complaint about a system like "
                "this. The page Connections lists everybody who is connected now."
            ),
            goal=N_("The order of {companion} advances"),
            hints=(
                N_("The link opens the list with a search for {companion} already filled in."),
                N_("Look at the list of connected clients. How many lines does the search leave?"),
                N_(
                    "No line is left: {companion} is not connected, as when the page is closed. "
                    "The event log beside the list shows when the last connection ended."
                ),
            ),
            explanation=N_(
                "A message is delivered to the connections that are subscribed at that moment. The "
                "Explorer says “reached 0” at the update: nobody was subscribed to the order. When "
                "{companion} opens the page again, it can ask the server for what was missed: "
                "lesson 7 shows how."
            ),
            setup=(Connect(by=COMPANION), Disconnect(by=COMPANION)),
        ),
        case(
            order=COMPANION_ORDER,
            right=CORRECT_PAGE,
            wrong={
                OPEN_AGAIN: N_(
                    "The page is open: Connections shows a connection. Opened again, it would do "
                    "the same."
                ),
                NOBODY: N_(
                    "The order belongs to {companion}, who may subscribe to it. Read in "
                    "Connections what the connection is subscribed to now."
                ),
            },
            title=N_("Second case"),
            instruction=N_(
                "{companion} is connected now. Press **Advance the order**: again {companion} "
                "receives nothing. Open **{companion} in Connections**, look at the number of "
                "channels, and come back to answer."
            ),
            reason=N_(
                "An open connection alone receives nothing. Signing in subscribes it to the user's "
                "own channel, `user:{companion_user_id}`; but a client can leave that one, too. "
                "Connections counts the channels that it is subscribed to now."
            ),
            goal=N_("The order of {companion} advances"),
            hints=(
                N_("Select the line of {companion} in the list. Its channels are at the right."),
                N_(
                    "An order's update goes to `order:{companion_order}` and to the customer's own "
                    "channel. Is this connection subscribed to one of them?"
                ),
                N_(
                    "The connection has no channels, not even its own. {companion} may subscribe "
                    "to `order:{companion_order}`, and has not. Who decides what a page asks for?"
                ),
            ),
            explanation=N_(
                "Signing in had subscribed {companion} to `user:{companion_user_id}`. The page has "
                "left that channel, and has not subscribed to the order's. The page has to be "
                "corrected, not the server."
            ),
            setup=(
                Connect(by=COMPANION),
                Send(unsubscribe("user:{companion_user_id}", "u1"), by=COMPANION),
            ),
        ),
        case(
            order="{order}",
            right=NOBODY,
            wrong={
                OPEN_AGAIN: N_(
                    "The page is open: Connections shows a connection. Opened again, it would get "
                    "the same answer to its `subscribe`."
                ),
                CORRECT_PAGE: N_(
                    "The page has asked for `order:{order}` already. Read in Connections whether "
                    "{companion} may subscribe to it."
                ),
            },
            title=N_("Third case"),
            instruction=N_(
                "Order `{order}` is yours: you are {name}. {companion} has sent a `subscribe` for "
                "`order:{order}`, too, and waits. Press **Advance the order**: it advances your "
                "order. Open **{companion} in Connections**, read why {companion} receives "
                "nothing, and come back to answer."
            ),
            reason=N_(
                "An update is published on two channels. On `order:{order}` nobody is subscribed: "
                "Connections says that it reached nobody there. On your own channel, "
                "`user:{user_id}`, it reaches you: that copy is among your frames."
            ),
            goal=N_("The order `{order}` advances"),
            hints=(
                N_("Who may subscribe to the channel of an order? Think of lesson 4."),
                N_("Select {companion} in the list, and read “Why didn't this client receive it?”"),
                N_(
                    "Connections says “Not allowed on this channel”: `{order}` is your order, and "
                    "you are {name}. A `subscribe` of {companion} gets `forbidden`."
                ),
            ),
            explanation=N_(
                "The order is yours, so the server refused {companion}, and that is right. You "
                "have received the update on your own channel, `user:{user_id}`. {companion} would "
                "receive the updates of their own orders."
            ),
            setup=(Connect(by=COMPANION), send_subscribe(ORDER, "s1", by=COMPANION)),
        ),
    ),
    wrap_up=N_(
        "Ask in this order: is the client connected? Is it subscribed to the channel? May it be? "
        "The page Connections answers all three, for any client and any channel."
    ),
)
